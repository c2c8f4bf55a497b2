"""What lies between an adapter and its network in these tests: a clock, a session, uploads, and transports that listen."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx


class Clock:
    """It stands still until it is turned."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def turn(self, seconds: float) -> None:
        """Let so much time pass."""
        self.at += timedelta(seconds=seconds)


class Vault:
    """One account's session, in memory (`networks.protocol.Vault`)."""

    def __init__(self) -> None:
        self.session: dict[str, str] | None = None

    def read(self) -> dict[str, str] | None:
        """The session, or None."""
        return dict(self.session) if self.session else None

    def write(self, session: Mapping[str, str] | None) -> None:
        """Keep it; None drops it."""
        self.session = dict(session) if session else None

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Nobody else is there."""
        yield


class Uploads:
    """One delivery's remote ids, in memory (`networks.protocol.Remember`)."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def recall(self, digest: str) -> str | None:
        """The remote id that was kept."""
        return self.known.get(digest)

    def keep(self, digest: str, remote_id: str, lasts_s: float) -> None:
        """Keep it; time does not pass here."""
        assert len(digest) <= 64, f"a key of at most 64 characters (got {digest!r})"
        assert lasts_s > 0, "it lasts for some time"
        self.known[digest] = remote_id

    def forget(self, digest: str) -> None:
        """The network knows it no more."""
        self.known.pop(digest, None)


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it left, and what came back."""

    method: str
    url: str
    body: bytes
    status: int
    answer: bytes


class Wire(httpx.AsyncBaseTransport):
    """To the fake and back; it keeps every call."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        # Nobody is trusted, so that nothing but plain loopback can be reached; and loading no certificates saves time.
        self._network = httpx.AsyncHTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass it on."""
        body = await request.aread()
        response = await self._network.handle_async_request(request)
        answer = await response.aread()
        self.calls.append(Call(request.method, str(request.url), body, response.status_code, answer))
        return response

    async def aclose(self) -> None:
        """Close what is open."""
        await self._network.aclose()


class Hole(httpx.AsyncBaseTransport):
    """Whatever goes in, nothing ever comes out."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Wait for ever."""
        await asyncio.Event().wait()
        raise AssertionError


class Echo(httpx.AsyncBaseTransport):
    """A server that answers everything with one status and repeats all that it was sent, in every field an error may have.

    `nested`: the error is an object, as Meta and X have it. No status: the connection is refused, in the same words.
    """

    def __init__(self, status: int | None, *, nested: bool) -> None:
        self.status, self.nested = status, nested

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Repeat it."""
        body = (await request.aread()).decode("utf-8", "replace")[:4000]
        heard = " ".join([*(f"{name}: {value}" for name, value in request.headers.items()), str(request.url), body])
        if self.status is None:
            raise httpx.ConnectError(heard)
        words = dict.fromkeys(("message", "error_description", "description", "detail", "title", "name", "log_id"), heard)
        error = {**words, "code": 1, "type": heard, "error_user_msg": heard} if self.nested else heard
        told = {**words, "ok": False, "error": error, "errors": [{**words, "code": 1}], "code": 1, "status": self.status}
        place = heard.encode("ascii", "replace").decode().replace("\n", " ").replace("\r", " ")
        return httpx.Response(self.status, json=told, headers={"Location": place}, request=request)
