"""A website on loopback, from whose folder the fakes of networks fetch pictures that must have a public address."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from socialbot.hosting import Hosting, InSite

FOLDER = "social"


class LoopbackSite:
    """The files of `folder`, as a site's own server would show them, while it is entered as a context.

    `settings` is for a configuration, `public` for a media store made by hand: either puts the pictures on this site.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def settings(self) -> dict[str, str]:
        """The keys of `[media]`; `site.root` must be the folder, and `site.fetch_private` true."""
        return {"public": "site", "public_url": f"{self.url}/{FOLDER}", "public_folder": FOLDER}

    def public(self) -> Hosting:
        """What `Media.public` is on this site."""
        place = InSite(self.folder, self.folder / FOLDER, f"{self.url}/{FOLDER}", b"a key for trying out", timedelta(hours=24))
        return Hosting(place, allow_private=True)


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
        """Nothing: only the command line prints."""
