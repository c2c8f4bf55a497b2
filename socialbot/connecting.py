"""A person lets socialbot into an account: the browser's way to a code, and the code's way to a stored session."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from html import escape
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from socialbot.networks.calling import Line
from socialbot.networks.login import OUT_OF_BAND, OAuth2, verifier
from socialbot.networks.miauth import MiAuth
from socialbot.networks.protocol import ENDS_AT, Vault
from socialbot.nouns import Mistake

PATH = "/callback/"
_LONGEST_LINE = 16_384
_FOR_EVER = timedelta(days=3650)
"""Akkoma's tokens end after a hundred years."""
_PAGE = "<!doctype html><meta charset=utf-8><title>socialbot</title><p style='font:1.2em sans-serif;margin:4em'>{said}</p>"


def loopback(port: int) -> str:
    """The address of this machine at which a browser hands over the code (RFC 8252, 7.3)."""
    return f"http://127.0.0.1:{port}{PATH}"


class Store(Vault, Protocol):
    """Where one account's session lies, and its secret options."""

    def keep_secrets(self, options: Mapping[str, str]) -> None:
        """Store secret options beside those that are stored."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One person's way through a login: what was asked must be what is answered."""

    login: OAuth2 | MiAuth
    redirect_uri: str
    state: str = field(default_factory=lambda: str(uuid.uuid4()), repr=False)  # what MiAuth calls a session is a UUID
    verifier: str = field(default_factory=verifier, repr=False)

    @property
    def address(self) -> str:
        """Where the person lets us in."""
        return self.login.authorize(self.redirect_uri, self.state, self.verifier)

    @property
    def shows_code(self) -> bool:
        """The server shows the code to the person, and sends the browser nowhere."""
        return self.redirect_uri == OUT_OF_BAND

    def code_of(self, answer: str) -> str:
        """The code in the address at which the browser ended. Raises Mistake when it is not the answer to this attempt.

        A code that the server shows is the answer itself, or stands in the address of the page; it comes without a state.
        """
        state, code = self.login.answers
        fields = parse_qs(answer.strip().partition("?")[2].partition("#")[0])  # Meta appends "#_"
        told = {key: values[0] for key, values in fields.items()}
        if self.shows_code and answer.strip():
            return told.get(code) or answer.strip()
        if not compare_digest(told.get(state, "").encode(), self.state.encode()):
            raise Mistake("this address does not answer the login that was begun here", fix="begin anew: socialbot connect")
        if code not in told:
            why = told.get("error_description") or told.get("error") or "it holds no code"
            raise Mistake(f"the login was not granted: {why}", fix="begin anew: socialbot connect")
        return told[code]

    async def finish(self, answer: str, line: Line, vault: Store, now: datetime, option: str = "") -> None:
        """Change the code for a session, and store it. Raises Mistake, NetworkError.

        `option`: the session's token becomes this option of the account, as one made by hand would; of the session only the
        token's end is kept.
        """
        async with vault.alone():
            session = await self.login.exchange(line, self.code_of(answer), self.redirect_uri, self.verifier, now)
            if not option:
                old = vault.read() or {}  # tokens by hand that it knew are older than this login, wherever they are still set
                before = " ".join(filter(None, (old.get("beside"), old.get("given"))))
                vault.write(session | ({"before": before} if before else {}))
                return
            vault.keep_secrets({option: session["access_token"]})
            ends = session.get("expires_at", "")
            vault.write({ENDS_AT: ends} if ends and datetime.fromisoformat(ends) - now < _FOR_EVER else None)

    def secrets(self) -> list[str]:
        """All that must stand in no sentence."""
        return [*self.login.secrets(), self.verifier, self.state]


async def received(attempt: Attempt, port: int, within_s: float, ready: Callable[[], None] = lambda: None) -> str:
    """Wait on the loopback interface for the browser to come back; the address that it asked for.

    Raises Mistake when the port is taken, or nobody came within so many seconds.
    """
    answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = (await asyncio.wait_for(reader.readline(), 10)).decode("latin-1").split(" ")
            status, said = _judged(attempt, line[1] if len(line) == 3 and line[0] == "GET" else "", answered)
            body = _PAGE.format(said=escape(said)).encode()
            head = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
            writer.write(head.encode() + b"Connection: close\r\nReferrer-Policy: no-referrer\r\n\r\n" + body)
            await writer.drain()
        except (TimeoutError, OSError, ValueError):
            return  # a browser that hangs up, or talks nonsense, is not the one that we wait for
        finally:
            writer.close()

    try:
        server = await asyncio.start_server(greet, "127.0.0.1", port, limit=_LONGEST_LINE)
    except OSError:
        raise Mistake(f"port {port} of this machine is taken", fix="another one: --port") from None
    async with server:
        ready()
        try:
            return await asyncio.wait_for(answered, within_s)
        except TimeoutError:
            raise Mistake(f"no browser came back within {within_s:g} seconds", fix="begin anew: socialbot connect") from None


def _judged(attempt: Attempt, target: str, answered: asyncio.Future[str]) -> tuple[str, str]:
    """What a browser is told; a right answer is handed on."""
    if urlsplit(target).path.rstrip("/") != PATH.rstrip("/"):
        return "404 Not Found", "There is nothing here."
    try:
        attempt.code_of(target)
    except Mistake as mistake:
        if "not granted" in str(mistake) and not answered.done():
            answered.set_result(target)
        return "400 Bad Request", str(mistake)
    if not answered.done():
        answered.set_result(target)
    return "200 OK", "socialbot has been let in. You may close this page."
