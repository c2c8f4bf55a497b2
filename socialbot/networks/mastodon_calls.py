"""One account's calls to a server that speaks Mastodon's client API: its token, which server it is, what its errors mean."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
from pydantic import Field, SecretStr

from socialbot.networks import mastodon_servers
from socialbot.networks.calling import Answer, Line, Token, bearer
from socialbot.networks.mastodon_servers import Server
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
from socialbot.settings import AccountSettings, BaseUrl

TAKEN = re.compile(r"already attached|media\b.{0,80}\bnot found|invalid media id", re.IGNORECASE)
"""A picture is attached to a post already: Mastodon, GoToSocial; Hollo; Pixelfed (unconfirmed)."""
_STATUS_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
_OWN_ADDRESS = "Give the post's address as your own server shows it: socialbot resolve ID --posted URL."
_NOT_READY = re.compile(r"\bnot\b.{0,20}\bprocess", re.IGNORECASE)
_REPLAYED = re.compile(r"duplicate idempotency key", re.IGNORECASE)
_CLOSED = re.compile(r"\blogin is\b|suspend|disabled|pending approval|confirmed e-?mail|verif\w+ your e-?mail", re.IGNORECASE)
_SIGN_IN = "Sign in to the server with a browser and see what it asks of the account."


class MastodonAccount(AccountSettings):
    """An account with `network = "mastodon"`, or one of its relatives."""

    server: BaseUrl = Field(description="The server the account lives on.")
    token: Token = Field(SecretStr(""), description="Access token: from socialbot connect, or made by hand.")
    visibility: Literal["public", "unlisted", "private"] = Field("public", description="Who sees the posts.")


class Calls:
    """The calls of one account. `title` begins every sentence; `server` is what was learnt of it, unknown until `learn`."""

    def __init__(
        self,
        title: str,
        client: httpx.AsyncClient,
        account: MastodonAccount,
        vault: Vault,
        clock: Callable[[], datetime],
        spent: Callable[[datetime], None],
    ) -> None:
        self.title, self.account, self.vault = title, account, vault
        self.line = Line(title, client, account.timeout_s, clock, self._secrets, spent)
        self.server: Server = mastodon_servers.UNKNOWN
        self.software = ""
        """What the server calls itself, where it is none that we know."""

    async def learn(self, with_token: bool = True) -> Answer:
        """What the server says about itself, and from that which it is. Raises NetworkError."""
        headers = self.bearer() if with_token and self.token() else {}
        answer = await self.line.ask("GET", self.url("/api/v2/instance"), headers=headers)
        if answer.status == 404:
            answer = await self.line.ask("GET", self.url("/api/v1/instance"), headers=headers)
        if answer.status != 200 or not answer.text("version"):
            raise self.trouble(answer)
        told = mastodon_servers.told_by(answer.text("version"), answer.text("source_url"))
        if told is None or told is mastodon_servers.UNKNOWN:
            self.software = await self._software() or answer.text("version")
            told = told or mastodon_servers.named(self.software)
        self.server = told
        return answer

    async def _software(self) -> str:
        """The name in the server's NodeInfo; "" where it has none (nodeinfo.diaspora.software/protocol, 2026-11-20)."""
        listed = (await self.line.ask("GET", self.url("/.well-known/nodeinfo"))).get("links")
        home = urlsplit(self.account.server).netloc
        pages = [str(link.get("href")) for link in listed if isinstance(link, dict)] if isinstance(listed, list) else []
        page = next((page for page in pages if urlsplit(page).netloc == home), self.url("/nodeinfo/2.0"))
        return (await self.line.ask("GET", page)).text("software", "name")

    async def ask(self, method: str, path: str, **request: Any) -> Answer:
        """A call that may be repeated. Raises NetworkError."""
        return await self.line.ask(method, self.url(path), headers=self.bearer(), **request)

    async def own_id(self) -> str:
        """The account's id, asked for once for each token. Raises NetworkError."""
        whose = hashlib.sha256(f"{self.account.server} {self.token()}".encode()).hexdigest()
        known = self.vault.read() or {}
        if known.get("for") == whose:
            return known["id"]
        answer = await self.ask("GET", "/api/v1/accounts/verify_credentials")
        if answer.status != 200 or not answer.text("id"):
            raise self.trouble(answer)
        ends = {ENDS_AT: known[ENDS_AT]} if ENDS_AT in known and "for" not in known else {}  # the login left it, for this token
        self.vault.write({"id": answer.text("id"), "for": whose} | ends)
        return answer.text("id")

    async def own_post(self, told: str) -> str:
        """The id of the post to answer: `told` is that id, or the address that a person gave who resolved a doubt.

        Another server's address holds an id of its own, which may be a stranger's post here: such are refused, and the post
        is read back, since a reply must never go to anyone but us. Raises NetworkError.
        """
        if "://" not in told:
            return told
        host, _, path = re.split(r"[?#]", told.partition("://")[2])[0].partition("/")
        status_id = path.strip("/").removesuffix("/embed").rsplit("/", 1)[-1]
        if host.lower() != urlsplit(self.account.server).netloc.lower() or not _STATUS_ID.fullmatch(status_id):
            raise Refused(f"{self.title}: {told} is no post's address on {self.account.server}.", _OWN_ADDRESS)
        answer = await self.ask("GET", f"/api/v1/statuses/{status_id}")
        if answer.status == 404:
            raise Refused(f"{self.title}: there is no post at {told}.", _OWN_ADDRESS)
        if answer.status != 200:
            raise self.trouble(answer)
        if answer.text("id") != status_id or answer.text("account", "id") != await self.own_id():
            raise Refused(f"{self.title}: the post at {told} is not this account's own.", _OWN_ADDRESS)
        return status_id

    def url(self, path: str) -> str:
        """A path as an address of the account's server."""
        return self.account.server + path

    def token(self) -> str:
        """The access token, "" where none is set."""
        return self.account.token.get_secret_value()

    def bearer(self) -> dict[str, str]:
        """The header that bears the token. Raises NeedsLogin when none is set."""
        if not self.token():
            raise NeedsLogin(f"{self.title}: no token is set for the account on {self.account.server}.", self.anew())
        return bearer(self.token())

    def anew(self) -> str:
        """How a person comes to another token."""
        return f"Log in: socialbot connect {self.title.lower()}; or make {self.by_hand()}."

    def by_hand(self) -> str:
        """The token that a person can make."""
        scopes = " ".join(self.server.scopes)
        return f"a token under Preferences, Development, with the scopes {scopes}, and set it for the account"

    def said(self, answer: Answer) -> str:
        """The server's own words of an error, without our secrets; Laravel, under Pixelfed, has another field for them."""
        return self.line.quote(answer.text("error") or answer.text("message"))

    def gone(self, answer: Answer) -> NetworkError:
        """What it means that a post could not be had."""
        if answer.status in (404, 410):
            return Refused(f"{self.title}: the post is not there any more.", "Nothing is left to change.")
        return self.trouble(answer)

    def trouble(self, answer: Answer) -> NetworkError:
        """The error table: docs.joinmastodon.org/methods/statuses and /api/rate-limits, 2026-11-20; the relatives' sources."""
        said, title = self.said(answer), self.title
        if answer.status == 429:
            return self._limited(answer)
        if answer.status == 401:
            return NeedsLogin(f"{title}: {self.account.server} does not take the token: {said}.", self.anew())
        if answer.status == 403:
            return self._forbidden(said)
        if answer.status == 451:
            return Refused(f"{title}: {self.account.server} has blocked this picture: {said}.", "Use another picture.")
        if answer.status == 413:
            return Refused(f"{title}: a picture is too large for {self.account.server}: {said}.", "Use a smaller picture.")
        if answer.status in (404, 410):
            return Refused(f"{title}: {self.account.server} does not know this address.", "Correct the account's server.")
        if answer.status == 422 and _NOT_READY.search(said):
            return Passing(f"{title}: a picture is not processed yet; it will be tried again.")
        if answer.status == 200 and answer.body == [] and self.server is mastodon_servers.PIXELFED:
            # statusCreate answers so, having done nothing, as long as the account was never used on the site.
            return Refused(f"{title}: {self.account.server} takes no post of an account that never signed in.", _SIGN_IN)
        if answer.final and (answer.status == 409 or (answer.status == 400 and _REPLAYED.search(said))):
            return Unknown(f"{title}: the server has had this before ({said}); the post may be out.")
        pause = answer.headers.get("Retry-After")
        # Elsewhere a 503 can come from a proxy that passed the post on, unless it asks us to come back.
        if answer.status == 503 and (self.server.key_lasts_s or pause):
            return Passing(f"{title}: the server is busy; it will be tried again.", self.line.until(pause))
        return self.line.trouble(answer, said)

    def _forbidden(self, said: str) -> NetworkError:
        if self.server.limits.needs_picture and "empty" in said.lower():
            return Refused(f"{self.title}: the server takes no post without a picture: {said}.", "Give the post a picture.")
        if "invalid credentials" in said.lower():  # so Akkoma and Pleroma call a token they do not know
            return NeedsLogin(f"{self.title}: {self.account.server} does not take the token: {said}.", self.anew())
        if _CLOSED.search(said):
            return Blocked(f"{self.title}: {self.account.server} has closed the account to us: {said}.", _SIGN_IN)
        return Refused(f"{self.title}: the token may not do this: {said}.", self.anew())

    def _limited(self, answer: Answer) -> RateLimited:
        return self.line.limited(answer.headers.get("X-RateLimit-Reset"), answer.headers.get("Retry-After"))

    def _secrets(self) -> Iterator[str]:
        yield self.token()
