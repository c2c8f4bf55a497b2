"""The AT Protocol under Bluesky: an account's own server (PDS), its session, and its table of errors."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from socialbot.networks.calling import Answer, Line, bearer
from socialbot.networks.protocol import Blocked, NeedsLogin, NetworkError, Passing, Refused, Vault

_SPENT = ("ExpiredToken", "InvalidToken")
_CLOSED = ("Takedown", "Takendown", "Suspended", "Deactivated")
_APP_PASSWORD = "Make an app password in Bluesky's settings and set it as the account's password."  # noqa: S105
_SIGN_IN = "Sign in to Bluesky and see what it says about the account."


class Pds:
    """Calls an account's server under a session that is refreshed when spent, and made anew only when that fails."""

    def __init__(
        self,
        server: str,
        identifier: str,
        password: SecretStr,
        client: httpx.AsyncClient,
        vault: Vault,
        clock: Callable[[], datetime],
        timeout_s: float,
        spent: Callable[[datetime], None] = lambda _: None,
    ) -> None:
        self.server, self.identifier, self.password, self.vault = server, identifier, password, vault
        self._line = Line("Bluesky", client, timeout_s, clock, self._secrets, spent)
        self._one_at_a_time = asyncio.Lock()

    async def ask(self, method: str, endpoint: str, **request: Any) -> Answer:
        """A call that may be repeated. Raises NetworkError when it cannot be made."""
        return await self._authorised(self._line.ask, method, endpoint, **request)

    async def send(self, endpoint: str, document: Mapping[str, Any]) -> Answer:
        """An irreversible call. Raises NetworkError; Unknown when no answer comes."""
        return await self._authorised(self._line.send, "POST", endpoint, json=dict(document))

    async def record(self, repo: str, collection: str, rkey: str) -> Answer:
        """One record of a repository."""
        query = {"repo": repo, "collection": collection, "rkey": rkey}
        return await self.ask("GET", "com.atproto.repo.getRecord", params=query)

    async def did(self) -> str:
        """The account's permanent name. Raises NetworkError when we cannot log in."""
        return (await self._session())["did"]

    def refuse_closed(self, answer: Answer) -> None:
        """Raises Blocked when the network has closed the account."""
        if answer.get("active") is False:
            raise Blocked(f"Bluesky: the account is {self._line.quote(answer.text('status') or 'not active')}.", _SIGN_IN)

    def said(self, answer: Answer) -> str:
        """The server's words, fit to be shown."""
        return self._line.quote(answer.text("message") or answer.text("error"))

    def trouble(self, answer: Answer) -> NetworkError:
        """The error that an answer without success means (atproto.com/specs/xrpc and the lexicons, 2026-11-20)."""
        error, said = answer.text("error"), self.said(answer)
        if answer.status == 429:
            return self._line.limited(answer.headers.get("RateLimit-Reset"), answer.headers.get("Retry-After"))
        if error.endswith(_CLOSED):
            return Blocked(f"Bluesky has closed the account: {said}.", _SIGN_IN)
        if answer.status == 401 or error in _SPENT:
            return NeedsLogin(f"Bluesky: the login of {self.identifier} is not taken: {said}.", _APP_PASSWORD)
        if answer.status == 403:
            return Refused(f"Bluesky: this password may not do that: {said}.", _APP_PASSWORD)
        if error == "BlobNotFound":
            return Passing("Bluesky: the server has lost an uploaded picture; it will be tried again.")
        if error == "InvalidMimeType" or answer.status == 413:
            return Refused(f"Bluesky does not take a picture: {said}.", "Save the picture as JPEG and enqueue the post again.")
        if answer.status in (404, 501):
            return Refused(f"Bluesky: {self.server} is no Bluesky server.", "Correct the account's server.")
        return self._line.trouble(answer, said)

    async def _authorised(
        self,
        call: Callable[..., Awaitable[Answer]],
        method: str,
        endpoint: str,
        headers: Mapping[str, str] | None = None,
        **request: Any,
    ) -> Answer:
        session = await self._session()
        answer = await call(method, _xrpc(session, endpoint), headers=_bearer(session["accessJwt"], headers), **request)
        if _is_spent(answer):
            session = await self._session(spent=session["accessJwt"])
            answer = await call(method, _xrpc(session, endpoint), headers=_bearer(session["accessJwt"], headers), **request)
        return answer

    async def _session(self, spent: str | None = None) -> dict[str, str]:
        """The stored session; another one when there is none or when `spent` is its access token."""
        async with self._one_at_a_time:
            session = self._stored()
            if session and session["accessJwt"] != spent:
                return session
            return (session and await self._refresh(session)) or await self._log_in()

    def _stored(self) -> dict[str, str] | None:
        session = self.vault.read()
        return session if session and session.get("for") == self._whose() else None

    async def _refresh(self, session: dict[str, str]) -> dict[str, str] | None:
        url = _xrpc(session, "com.atproto.server.refreshSession")
        answer = await self._line.ask("POST", url, headers=_bearer(session["refreshJwt"]))
        if _is_spent(answer):
            # Each refresh token is good for one refresh, and another process may have been first.
            newer = self._stored()
            return newer if newer and newer["refreshJwt"] != session["refreshJwt"] else None
        return self._keep(answer, pds=session["pds"])

    async def _log_in(self) -> dict[str, str]:
        """A new session. The network allows 300 a day, so this is the last resort."""
        password = self.password.get_secret_value()
        if not password:
            raise NeedsLogin(f"Bluesky: no password is set for {self.identifier}.", _APP_PASSWORD)
        url = f"{self.server}/xrpc/com.atproto.server.createSession"
        answer = await self._line.ask("POST", url, json={"identifier": self.identifier, "password": password})
        return self._keep(answer, pds=self.server)

    def _keep(self, answer: Answer, pds: str) -> dict[str, str]:
        session = {key: answer.text(key) for key in ("accessJwt", "refreshJwt", "did")}
        if answer.status != 200 or not all(session.values()):
            raise self.trouble(answer)
        self.refuse_closed(answer)
        session |= {"pds": self._home(answer) or pds, "for": self._whose()}
        self.vault.write(session)
        return session

    def _home(self, answer: Answer) -> str | None:
        """The PDS that the DID document names. A server on this machine is used at its own address."""
        services = answer.get("didDoc", "service")
        if _is_loopback(self.server) or not isinstance(services, list):
            return None
        for service in services:
            if isinstance(service, dict) and str(service.get("id", "")).endswith("#atproto_pds"):
                endpoint = str(service.get("serviceEndpoint", "")).rstrip("/")
                return endpoint if endpoint.startswith("https://") else None
        return None

    def _whose(self) -> str:
        return f"{self.identifier} at {self.server}"

    def _secrets(self) -> Iterator[str]:
        session = self.vault.read() or {}
        yield from (session.get("accessJwt", ""), session.get("refreshJwt", ""), self.password.get_secret_value())


def _xrpc(session: Mapping[str, str], endpoint: str) -> str:
    return f"{session['pds']}/xrpc/{endpoint}"


def _bearer(token: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    return {**bearer(token), **(more or {})}


def _is_spent(answer: Answer) -> bool:
    return answer.status == 401 or answer.get("error") in _SPENT


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
