"""Fetching pictures from the web, bounded in size and time, and never from a network that only we can reach."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from socialbot.nouns import Mistake

MAX_PICTURE_BYTES = 40_000_000
TOTAL_S = 20.0
MAX_REDIRECTS = 5

_REDIRECTS = (301, 302, 303, 307, 308)
_ALLOW = "set site.fetch_private = true if that is meant"

_Taken = TypeVar("_Taken")
_Take = Callable[[httpx.Response, str, float], _Taken]
"""What is taken of an answer, by its address and the deadline."""
Resolve = Callable[[str, int], Sequence[str]]


class Unreachable(Mistake):
    """The server could not be reached or did not answer in time; its other pictures need not be tried."""


class Private(Mistake):
    """The host is no part of the open Internet."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a stranger is answered at an address: the status, the media type, where a redirect leads, the content."""

    status: int
    kind: str
    location: str | None
    content: bytes


def addresses_of(host: str, port: int) -> list[str]:
    """The IP addresses of a host, as the system resolves it. Raises OSError; takes as long as the system allows."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class Fetcher:
    """Downloads pictures over http and https with a client it is given.

    A host is resolved once, its addresses are checked, and the connection goes to a checked address, so that a name which
    changes its address meanwhile gains nothing. Each redirect is checked again. The client must use no proxy (build it with
    `trust_env=False`), for a proxy resolves names itself.
    """

    def __init__(
        self,
        client: httpx.Client,
        *,
        allow_private: bool = False,
        max_bytes: int = MAX_PICTURE_BYTES,
        total_s: float = TOTAL_S,
        resolve: Resolve = addresses_of,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._allow_private = client, allow_private
        self._max_bytes, self._total_s = max_bytes, total_s
        self._resolve, self._clock = resolve, clock

    def fetch(self, url: str) -> bytes:
        """The picture at `url`. Raises Mistake with the reason it cannot be had, Unreachable when its server is the reason."""
        return self._follow(url, self._content)

    def is_gone(self, url: str) -> bool:
        """Does the site say that nothing is at `url` any more (410 Gone)? Raises Mistake when it cannot be asked."""
        return bool(self._follow(url, lambda response, name, deadline: b"gone" if response.status_code == 410 else b""))

    def look(self, url: str) -> Seen:
        """What is answered at `url` itself, whatever it is; a redirect is not followed.

        Raises Mistake when nothing can be had, Private or Unreachable when the server is the reason.
        """
        try:
            return self._ask(httpx.URL(url), self._clock() + self._total_s, self._seen)
        except (httpx.InvalidURL, UnicodeError, ValueError):
            raise Mistake(f"{shown(url)} is not a web address") from None

    def _follow(self, url: str, take: _Take[bytes]) -> bytes:
        deadline = self._clock() + self._total_s
        try:
            target = httpx.URL(url)
            for _ in range(MAX_REDIRECTS + 1):
                answer = self._get(target, deadline, take)
                if isinstance(answer, bytes):
                    return answer
                target = target.join(answer)
        except (httpx.InvalidURL, UnicodeError, ValueError):
            raise Mistake(f"{shown(url)} is not a web address") from None
        raise Mistake(f"{shown(url)} redirects more than {MAX_REDIRECTS} times")

    def _get(self, url: httpx.URL, deadline: float, take: _Take[bytes]) -> bytes | str:
        """The content, or where a redirect leads."""

        def take_or_follow(response: httpx.Response, name: str, deadline: float) -> bytes | str:
            if response.status_code in _REDIRECTS and "Location" in response.headers:
                return str(response.headers["Location"])
            return take(response, name, deadline)

        return self._ask(url, deadline, take_or_follow)

    def _ask(self, url: httpx.URL, deadline: float, take: _Take[_Taken]) -> _Taken:
        name = shown(str(url))
        if url.scheme not in ("http", "https") or not url.host:
            raise Mistake(f"{name} is not an http or https address")
        addresses = self._checked_addresses(url)
        try:
            with self._answer(url, addresses, deadline) as response:
                return take(response, name, deadline)
        except httpx.TimeoutException:
            raise self._too_slow(name) from None
        except httpx.TransportError as error:
            if self._clock() >= deadline:
                raise self._too_slow(name) from None
            raise Unreachable(f"{name} cannot be fetched: {error or type(error).__name__}") from None

    def _checked_addresses(self, url: httpx.URL) -> Sequence[str]:
        host = url.raw_host.decode("ascii")
        try:
            addresses = self._resolve(host, url.port or (443 if url.scheme == "https" else 80))
        except OSError as error:
            raise Unreachable(f"{host} cannot be found: {error.strerror or error}") from None
        if not addresses:
            raise Unreachable(f"{host} has no address")
        if not self._allow_private and (inner := next((one for one in addresses if not is_public(one)), None)):
            where = host if host == inner else f"{host} ({inner})"
            raise Private(f"{where} is no public address, so {shown(str(url))} is not fetched", fix=_ALLOW)
        return addresses

    @contextlib.contextmanager
    def _answer(self, url: httpx.URL, addresses: Sequence[str], deadline: float) -> Iterator[httpx.Response]:
        """The open response from the first of these addresses that takes the connection; cut off at the deadline."""
        sockets: list[socket.socket] = []

        def trace(event: str, info: dict[str, Any]) -> None:
            if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
                sockets.append(info["return_value"].get_extra_info("socket"))

        # A server that sends a byte now and then never exceeds the timeout of one read.
        alarm = threading.Timer(max(0.0, deadline - self._clock()), lambda: _hang_up(sockets))
        alarm.daemon = True
        alarm.start()
        try:
            response = self._connect(url, addresses, deadline, trace)
            try:
                yield response
            finally:
                response.close()
        finally:
            alarm.cancel()

    def _connect(self, url: httpx.URL, addresses: Sequence[str], deadline: float, trace: Callable[..., None]) -> httpx.Response:
        for number, address in enumerate(addresses, 1):
            try:
                request = self._request(url, address, deadline - self._clock(), trace)
                return self._client.send(request, stream=True, auth=None, follow_redirects=False)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if number == len(addresses) or self._clock() >= deadline:
                    raise
        raise AssertionError("there was no address to connect to")

    def _request(self, url: httpx.URL, address: str, left_s: float, trace: Callable[..., None]) -> httpx.Request:
        headers = {
            "Host": url.netloc.decode("ascii"),
            "User-Agent": self._client.headers.get("User-Agent", "socialbot"),
            "Accept": "image/*",
            # Compressed answers could unfold without bound.
            "Accept-Encoding": "identity",
            # The next host on this address must show its own certificate.
            "Connection": "close",
        }
        extensions = {
            "sni_hostname": url.raw_host.decode("ascii"),
            "timeout": httpx.Timeout(max(0.001, left_s)).as_dict(),
            "trace": trace,
        }
        pinned = url.copy_with(host=address, username=None, password=None, fragment=None)
        return httpx.Request("GET", pinned, headers=headers, extensions=extensions)

    def _content(self, response: httpx.Response, name: str, deadline: float) -> bytes:
        if response.status_code != 200:
            raise Mistake(f"{name} answers {response.status_code} {response.reason_phrase}".rstrip())
        kind = _kind(response)
        if kind.startswith("text/") or kind == "application/json":
            raise Mistake(f"{name} is no picture but {kind}")
        content = self._bytes(response, name, deadline)
        if not content:
            raise Mistake(f"{name} is empty")
        return content

    def _seen(self, response: httpx.Response, name: str, deadline: float) -> Seen:
        content = self._bytes(response, name, deadline)
        return Seen(response.status_code, _kind(response), response.headers.get("Location"), content)

    def _bytes(self, response: httpx.Response, name: str, deadline: float) -> bytes:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise Mistake(f"{name} comes compressed although that was not asked for")
        announced = response.headers.get("Content-Length", "")
        if announced.isdigit() and int(announced[:20]) > self._max_bytes:
            raise self._too_large(name)
        content = bytearray()
        for piece in response.iter_bytes():
            content += piece
            if len(content) > self._max_bytes:
                raise self._too_large(name)
        # Hung up on, an answer of unknown length would look complete.
        if self._clock() >= deadline:
            raise self._too_slow(name)
        return bytes(content)

    def _too_large(self, name: str) -> Mistake:
        return Mistake(f"{name} is larger than {self._max_bytes / 1e6:g} MB")

    def _too_slow(self, name: str) -> Mistake:
        return Unreachable(f"{name} was not there within {self._total_s:g} seconds")


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open Internet, and to no IPv4 network carried inside IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return is_public(str(ip.ipv4_mapped))
        if ip.sixtofour or ip.teredo or ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def shown(url: str) -> str:
    """A URL fit for a sentence: without credentials, and without its query, which may carry a signature."""
    bare = url.partition("?")[0].partition("#")[0]
    scheme, mark, rest = bare.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"[:300]


def _kind(response: httpx.Response) -> str:
    """The media type without its parameters."""
    return str(response.headers.get("Content-Type", "")).partition(";")[0].strip().lower()


def _hang_up(sockets: list[socket.socket]) -> None:
    for one in sockets[-1:]:
        with contextlib.suppress(OSError):  # it is closed already
            socket.socket.shutdown(one, socket.SHUT_RDWR)
