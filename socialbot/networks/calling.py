"""The one place that makes HTTP calls: their time limit, and what a call without an answer means for a post."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Annotated, Any

import httpx
from pydantic import AfterValidator, SecretStr

from socialbot.networks.protocol import NetworkError, Passing, RateLimited, Refused, Unknown
from socialbot.networks.rooms import moment, regained_after

HIDDEN = "[hidden]"
LONGEST_REST = timedelta(days=1)
"""A server that asks for more is asked again after this."""
MAX_QUOTED_CHARS = 200
UNSAID_PAUSE_S = 60
"""How long to leave a network alone that limits us and does not say for how long."""

# DNS, a refused connection and TLS end in ConnectError, a header that cannot be written in LocalProtocolError: after none of
# these can a server have the request.
_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    httpx.LocalProtocolError,
    UnicodeEncodeError,
)

_RESETS = ("Retry-After", "X-RateLimit-Reset-After", "RateLimit-Reset", "X-RateLimit-Reset", "X-Rate-Limit-Reset")
"""Seconds, an HTTP date, epoch seconds or an ISO instant, whichever the network likes."""
_LEFT = ("RateLimit-Remaining", "X-RateLimit-Remaining", "X-Rate-Limit-Remaining")
_NONE_LEFT = re.compile(r";\s*r=0(?!\d)")
"""In the header RateLimit (draft-ietf-httpapi-ratelimit-headers-10, section 4)."""


def _header_safe(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value().strip()
    if not re.fullmatch(r"[!-~]*", text):
        raise ValueError("letters, digits and signs of ASCII, without spaces")
    return SecretStr(text)


Token = Annotated[SecretStr, AfterValidator(_header_safe)]
"""A secret that travels in a header."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. `body` is its JSON, None where it sent none; `final` marks the answer to an irreversible call."""

    status: int
    headers: httpx.Headers
    body: Any
    final: bool = False

    def get(self, *path: str) -> Any:
        """The value under these keys of the JSON, None where there is none."""
        found = self.body
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def text(self, *path: str) -> str:
        """The string under these keys of the JSON, "" where there is none."""
        found = self.get(*path)
        return found if isinstance(found, str) else ""


class Line:
    """One account's line to its network. `network` begins every sentence; `secrets` are struck out of what servers say."""

    def __init__(
        self,
        network: str,
        client: httpx.AsyncClient,
        timeout_s: float,
        clock: Callable[[], datetime],
        secrets: Callable[[], Iterable[str]],
        spent: Callable[[datetime], None] = lambda _: None,
    ) -> None:
        self.network, self.client, self.timeout_s, self.clock, self.secrets = network, client, timeout_s, clock, secrets
        self.spent = spent
        """Called when the answer to a post says that it was the last for now, with the moment of the next."""

    async def ask(self, method: str, url: str, **request: Any) -> Answer:
        """A call that may be repeated. Raises Passing when no answer comes."""
        return await self._call(False, method, url, request)

    async def send(self, method: str, url: str, **request: Any) -> Answer:
        """The irreversible call. Raises Passing when it provably never left, Unknown when no answer comes."""
        return await self._call(True, method, url, request)

    async def _call(self, final: bool, method: str, url: str, request: dict[str, Any]) -> Answer:
        host = url.split("/")[2]
        # Waiting for the pool, TCP and TLS each end in good time: when the total strikes, the request may be on its way.
        limits = httpx.Timeout(self.timeout_s, connect=self.timeout_s / 4, pool=self.timeout_s / 4)
        try:
            async with asyncio.timeout(self.timeout_s):
                response = await self.client.request(method, url, timeout=limits, follow_redirects=False, **request)
        except _NEVER_LEFT as error:
            reason = self.quote(str(error) or type(error).__name__)
            raise Passing(f"{self.network}: {host} cannot be reached ({reason}).") from None
        except TimeoutError:
            raise self._lost(final, f"{host} gave no answer within {self.timeout_s:g} seconds") from None
        except httpx.RequestError as error:
            raise self._lost(final, f"the connection to {host} broke ({type(error).__name__})") from None
        none_left = any(response.headers.get(name, "").strip() == "0" for name in _LEFT)
        none_left |= bool(_NONE_LEFT.search(response.headers.get("RateLimit", "")))
        if final and none_left and (until := self.until(*resets(response.headers))):
            self.spent(until)
        return Answer(response.status_code, response.headers, _json(response), final)

    def trouble(self, answer: Answer, said: str) -> NetworkError:
        """What an answer without success means on every network; an adapter asks its own error table first."""
        if answer.status == 429:
            return self.limited(*resets(answer.headers))
        if 300 <= answer.status < 400:
            place = self.quote(answer.headers.get("Location", "an unnamed place"))
            return Refused(f"{self.network}: the server sends us on to {place}.", "Give the account the address it moved to.")
        if 400 <= answer.status < 500 and answer.status != 408:
            return Refused(
                f"{self.network} refused it: {self.quote(said) or answer.status}.", "Change the post and enqueue it again."
            )
        lost = self._lost(answer.final, f"the server answered {answer.status} ({self.quote(said) or 'without a word'})")
        if isinstance(lost, Passing):
            lost.retry_at = self.until(answer.headers.get("Retry-After"))
        return lost

    def limited(self, *told: object) -> RateLimited:
        """The network takes no calls until the moment that the first legible word of these names."""
        until = self.until(*told) or self.clock() + timedelta(seconds=UNSAID_PAUSE_S)
        return RateLimited(f"{self.network}: no more calls are taken before {until:%Y-%m-%d %H:%M:%S} UTC.", until)

    def until(self, *told: object) -> datetime | None:
        """A moment told as seconds from now, epoch seconds, ISO 8601 or HTTP date; the first of these that can be read."""
        now = self.clock()
        for word in told:
            if word is not None and (at := moment(str(word), now)):
                return min(max(at, now + timedelta(seconds=1)), now + LONGEST_REST)
        return None

    def ahead(self, answer: Answer) -> timedelta:
        """By how much our clock is before the server's; nothing where it is behind."""
        return max(self.off(answer), timedelta())

    def off(self, answer: Answer) -> timedelta:
        """As `ahead`, and below nothing where our clock is behind (RFC 9110, 6.6.1: Date); nothing where none is told."""
        with suppress(KeyError, TypeError, ValueError):
            return self.clock() - parsedate_to_datetime(answer.headers["Date"])
        return timedelta()

    def quote(self, said: str) -> str:
        """A server's words on one line, without our secrets, at most 200 characters."""
        line = _one_line(said)
        for secret in sorted(filter(None, map(_one_line, self.secrets())), key=len, reverse=True):
            line = line.replace(secret, HIDDEN)
        line = line.strip(" .")
        return line if len(line) <= MAX_QUOTED_CHARS else line[: MAX_QUOTED_CHARS - 1] + "…"

    def _lost(self, final: bool, what: str) -> NetworkError:
        if final:
            return Unknown(f"{self.network}: {what}; the post may be out.")
        return Passing(f"{self.network}: {what}; it will be tried again.")


def bearer(token: str) -> dict[str, str]:
    """The header that shows a token (RFC 6750, section 2.1)."""
    return {"Authorization": f"Bearer {token}"}


def resets(headers: httpx.Headers) -> list[str]:
    """What the headers of an answer say of when the next call is taken, the plainest word first."""
    told = [headers[name] for name in _RESETS if name in headers]
    # RateLimit: "default";r=0;t=30 (draft-ietf-httpapi-ratelimit-headers-10, section 4)
    told += re.findall(r";\s*t=(\d+)", headers.get("RateLimit", ""))
    return told + [str(minutes * 60) for minutes in [regained_after(headers)] if minutes]


def _one_line(said: str) -> str:
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", said).strip()


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _hide_paths(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):
        record.args = tuple(f"{one.scheme}://{one.host}/…" if isinstance(one, httpx.URL) else one for one in record.args)
    return True


# httpx writes the URL of every call to its log, and a webhook's URL is its password.
logging.getLogger("httpx").addFilter(_hide_paths)
