"""A network for the benchmark, in a process of its own: it answers as Mastodon does to what a post without pictures needs.

The fakes of the tests are exact and take 2 ms of CPU for a post, which the workers would have to share two cores with; this
one takes 0.2 ms. It counts what it is sent, and what it is sent twice. Run as a module it prints its port.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

_INSTANCE = {
    "domain": "127.0.0.1",
    "version": "4.5.0",
    "source_url": "https://github.com/mastodon/mastodon",
    "api_versions": {"mastodon": 6},
    "configuration": {
        "statuses": {"max_characters": 500, "max_media_attachments": 4, "characters_reserved_per_url": 23},
        "media_attachments": {
            "supported_mime_types": ["image/jpeg"],
            "image_size_limit": 16_777_216,
            "description_limit": 1500,
        },
    },
}
_ENDS_WITHIN_S = 3 * 3600


@dataclass(frozen=True, slots=True)
class Network:
    """The network as the benchmark knows it."""

    url: str

    def account(self) -> dict[str, str]:
        """What goes into an account's settings."""
        return {"network": "mastodon", "server": self.url, "token": "token"}

    def counted(self) -> dict[str, float]:
        """Posts, those of them that came twice, and the CPU seconds that all of it took."""
        counted: dict[str, float] = httpx.get(f"{self.url}/counted", trust_env=False).json()
        return counted


@contextmanager
def network() -> Iterator[Network]:
    """A network that ends with the block."""
    process = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield Network(f"http://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.kill()
        process.wait()


class _Server:
    def __init__(self) -> None:
        self.posts, self.twice, self.seen = 0, 0, set[bytes]()
        self.instance = json.dumps(_INSTANCE).encode()

    def answer(self, line: bytes, head: bytes, body: bytes) -> bytes:
        method, path, _ = line.split(b" ")
        if path == b"/api/v2/instance":
            return self.instance
        if path == b"/counted":
            used = resource.getrusage(resource.RUSAGE_SELF)
            told = {"posts": self.posts, "twice": self.twice, "cpu_s": used.ru_utime + used.ru_stime}
            return json.dumps(told).encode()
        if method == b"POST":
            said = json.loads(body)["status"].encode()
            self.twice += said in self.seen
            self.seen.add(said)
            self.posts += 1
            number = b"%d" % self.posts
        else:
            number = path.rpartition(b"/")[2]
        return (
            b'{"id":"%b","url":"http://127.0.0.1/@a/%b","visibility":"public","created_at":"2026-11-21T12:00:00.000Z",'
            b'"account":{"id":"1"},"media_attachments":[]}' % (number, number)
        )


class _Connection(asyncio.Protocol):
    def __init__(self, server: _Server) -> None:
        self.server, self.unread = server, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.unread += data
        while (end := self.unread.find(b"\r\n\r\n")) >= 0:
            line, _, head = self.unread[:end].partition(b"\r\n")
            _, told, length = head.lower().partition(b"content-length:")
            size = int(length.split(b"\r\n", 1)[0]) if told else 0
            if len(self.unread) < end + 4 + size:
                return
            body, self.unread = self.unread[end + 4 : end + 4 + size], self.unread[end + 4 + size :]
            said = self.server.answer(line, head, body)
            top = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(said)
            self.transport.write(top + said)


async def _serve() -> None:
    server = _Server()
    listening = await asyncio.get_running_loop().create_server(lambda: _Connection(server), "127.0.0.1", 0)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await asyncio.sleep(_ENDS_WITHIN_S)


if __name__ == "__main__":
    asyncio.run(_serve())
