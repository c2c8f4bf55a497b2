"""One X account's calls: its options, how each call is signed or borne by a token, and what X's errors mean."""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import httpx
from pydantic import Field, SecretStr

from socialbot.networks.calling import Answer, Line, Token, bearer, resets
from socialbot.networks.login import OAuth2, Tokens
from socialbot.networks.protocol import Blocked, NeedsLogin, NetworkError, Refused, Vault
from socialbot.settings import AccountSettings, BaseUrl

SCOPES = ("tweet.read", "tweet.write", "users.read", "media.write", "offline.access")
_DUPLICATE = re.compile(r"duplicate content", re.IGNORECASE)
_LOST_UPLOAD = re.compile(r"media ids? (?:is|are) invalid|media.{0,40}expired", re.IGNORECASE)
_NOT_FOUND = "/resource-not-found"
_KEYS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
_REFUSED_OFF = timedelta(minutes=1)
"""A clock that is no further from X's is not why it refuses a signature."""
_POST_ID = re.compile(r"\d{1,19}", re.ASCII)
_ADDRESS = re.compile(r"https?://(?:\w+\.)*(?:x|twitter)\.com/(?:\w+|i/web)/status/(\d{1,19})(?:[/?#].*)?", re.ASCII)

_LOG_IN = "Make the keys anew at console.x.com and set them for the account, or log in: socialbot connect x."
_APP = "Look at the app at console.x.com: its project, its package, and what it may do."
_PAY = "Add credits, or raise the spending limit, at console.x.com."
_LOOK = "Log in at x.com as this account, see what it says there, and resume the account here when that is settled."
_SHORTER = "Shorten the caption and enqueue the post again."
_CHANGE = "Change the post and enqueue it again."
_OTHER_PICTURES = "Use other pictures and enqueue the post again."

_ROWS: tuple[tuple[str, type[Refused], str, str], ...] = (
    ("unsupported.authentication", NeedsLogin, "this kind of token cannot act for an account", _LOG_IN),
    (
        r"oauth1.?permissions|app permissions|read.?only",
        NeedsLogin,
        "the app may only read",
        "Set the app to Read and write at console.x.com, make the access token anew and set it for the account.",
    ),
    ("suspended", Blocked, "the account, or the app, is suspended", _LOOK),
    ("locked", Blocked, "the account is locked", _LOOK),
    (r"\bautomated\b|\bspam", Blocked, "it takes the account's posts for spam", _LOOK),
    (r"client-(?:forbidden|not-enrolled)|attached to a project", Blocked, "the app is not admitted to this call", _APP),
    ("access this feature", Blocked, "the account, or the app's package, has not this feature", _APP),
    (
        "deleted or not visible|tweet_id|reply to",
        Refused,
        "the post that the next one answers is gone",
        "The thread ends there.",
    ),
    (
        "perform this action",
        Refused,
        "it does not take the post, by its length, its pictures, or its rules for replies",
        "See that the caption fits (premium = true is for accounts with Premium only), and enqueue the post again.",
    ),
    ("cashtag", Refused, "a post has one cashtag ($NAME) at most", _CHANGE),
    (
        "made_with_ai",
        Refused,
        "it does not take the flag for AI media",
        "Set ai_flag = false for the account; the label stays.",
    ),
    (
        "alt_text",
        Refused,
        "it does not take a picture's description",
        "Shorten it to 1,000 characters and enqueue the post again.",
    ),
    (_LOST_UPLOAD.pattern, Refused, "it knows an uploaded picture no more", _CHANGE),
    ("maximum of 4", Refused, "a post has four pictures at most", "Use fewer pictures and enqueue the post again."),
    (r"file size|too large|media type|unrecognized|\bimage\b", Refused, "it cannot use a picture", _OTHER_PICTURES),
    ("too long|text length", Refused, "the caption is too long", _SHORTER),
    (r"invalid.{0,20}\burl", Refused, "it does not take a link in the caption", _CHANGE),
    ("not-authorized-for", Refused, "the account may not do this to this post", "See whose post it is, and who may answer it."),
    ("resource-not-found", Refused, "the post is not there any more", "Nothing is left to change."),
)
"""docs.x.com: Response codes and errors, 2026-08; the sentences that others report."""
_OUT_OF_CREDITS = re.compile(r"usage-?capped|credits?\b|spending|billing|monthly", re.IGNORECASE)


class XAccount(AccountSettings):
    """An account with `network = "x"`."""

    consumer_key: Token = Field(SecretStr(""), description="OAuth 1.0a: the app's API key, also called consumer key.")
    consumer_secret: Token = Field(SecretStr(""), description="The secret beside it.")
    access_token: Token = Field(SecretStr(""), description="OAuth 1.0a: the account's access token; it does not expire.")
    access_token_secret: Token = Field(SecretStr(""), description="The secret beside it.")
    client_id: str = Field("", description="OAuth 2: the app's client id, for a login through the browser.")
    client_secret: Token = Field(SecretStr(""), description="The secret beside it, where the app is a confidential client.")
    token: Token = Field(
        SecretStr(""), description="OAuth 2: an access token made elsewhere, for trying out; it lasts two hours."
    )
    premium: bool = Field(
        False, description="The account has Premium: a post may weigh 25,000 (unconfirmed) instead of 280 characters."
    )
    replies: Literal["everyone", "following", "mentionedUsers", "subscribers", "verified"] = Field(
        "everyone",
        description='Who may reply: "everyone", "following" (whom it follows), "mentionedUsers", "subscribers" or "verified".',
    )
    api: BaseUrl = Field("https://api.x.com", description="The API's server; change it to try things out on another.")
    web: BaseUrl = Field("https://x.com", description="Where a person logs in, and where posts are seen.")


def login_of(account: XAccount) -> OAuth2:
    """OAuth 2 with PKCE (docs.x.com: OAuth 2.0 Authorization Code Flow with PKCE, 2026-08).

    A refresh token is taken for one that works once: that is unconfirmed, and the stricter of both.
    """
    return OAuth2(
        authorize_url=f"{account.web}/i/oauth2/authorize",
        token_url=f"{account.api}/2/oauth2/token",
        client_id=account.client_id,
        client_secret=account.client_secret,
        scopes=SCOPES,
        basic=bool(account.client_secret.get_secret_value()),  # a public client names itself in the form
    )


class Calls:
    """The calls of one account, signed with its four keys (OAuth 1.0a) where any is set, else with a token (OAuth 2)."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        account: XAccount,
        vault: Vault,
        clock: Callable[[], datetime],
        spent: Callable[[datetime], None],
    ) -> None:
        self.account, self.vault, self.clock = account, vault, clock
        self.line = Line("X", client, account.timeout_s, clock, self._secrets, spent)
        self.tokens = None if any(self._keys()) else Tokens(login_of(account), self.line, vault, clock, account.token)
        self._spelling: Literal["tweet", "post"] = "tweet"
        self._off = timedelta()
        """By how much our clock is before X's, once that has mattered."""

    async def ask(self, method: str, path: str, query: Mapping[str, str] | None = None, **body: Any) -> Answer:
        """A call that may be repeated; a token that has ended is renewed once. Raises NetworkError, but for what X answers."""
        return await self._call(self.line.ask, method, path, query or {}, body)

    async def send(self, path: str, body: Mapping[str, Any]) -> Answer:
        """The irreversible call. Where X refuses the token nothing was sent: another one is tried. Raises NetworkError."""
        answer = await self._call(self.line.send, "POST", path, {}, {"json": dict(body)})
        if used_up := self.line.until(*_daily_resets(answer)):
            self.line.spent(used_up)
        return answer

    async def read(self, path: str, spelt: Mapping[str, Mapping[str, str]], **query: str) -> Answer:
        """A GET of posts. `spelt`: the query as X names it since 2.167 ("post") and as it did before ("tweet").

        Its pages differ on which is taken; the other one is tried where the first is called unknown (OpenAPI 2.159, 2.167).
        """
        answer = await self.ask("GET", path, {**spelt[self._spelling], **query})
        if answer.status == 400 and f"{self._spelling}.fields" in _told(answer):
            self._spelling = "post" if self._spelling == "tweet" else "tweet"
            answer = await self.ask("GET", path, {**spelt[self._spelling], **query})
        return answer

    async def me(self) -> tuple[str, str]:
        """The account's id and name, asked for once for each login. Raises NetworkError."""
        known = self.vault.read() or {}
        if known.get("for") == self._whose():
            return known["user_id"], known["username"]
        return await self.keep_me(await self.ask("GET", "/2/users/me"))

    async def keep_me(self, answer: Answer) -> tuple[str, str]:
        """Id and name from an answer of /2/users/me, kept beside the login. Raises NetworkError."""
        user_id, username = answer.text("data", "id"), answer.text("data", "username")
        if answer.status != 200 or not _POST_ID.fullmatch(user_id) or not re.fullmatch(r"\w+", username, re.ASCII):
            raise self.trouble(answer)
        me = {"for": self._whose(), "user_id": user_id, "username": username}
        async with self.vault.alone():
            self.vault.write((self.vault.read() or {}) | me)
        return user_id, username

    async def own_post(self, told: str, spelt: Mapping[str, Mapping[str, str]]) -> str:
        """The id of a post of ours: `told` is that id, or the address that a person gave who resolved a doubt.

        What stands at an address is read back: a reply must never go to anyone but us, and nothing of others is touched.
        Raises NetworkError.
        """
        if _POST_ID.fullmatch(told):
            return told
        found = _ADDRESS.fullmatch(told)
        fix = "Give the post's address, https://x.com/NAME/status/NUMBER: socialbot resolve ID --posted URL."
        if not found:
            raise Refused(f"X: {told} is no post's address.", fix)
        answer = await self.read(f"/2/tweets/{found[1]}", spelt)
        if answer.status != 200 or answer.text("data", "id") != found[1]:
            raise self.trouble(answer)
        if answer.text("data", "author_id") != (await self.me())[0]:
            raise Refused(f"X: {told} is not a post of this account.", fix)
        return found[1]

    def address(self, username: str, post_id: str) -> str:
        """Where the public sees a post."""
        return f"{self.account.web}/{username}/status/{post_id}"

    async def _call(
        self,
        call: Callable[..., Awaitable[Answer]],
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Mapping[str, Any],
    ) -> Answer:
        url = str(httpx.URL(f"{self.account.api}{path}", params=dict(query))) if query else f"{self.account.api}{path}"
        if not self.tokens:
            return await self._call_signed(call, method, url, body)
        return await self.tokens.call(lambda token: call(method, url, headers=bearer(token), **body), self.trouble)

    async def _call_signed(
        self, call: Callable[..., Awaitable[Answer]], method: str, url: str, body: Mapping[str, Any]
    ) -> Answer:
        """X refuses a signature whose time is minutes off (RFC 5849, 3.3): where our clock is, it is made anew by X's own."""
        answer = await call(method, url, headers=self._signed(method, url), **body)
        off = self.line.off(answer)
        if answer.status != 401 or abs(off - self._off) < _REFUSED_OFF:
            return answer
        self._off = off
        return await call(method, url, headers=self._signed(method, url), **body)

    def _signed(self, method: str, url: str) -> dict[str, str]:
        """The header of a call that is signed by HMAC-SHA1 (RFC 5849): JSON and multipart bodies are not, the query is."""
        from oauthlib.oauth1 import Client  # here, because most accounts are on other networks

        keys = self._keys()
        if missing := [name for name, value in zip(_KEYS, keys, strict=True) if not value]:
            raise NeedsLogin(f"X: {' and '.join(missing)} must be set for the account, too.", _LOG_IN)
        client = Client(*keys, nonce=secrets.token_hex(16), timestamp=str(int((self.clock() - self._off).timestamp())))
        headers: dict[str, str] = client.sign(url, http_method=method)[1]
        return headers

    def _keys(self) -> list[str]:
        return [getattr(self.account, name).get_secret_value() for name in _KEYS]

    def _whose(self) -> str:
        """A mark of the login: a new one by OAuth 2 begins with an empty session."""
        told = [self.account.api, *self._keys(), self.account.token.get_secret_value()]
        return hashlib.sha256(" ".join(told).encode()).hexdigest()[:16]

    def _secrets(self) -> Iterator[str]:
        yield from self._keys()
        if tokens := getattr(self, "tokens", None):
            yield from tokens.secrets()

    def trouble(self, answer: Answer) -> NetworkError:
        """The error table: docs.x.com, Response codes and errors; Rate limits, 2026-08; and `_ROWS`."""
        told, said = _told(answer), self.line.quote(_said(answer))
        words = f": {said or answer.status}."
        if answer.status == 402 or (answer.status in (403, 429) and _OUT_OF_CREDITS.search(told)):
            return Blocked(f"X: the app's credits, or what it may use in a month, are used up{words}", _PAY)
        if answer.status == 429 or (answer.status == 403 and re.search(r"(?:update|post|tweet)\w* limit", told, re.IGNORECASE)):
            return self.line.limited(*_daily_resets(answer), *resets(answer.headers))
        if answer.status == 401:
            return NeedsLogin(f"X does not take the login{words}", _LOG_IN)
        if (400 <= answer.status < 500 and answer.status != 408) or (answer.status == 200 and not answer.final):
            for pattern, kind, meaning, fix in _ROWS:
                if re.search(pattern, told, re.IGNORECASE):
                    return kind(f"X: {meaning}{words}", fix)
        return self.line.trouble(answer, said)


def is_duplicate(answer: Answer) -> bool:
    """Does X say that the same words are out already? It tells no id (reported 2026-02-13)."""
    return answer.status == 403 and bool(_DUPLICATE.search(_told(answer)))


def is_lost_upload(answer: Answer) -> bool:
    """Does X say that it knows an uploaded picture no more? Another account's it does not know either."""
    return 400 <= answer.status < 500 and bool(_LOST_UPLOAD.search(_told(answer)))


def is_gone(answer: Answer) -> bool:
    """Does it say that a post is not there? Lookups answer so with 200 and a problem beside them."""
    types = [str(one.get("type")) for one in [answer.body, *_errors(answer)] if isinstance(one, dict)]
    lost = any(one.endswith(_NOT_FOUND) for one in types)
    return answer.status == 404 or (answer.status == 200 and answer.get("data") is None and lost)


def _daily_resets(answer: Answer) -> list[str]:
    """When the limits of 24 hours that are used up begin anew: those of the user, and of the app."""
    limits = [f"x-{whose}-limit-24hour" for whose in ("user", "app")]
    spent = [one for one in limits if answer.headers.get(f"{one}-remaining", "").strip() == "0"]
    return [answer.headers[f"{one}-reset"] for one in spent if f"{one}-reset" in answer.headers]


def _errors(answer: Answer) -> list[dict[str, Any]]:
    errors = answer.get("errors")
    return [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []


def _told(answer: Answer) -> str:
    """All that an answer says of an error, to look for what is known."""
    problems = [answer.body if isinstance(answer.body, dict) else {}, *_errors(answer)]
    return " ".join(str(one.get(key, "")) for one in problems for key in ("type", "title", "detail", "message", "reason"))


def _said(answer: Answer) -> str:
    """What a person should read of it: the first problem is often more exact than the answer's own detail."""
    for one in [*_errors(answer), answer.body if isinstance(answer.body, dict) else {}]:
        for key in ("detail", "message", "title"):
            if isinstance(one.get(key), str) and one[key].strip():
                return str(one[key])
    return ""


# At its finest level oauthlib writes the keys of every call to its log.
logging.getLogger("oauthlib").setLevel(logging.INFO)
