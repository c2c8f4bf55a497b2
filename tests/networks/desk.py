"""An account's adapter and all that it is given, and posts to send through it."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import httpx
from PIL import Image

from socialbot.media import Media
from socialbot.networks.protocol import CannotTell, Identity, Network, Prepared, Published
from socialbot.nouns import Caption, Card, Draft, Part, Span, Variant

T = TypeVar("T")
SHARED = Path(__file__).parents[2] / "../shared"


class Vault:
    """One account's session, in memory."""

    def __init__(self) -> None:
        self.session: dict[str, str] | None = None

    def read(self) -> dict[str, str] | None:
        return dict(self.session) if self.session else None

    def write(self, session: Mapping[str, str] | None) -> None:
        self.session = dict(session) if session else None

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        yield


class Uploads:
    """One delivery's remote ids, in memory; `lasts_s` is what the adapter said of each."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.lasts_s: dict[str, float] = {}

    def recall(self, digest: str) -> str | None:
        return self.known.get(digest)

    def keep(self, digest: str, remote_id: str, lasts_s: float) -> None:
        self.known[digest], self.lasts_s[digest] = remote_id, lasts_s

    def forget(self, digest: str) -> None:
        self.known.pop(digest, None)


class Desk:
    """Every call is made as by a new process: only the vault, the uploads and the media outlive it."""

    def __init__(
        self,
        kind: type[Network],
        settings: Mapping[str, object],
        folder: Path,
        answer: Callable[[httpx.Request], httpx.Response] | None = None,
    ) -> None:
        self.kind, self.settings, self.answer = kind, settings, answer
        self.media, self.vault, self.uploads = Media(folder / "media"), Vault(), Uploads()

    def run(self, act: Callable[[Network], Awaitable[T]]) -> T:
        async def alone() -> T:
            transport = httpx.MockTransport(self.answer) if self.answer else None
            async with httpx.AsyncClient(transport=transport, trust_env=False, verify=False) as client:
                account = self.kind.options.model_validate({"network": self.kind.name, **self.settings})
                return await act(self.kind(account, client, self.media, self.vault))

        return asyncio.run(alone())

    def check(self) -> Identity:
        return self.run(lambda network: network.check())

    def mark(self) -> None:
        self.run(lambda network: network.mark_as_bot())

    def prepare(self, draft: Draft, part: int = 0, *before: Published) -> Prepared:
        return self.run(lambda network: network.prepare(draft, part, self.uploads, before))

    def publish(self, prepared: Prepared) -> Published:
        return self.run(lambda network: network.publish(prepared))

    def send(self, draft: Draft, part: int = 0, *before: Published) -> Published:
        async def act(network: Network) -> Published:
            return await network.publish(await network.prepare(draft, part, self.uploads, before))

        return self.run(act)

    def find(self, prepared: Prepared, ago_s: float = 5) -> Published | CannotTell | None:
        since = datetime.now(UTC) - timedelta(seconds=ago_s)
        return self.run(lambda network: network.find(prepared, since))

    def picture(
        self,
        alt: str = "",
        size: tuple[int, int] = (64, 48),
        colour: str = "teal",
        focal: tuple[float, float] | None = None,
    ) -> Variant:
        file = BytesIO()
        Image.new("RGB", size, colour).save(file, "JPEG")
        digest = self.media.put(file.getvalue())
        return Variant(digest, "square", *size, len(file.getvalue()), "image/jpeg", alt, focal)

    def draft(
        self,
        *texts: str,
        pictures: tuple[Variant, ...] = (),
        card: Card | None = None,
        link: str | None = None,
        language: str = "en",
        seed: int = 0,
    ) -> Draft:
        parts = tuple(Part(Caption(text, 0, 0, "graphemes", _spans(text)), pictures, card) for text in texts)
        fixed = self.kind.fix(datetime.now(UTC), random.Random(seed))
        return Draft("post", "account", self.kind.name, language, parts, link=link, fixed=fixed)


def _spans(text: str) -> tuple[Span, ...]:
    links = [Span("link", *found.span(), found[0]) for found in re.finditer(r"https?://[^\s)]+", text)]
    tags = [Span("tag", *found.span(), found[0][1:]) for found in re.finditer(r"#[^\W\d]\w*", text)]
    return (*tags, *links)
