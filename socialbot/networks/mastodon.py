"""Mastodon, and the servers that speak its client API: GoToSocial, Pixelfed, Akkoma and their like."""

from __future__ import annotations

import asyncio
import hashlib
import random
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
from pydantic import Field, SecretStr

from socialbot.media import Media
from socialbot.networks import mastodon_instance
from socialbot.networks.calling import Answer, Line, Token
from socialbot.networks.mastodon_statuses import as_published, created_at, ours
from socialbot.networks.protocol import (
    CannotTell,
    Doubt,
    Identity,
    NeedsLogin,
    Network,
    NetworkError,
    Passing,
    Prepared,
    Published,
    Refused,
    Remember,
    Vault,
    utc_now,
)
from socialbot.nouns import Draft, Limits, Variant
from socialbot.settings import AccountSettings, BaseUrl

LIMITS = Limits(
    unit="mastodon",
    max_text=500,
    url_length=23,
    max_pictures=4,
    max_picture_bytes=16_777_216,
    max_picture_pixels=33_177_600,
    max_alt=1500,
    mime_types=("image/jpeg", "image/png", "image/webp"),
    # A GIF becomes a silent video, of at most GIF_MATRIX_LIMIT pixels (server source: attachmentable.rb, media_attachment.rb);
    # what becomes of an animated WebP or PNG is not said.
    animated=("image/gif",),
    max_animated_pixels=921_600,
    shape="portrait",
    max_hashtags=5,
    kept_hashtags=3,
    threads=True,
    source="docs.joinmastodon.org/entities/Instance: configuration",
    checked=date(2026, 11, 20),
)

KEY_LASTS_S = 3000
"""The server keeps an Idempotency-Key for an hour; we stop trusting it ten minutes sooner."""
UPLOADS_LAST_S = 20 * 3600
"""Media that no post uses is deleted after about a day."""
POLLS_S = (0.5, 1, 2, 4, 8, 15)
"""Waits between questions whether an upload has been processed."""
MAX_PAGES = 10
"""Of 40 posts. More than 400 within minutes is no account of ours; 300 pages in 15 minutes would be too many for the server."""
_EARLIER = timedelta(minutes=10)
_NOT_READY = re.compile(r"\bnot\b.{0,20}\bprocess", re.IGNORECASE)
_TAKEN = re.compile(r"already attached", re.IGNORECASE)
_STATUS_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
_OWN_ADDRESS = "Give the post's address as your own server shows it: socialbot resolve ID --posted URL."
_SCOPES = ("read:accounts", "read:statuses", "write:statuses", "write:media")
_NEW_TOKEN = f"Make a token under Preferences, Development, with the scopes {' '.join(_SCOPES)}, and set it for the account."
_BY_HAND = "say in the profile's settings that the account is automated"


class MastodonAccount(AccountSettings):
    """An account with `network = "mastodon"`."""

    server: BaseUrl = Field(description="The server the account lives on.")
    token: Token = Field(SecretStr(""), description="Access token, from Preferences, Development, New application.")
    visibility: Literal["public", "unlisted", "private"] = Field("public", description="Who sees the posts.")


class Mastodon(Network):
    """One account on one server. Only a server that is Mastodon itself is trusted with its Idempotency-Key."""

    name = "mastodon"
    options = MastodonAccount
    limits = LIMITS
    edits = deletes = True
    account: MastodonAccount

    def __init__(
        self,
        account: AccountSettings,
        client: httpx.AsyncClient,
        media: Media,
        vault: Vault,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(account, client, media, vault, clock)
        self.doubt = Doubt("LIST", settle_s=60)
        self._line = Line("Mastodon", client, account.timeout_s, clock, self._secrets, self.spent)
        self._instance: Answer | None = None

    @classmethod
    def fix(cls, now: datetime, chance: random.Random) -> dict[str, str]:
        """The Idempotency-Key."""
        return {"key": str(uuid.UUID(int=chance.getrandbits(128), version=4))}

    async def discover(self) -> Limits:
        """The limits that the server tells, and whether its Idempotency-Key can be trusted. Raises NetworkError."""
        headers = self._bearer() if self._token() else {}
        answer = await self._line.ask("GET", self._url("/api/v2/instance"), headers=headers)
        if answer.status == 404:
            answer = await self._line.ask("GET", self._url("/api/v1/instance"), headers=headers)
        if answer.status != 200 or not answer.text("version"):
            raise self._trouble(answer)
        self._instance = answer
        trusted = mastodon_instance.is_mastodon(answer)
        self.doubt = Doubt("KEY", settle_s=60, key_lasts_s=KEY_LASTS_S) if trusted else Doubt("LIST", settle_s=60)
        return mastodon_instance.limits(answer, LIMITS)

    async def check(self) -> Identity:
        """Ask who we are and what the token may do. Raises NetworkError."""
        instance = await self._known()
        answer = await self._ask("GET", "/api/v1/accounts/verify_credentials")
        if answer.status != 200 or not answer.text("id"):
            raise self._trouble(answer)
        home = instance.text("domain") or instance.text("uri") or self.account.server
        notes = []
        app = await self._ask("GET", "/api/v1/apps/verify_credentials")
        if isinstance(app.get("scopes"), list) and (missing := _missing(app.get("scopes"))):
            notes.append(f"The token's application lacks the scopes {', '.join(missing)}.")
        bot = answer.get("bot")
        name, told = f"@{answer.text('username')}@{home}", bot if isinstance(bot, bool) else None
        return Identity(name, answer.text("url") or None, tuple(notes), told)

    async def mark_as_bot(self) -> None:
        """Set the account's `bot` and see it set. Raises NetworkError.

        docs.joinmastodon.org/methods/accounts: Update account credentials, 2026-11-20.
        """
        answer = await self._ask("PATCH", "/api/v1/accounts/update_credentials", data={"bot": "true"})
        if answer.status == 200 and answer.get("bot") is True:
            return
        said = self._line.quote(answer.text("error")) or f"it answered {answer.status}"
        if answer.status == 403:
            sentence = f"Mastodon: the token may not mark the account as automated: {said}."
            raise Refused(sentence, f"Make a token that has the scope write:accounts too, or {_BY_HAND}.")
        # Some relatives of Mastodon know no such call, or take it and leave the account as it was.
        if answer.status in (200, 400, 404, 405, 410, 422):
            sentence = f"Mastodon: {self.account.server} did not mark the account as automated: {said}."
            raise Refused(sentence, f"{_BY_HAND.capitalize()}.")
        raise self._trouble(answer)

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        """Upload the pictures and wait until they are processed. Raises NetworkError, never Unknown."""
        await self._known()
        request = {
            "status": draft.parts[part].caption.text,
            "visibility": _visibility(self.account.visibility, part),
            # Mastodon knows languages without their region; an unknown one falls back to the account's.
            "language": draft.language.split("-")[0].lower(),
            "sensitive": False,
        }
        if media_ids := [await self._attachment(picture, remember) for picture in draft.parts[part].pictures]:
            request["media_ids"] = media_ids
        if before:
            request["in_reply_to_id"] = await self._parent(before[-1].remote_id)
        return Prepared(draft, part, request)

    async def publish(self, prepared: Prepared) -> Published:
        """Post the status. Raises NetworkError; Unknown when it may be out."""
        await self._known()
        headers = self._bearer()
        if self.doubt.kind == "KEY":
            headers["Idempotency-Key"] = f"{prepared.draft.fixed['key']}.{prepared.part}"
        answer = await self._line.send("POST", self._url("/api/v1/statuses"), headers=headers, json=dict(prepared.request))
        if answer.status == 200 and answer.text("id"):
            return as_published(answer.body, prepared.request["visibility"])
        if answer.status in (400, 422) and _TAKEN.search(answer.text("error")):
            # A picture belongs to one post only: if it is ours, an earlier try went through.
            found = await self.find(prepared, self.clock() - timedelta(seconds=UPLOADS_LAST_S))
            if isinstance(found, Published):
                return found
        if answer.status == 404 and "in_reply_to_id" in prepared.request:
            raise Refused("Mastodon: the post that the next one answers is gone.", "The thread ends there.")
        raise self._trouble(answer)

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        """Look among the account's own latest statuses. Raises NetworkError."""
        await self._known()
        try:
            statuses = await self._own_statuses(since - _EARLIER)
        except NeedsLogin:
            raise
        except Refused as error:
            return CannotTell(f"{error} {error.fix}")
        if statuses is None:
            return CannotTell("Mastodon: the account has posted too much since to look through.")
        match = ours(prepared, statuses)
        return as_published(match, prepared.request["visibility"]) if match else None

    async def edit(self, draft: Draft, part: int, published: Published) -> Published:
        """Replace the status; what is left out of the call would be lost (methods/statuses: Edit a status, 2026-11-20)."""
        status_id = await self._parent(published.remote_id)
        answer = await self._ask("GET", f"/api/v1/statuses/{status_id}")
        if answer.status != 200:
            raise self._gone(answer)
        there = [str(attachment.get("id")) for attachment in answer.get("media_attachments") or ()]
        pictures = draft.parts[part].pictures
        request: dict[str, Any] = {
            "status": draft.parts[part].caption.text,
            "spoiler_text": answer.text("spoiler_text"),
            "sensitive": answer.get("sensitive") is True,
            "language": draft.language.split("-")[0].lower(),
        }
        if there:
            request["media_ids"] = there
        if there and len(there) == len(pictures):
            described = zip(there, pictures, strict=True)
            request["media_attributes"] = [{"id": one, "description": picture.alt} for one, picture in described]
        answer = await self._ask("PUT", f"/api/v1/statuses/{status_id}", json=request)
        if answer.status != 200:
            raise self._gone(answer)
        return as_published(answer.body, str(answer.get("visibility")))

    async def delete(self, published: Published) -> None:
        """Delete the status (methods/statuses: Delete a status, 2026-11-20). Raises NetworkError."""
        status_id = await self._parent(published.remote_id)
        answer = await self._ask("DELETE", f"/api/v1/statuses/{status_id}")
        if answer.status not in (200, 404, 410):
            raise self._trouble(answer)

    async def is_shown(self, published: Published) -> bool | None:
        """Ask for the status: a server that takes a post for spam answers as if it were out, and stores nothing."""
        answer = await self._ask("GET", f"/api/v1/statuses/{await self._parent(published.remote_id)}")
        if answer.status not in (200, 404):
            raise self._trouble(answer)
        return answer.status == 200

    # Calls

    def _gone(self, answer: Answer) -> NetworkError:
        if answer.status in (404, 410):
            return Refused("Mastodon: the post is not there any more.", "Nothing is left to change.")
        return self._trouble(answer)

    async def _known(self) -> Answer:
        """What the server says about itself, asked for once."""
        if self._instance is None:
            await self.discover()
        assert self._instance
        return self._instance

    async def _ask(self, method: str, path: str, **request: Any) -> Answer:
        return await self._line.ask(method, self._url(path), headers=self._bearer(), **request)

    async def _parent(self, told: str) -> str:
        """The id of the post to answer: `told` is that id, or the address that a person gave who resolved a doubt.

        Another server's address holds an id of its own, which may be a stranger's post here: such are refused, and the post
        is read back, since a reply must never go to anyone but us. Raises NetworkError.
        """
        if "://" not in told:
            return told
        host, _, path = re.split(r"[?#]", told.partition("://")[2])[0].partition("/")
        status_id = path.strip("/").removesuffix("/embed").rsplit("/", 1)[-1]
        if host.lower() != urlsplit(self.account.server).netloc.lower() or not _STATUS_ID.fullmatch(status_id):
            raise Refused(f"Mastodon: {told} is no post's address on {self.account.server}.", _OWN_ADDRESS)
        answer = await self._ask("GET", f"/api/v1/statuses/{status_id}")
        if answer.status == 404:
            raise Refused(f"Mastodon: there is no post at {told}.", _OWN_ADDRESS)
        if answer.status != 200:
            raise self._trouble(answer)
        if answer.text("id") != status_id or answer.text("account", "id") != await self._own_id():
            raise Refused(f"Mastodon: the post at {told} is not this account's own.", _OWN_ADDRESS)
        return status_id

    async def _attachment(self, picture: Variant, remember: Remember) -> str:
        """The media id of a picture, processed and ready to be attached."""
        media_id = remember.recall(picture.digest)
        answer = await self._ask("GET", f"/api/v1/media/{media_id}") if media_id else None
        if answer is None or answer.status == 404:
            answer = await self._upload(picture)
            media_id = answer.text("id")
            remember.keep(picture.digest, media_id, UPLOADS_LAST_S)
        for pause_s in POLLS_S:
            if answer.status not in (202, 206):
                break
            await asyncio.sleep(pause_s)
            answer = await self._ask("GET", f"/api/v1/media/{media_id}")
        if answer.status in (202, 206):
            raise Passing("Mastodon: the server is still processing a picture; it will be tried again.")
        if answer.status != 200 or not media_id:
            raise self._trouble(answer)
        return media_id

    async def _upload(self, picture: Variant) -> Answer:
        file = (f"picture.{picture.mime.split('/')[1]}", self.content(picture), picture.mime)
        form = {"description": picture.alt} if picture.alt else {}
        if picture.focal:
            x, y = picture.focal
            form["focus"] = f"{2 * x - 1:.3f},{1 - 2 * y:.3f}"
        answer = await self._ask("POST", "/api/v2/media", data=form, files={"file": file})
        if answer.status not in (200, 202) or not answer.text("id"):
            raise self._trouble(answer)
        return answer

    async def _own_statuses(self, since: datetime) -> list[dict[str, Any]] | None:
        """The account's statuses from `since` on, newest first; None when there are too many. Raises NetworkError."""
        path = f"/api/v1/accounts/{await self._own_id()}/statuses"
        query = {"limit": "40", "exclude_reblogs": "true"}
        statuses: list[dict[str, Any]] = []
        for page_number in range(MAX_PAGES):
            answer = await self._ask("GET", path, params=query)
            if answer.status != 200 or not isinstance(answer.body, list):
                raise self._trouble(answer)
            if page_number == 0:  # its statuses bear the server's time
                since -= self._line.ahead(answer)
            page = [status for status in answer.body if isinstance(status, dict) and "id" in status]
            statuses += [status for status in page if created_at(status) >= since]
            if not page or created_at(page[-1]) < since:
                return statuses
            query["max_id"] = str(page[-1]["id"])
        return None

    async def _own_id(self) -> str:
        whose = hashlib.sha256(f"{self.account.server} {self._token()}".encode()).hexdigest()
        known = self.vault.read() or {}
        if known.get("for") == whose:
            return known["id"]
        answer = await self._ask("GET", "/api/v1/accounts/verify_credentials")
        if answer.status != 200 or not answer.text("id"):
            raise self._trouble(answer)
        self.vault.write({"id": answer.text("id"), "for": whose})
        return answer.text("id")

    def _url(self, path: str) -> str:
        return self.account.server + path

    def _token(self) -> str:
        return self.account.token.get_secret_value()

    def _bearer(self) -> dict[str, str]:
        if not self._token():
            raise NeedsLogin(f"Mastodon: no token is set for the account on {self.account.server}.", _NEW_TOKEN)
        return {"Authorization": f"Bearer {self._token()}"}

    def _secrets(self) -> Iterator[str]:
        yield self._token()

    def _trouble(self, answer: Answer) -> NetworkError:
        """The error table: docs.joinmastodon.org/methods/statuses and /api/rate-limits, 2026-11-20."""
        said = self._line.quote(answer.text("error"))
        if answer.status == 429:
            return self._line.limited(answer.headers.get("X-RateLimit-Reset"), answer.headers.get("Retry-After"))
        if answer.status == 401:
            return NeedsLogin(f"Mastodon: {self.account.server} does not take the token: {said}.", _NEW_TOKEN)
        if answer.status == 403:
            return Refused(f"Mastodon: the token may not do this: {said}.", _NEW_TOKEN)
        if answer.status in (404, 410):
            return Refused(f"Mastodon: {self.account.server} does not know this address.", "Correct the account's server.")
        if answer.status == 422 and _NOT_READY.search(said):
            return Passing("Mastodon: a picture is not processed yet; it will be tried again.")
        pause = answer.headers.get("Retry-After")
        # Elsewhere a 503 can come from a proxy that passed the post on, unless it asks us to come back.
        if answer.status == 503 and (self.doubt.kind == "KEY" or pause):
            return Passing("Mastodon: the server is busy; it will be tried again.", self._line.until(pause))
        return self._line.trouble(answer, said)


def _visibility(asked: str, part: int) -> str:
    """A thread's later parts stay out of the public timelines, as is the custom there: its first part leads to them."""
    return "unlisted" if part and asked == "public" else asked


def _missing(scopes: list[object]) -> list[str]:
    return [scope for scope in _SCOPES if scope not in scopes and scope.split(":")[0] not in scopes]
