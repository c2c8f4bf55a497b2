"""Mastodon, and the servers that speak its client API: one adapter that learns which of them it is talking to.

What differs between them stands in `mastodon_servers.py`; the calls, the token and the error table in `mastodon_calls.py`.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import httpx

from socialbot.media import Media
from socialbot.networks import mastodon_instance, mastodon_servers
from socialbot.networks.calling import Answer
from socialbot.networks.login import OAuth2
from socialbot.networks.mastodon_calls import TAKEN, Calls, MastodonAccount
from socialbot.networks.mastodon_login import missing, registered
from socialbot.networks.mastodon_servers import SCOPES, Server
from socialbot.networks.mastodon_statuses import as_published, created_at, figures, keeps_descriptions, ours, with_hard_breaks
from socialbot.networks.protocol import (
    CannotTell,
    Doubt,
    Identity,
    NeedsLogin,
    Network,
    No,
    Passing,
    Prepared,
    Published,
    Refused,
    Remember,
    Unknown,
    Vault,
    utc_now,
)
from socialbot.nouns import Draft, Limits, Variant
from socialbot.settings import AccountSettings

LIMITS = mastodon_servers.MASTODON.limits
SETTLE_S = 60
UPLOADS_LAST_S = 20 * 3600
"""Media that no post uses is deleted after about a day."""
POLLS_S = (0.5, 1, 2, 4, 8, 15)
"""Waits between questions whether an upload has been processed."""
MAX_PAGES = 10
"""Of 40 posts. More than 400 within minutes is no account of ours; 300 pages in 15 minutes would be too many for the server."""
MAX_KEYS = 5
"""So many errors that a server keeps with their keys are gone round, each with one more key."""
_EARLIER = timedelta(minutes=10)
_BY_HAND = "say in the profile's settings that the account is automated"
_CANNOT = MappingProxyType(
    {
        "story": No("Its API knows no stories.", "docs.joinmastodon.org/methods, 2026-11-20"),
        "ai_flag": No("A post has no field for AI.", "github.com/mastodon/mastodon issue 30277, 2026-11-20"),
    }
)


class Mastodon(Network):
    """One account on one server. Only a server known to keep an Idempotency-Key's promise is trusted with one."""

    name = "mastodon"
    options = MastodonAccount
    guide = (
        f"In the account's settings on its server open Development, New application, and tick the scopes {', '.join(SCOPES)}.",
        "Open the application and copy its access token.",
        "Or do neither: leave the token empty, and socialbot is let in through the browser.",
    )
    asks = ("server", "token")
    kept_as = "token"
    limits = LIMITS
    edits = deletes = True
    measures = ("favourites", "reblogs", "replies", "quotes")
    cannot = _CANNOT
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
        self.doubt = Doubt("LIST", settle_s=SETTLE_S)
        self._calls = Calls(self.title(), client, self.account, vault, clock, self.spent)
        self._instance: Answer | None = None

    @classmethod
    def fix(cls, now: datetime, chance: random.Random) -> dict[str, str]:
        """The Idempotency-Key."""
        return {"key": str(uuid.UUID(int=chance.getrandbits(128), version=4))}

    async def entrance(self, redirect_uri: str) -> OAuth2:
        """Through the browser, once we are registered. Raises NetworkError."""
        return await registered(self._calls, redirect_uri)

    async def discover(self) -> Limits:
        """Which server it is, the limits it tells, and whether its Idempotency-Key can be trusted. Raises NetworkError."""
        self._instance = await self._calls.learn()
        if lasts_s := self._server.key_lasts_s:
            self.doubt = Doubt("KEY", settle_s=SETTLE_S, key_lasts_s=lasts_s)
        else:
            self.doubt = Doubt("LIST", settle_s=SETTLE_S)
        return replace(mastodon_instance.limits(self._instance, self._server), shape=self.limits.shape)

    async def check(self) -> Identity:
        """Ask who we are, what the token may do, and what the server's rules say of us. Raises NetworkError."""
        instance = await self._known()
        answer = await self._calls.ask("GET", "/api/v1/accounts/verify_credentials")
        if answer.status != 200 or not answer.text("id"):
            raise self._calls.trouble(answer)
        home = instance.text("domain") or instance.text("uri") or self.account.server
        notes = [] if self._server.title == self.title() else [self._kind()]
        app = await self._calls.ask("GET", "/api/v1/apps/verify_credentials")
        if isinstance(app.get("scopes"), list) and (lacking := missing(app.get("scopes"))):
            notes.append(f"The token's application lacks the scopes {', '.join(lacking)}.")
        notes += [f"A rule of the server: {self._calls.line.quote(rule)}." for rule in mastodon_instance.rules(instance)]
        notes += [self._server.advice] if self._server.advice else []
        bot = answer.get("bot")
        name, told = f"@{answer.text('username')}@{home}", bot if isinstance(bot, bool) else None
        return Identity(name, answer.text("url") or None, tuple(notes), told)

    async def mark_as_bot(self) -> None:
        """Set the account's `bot` and see it set. Raises NetworkError.

        docs.joinmastodon.org/methods/accounts: Update account credentials, 2026-11-20.
        """
        answer = await self._calls.ask("PATCH", "/api/v1/accounts/update_credentials", data={"bot": "true"})
        if answer.status == 200 and answer.get("bot") is True:
            return
        said = self._calls.said(answer) or f"it answered {answer.status}"
        if answer.status == 403:
            sentence = f"{self.title()}: the token may not mark the account as automated: {said}."
            raise Refused(sentence, f"Make a token that has the scope write:accounts too, or {_BY_HAND}.")
        # Some relatives of Mastodon know no such call, or take it and leave the account as it was.
        if answer.status in (200, 400, 404, 405, 410, 422):
            sentence = f"{self.title()}: {self.account.server} did not mark the account as automated: {said}."
            raise Refused(sentence, f"{_BY_HAND.capitalize()}.")
        raise self._calls.trouble(answer)

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        """Upload the pictures and wait until they are processed. Raises NetworkError, never Unknown."""
        await self._known()
        pictures = draft.parts[part].pictures
        if self._server.limits.needs_picture and not pictures and not before:
            raise Refused(f"{self.title()}: {self.account.server} takes no post without a picture.", "Give the post a picture.")
        request = {
            **self._words(draft.parts[part].caption.text),
            "visibility": _visibility(self.account.visibility, part),
            # Mastodon knows languages without their region; an unknown one falls back to the account's.
            "language": draft.language.split("-")[0].lower(),
            "sensitive": False,
        }
        if media_ids := [await self._attachment(picture, remember) for picture in pictures]:
            request["media_ids"] = media_ids
        if before:
            request["in_reply_to_id"] = await self._calls.own_post(before[-1].remote_id)
        return Prepared(draft, part, request)

    async def publish(self, prepared: Prepared) -> Published:
        """Post the status. Raises NetworkError; Unknown when it may be out.

        Where a server keeps an error with its key, that error says that nothing was posted with it: the next key is tried.
        """
        await self._known()
        long_ago = self.clock() - timedelta(seconds=UPLOADS_LAST_S)
        for key in self._keys(prepared):
            headers = self._calls.bearer() | key
            url, request = self._calls.url("/api/v1/statuses"), dict(prepared.request)
            answer = await self._calls.line.send("POST", url, headers=headers, json=request)
            if answer.status == 200 and isinstance(answer.body, dict) and answer.text("id"):
                return as_published(answer.body, request["visibility"])
            if not self._is_kept_error(answer):
                break
            if answer.status >= 500 and (found := await self.find(prepared, long_ago)):
                return _told(found)
        taken = 400 <= answer.status < 500 and "media_ids" in request and TAKEN.search(answer.text("error"))
        # A picture belongs to one post only: if it is ours, an earlier try went through.
        if taken and (found := await self.find(prepared, long_ago)):
            return _told(found)
        if answer.status == 404 and "in_reply_to_id" in request:
            raise Refused(f"{self.title()}: the post that the next one answers is gone.", "The thread ends there.")
        raise self._calls.trouble(answer)

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
            return CannotTell(f"{self.title()}: the account has posted too much since to look through.")
        match = ours(prepared, statuses, markdown=self._server.reads_markdown)
        return as_published(match, prepared.request["visibility"]) if match else None

    async def edit(self, draft: Draft, part: int, published: Published) -> Published:
        """Replace the status; what is left out of the call would be lost (methods/statuses: Edit a status, 2026-11-20)."""
        await self._known()
        status_id = await self._calls.own_post(published.remote_id)
        answer = await self._calls.ask("GET", f"/api/v1/statuses/{status_id}")
        if answer.status != 200:
            raise self._calls.gone(answer)
        attached = answer.get("media_attachments") or ()
        there = [str(attachment.get("id")) for attachment in attached]
        pictures = draft.parts[part].pictures
        request: dict[str, Any] = {
            **self._words(draft.parts[part].caption.text),
            "spoiler_text": answer.text("spoiler_text"),
            "sensitive": answer.get("sensitive") is True,
            "language": draft.language.split("-")[0].lower(),
        }
        if there:
            request["media_ids"] = there
        if there and len(there) == len(pictures):
            described = zip(there, pictures, strict=True)
            request["media_attributes"] = [{"id": one, "description": picture.alt} for one, picture in described]
        answer = await self._calls.ask("PUT", f"/api/v1/statuses/{status_id}", json=request)
        if self._server is mastodon_servers.PIXELFED and answer.status in (400, 403, 404, 405):
            said = self._calls.said(answer) or f"it answered {answer.status}"
            sentence = f"{self.title()}: {self.account.server} lets this post be edited no more, or none: {said}."
            raise Refused(sentence, "Pixelfed takes ten edits of a post, where its admin allows them at all.")
        if answer.status != 200:
            raise self._calls.gone(answer)
        if self.edits_alt and keeps_descriptions(attached, answer.get("media_attachments"), pictures):
            sentence = f"{self.title()}: its words are changed, and its pictures keep the descriptions that they had."
            raise Refused(sentence, f"{self.account.server} changes none; if they are wrong, remove the post and repeat it.")
        return as_published(answer.body, str(answer.get("visibility")))

    async def locate(self, published: Published) -> str:
        """The id of the status. Raises NetworkError."""
        return await self._calls.own_post(published.remote_id)

    async def delete(self, published: Published) -> None:
        """Delete the status (methods/statuses: Delete a status, 2026-11-20). Raises NetworkError."""
        status_id = await self._calls.own_post(published.remote_id)
        answer = await self._calls.ask("DELETE", f"/api/v1/statuses/{status_id}")
        if answer.status not in (200, 404, 410):
            raise self._calls.trouble(answer)

    async def metrics(self, published: Published) -> Mapping[str, int]:
        """The counters of the status (docs.joinmastodon.org/entities/Status, 2026-11-20). Raises NetworkError."""
        answer = await self._calls.ask("GET", f"/api/v1/statuses/{await self._calls.own_post(published.remote_id)}")
        if answer.status != 200:
            raise self._calls.gone(answer)
        return figures(answer.body, self.measures)

    async def is_shown(self, published: Published) -> bool | None:
        """Ask for the status: a server that takes a post for spam answers as if it were out, and stores nothing."""
        answer = await self._calls.ask("GET", f"/api/v1/statuses/{await self._calls.own_post(published.remote_id)}")
        if answer.status not in (200, 404):
            raise self._calls.trouble(answer)
        return answer.status == 200

    # Calls

    @property
    def _server(self) -> Server:
        return self._calls.server

    async def _known(self) -> Answer:
        """What the server says about itself, asked for once."""
        if self._instance is None:
            await self.discover()
        assert self._instance
        return self._instance

    def _kind(self) -> str:
        """A note on a server that is another than the account's network names."""
        if self._server is not mastodon_servers.UNKNOWN:
            return f"The server is {self._server.title}."
        software = self._calls.line.quote(self._calls.software) or "unknown"
        if any(name in software.lower() for name in mastodon_servers.MISSKEYS):
            return f'The server is {software}, whose own API can do more: network = "misskey" or "sharkey".'
        return f"The server is {software}, which we do not know: we count strictly there, and repeat nothing by ourselves."

    def _words(self, text: str) -> dict[str, str]:
        """The text, marked as plain where the server could read more into it."""
        if self._server.reads_markdown:
            return {"status": with_hard_breaks(text)}
        assert self._instance
        plain = self._server.takes_content_type or mastodon_instance.takes_content_type(self._instance)
        return {"status": text, **({"content_type": "text/plain"} if plain else {})}

    def _keys(self, prepared: Prepared) -> Iterator[dict[str, str]]:
        """The header with the key, and those with the keys that follow where an error was kept with it."""
        if not self._server.key_lasts_s:
            yield {}
            return
        key = f"{prepared.draft.fixed['key']}.{prepared.part}"
        for number in range(MAX_KEYS if self._server.keeps_errors else 1):
            yield {"Idempotency-Key": f"{key}.{number + 1}" if number else key}

    def _is_kept_error(self, answer: Answer) -> bool:
        """The error of an earlier call with this key, told once more (Pleroma source, idempotency_plug.ex, 2026-11-21)."""
        replayed = answer.headers.get("idempotent-replayed", "").lower() == "true"
        return self._server.keeps_errors and replayed and answer.status >= 400

    async def _attachment(self, picture: Variant, remember: Remember) -> str:
        """The media id of a picture, processed and ready to be attached."""
        described = f"{picture.digest} {picture.alt} {picture.focal}"  # the upload bears them, and a new draft may say others
        known_as = hashlib.sha256(described.encode()).hexdigest()
        media_id = remember.recall(known_as)
        if media_id and not self._server.shows_uploads:
            return media_id
        answer = await self._calls.ask("GET", f"/api/v1/media/{media_id}") if media_id else None
        if answer is None or answer.status == 404:
            answer = await self._upload(picture)
            media_id = answer.text("id")
            remember.keep(known_as, media_id, UPLOADS_LAST_S)
            if self._server.ready_at_once:
                return media_id
        for pause_s in POLLS_S:
            if answer.status not in (202, 206):
                break
            await asyncio.sleep(pause_s)
            answer = await self._calls.ask("GET", f"/api/v1/media/{media_id}")
        if answer.status in (202, 206):
            raise Passing(f"{self.title()}: the server is still processing a picture; it will be tried again.")
        if answer.status != 200 or not media_id:
            raise self._calls.trouble(answer)
        return media_id

    async def _upload(self, picture: Variant) -> Answer:
        file = (f"picture.{picture.mime.split('/')[1]}", self.content(picture), picture.mime)
        form = {"description": picture.alt} if picture.alt else {}
        if picture.focal and self._server.takes_focus:
            x, y = picture.focal
            form["focus"] = f"{2 * x - 1:.3f},{1 - 2 * y:.3f}"
        answer = await self._calls.ask("POST", "/api/v2/media", data=form, files={"file": file})
        if answer.status not in (200, 202) or not answer.text("id"):
            raise self._calls.trouble(answer)
        return answer

    async def _own_statuses(self, since: datetime) -> list[dict[str, Any]] | None:
        """The account's statuses from `since` on, newest first; None when there are too many. Raises NetworkError."""
        path = f"/api/v1/accounts/{await self._calls.own_id()}/statuses"
        query = {"limit": "40", "exclude_reblogs": "true"}
        statuses: list[dict[str, Any]] = []
        for page_number in range(MAX_PAGES):
            answer = await self._calls.ask("GET", path, params=query)
            if answer.status != 200 or not isinstance(answer.body, list):
                raise self._calls.trouble(answer)
            if page_number == 0:  # its statuses bear the server's time
                since -= self._calls.line.ahead(answer)
            page = [status for status in answer.body if isinstance(status, dict) and "id" in status]
            statuses += [status for status in page if created_at(status) >= since]
            if not page or created_at(page[-1]) < since:
                return statuses
            query["max_id"] = str(page[-1]["id"])
        return None


def _visibility(asked: str, part: int) -> str:
    """A thread's later parts stay out of the public timelines, as is the custom there: its first part leads to them."""
    return "unlisted" if part and asked == "public" else asked


def _told(found: Published | CannotTell) -> Published:
    if isinstance(found, CannotTell):
        raise Unknown(f"{found.why} The post may be out.")
    return found


class GoToSocial(Mastodon):
    """An account that is known to live on GoToSocial before its server is asked."""

    name, called, limits = "gotosocial", "GoToSocial", mastodon_servers.GOTOSOCIAL.limits


class Pixelfed(Mastodon):
    """An account that is known to live on Pixelfed before its server is asked."""

    name, limits = "pixelfed", mastodon_servers.PIXELFED.limits
    edits_alt = False  # UpdateStatusService.php, 2026-11-21
    cannot = MappingProxyType({**_CANNOT, "text": No("Every post is a picture.", "ApiV1Controller.php: statusCreate, 0.11.13")})
    conditions = MappingProxyType(
        {"edit": "the text, where its admin allows it, ten times for a post", "thread": "as comments under the picture"}
    )


class Akkoma(Mastodon):
    """An account that is known to live on Akkoma or Pleroma before its server is asked."""

    name, limits = "akkoma", mastodon_servers.AKKOMA.limits
    edits_alt = False  # status_operation.ex: update_request, 2026-11-21
    conditions = MappingProxyType({"edit": "the text, not the descriptions of its pictures"})
