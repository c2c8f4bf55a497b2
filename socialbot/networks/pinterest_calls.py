"""A Pinterest account's settings and login, its interface's calls, and what their errors mean."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import httpx
from pydantic import Field, SecretStr

from socialbot.networks.calling import Answer, Line, Token, bearer, resets
from socialbot.networks.login import OAuth2, Tokens
from socialbot.networks.protocol import Blocked, NeedsLogin, NetworkError, Passing, RateLimited, Refused, Vault
from socialbot.settings import AccountSettings, BaseUrl

SCOPES = ("boards:read", "boards:write", "pins:read", "pins:write", "user_accounts:read")
SECRET_SCOPES = ("boards:read_secret", "boards:write_secret", "pins:read_secret", "pins:write_secret")
BUSY = timedelta(minutes=15)
"""How long to leave it alone where it limits us and names no moment."""
SPAM_REST = timedelta(hours=24)
"""How long an account rests after a block against spam; no page gives a number."""
MOST_PAGES, PER_PAGE = 20, 250

_LOG_IN = "Log in again: socialbot connect pinterest."
_BOARD = "Set the account's board to one that the login may pin to, by name or number."
_STANDARD = "Ask for standard access at developers.pinterest.com/apps."
_CHANGE = "Change the post and enqueue it again."


class PinterestAccount(AccountSettings):
    """An account with `network = "pinterest"`."""

    pictures: int | None = Field(
        1,
        ge=0,
        description="At most this many pictures: 1 makes a Pin, 2 to 5 a carousel, whose pictures share one description of 500 "
        "characters.",
    )
    board: str = Field("", description="The board that it pins to: its name, or its number. It has to be there already.")
    section: str = Field("", pattern=r"^\d*$", description="Number of the board's section, where it has sections.")
    access: Literal["trial", "standard"] = Field(
        "trial",
        description='The app\'s access at Pinterest: with "trial" Pins are seen by their creator alone. No call tells it.',
    )
    secret_boards: bool = Field(False, description="A login asks for the permissions to see secret boards and pin to them.")
    client_id: str = Field("", description="The app's id, at developers.pinterest.com/apps.")
    client_secret: Token = Field(SecretStr(""), description="The app's secret key.")
    token: Token = Field(SecretStr(""), description="An access token made by hand, where none comes by a login.")
    api: BaseUrl = Field("https://api.pinterest.com", description="Pinterest's interface; change it for trying out.")
    site: BaseUrl = Field("https://www.pinterest.com", description="Pinterest's site, at which a person logs in.")

    @property
    def asked_scopes(self) -> tuple[str, ...]:
        """The permissions that a login asks for."""
        return SCOPES + (SECRET_SCOPES if self.secret_boards else ())


def login_of(account: PinterestAccount) -> OAuth2:
    """github.com/pinterest/api-description v5 5.23.0: oauth/token; github.com/pinterest/api-quickstart, read 2026-11-20.

    A token of some 30 days (unconfirmed), and a refresh token of 60 days that can be renewed without end.
    """
    return OAuth2(
        authorize_url=f"{account.site}/oauth/",
        token_url=f"{account.api}/v5/oauth/token",
        client_id=account.client_id,
        client_secret=account.client_secret,
        scopes=account.asked_scopes,
        separator=",",
        basic=True,
        challenge=None,
        token_with={"continuous_refresh": "true"},  # apps from before 2025-09-25 must say so
    )


@dataclass(frozen=True, slots=True)
class Row:
    """An error by its statuses and its words, what it means, and what to do."""

    statuses: tuple[int, ...]
    says: str
    kind: type[NetworkError]
    meaning: str
    fix: str = ""


ROWS: tuple[Row, ...] = (
    Row((400, 403, 404, 422), r"unable to reach the URL", Passing, "it could not fetch what an address names"),
    Row((400, 403, 422), r"ai_disclosures", Refused, "it does not take the flag for AI media", "Set ai_flag = false."),
    Row((400, 403, 404), r"board not found|board.*(?:does not exist|not permitted)", Blocked, "the board is not there", _BOARD),
    Row((400,), r"board_(?:section_)?id|\^\\d\+\$", Refused, "it does not take the board's or section's number", _BOARD),
    Row(
        (400, 422), r"maxItems|minItems", Refused, "a carousel has 2 to 5 pictures", "Set the account's pictures to 5 or fewer."
    ),
    Row((400, 422), r"dimensions|aspect ratio", Refused, "a carousel's pictures have one size", "Set pictures = 1."),
    Row((401,), r"", NeedsLogin, "the token is not taken", _LOG_IN),
    Row((403,), r"trial access", Blocked, "the app has trial access only", _STANDARD),
    Row(
        (403,),
        r"",
        NeedsLogin,
        "the login may not do that",
        "Look at the board's members and the app; then log in again: socialbot connect pinterest.",
    ),
    Row((404,), r"", Refused, "what is asked for is not there", "Look at the account's board."),
)
"""github.com/pinterest/api-description v5 5.23.0, the answers of pins/create and boards/list_pins; their words as other clients
meet them, 2026-11-20. "Trial access" in a 403: unconfirmed."""


class Rest:
    """The calls of one account."""

    def __init__(
        self,
        account: PinterestAccount,
        client: httpx.AsyncClient,
        vault: Vault,
        clock: Callable[[], datetime],
        spent: Callable[[datetime], None],
    ) -> None:
        self._account, self._clock = account, clock
        self.line = Line("Pinterest", client, account.timeout_s, clock, lambda: self.tokens.secrets(), spent)
        self.tokens = Tokens(login_of(account), self.line, vault, clock, account.token)

    async def ask(self, method: str, path: str, *, json: Any = None, **query: str) -> Answer:
        """A call that may be repeated; errors are left in its answer, for `trouble`. Raises NetworkError."""
        return await self._call(self.line.ask, method, path, json, query)

    async def send(self, path: str, json: Any) -> Answer:
        """The irreversible call; likewise. Raises NetworkError: Unknown when no answer comes."""
        return await self._call(self.line.send, "POST", path, json, {})

    async def pages(self, path: str) -> AsyncIterator[tuple[list[dict[str, Any]], Answer]]:
        """A list's pages, at most MOST_PAGES: the items of each, and the answer they came in. Raises NetworkError."""
        query = {"page_size": str(PER_PAGE)}
        for _ in range(MOST_PAGES):
            answer = await self.ask("GET", path, **query)
            items = answer.get("items")
            if answer.status != 200 or not isinstance(items, list):
                raise self.trouble(answer)
            yield [one for one in items if isinstance(one, dict)], answer
            if not (bookmark := answer.text("bookmark")):
                return
            query["bookmark"] = bookmark

    def trouble(self, answer: Answer) -> NetworkError:
        """The error table: `ROWS`, and what is limited."""
        said = self.said(answer)
        if answer.status == 429:
            return self._limited(answer, said)
        for row in ROWS:
            if answer.status in row.statuses and re.search(row.says, said, re.IGNORECASE):
                told = f"Pinterest: {row.meaning}: {said or answer.status}."
                return row.kind(told, row.fix) if issubclass(row.kind, Refused) else row.kind(told)
        if answer.status in (400, 409, 422):
            return Refused(f"Pinterest does not take the Pin: {said or answer.status}.", _CHANGE)
        return self.line.trouble(answer, said)

    def said(self, answer: Answer) -> str:
        """Pinterest's words, on one line."""
        told = [answer.text("message"), answer.text("message_detail")]
        return self.line.quote(", ".join(dict.fromkeys(one.strip(" .") for one in told if one)))

    def _limited(self, answer: Answer, said: str) -> RateLimited:
        """No header is documented. "Spam" among the words is a block and no quota (api-quickstart, 2026-11-20)."""
        if "spam" in f"{said} {answer.text('message_detail')}".lower():
            until = self._clock() + SPAM_REST
            why = f"it takes the Pins for spam ({said}); look at Pinterest as this account"
        else:
            until = self.line.until(*resets(answer.headers)) or self._clock() + BUSY
            why = "it takes no calls for the moment"
        return RateLimited(f"Pinterest: {why}. The next goes out after {until:%Y-%m-%d %H:%M:%S} UTC.", until)

    async def _call(
        self, call: Callable[..., Awaitable[Answer]], method: str, path: str, json: Any, query: Mapping[str, str]
    ) -> Answer:
        more: dict[str, Any] = {"params": dict(query)} if query else {}
        if json is not None:
            more["json"] = json
        url = f"{self._account.api}/v5{path}"
        return await self.tokens.call(lambda token: call(method, url, headers=bearer(token), **more), self.trouble)
