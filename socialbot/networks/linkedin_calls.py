"""LinkedIn's interface: versioned calls with a token, pictures that are uploaded and waited for, and what its errors mean."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import httpx

from socialbot.networks.calling import Answer, Line, bearer, resets
from socialbot.networks.linkedin_account import LinkedInAccount, login_of
from socialbot.networks.login import Tokens
from socialbot.networks.protocol import (
    Blocked,
    NeedsLogin,
    NetworkError,
    Passing,
    RateLimited,
    Refused,
    Vault,
)
from socialbot.networks.versions import FAMILIES

POLLS_S = (0.5, 1, 2, 4, 8, 15, 30)
"""Waits between questions whether a picture is ready; then the post is tried again later."""
BUSY = timedelta(minutes=15)
"""How long to leave it alone where it limits us and speaks of no day."""

_log = logging.getLogger(__name__)
_SHORTER = "Shorten the text and enqueue the post again."
_OTHER_PICTURES = "Use other pictures and enqueue the post again."
_CHANGE = "Change the post and enqueue it again."
_LOG_IN = "Log in again: socialbot connect linkedin."
_RIGHTS: Mapping[str, tuple[str, str]] = {
    "page": (
        "the page must be one that the person who logged in may post for, and the app must have the Community Management API",
        "Have the page's administrator give that person a role there, then log in again: socialbot connect linkedin.",
    ),
    "member": (
        "the app must have the product Share on LinkedIn, and the login its permission w_member_social",
        "Add the product to the app, then log in again: socialbot connect linkedin.",
    ),
}


@dataclass(frozen=True, slots=True)
class Row:
    """An error by its statuses and by what it says, what it means, and what to do. It is never one of the post being out."""

    statuses: tuple[int, ...]
    says: str
    kind: type[NetworkError]
    meaning: str
    fix: str = ""


_ANY = (400, 403, 404, 409, 422)
ROWS: tuple[Row, ...] = (
    Row((400, 422), r"FIELD_LENGTH_TOO_LONG|too long", Refused, "the text is too long", _SHORTER),
    Row(_ANY, r"PROCESSING_FAILED|could not be processed", Refused, "it cannot use a picture", _OTHER_PICTURES),
    Row(_ANY, r"WAITING_UPLOAD|PROCESSING|not (?:yet )?ready|not (?:yet )?available", Passing, "a picture is not ready yet"),
    Row(
        _ANY,
        r"Unable to obtain activity|resource is forbidden|Service Unavailable",
        Passing,
        "it failed in words that pass, as others report",
    ),
    Row(
        (400, 409, 422),
        r"duplicate",
        Refused,
        "it takes the post for a repetition",
        "Look whether it is out already: then nothing is to be done. Else change the words and enqueue the post again.",
    ),
    Row((400,), r"", Refused, "it does not take the post", _CHANGE),
    Row((401,), r"", NeedsLogin, "the token is not taken; it lasts 60 days", _LOG_IN),
    Row((404,), r"", Refused, "what is asked for is not there", "Look at the account."),
    Row((409,), r"", Passing, "something else was changing it"),
    Row((422,), r"", Refused, "it cannot use the post", _CHANGE),
)
"""learn.microsoft.com/linkedin: Posts API, Errors; Error handling, 2026-05; the words in them as others report, 2026-11."""


def encoded(urn: str) -> str:
    """A URN as it stands in a path or a query."""
    return quote(urn, safe="")


class Rest:
    """The calls of one account."""

    def __init__(
        self,
        account: LinkedInAccount,
        client: httpx.AsyncClient,
        vault: Vault,
        clock: Callable[[], datetime],
        spent: Callable[[datetime], None],
    ) -> None:
        self._account, self._clock = account, clock
        self.line = Line("LinkedIn", client, account.timeout_s, clock, lambda: self.tokens.secrets(), spent)
        self.tokens = Tokens(login_of(account), self.line, vault, clock, account.token)
        self.base = account.api or "https://api.linkedin.com"
        self.version = account.version
        """The one that is asked for now: a newer one than the account's, where LinkedIn does not take that any more."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know of the version."""
        if self.version == self._account.version:
            return ()
        told = f"LinkedIn does not take version {self._account.version} of its interface any more; {self.version} was used"
        return (f'{told}: set version = "{self.version}".',)

    async def ask(
        self, method: str, path: str, *, json: Any = None, does: Literal["PARTIAL_UPDATE", "FINDER"] | None = None
    ) -> Answer:
        """A call that may be repeated; errors are left in its answer, for `trouble`. Raises NetworkError."""
        return await self._call(self.line.ask, method, path, json, does)

    async def send(self, path: str, json: Any) -> Answer:
        """The irreversible call; likewise. Raises NetworkError: Unknown when no answer comes."""
        return await self._call(self.line.send, "POST", path, json, None)

    async def listed(self, path: str, *, does: Literal["FINDER"] | None = None) -> tuple[list[dict[str, Any]], Answer]:
        """The elements of a list, and the answer they came in. Raises NetworkError."""
        answer = await self.ask("GET", path, does=does)
        elements = answer.get("elements")
        if answer.status != 200 or not isinstance(elements, list):
            raise self.trouble(answer)
        return [one for one in elements if isinstance(one, dict)], answer

    async def upload(self, owner: str, content: bytes, mime: str) -> str:
        """The URN of a picture, uploaded whole: it may not be cut into pieces (Images API, 2026-05). Raises NetworkError."""
        begun = await self.ask(
            "POST", "/rest/images?action=initializeUpload", json={"initializeUploadRequest": {"owner": owner}}
        )
        urn, place = begun.text("value", "image"), begun.text("value", "uploadUrl")
        if begun.status != 200 or not re.fullmatch(r"urn:li:image:[\w-]+", urn, re.ASCII) or not self._is_theirs(place):
            raise self.trouble(begun)
        headers = bearer(await self.tokens.access()) | {"Content-Type": mime}
        done = await self.line.ask("PUT", place, content=content, headers=headers)
        if done.status not in (200, 201):
            raise self.trouble(done)
        return urn

    async def await_image(self, urn: str, fresh: bool) -> bool:
        """Wait until a page's picture can be used; False where LinkedIn knows none of this URN. Raises NetworkError.

        `fresh`: it was uploaded just now, so that LinkedIn may not have seen that yet.
        """
        for pause_s in (*POLLS_S, None):
            answer = await self.ask("GET", f"/rest/images/{encoded(urn)}")
            status = answer.text("status")
            if answer.status == 404 or (status == "WAITING_UPLOAD" and not fresh):
                return False
            if answer.status != 200 or not status:
                raise self.trouble(answer)
            if status == "AVAILABLE":
                return True
            if status == "PROCESSING_FAILED":
                raise Refused("LinkedIn: it could not process a picture.", _OTHER_PICTURES)
            if pause_s is not None:
                await asyncio.sleep(pause_s)
        raise Passing("LinkedIn is still processing the pictures; it will be tried again.")

    def trouble(self, answer: Answer) -> NetworkError:
        """The error table: `ROWS`, and what does not go by words."""
        said, code = self.said(answer), self.line.quote(answer.text("code"))
        for name in ("x-li-uuid", "x-li-request-id"):
            if traced := answer.headers.get(name):
                _log.info("LinkedIn answered %s (%s), %s %s", answer.status, code, name, self.line.quote(traced))
        if answer.status == 429:
            return self._limited(answer, said)
        if answer.status == 426:
            sentence = f"LinkedIn does not take version {self.version} of its interface: {said or 'it has ended'}."
            return Blocked(sentence, f"Set a later version, as {FAMILIES['linkedin'].source} has it, or update socialbot.")
        for row in ROWS:
            if answer.status in row.statuses and re.search(row.says, said, re.IGNORECASE):
                told = f"LinkedIn: {row.meaning}: {said or answer.status}."
                return row.kind(told, row.fix) if issubclass(row.kind, Refused) else row.kind(told)
        if answer.status == 403:
            meaning, fix = _RIGHTS[self._account.post_as]
            return NeedsLogin(f"LinkedIn: {meaning}: {said or 403}.", fix)
        return self.line.trouble(answer, said)

    def said(self, answer: Answer) -> str:
        """LinkedIn's words and codes, on one line."""
        faults = answer.get("errorDetails", "inputErrors")
        faults = [one.get("code") for one in faults if isinstance(one, dict)] if isinstance(faults, list) else []
        told = [answer.text("message"), answer.text("code"), *(str(one) for one in faults if one)]
        return self.line.quote(", ".join(one.strip(" .") for one in told if one))

    # Calls

    async def _call(
        self, call: Callable[..., Awaitable[Answer]], method: str, path: str, json: Any, does: str | None
    ) -> Answer:
        """One that is answered 426 was not taken, and is made once more with another version."""

        def once(token: str) -> Awaitable[Answer]:
            return self._once(call, method, path, json, does, token)

        answer = await self.tokens.call(once, self.trouble)
        newest = FAMILIES["linkedin"].current
        if answer.status == 426 and self.version != newest:
            asked, self.version = self.version, newest
            answer = await self.tokens.call(once, self.trouble)
            if answer.status == 426:
                self.version = asked
        return answer

    async def _once(
        self, call: Callable[..., Awaitable[Answer]], method: str, path: str, json: Any, does: str | None, token: str
    ) -> Answer:
        headers = bearer(token)
        if path.startswith("/rest/"):
            headers |= {"LinkedIn-Version": self.version, "X-Restli-Protocol-Version": "2.0.0"}
        if does:
            headers["X-RestLi-Method"] = does
        return await call(method, f"{self.base}{path}", headers=headers, **({"json": json} if json is not None else {}))

    def _is_theirs(self, place: str) -> bool:
        """The token goes to nobody else."""
        try:
            host = urlsplit(place)
        except ValueError:
            return False
        if self._account.api:
            return place.startswith(f"{self._account.api}/")
        return host.scheme == "https" and f".{host.hostname}".endswith(".linkedin.com")

    def _limited(self, answer: Answer, said: str) -> RateLimited:
        """What is counted over a day begins anew at midnight UTC, and no header says so (Rate limits, 2026-05)."""
        now = self._clock()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        until = self.line.until(*resets(answer.headers)) or (midnight if "DAY" in said else now + BUSY)
        what = "the day's calls are used up" if "DAY" in said else "it takes no calls for the moment"
        return RateLimited(f"LinkedIn: {what}; the next goes out after {until:%Y-%m-%d %H:%M:%S} UTC.", until)
