"""Where the pictures lie: on disk under the site's root or beside the post, else on the web."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from socialbot.media import Media
from socialbot.nouns import Mistake, Picture
from socialbot.reading.ai_word import stronger_image, stronger_yes
from socialbot.reading.fetching import MAX_PICTURE_BYTES, Fetcher, Unreachable, shown
from socialbot.reading.links import is_web_address, on_site
from socialbot.reading.references import Reference
from socialbot.settings import SiteSettings

MAX_FETCHED = 10
"""Pictures fetched for one post; no network takes more in one."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one picture lies: a file, else an address, else nowhere, and why."""

    file: Path | None = None
    url: str | None = None
    why: str | None = None


class Finder:
    """Finds the pictures of one post."""

    def __init__(self, post: Path, link: str | None, site: SiteSettings, home: Path, media: Media, fetcher: Fetcher) -> None:
        self._link, self._site, self._media, self._fetcher = link, site, media, fetcher
        self._root, self._beside = (home / site.root).resolve(), post.resolve().parent
        self._fetched = 0
        self._unreachable: dict[str, str] = {}

    def find(self, references: Sequence[Reference]) -> tuple[tuple[Picture, ...], list[str]]:
        """The pictures, each once, with what every mention of it tells; and warnings about those that cannot be had."""
        places: dict[str, tuple[_Place, Reference]] = {}
        for reference in references:
            place = self._locate(reference.src)
            key = str(place.file or place.url or reference.src)
            places[key] = (place, _merge(places[key][1], reference) if key in places else reference)
        warnings = []
        if repeated := len(references) - len(places):
            warnings.append(f"{repeated} of the pictures named are repetitions; each picture is used once.")
        pictures = []
        for place, reference in places.values():
            picture = self._have(place, reference)
            if picture.missing:
                named = "" if reference.src in picture.missing else f"{reference.src}: "
                warnings.append(f"A picture is missing: {named}{picture.missing}")
            if picture.file and _is_pixel(picture.file):
                warnings.append(f"{reference.src} is one pixel large and is left out.")
            else:
                pictures.append(picture)
        return tuple(pictures), warnings

    def _have(self, place: _Place, reference: Reference) -> Picture:
        picture = Picture(
            reference.src,
            alt=reference.alt,
            focal=reference.focal,
            box=reference.box,
            credit=reference.credit,
            ai=reference.ai,
            realistic=reference.realistic,
        )
        try:
            if place.file:
                _refuse_unusable(place.file, reference.src)
                return replace(picture, file=place.file)
            if place.url:
                return replace(picture, file=self._media.path(self._media.put(self._fetch(place.url))))
        except Mistake as reason:
            return replace(picture, missing=str(reason))
        return replace(picture, missing=place.why)

    def _fetch(self, url: str) -> bytes:
        host = urlsplit(url).netloc
        if host in self._unreachable:
            raise Mistake(f"{shown(url)} was not tried, for {self._unreachable[host]}")
        if self._fetched >= MAX_FETCHED:
            raise Mistake(f"{shown(url)} is not fetched; at most {MAX_FETCHED} pictures are for one post")
        self._fetched += 1
        try:
            return self._fetcher.fetch(url)
        except Unreachable as error:
            self._unreachable[host] = error.what
            raise

    def _locate(self, src: str) -> _Place:
        if src.startswith("//"):
            src = f"https:{src}"
        for candidate, fence in self._on_disk(src):
            if found := _file(candidate, fence):
                return _Place(file=found)
        if is_web_address(src):
            return _Place(url=src)
        if urlsplit(src).scheme and "://" in src:
            return _Place(why=f"{src} is neither a path nor an http or https address")
        relative = not src.startswith("/")
        url = urljoin(self._link, src) if self._link and (relative or not self._site.url) else on_site(src, self._site.url)
        if url and is_web_address(url):
            return _Place(url=url)
        looked = "beside the post nor " if relative else ""
        found_no = f"is neither {looked}under" if relative else "is not under"
        return _Place(why=f"{src} {found_no} {self._site.root}, and without site.url it cannot be fetched")

    def _on_disk(self, src: str) -> Iterator[tuple[Path, tuple[Path, ...]]]:
        """Files to look for, each with the folders it must not leave."""
        if is_web_address(src):
            path = self._path_on_own_site(src)
            spellings = [path] if path else []
        elif ":" in src.partition("/")[0]:
            return
        else:
            spellings = [src.replace("\\", "/"), src.partition("?")[0].partition("#")[0]]
        for spelling in dict.fromkeys([*spellings, *map(unquote, spellings)]):
            if not spelling.startswith("/"):
                yield self._beside / spelling, (self._beside, self._root)
            yield self._root / spelling.lstrip("/"), (self._root,)

    def _path_on_own_site(self, url: str) -> str | None:
        own, there = urlsplit(self._site.url or ""), urlsplit(url)
        same = own.netloc.lower() == there.netloc.lower() and there.path.startswith(own.path + "/")
        return there.path.removeprefix(own.path) if same else None


def _file(candidate: Path, fence: tuple[Path, ...]) -> Path | None:
    """The file, its symlinks followed, if it lies within one of the folders."""
    try:
        found = candidate.resolve()
        return found if any(found.is_relative_to(folder) for folder in fence) and found.is_file() else None
    except (OSError, ValueError, RuntimeError):  # too long a name, a NUL in it, a circle of symlinks
        return None


def _refuse_unusable(file: Path, src: str) -> None:
    size = file.stat().st_size
    if not size:
        raise Mistake(f"{src} is empty")
    if size > MAX_PICTURE_BYTES:
        raise Mistake(f"{src} is {size / 1e6:.1f} MB large, at most {MAX_PICTURE_BYTES // 1_000_000} MB")
    if not os.access(file, os.R_OK):
        raise Mistake(f"{src} may not be read")


def _merge(first: Reference, again: Reference) -> Reference:
    return replace(
        first,
        alt=first.alt or again.alt,
        focal=first.focal or again.focal,
        box=first.box or again.box,
        credit=first.credit or again.credit,
        ai=stronger_image(first.ai, again.ai),
        realistic=stronger_yes(first.realistic, again.realistic),
    )


def _is_pixel(file: Path) -> bool:
    """Whether it is a GIF or PNG of one pixel, such as counts readers."""
    with file.open("rb") as opened:
        head = opened.read(24)
    if head.startswith(b"GIF8") and len(head) >= 10:
        return struct.unpack("<HH", head[6:10]) == (1, 1)
    return head.startswith(b"\x89PNG") and len(head) == 24 and struct.unpack(">II", head[16:24]) == (1, 1)
