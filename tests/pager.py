"""A real HTTP server on loopback that takes notices as Apprise's `json://` sends them, and has bad days on request."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Pager:
    """What it was told, as (title, body); `refuse` answers 500; it answers only while `awake` is set."""

    port: int = 0
    told: list[tuple[str, str]] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    """A call has come."""
    refuse: bool = False
    awake: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"json://reader:hush-pager-word@127.0.0.1:{self.port}/"


@contextmanager
def a_pager() -> Iterator[Pager]:
    pager = Pager()
    pager.awake.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            pager.asked.set()
            pager.awake.wait(30)
            if not pager.refuse:
                pager.told.append((said["title"], said["message"]))
            self.send_response(500 if pager.refuse else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    pager.port = server.server_port
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield pager
    finally:
        pager.awake.set()
        server.shutdown()
        server.server_close()
