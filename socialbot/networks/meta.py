"""What Instagram, Threads and Facebook share of Meta's Graph API: its calls, its tokens, its errors, its limits of use.

developers.facebook.com/docs/graph-api: Overview; Handle errors; Rate limits; Secure Graph API calls, 2026-08 to 2026-11.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import httpx
from pydantic import Field, SecretStr

from socialbot.networks.calling import Answer, Line, Token, bearer, resets
from socialbot.networks.login import OAuth2, Tokens
from socialbot.networks.protocol import (
    ENDS_AT,
    Blocked,
    NeedsLogin,
    NetworkError,
    Passing,
    RateLimited,
    Refused,
    Unknown,
    Vault,
)
from socialbot.networks.rooms import used_percent
from socialbot.nouns import Part
from socialbot.settings import AccountSettings

BUSY_S = 3600
"""How long to leave Meta alone where it does not say for how long: what it counts, it counts over an hour or more."""
MAX_PAGES = 20
_TRANSIENT = "is_transient"
_PAGE, _PAGE_TOKEN = "page", "page_token"
_PAGELESS = timedelta(minutes=1)
"""A person who is given the Page is not told for longer that they have it not."""
Files = Mapping[str, tuple[str, bytes, str]] | None
"""Name of a form's part: its file name, bytes, media type."""
_log = logging.getLogger(__name__)


class MetaAccount(AccountSettings):
    """What accounts of Instagram, Threads and Facebook have in common."""

    client_id: str = Field("", description="The app's id at developers.facebook.com.")
    client_secret: Token = Field(SecretStr(""), description="The app's secret.")
    token: Token = Field(SecretStr(""), description="An access token made by hand, where none comes by a login.")
    appsecret_proof: bool = Field(
        False, description='Sign each call with the app\'s secret, where the app asks for it ("Require app secret").'
    )


@dataclass(frozen=True, slots=True)
class Row:
    """What an error means, and what to do. Of kind Unknown: on the irreversible call it may be out, elsewhere it is passing."""

    kind: type[NetworkError]
    meaning: str
    fix: str = ""


Rows = Mapping[tuple[int | str | None, int | None], Row]
"""By code and subcode; None stands for any."""

CHANGE = "Change the post and enqueue it again."
_ROLE = "Give the person or system user that the token is of its role back, then log in again."
_GRANT = "Log in again and grant everything that is asked for."
_APPEAL = "Open the app, see what the account is told there, and resume it here when that is settled."

ROWS: Rows = MappingProxyType(
    {
        (1, None): Row(Unknown, "something failed there"),
        (2, None): Row(Unknown, "the service is down for the moment"),
        (-1, None): Row(Unknown, "something failed there"),
        (-2, None): Row(Passing, "it could not fetch the media in time"),
        (3, None): Row(NeedsLogin, "the app has not the capability for this call", _GRANT),
        (10, None): Row(NeedsLogin, "the token lacks a permission", _GRANT),
        (283, None): Row(NeedsLogin, "the token lacks a permission", _GRANT),
        **{(code, None): Row(NeedsLogin, "the token lacks a permission", _GRANT) for code in range(200, 300)},
        **{
            (code, None): Row(RateLimited, "too many calls")
            for code in (4, 17, 32, 341, 613, 80001, 80002)  # 80001: a Page's, 80002: an Instagram account's
        },
        (100, None): Row(Refused, "it does not take a value", CHANGE),
        (102, None): Row(NeedsLogin, "the session has ended", _GRANT),
        (190, None): Row(NeedsLogin, "the token is not taken", _GRANT),
        (190, 458): Row(NeedsLogin, "the app was removed from the account", _GRANT),
        (190, 459): Row(NeedsLogin, "the account is stopped at a checkpoint", "Log in at facebook.com and settle it there."),
        (190, 460): Row(NeedsLogin, "the account's password was changed", _GRANT),
        (190, 463): Row(NeedsLogin, "the token has expired", _GRANT),
        (190, 464): Row(NeedsLogin, "the account is not confirmed", "Log in at facebook.com and confirm it."),
        (190, 467): Row(NeedsLogin, "the token is no longer valid", _GRANT),
        (190, 492): Row(NeedsLogin, "the person has no role on the Page any more", _ROLE),
        (100, 33): Row(NeedsLogin, "what the token asks for does not exist, or is closed to it", _GRANT),
        (324, None): Row(Refused, "an image is missing or broken", "Use other pictures and enqueue the post again."),
        (368, None): Row(Blocked, "it blocked the account for what it takes for a breach of its rules", _APPEAL),
        (506, None): Row(Unknown, "the same was posted just before"),
        (1609005, None): Row(Passing, "it could not read the page behind the link"),
        ("REVOKED_ACCESS_TOKEN", None): Row(NeedsLogin, "the token was revoked", _GRANT),
    }
)
"""developers.facebook.com/docs/graph-api/guides/error-handling, re-read 2026-08-13."""


@dataclass(frozen=True, slots=True)
class Page:
    """A Facebook Page that a login may act for, and the Instagram account that is linked to it, if one is."""

    id: str
    name: str
    token: str
    tasks: tuple[str, ...] = ()
    instagram_id: str = ""
    instagram_name: str = ""


class Graph:
    """The calls of one account. `base` ends with the version; `rows` go before those that all of Meta shares.

    `page`: the calls are made with the token of this Page, which is got once with the login's own and does not end by time.
    """

    def __init__(
        self,
        title: str,
        client: httpx.AsyncClient,
        account: MetaAccount,
        vault: Vault,
        clock: Callable[[], datetime],
        spent: Callable[[datetime], None],
        *,
        base: str,
        login: OAuth2,
        rows: Rows = MappingProxyType({}),
        page: str = "",
    ) -> None:
        self.title, self.base, self.page = title, base, page
        self.line = Line(title, client, account.timeout_s, clock, self._secrets, spent)
        self.tokens = Tokens(login, self.line, vault, clock, account.token)
        self._rows, self._account = {**ROWS, **rows}, account
        self.off = timedelta()
        """By how much our clock is before the network's, by its latest answer; below nothing where it is behind."""
        self._pageless: tuple[str, datetime] | None = None
        """A token whose list has not the Page, and until when that is taken as told."""

    async def ask(self, method: str, path: str, /, *, files: Files = None, **fields: Any) -> Answer:
        """A call that may be repeated, its answer free of errors; a spent token is renewed once. Raises NetworkError.

        `files`, of a POST, travel beside the fields as a multipart form.
        """
        return self.taken(await self.answer(method, path, files=files, **fields))

    async def answer(self, method: str, path: str, /, *, files: Files = None, **fields: Any) -> Answer:
        """As `ask`, but an error that the network answers is left in the answer, for `trouble`."""
        return await self._answer(await self.token(), method, path, fields, files)

    async def send(self, path: str, /, **fields: Any) -> Answer:
        """The irreversible call, by POST; its answer free of errors. Raises NetworkError; Unknown when it may be out."""
        token = await self.token()
        answer = await self._call(self.line.send, token, "POST", path, fields)
        if _is_spent(answer) and answer.get("error", _TRANSIENT) is not True:  # a token that is not taken has posted nothing
            token = await self._instead(token, answer)
            if not self.page or token == self.tokens.session().get(_PAGE_TOKEN):  # a person's is taken there, and nothing shows
                answer = await self._call(self.line.send, token, "POST", path, fields)
        if usage(answer) >= 100:
            self.line.spent(self._until(answer))
        return self.taken(answer)

    def taken(self, answer: Answer) -> Answer:
        """The answer, if it is none of an error: an error body may come with status 200. Raises NetworkError."""
        if answer.status != 200 or not isinstance(answer.body, dict) or answer.get("error") is not None:
            raise self.trouble(answer)
        return answer

    async def listed(self, path: str, /, **fields: Any) -> AsyncIterator[dict[str, Any]]:
        """What an edge lists, over all its pages: the last one has no `paging.next`, though it may be short of items before."""
        async for one in self._listed(await self.token(), path, fields):
            yield one

    async def pages(self) -> list[Page]:
        """The Pages that the login may act for (Facebook Login: /me/accounts). Raises NetworkError."""
        fields = "id,name,access_token,tasks,instagram_business_account{id,username}"
        own = await self.tokens.access()
        return [_page(one) async for one in self._listed(own, "/me/accounts", {"fields": fields, "limit": "100"})]

    async def is_page(self) -> bool:
        """Are its calls made as the Page? A person's token is taken there, and nothing shows. Raises NetworkError."""
        if await self.token() == self.tokens.session().get(_PAGE_TOKEN):
            return True
        return (await self.ask("GET", "/me", fields="id")).text("id") == self.page

    async def token(self) -> str:
        """The token of the next call. Raises NetworkError."""
        token = await self.tokens.access()
        if not self.page:
            return token
        session = self.tokens.session()
        if session.get(_PAGE) == self.page and _PAGE_TOKEN in session:
            return session[_PAGE_TOKEN]
        if self._pageless and self._pageless[0] == token and self.line.clock() < self._pageless[1]:
            return token
        try:
            found = next((one.token for one in await self.pages() if one.id == self.page), "")
        except Refused as error:
            if isinstance(error, NeedsLogin | Blocked):
                raise
            found = ""  # a Page's own token knows no list of Pages
        self._pageless = None if found else (token, self.line.clock() + _PAGELESS)
        return await self._kept(token, found) if found else token

    def trouble(self, answer: Answer) -> NetworkError:
        """What an answer without success means: by code and subcode, not by its status."""
        said, row = self.said(answer), self._row(answer)
        if trace := answer.text("error", "fbtrace_id"):
            _log.info(
                "%s answered %s with the error %s, fbtrace_id %s", self.title, answer.status, said, self.line.quote(trace)
            )
        if row is None:
            return self.line.trouble(answer, said)
        numbers = "/".join(str(one) for one in _numbers(answer) if one is not None)
        sentence = f"{self.title}: {row.meaning} ({numbers}): {said or 'without a word'}."
        if row.kind is RateLimited:
            until = self._until(answer)
            return RateLimited(f"{sentence[:-1]}; no more calls are made before {until:%Y-%m-%d %H:%M:%S} UTC.", until)
        if row.kind is Unknown:
            return Unknown(f"{sentence[:-1]}; the post may be out.") if answer.final else Passing(sentence)
        return row.kind(sentence, row.fix) if issubclass(row.kind, Refused) else row.kind(sentence)

    def said(self, answer: Answer) -> str:
        """The network's words for a person, else those for a programmer."""
        return self.line.quote(answer.text("error", "error_user_msg") or answer.text("error", "message"))

    def knows(self, answer: Answer) -> bool:
        """Does its error stand in a table?"""
        return self._row(answer) is not None

    async def is_gone(self, answer: Answer, node: str = "") -> bool:
        """Does it say that what was asked for is not there? In the same words it says that the token may not see it.

        `node`: what was to be changed or removed; it is looked at, since in the same words that is forbidden, too.
        """
        if answer.get("error", "code") != 100 or answer.get("error", "error_subcode") not in (33, None):
            return False
        if node:
            seen = await self.answer("GET", f"/{node}", fields="id")
            return seen.get("error") is not None and await self.is_gone(seen)
        await self.ask("GET", "/me", fields="id")
        return "does not exist" in answer.text("error", "message")

    def _row(self, answer: Answer) -> Row | None:
        code, subcode = _numbers(answer)
        if found := self._rows.get((code, subcode)) or self._rows.get((None, subcode)) if subcode is not None else None:
            return found
        if answer.get("error", _TRANSIENT) is True and code not in (4, 17, 32, 341, 368, 613, 80001, 80002):
            return Row(Unknown, "it is at fault for the moment")
        told = " ".join(answer.text("error", key) for key in ("type", "message", "error_user_title"))
        named = (row for (key, _), row in self._rows.items() if isinstance(key, str) and key in told)
        return next(named, None) or self._rows.get((code, None))

    def _until(self, answer: Answer) -> datetime:
        told = self.line.until(*resets(answer.headers), BUSY_S)
        assert told
        return told

    async def _listed(self, token: str, path: str, fields: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        after: dict[str, str] = {}
        for _ in range(MAX_PAGES):
            answer = self.taken(await self._answer(token, "GET", path, {**fields, **after}))
            listed = answer.get("data")
            if not isinstance(listed, list):
                raise self.line.trouble(answer, "a list was asked for, and none came")
            for one in listed:
                if isinstance(one, dict):
                    yield one
            after = {"after": answer.text("paging", "cursors", "after")}
            if not answer.get("paging", "next") or not after["after"]:
                return

    async def _answer(self, token: str, method: str, path: str, fields: Mapping[str, Any], files: Files = None) -> Answer:
        answer = await self._call(self.line.ask, token, method, path, fields, files)
        self.off = self.line.off(answer)
        if not _is_spent(answer):
            return answer
        return await self._call(self.line.ask, await self._instead(token, answer), method, path, fields, files)

    async def _call(
        self,
        call: Callable[..., Awaitable[Answer]],
        token: str,
        method: str,
        path: str,
        fields: Mapping[str, Any],
        files: Files = None,
    ) -> Answer:
        given = {name: _form(value) for name, value in fields.items() if value is not None}
        if self._account.appsecret_proof:
            given["appsecret_proof"] = proof(self._account.client_secret, token)
        body: dict[str, Any] = {"data" if method == "POST" else "params": given} if given else {}
        return await call(
            method, f"{self.base}{path}", headers=bearer(token), **body, **({"files": dict(files)} if files else {})
        )

    async def _instead(self, refused: str, answer: Answer) -> str:
        """Another token than the one that `answer` refused. Raises NetworkError."""
        try:
            return await self._another(refused)
        except NeedsLogin:
            raise self.trouble(answer) from None  # in the network's own words

    async def _another(self, refused: str) -> str:
        session = self.tokens.session()
        if self.page and session["access_token"] != refused:  # it was the Page's, which another call may have replaced already
            if session.get(_PAGE_TOKEN) == refused:
                await self._kept(session["access_token"], "")
            return await self.token()
        return await self.tokens.renew(refused)

    async def _kept(self, of: str, page_token: str) -> str:
        """Store the Page's token, or forget it where it is "". The login's own end matters no more while there is one."""
        async with self.tokens.vault.alone():
            session = self.tokens.session()
            if session["access_token"] == of:
                session.pop(_PAGE_TOKEN, None)
                if page_token:
                    session |= {_PAGE: self.page, _PAGE_TOKEN: page_token}
                    session.pop(ENDS_AT, None)
                self.tokens.vault.write(session)
        return page_token

    def _secrets(self) -> Iterator[str]:
        tokens = getattr(self, "tokens", None)
        if tokens:
            yield from tokens.secrets()
            yield (tokens.vault.read() or {}).get(_PAGE_TOKEN, "")


def without_words(title: str, part: Part) -> None:
    """Raises Refused where what goes into a story was drafted with a caption: its label may stand there alone."""
    if part.caption.text:
        fix = "Have it drafted anew: socialbot enqueue POST."
        raise Refused(f"{title}: the post was drafted with a caption, and a story shows none.", fix)


def usage(answer: Answer) -> int:
    """How much of what an app and an account may call is used up, in percent; calls are refused from 100 on."""
    return used_percent(answer.headers) or 0


def proof(secret: SecretStr, token: str) -> str:
    """The appsecret_proof of a token (Secure Graph API calls)."""
    return hmac.new(secret.get_secret_value().encode(), token.encode(), hashlib.sha256).hexdigest()


def _numbers(answer: Answer) -> tuple[int | None, int | None]:
    code, subcode = answer.get("error", "code"), answer.get("error", "error_subcode")
    return (code if isinstance(code, int) else None), (subcode if isinstance(subcode, int) else None)


def _is_spent(answer: Answer) -> bool:
    return answer.get("error", "code") in (102, 190)


def _form(value: Any) -> str:
    """As a form has it: what is neither text nor number stands there as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _page(told: Mapping[str, Any]) -> Page:
    linked = told.get("instagram_business_account")
    instagram = linked if isinstance(linked, dict) else {}
    tasks = told.get("tasks")
    return Page(
        str(told.get("id") or ""),
        str(told.get("name") or ""),
        str(told.get("access_token") or ""),
        tuple(str(one) for one in tasks) if isinstance(tasks, list) else (),
        str(instagram.get("id") or ""),
        str(instagram.get("username") or ""),
    )
