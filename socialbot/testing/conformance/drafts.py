"""Posts, drafts and pictures for these tests: as drafting makes them, and by hand where an edge has to be met exactly."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from io import BytesIO
from math import ceil, isqrt
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from socialbot import captions, disclosure, drafting
from socialbot.captions.counting import of_title
from socialbot.drafting import Bench
from socialbot.ledger import Ledger
from socialbot.media import Media
from socialbot.nouns import AiWord, Caption, Draft, Limits, Part, Picture, Post, Variant
from socialbot.pictures import Darkroom
from socialbot.settings import AccountSettings, AiDefault
from socialbot.testing.fakes.server import sniff

TODAY = date(2026, 11, 21)
LINK = "https://example.org/fog-over-oland?from=sea&to=shore"
_ODD = "Fog over Öland – “still” & <quiet> *mornings* [1](2) {3} _4_ ~5~ `6` | \\ 50 % @here 🌫️👩‍👩‍👧 日本 مرحبا"
_BODY = "\n\n".join(
    f"On day {day} the fog lay on the sea until noon, and nobody saw the boat from Kalmar. " * 3 for day in range(9)
)
_COLOURS = ("teal", "navy", "maroon", "olive", "purple", "black", "orange", "gray", "green", "red")
_HEAVY = ("ü", "🌫️", "👩‍👩‍👧", "e\u0301", "日", "x")


@dataclass(frozen=True, slots=True)
class Workshop:
    """What is made once for all tests of a process: media, a darkroom, and pictures to develop."""

    folder: tempfile.TemporaryDirectory[str]
    media: Media
    bench: Bench
    pictures: tuple[Picture, ...]
    store: Path
    """An empty store."""
    drafts: dict[str, Draft]
    """What was drafted before, by all that went into it."""


@cache
def workshop() -> Workshop:
    """It goes with the process."""
    folder = tempfile.TemporaryDirectory(prefix="socialbot-conformance-")
    home = Path(folder.name)
    media = Media(home / "media")
    templates = captions.Templates(home / "captions")
    bench = Bench(templates, Darkroom(media), media, AiDefault(), disclosure.all_packs(), ["platforms"], TODAY)
    sizes = ((1600, 1200), (900, 1600), (2400, 500), (420, 380))
    pictures = tuple(_drawn(home, number, *size) for number, size in enumerate(sizes))
    Ledger.open("sqlite:///socialbot.db", home).engine.dispose()
    return Workshop(folder, media, bench, pictures, home / "socialbot.db", {})


def _drawn(home: Path, number: int, width: int, height: int) -> Picture:
    """A hillside of seeded noise; no two are alike."""
    chance = np.random.default_rng(number)
    coarse = Image.fromarray(chance.integers(0, 255, (6, 8, 3), dtype=np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    file = home / f"{number}.jpg"
    coarse.save(file, quality=90)
    return Picture(f"/{number}.jpg", alt=f"Hillside {number + 1} in fog – “quiet”.", file=file)


def post(**told: Any) -> Post:
    """A post with odd letters in its title, a link, tags and pictures."""
    told = {
        "title": _ODD,
        "summary": "The boat from Kalmar came late. Nobody minded.",
        "pictures": workshop().pictures[:2],
    } | told
    return Post(id="fog", source="fog.md", content_hash="hash", url=LINK, body=_BODY, tags=("Fog", "Öland", "2026"), **told)


def ai_post(**told: Any) -> Post:
    """A post that AI wrote and illustrated."""
    return post(ai=AiWord(text="generated", images="generated", realistic=True), **told)


def long_post() -> Post:
    """A post of which every network has to leave something out."""
    title, summary = f"{_ODD} " * 12, f"{_ODD}. " * 3000
    tags = tuple(f"Fog{number}" for number in range(40))
    pictures = tuple(replace(one, alt=f"{_ODD} " * 300) for one in workshop().pictures)
    return replace(post(title=title, summary=summary, pictures=pictures), tags=tags)


def written(post: Post, account: AccountSettings, limits: Limits) -> Draft:
    """What drafting makes of a post; it goes by the settings that all accounts have."""
    common = {name: getattr(account, name) for name in AccountSettings.model_fields}
    made, key = workshop().drafts, repr((post, common, limits))
    if key not in made:
        made[key] = drafting.draft(post, "account", account, limits, workshop().bench)[0]
    return made[key]


def made(
    network: str,
    limits: Limits,
    texts: Sequence[str],
    pictures: Sequence[Variant] = (),
    *,
    title: str | None = None,
    link: str | None = None,
    flags: Mapping[str, bool] | None = None,
) -> Draft:
    """A draft by hand: the pictures go with the first text."""
    title = title or (texts[0][:20] if limits.max_title else None)
    captions_ = [
        Caption(text, captions.measure(text, limits), limits.max_text, limits.unit, captions.find_spans(text, link), title)
        for text in texts
    ]
    parts = (Part(captions_[0], tuple(pictures)), *(Part(caption) for caption in captions_[1:]))
    return Draft("post", "account", network, "en", parts, link=link, flags=flags or {})


def picture(limits: Limits, number: int = 0, alt: str | None = None, **size: int) -> Variant:
    """A picture that these limits take, but for what `size` (width, height, bytes) says otherwise."""
    width, height = side_of(limits)
    width, height = size.get("width", width), size.get("height", height)
    content = _file(_kind(limits), width, height, number, size.get("bytes", 0))
    described = f"Picture {number + 1}: a lamp – “still” ü🌫️" if alt is None and limits.max_alt else alt or ""
    digest = workshop().media.put(content)
    return Variant(digest, limits.shape, width, height, len(content), f"image/{_kind(limits).lower()}", described)


def side_of(limits: Limits, width: int | None = None) -> tuple[int, int]:
    """Pixels of a picture as square as may be."""
    width = width or max(limits.min_picture_width or 0, 360)
    aspect = min(max(1.0, limits.min_aspect or 1.0), limits.max_aspect or 1.0)
    return width, round(width / aspect)


def _kind(limits: Limits) -> str:
    return "JPEG" if "image/jpeg" in limits.mime_types else "PNG"


@cache
def _file(kind: str, width: int, height: int, number: int, exact_bytes: int) -> bytes:
    """A plain picture; one of many pixels is grey, which is made faster."""
    out = BytesIO()
    if width * height > 4_000_000:
        Image.new("L", (width, height), number).save(out, kind, quality=20)
    else:
        Image.new("RGB", (width, height), _COLOURS[number % len(_COLOURS)]).save(out, kind)
        number //= len(_COLOURS)
    content = _commented(out.getvalue(), len(out.getvalue()) + 4 + number) if number and kind == "JPEG" else out.getvalue()
    return _commented(content, exact_bytes) if exact_bytes else content


def _commented(content: bytes, exact_bytes: int) -> bytes:
    """The same picture, brought to so many bytes by what decoders pass over: JPEG comments, a PNG's private chunks."""
    missing = exact_bytes - len(content)
    if content.startswith(b"\xff\xd8"):
        filling = bytearray()
        while missing - len(filling) > 0:
            length = min(missing - len(filling), 60_000)
            if 0 < missing - len(filling) - length < 4:
                length -= 4  # the last one needs room for its head
            filling += b"\xff\xfe" + (length - 2).to_bytes(2, "big") + bytes(length - 4)
        return content[:2] + bytes(filling) + content[2:]
    import zlib

    payload = bytes(missing - 12)
    chunk = len(payload).to_bytes(4, "big") + b"foGs" + payload + zlib.crc32(b"foGs" + payload).to_bytes(4, "big")
    return content[:33] + chunk + content[33:]


def filled(limits: Limits, length: int, *, heavy: bool = False) -> str:
    """A text of exactly this length in `limits.unit`; `heavy`: of what counts for more than a letter somewhere."""
    block = " ".join(_HEAVY) + " " if heavy else "Fog lies on the sea, and it is very quiet there now. "
    each = captions.measure(block, limits)
    text = block * (length // each)
    rest = length - captions.measure(text, limits) if text else length
    text = (text + block[:rest] if not heavy else text + "x" * rest) if rest else text
    return text[:-1] + "x" if text.endswith(" ") else text


def filled_bytes(length: int) -> str:
    """A text of exactly so many bytes of UTF-8, and of as few letters as may be."""
    family = "👨‍👩‍👧‍👦"
    each = len(family.encode())
    return family * (length // each) + "x" * (length % each)


def edge(limits: Limits, name: str, over: int) -> tuple[tuple[str, ...], list[Variant], dict[str, str]]:
    """Texts, pictures and what else makes a draft that meets this limit exactly, or (`over` = 1) is just beyond it."""
    some = [picture(limits)] if limits.needs_picture else []
    room = (getattr(limits, name) or 0) + over
    width, _ = side_of(limits)
    match name:
        case "max_text":
            return (filled(limits, room),), some, {}
        case "max_text_bytes":
            return (filled_bytes(room),), some, {}
        case "max_text_with_pictures":
            return (filled(limits, room),), [picture(limits)], {}
        case "max_title":
            return ("Fog",), some, {"title": filled(of_title(limits) or limits, room)}
        case "max_pictures":
            return ("Fog",), [picture(limits, number) for number in range(room)], {}
        case "max_alt":
            return ("Fog",), [picture(limits, alt=filled(replace(limits, unit=limits.alt_unit), room))], {}
        case "max_picture_bytes":
            return ("Fog",), [picture(limits, bytes=room)], {}
        case "max_picture_pixels":
            side = isqrt(room - over) + over
            return ("Fog",), [picture(limits, width=side, height=(room - over) // side + over)], {}
        case "min_picture_width":
            width, height = side_of(limits, room - 2 * over)
            return ("Fog",), [picture(limits, width=width, height=height)], {}
        case "min_aspect":
            return ("Fog",), [picture(limits, width=width, height=ceil(width / limits.min_aspect - 1e-9) + over)], {}  # type: ignore[operator]
        case "max_aspect":
            return ("Fog",), [picture(limits, width=int(width * limits.max_aspect + 1e-9) + over, height=width)], {}  # type: ignore[operator]
    raise ValueError(name)


EDGES = (
    "max_text",
    "max_text_bytes",
    "max_text_with_pictures",
    "max_title",
    "max_pictures",
    "max_alt",
    "max_picture_bytes",
    "max_picture_pixels",
    "min_picture_width",
    "min_aspect",
    "max_aspect",
)


def check(draft: Draft, limits: Limits) -> None:
    """Raises AssertionError where something of a draft is not within the limits, or is not what it says."""
    assert limits.threads or len(draft.parts) == 1, "one post, where there are no threads"
    for part in draft.parts:
        room = limits.max_text_with_pictures if part.pictures else None
        assert captions.fits(part.caption.text, replace(limits, max_text=room or limits.max_text)), "the text fits"
        if title_room := of_title(limits):
            assert captions.fits(part.caption.title or "", title_room), "the title fits"
        assert len(part.pictures) <= limits.max_pictures, "no more pictures than are taken"
        assert part.pictures or not limits.needs_picture, "a picture where one is needed"
        for variant in part.pictures:
            _check_picture(variant, limits)


def _check_picture(variant: Variant, limits: Limits) -> None:
    content = workshop().media.get(variant.digest)
    assert sniff(content) == (variant.mime, variant.width, variant.height), "a picture is what its variant says"
    assert len(content) == variant.bytes <= limits.max_picture_bytes, "a picture's bytes"
    assert variant.mime in limits.mime_types, "a picture's type"
    assert variant.width * variant.height <= (limits.max_picture_pixels or variant.width * variant.height), "its pixels"
    assert variant.width >= (limits.min_picture_width or 0), "its width"
    aspect = variant.width / variant.height
    assert (limits.min_aspect or 0) <= aspect <= (limits.max_aspect or aspect), "its aspect"
    described = replace(limits, unit=limits.alt_unit, max_text=limits.max_alt, max_text_bytes=None)
    assert captions.fits(variant.alt, described), "its description"


def stored(request: Mapping[str, Any]) -> dict[str, Any]:
    """A request as the ledger gives it back."""
    found: dict[str, Any] = json.loads(json.dumps(dict(request)))
    return found
