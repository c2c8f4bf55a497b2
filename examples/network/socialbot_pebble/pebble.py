"""Pebble: notes of 400 characters with up to three pictures. A note has a key of ours, by which it is found again."""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

import httpx
from pydantic import Field, SecretStr

from socialbot.media import Media
from socialbot.networks.calling import Answer, Line, Token
from socialbot.networks.protocol import (
    CannotTell,
    Doubt,
    Identity,
    NeedsLogin,
    Network,
    NetworkError,
    No,
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
    unit="graphemes",
    max_text=400,
    max_pictures=3,
    max_picture_bytes=2_000_000,
    max_alt=300,
    mime_types=("image/jpeg", "image/png"),
    shape="square",
    threads=True,
    ai_flag="made_by_ai",
    source="pebble.example/docs/api: Notes; Pictures",
    checked=date(2026, 11, 20),
)

UPLOADS_LAST_S = 6 * 3600
_NEW_TOKEN = "Make a token under Settings, Apps, and set it for the account."  # noqa: S105
_NOTE_ID = re.compile(r"n\d+")


class PebbleAccount(AccountSettings):
    """An account with `network = "pebble"`."""

    server: BaseUrl = Field("https://pebble.example", description="Where the account lives.")
    token: Token = Field(SecretStr(""), description="Access token, from Settings, Apps.")


class Pebble(Network):
    """One Pebble account. A note that comes a second time with its key is the same note, for a day."""

    name = "pebble"
    options = PebbleAccount
    limits = LIMITS
    doubt = Doubt("KEY", settle_s=5, key_lasts_s=23 * 3600)
    edits = deletes = True
    cannot = MappingProxyType(
        {
            "story": No("there are no stories", "pebble.example/docs/api: Notes"),
            "metrics": No("nothing is counted, on purpose", "pebble.example/docs/about"),
        }
    )
    account: PebbleAccount

    def __init__(
        self,
        account: AccountSettings,
        client: httpx.AsyncClient,
        media: Media,
        vault: Vault,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(account, client, media, vault, clock)
        self._line = Line("Pebble", client, account.timeout_s, clock, self._secrets, self.spent)

    @classmethod
    def fix(cls, now: datetime, chance: random.Random) -> dict[str, str]:
        """The key of the note."""
        return {"key": str(uuid.UUID(int=chance.getrandbits(128), version=4))}

    async def check(self) -> Identity:
        """Ask who we are. Raises NetworkError."""
        answer = await self._ask("GET", "/api/me")
        if answer.status != 200 or not answer.text("name"):
            raise self._trouble(answer)
        return Identity(f"@{self._line.quote(answer.text('name'))}", answer.text("url") or None)

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        """Upload the pictures. Raises NetworkError, never Unknown."""
        this = draft.parts[part]
        request: dict[str, Any] = {"key": f"{draft.fixed['key']}.{part}", "text": this.caption.text, "language": draft.language}
        request["pictures"] = [await self._picture(picture, remember) for picture in this.pictures]
        if before:
            request["answers"] = _note_id(before[-1].remote_id)
        if part == 0:
            request |= draft.flags
        return Prepared(draft, part, request)

    async def publish(self, prepared: Prepared) -> Published:
        """Post the note. Raises NetworkError; Unknown when it may be out."""
        answer = await self._line.send("POST", self._url("/api/notes"), headers=self._bearer(), json=dict(prepared.request))
        if answer.status not in (200, 201) or not answer.text("id"):
            raise self._trouble(answer)
        return _published(answer.body)

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        """Look for the note by its key. Raises NetworkError."""
        answer = await self._ask("GET", "/api/notes", params={"key": prepared.request["key"]})
        if answer.status != 200 or not isinstance(answer.get("notes"), list):
            raise self._trouble(answer)
        return next((_published(note) for note in answer.get("notes")), None)

    async def edit(self, draft: Draft, part: int, published: Published) -> Published:
        """Change words and descriptions; a picture that is not named would be lost (Notes: Change). Raises NetworkError."""
        path = f"/api/notes/{_note_id(published.remote_id)}"
        there = await self._ask("GET", path)
        if there.status == 404:
            raise Refused("Pebble: the note is not there any more.", "Nothing is left to change.")
        if there.status != 200 or not isinstance(there.get("pictures"), list):
            raise self._trouble(there)
        alts = [picture.alt for picture in draft.parts[part].pictures]
        pictures = [{"id": one, "alt": alt} for one, alt in zip(there.get("pictures"), alts, strict=False)]
        answer = await self._ask("PATCH", path, json={"text": draft.parts[part].caption.text, "pictures": pictures})
        if answer.status != 200 or not answer.text("id"):
            raise self._trouble(answer)
        return _published(answer.body)

    async def delete(self, published: Published) -> None:
        """Remove the note; one that is gone is no error. Raises NetworkError."""
        answer = await self._ask("DELETE", f"/api/notes/{_note_id(published.remote_id)}")
        if answer.status not in (204, 404):
            raise self._trouble(answer)

    async def is_shown(self, published: Published) -> bool | None:
        """Ask for the note. Raises NetworkError."""
        answer = await self._ask("GET", f"/api/notes/{_note_id(published.remote_id)}")
        if answer.status not in (200, 404):
            raise self._trouble(answer)
        return answer.status == 200

    # Calls

    async def _picture(self, picture: Variant, remember: Remember) -> str:
        if known := remember.recall(picture.digest):
            return known
        headers, query = {**self._bearer(), "Content-Type": picture.mime}, {"alt": picture.alt}
        content = self.content(picture)
        answer = await self._line.ask("POST", self._url("/api/pictures"), headers=headers, params=query, content=content)
        if answer.status != 201 or not answer.text("id"):
            raise self._trouble(answer)
        remember.keep(picture.digest, answer.text("id"), UPLOADS_LAST_S)
        return answer.text("id")

    async def _ask(self, method: str, path: str, **request: Any) -> Answer:
        return await self._line.ask(method, self._url(path), headers=self._bearer(), **request)

    def _url(self, path: str) -> str:
        return self.account.server + path

    def _bearer(self) -> dict[str, str]:
        token = self.account.token.get_secret_value()
        if not token:
            raise NeedsLogin("Pebble: no token is set for the account.", _NEW_TOKEN)
        return {"Authorization": f"Bearer {token}"}

    def _secrets(self) -> Iterator[str]:
        yield self.account.token.get_secret_value()

    def _trouble(self, answer: Answer) -> NetworkError:
        """The error table: pebble.example/docs/api: Errors, 2026-11-20."""
        said = self._line.quote(answer.text("error"))
        if answer.status == 401:
            return NeedsLogin(f"Pebble does not take the token: {said}.", _NEW_TOKEN)
        if answer.status == 503:  # said before anything is looked at, and a key is safe to show again
            return self._line.limited(answer.headers.get("Retry-After"))
        return self._line.trouble(answer, said)


def _note_id(told: str) -> str:
    """The id, or the last step of the address that a person gave."""
    note_id = told.rstrip("/").rpartition("/")[2]
    if not _NOTE_ID.fullmatch(note_id):
        raise Refused(f"Pebble: {told} is no note's address.", "Give the note's address as Pebble shows it.")
    return note_id


def _published(note: Mapping[str, Any]) -> Published:
    flags = {"made_by_ai": True} if note.get("made_by_ai") is True else {}
    return Published(str(note["id"]), note.get("url"), flags=flags)
