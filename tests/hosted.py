"""Pictures on real loopback addresses, as networks that fetch them need: uvicorn in a thread, stopped by its own hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn
from fastapi import FastAPI

from socialbot.hosting import Hosting, Served
from socialbot.media import Media
from socialbot.web.pictures import pictures

KEY = b"the key of the tests"


@contextmanager
def running(app: Any) -> Iterator[str]:
    """The address of an application."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 30
    while not server.started and thread.is_alive() and time.monotonic() < end:
        time.sleep(0.005)
    assert server.started
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(30)


def showing(media: Media, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> FastAPI:
    """The part of `socialbot serve` that shows pictures."""
    app = FastAPI()
    app.include_router(pictures(media, KEY, clock))
    return app


@contextmanager
def in_public(media: Media) -> Iterator[str]:
    """Give a media store a public place on loopback, as `media.public = "serve"` does; its address."""
    with running(showing(media)) as base:
        media.public = Hosting(Served(base, KEY, timedelta(hours=24)), allow_private=True)
        yield base
        media.public = None
