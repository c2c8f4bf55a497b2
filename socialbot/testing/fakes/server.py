"""What all fakes share: a loopback HTTP server, its bad days, and what the public can see of it."""

from __future__ import annotations

import json
import random
import re
import socket
import sys
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from socketserver import ThreadingTCPServer
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from PIL import Image, UnidentifiedImageError

MAX_BODY_BYTES = 64 * 1024 * 1024
Fault = Literal["commit_then_drop", "commit_then_500", "drop", "reject_500", "rate_limited", "unavailable", "expired_token"]
Clock = Callable[[], datetime]


@dataclass(slots=True)
class Faults:
    """The bad days of a fake's irreversible call. Probabilities are per call and add up to at most 1.

    `drop` closes the connection without acting, `commit_then_drop` after acting. `slow_s`: seconds the server waits before
    it acts; it acts even when the client has gone by then. `queue` names the faults of the next calls, before any dice.
    """

    commit_then_drop: float = 0
    commit_then_500: float = 0
    drop: float = 0
    reject_500: float = 0
    rate_limited: float = 0
    slow_s: float = 0
    retry_after_s: float = 2
    queue: deque[Fault] = field(default_factory=deque)
    chance: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311

    def next(self) -> Fault | None:
        """The fault of this call, or None for a good day."""
        if self.queue:
            return self.queue.popleft()
        rolled = self.chance.random()
        dice: tuple[tuple[Fault, float], ...] = (
            ("commit_then_drop", self.commit_then_drop),
            ("commit_then_500", self.commit_then_500),
            ("drop", self.drop),
            ("reject_500", self.reject_500),
            ("rate_limited", self.rate_limited),
        )
        for fault, probability in dice:
            if rolled < probability:
                return fault
            rolled -= probability
        return None


@dataclass(frozen=True, slots=True)
class SeenPicture:
    """A picture of a published post: its bytes as stored, pixels, and the focal point as the network took it."""

    content: bytes = field(repr=False)
    mime: str
    alt: str
    width: int
    height: int
    focal: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A published post as the public sees it. `links` are pairs of shown text and URI; `raw` is the network's own JSON."""

    id: str
    url: str
    text: str
    at: datetime
    language: str | None = None
    links: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()
    pictures: tuple[SeenPicture, ...] = ()
    card: Mapping[str, Any] | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)
    title: str | None = None
    """Where the title has a field of its own."""
    link: str | None = None
    """The post's link, where it has a field of its own."""
    answers: str | None = None
    """The id of the post that this one answers."""
    flags: Mapping[str, bool] = field(default_factory=dict)
    """The network's own flags for AI media, as the post bears them."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, its body read in full."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Message
    body: bytes = b""

    @property
    def media_type(self) -> str:
        """The body's media type without parameters; "" when the client names none."""
        return self.headers.get_content_type() if "Content-Type" in self.headers else ""

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises ValueError with a sentence."""
        if self.media_type != "application/json":
            raise ValueError(f"expected application/json, got {self.media_type or 'no content type'}")
        value = strict_json(self.body)
        if not isinstance(value, dict):
            raise ValueError("expected a JSON object")
        return value


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says: `body` becomes JSON unless it is None."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """An answer that ends the handling of a request early."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(f"{answer.status} {answer.body}")


class Dropped(Exception):
    """The connection is closed without an answer."""


@dataclass(frozen=True, slots=True)
class Route:
    """Which requests go to which handler; the groups of `path` (a pattern for the whole path) are its arguments."""

    method: str
    path: str
    handler: Callable[..., Answer]
    irreversible: bool = False


class Fake(ABC):
    """A network on the loopback interface, in threads of this process. Use it as a context manager.

    It keeps its address and its posts from `stop` to the next `start`, as a real server does over an outage.
    """

    network: ClassVar[str]
    looser: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Fields of the adapter's Limits that are narrower than what the network takes, each with the reason."""

    def __init__(self, *, faults: Faults | None = None, clock: Clock = lambda: datetime.now(UTC)) -> None:
        self.faults = faults or Faults()
        self.clock = clock
        self.attempts = 0
        """Calls of the irreversible endpoint that reached us."""
        self.calls: list[str] = []
        """Every request, as "POST /path"."""
        self._public: dict[str, Seen] = {}
        self._lock = threading.RLock()
        self._port = 0
        self._listener: _Listener | None = None
        self._stopping = threading.Event()

    def start(self) -> Self:
        """Listen. The first start chooses a free port, later ones use it again."""
        self._stopping.clear()
        self._listener = _Listener(self, self._port)
        self._port = self._listener.server_address[1]
        threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Refuse new connections and close the open ones."""
        if self._listener:
            self._stopping.set()
            self._listener.close()
            self._listener = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Base URL, known from the first start on."""
        if not self._port:
            raise RuntimeError("this fake has not been started")
        return f"http://127.0.0.1:{self._port}"

    @property
    def posts(self) -> list[Seen]:
        """What the public can see, in order of publication."""
        with self._lock:
            return list(self._public.values())

    @abstractmethod
    def account(self) -> dict[str, str]:
        """The settings of an account on this fake, as they would stand in socialbot.toml."""

    def rewritten(self, text: str) -> str:
        """What the public sees of a text that was sent, where the network itself changes it."""
        return text

    def overhear(self, text: str) -> None:  # noqa: B027 - most lists hold only our own
        """Somebody else says this where our posts are looked for. Nothing happens where only our own are listed."""

    @abstractmethod
    def routes(self) -> Sequence[Route]:
        """Every endpoint."""

    @abstractmethod
    def unknown(self, request: Request) -> Answer:
        """The answer to a path that is no endpoint."""

    @abstractmethod
    def bad_day(self, fault: Fault) -> Answer:
        """The network's own words for rate_limited, reject_500, unavailable, expired_token."""

    def answer(self, request: Request) -> Answer:
        """Handle one request. Raises Refusal, or Dropped when no answer is to be given."""
        with self._lock:
            self.calls.append(f"{request.method} {request.path}")
        for route in self.routes():
            found = re.fullmatch(route.path, request.path)
            if found and route.method == request.method:
                return self._act(route, request, found.groups())
        raise Refusal(self.unknown(request))

    def _act(self, route: Route, request: Request, groups: Sequence[str]) -> Answer:
        if not route.irreversible:
            with self._lock:
                return route.handler(request, *groups)
        with self._lock:
            self.attempts += 1
            fault = self.faults.next()
        self._stopping.wait(self.faults.slow_s)
        if fault == "drop":
            raise Dropped
        with self._lock:
            if fault in ("rate_limited", "reject_500", "unavailable", "expired_token"):
                raise Refusal(self.bad_day(fault))
            answer = route.handler(request, *groups)
            if fault == "commit_then_500":
                raise Refusal(self.bad_day("reject_500"))
        if fault == "commit_then_drop":
            raise Dropped
        return answer


class _Listener(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, fake: Fake, port: int) -> None:
        self.fake = fake
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone away is an ordinary day; anything else is a fault of the fake, and shown."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            self.shutdown_request(connection)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60  # seconds a silent client is kept
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Listener

    def do_GET(self) -> None:
        try:
            answer = self.server.fake.answer(self._request())
        except Refusal as refusal:
            answer = refusal.answer
        except Dropped:
            self.close_connection = True
            return
        content = b"" if answer.body is None else json.dumps(answer.body, ensure_ascii=False).encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if content:
            self.send_header("Content-Type", "application/json; charset=utf-8")
        if answer.status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def _request(self) -> Request:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self.close_connection = True
            raise Refusal(Answer(411, {"error": "LengthRequired", "message": "send the length of the body"}))
        if int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            raise Refusal(Answer(413, {"error": "PayloadTooLarge", "message": "request entity too large"}))
        split = urlsplit(self.path)
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        return Request(self.command, split.path, query, self.headers, self.rfile.read(int(length)))

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header tells the fake's own time."""
        return super().date_time_string(self.server.fake.clock().timestamp() if timestamp is None else timestamp)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: the fake keeps its own record in `calls`."""


def strict_json(text: bytes | str) -> Any:
    """JSON as the RFC has it: UTF-8, no repeated keys, no NaN, no lone surrogates. Raises ValueError with a sentence."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a key stands twice in one object")
        return found

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is not JSON")

    value = json.loads(text, object_pairs_hook=once, parse_constant=refuse)
    json.dumps(value, ensure_ascii=False).encode()
    return value


def sniff(content: bytes) -> tuple[str, int, int] | None:
    """Media type and pixels (width, height) of a picture that decodes in full; None when it is none."""
    try:
        with Image.open(BytesIO(content)) as picture:
            for number in range(getattr(picture, "n_frames", 1)):
                picture.seek(number)
                picture.load()
            return Image.MIME[str(picture.format)], *picture.size
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        return None
