"""A site in a temporary folder, and a way to read a post written into it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from PIL import Image

from socialbot.media import Media
from socialbot.nouns import Post
from socialbot.reading import Fetcher, read
from socialbot.settings import SiteSettings

SITE = SiteSettings(url="https://fog.test", timezone="Europe/London")

Read = Callable[..., Post]


def no_network(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError(f"no network for {request.url}")


@pytest.fixture
def read_post(tmp_path: Path) -> Read:
    def read_it(text: str | bytes, *, name: str = "post.md", site: SiteSettings = SITE, fetcher: Fetcher | None = None) -> Post:
        path = tmp_path / site.posts / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        client = httpx.Client(transport=httpx.MockTransport(no_network))
        fetcher = fetcher or Fetcher(client, resolve=lambda host, port: ["93.184.215.14"])
        return read(path, site, tmp_path, Media(tmp_path / "media"), fetcher=fetcher)

    return read_it


@pytest.fixture
def photo(tmp_path: Path) -> Callable[[str], Path]:
    """Draws a small photograph at a path below the instance folder."""

    def draw(name: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 6), "grey").save(path)
        return path.resolve()

    return draw
