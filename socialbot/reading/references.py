"""The pictures a post names: in front matter, in its many spellings, and in the body."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from socialbot.nouns import ImageFacet
from socialbot.reading.ai_word import word_on_picture
from socialbot.reading.body import Body, plain
from socialbot.reading.front_matter import FrontMatter, fold
from socialbot.reading.words import tidy, words
from socialbot.settings import SiteSettings

# The cover first, whatever stands above it in the file.
_KEYS = (
    *("image", "cover", "cover_image", "hero", "hero_image", "featured_image", "feature_image"),
    *("banner", "banner_image", "header_image", "photo", "images", "photos", "resources"),
)
# Small copies for lists and link previews: used only when front matter names nothing better.
_PREVIEWS = ("og_image", "social_image", "twitter_image", "thumbnail", "thumb", "teaser_image")
_SOURCES = ("src", "url", "path", "image", "file", "source", "feature")
_NO_PICTURE = frozenset({".svg", ".svgz", ".ico", ".mp4", ".webm", ".mov", ".mp3", ".pdf", ".zip", ".html", ".css", ".js"})

_EXAMPLE_HOSTS = re.compile(r"(?:www\.)?example\.(?:com|org|net)")
_PLACEHOLDER_HOSTS = re.compile(
    r"(?:.+\.)?(?:placeholder\.com|placehold\.(?:co|it)|placekitten\.com|dummyimage\.com|loremflickr\.com|fakeimg\.pl|lorempixel\.com)"
)
_PLACEHOLDER = re.compile(
    r"path/to/|placeholder|(?:your|insert|sample|dummy)[-_ ]?(?:image|photo|picture)|image[-_ ]?(?:url|path|here)|[{}<>]|\$\("
    r"|^(?:#.*|about:.*|data:.*|todo|tbd|none|null|undefined|n/a|-|\.{1,3})$",
    re.IGNORECASE,
)
_NOUN = (
    r"(?:photo(?:s|graph)?|image|img|picture|pic|figure|fig|graphic|illustration|screenshot|thumbnail|cover|banner|bild|foto)"
)
_PICTURE_NOUN = re.compile(_NOUN)
_JUNK_ALT = re.compile(
    rf"(?:(?:related|featured|hero|cover|stock|header|blog|post|article|main|random|sample|the|an?)\s+)*{_NOUN}[\s_#.:-]*\d*"
    r"|(?:img|dsc|dscn|dscf|pxl|image|photo|pict|screenshot|unsplash|pexels)"
    r"[\s_-]*\d[\d\s._:()-]*(?:at [\d.: ]+)?(?:[_-][a-z]+)*"
    r"|[^/\\]*\.(?:jpe?g|png|gif|webp|avif|heic|tiff?|svg|bmp)"
    r"|untitled.*|(?:alt|alternative)(?:[\s_-]?text)?|(?:image|picture|photo)\s+description|insert .*|placeholder.*"
    r"|description|todo|tbd|n/?a|null|none|undefined",
    re.IGNORECASE,
)
_CREDIT = re.compile(r"(?:photo(?:graph)?s?|image|picture|foto|bild|credit|source)?\s*(?:by|von|:|©|\(c\))\s*\S", re.IGNORECASE)
_PLACES = {"left": 0.0, "top": 0.0, "center": 0.5, "centre": 0.5, "middle": 0.5, "right": 1.0, "bottom": 1.0}


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture as front matter or body names it, not yet looked for."""

    src: str
    alt: str | None = None
    focal: tuple[float, float] | None = None
    box: tuple[float, float, float, float] | None = None
    credit: str | None = None
    ai: ImageFacet | None = None
    realistic: bool | None = None


def pictures_named(front: FrontMatter, body: Body, title: str, site: SiteSettings) -> tuple[list[Reference], list[str]]:
    """All pictures a post names, front matter first, and warnings about those that are none.

    Raises Mistake for an `ai:` or `realistic:` of a picture that is not known.
    """
    warnings: list[str] = []
    named = list(_in_front_matter(front, _KEYS, title, warnings)) or list(_in_front_matter(front, _PREVIEWS, title, warnings))
    for image in body.images:
        if image.pixel:
            warnings.append(f"{_short(image.src)} is shown too small to be seen and is left out.")
        else:
            named.append(Reference(image.src, alt_worth_reading(image.alt, image.src, title)))
    kept: list[Reference] = []
    for reference in named:
        if reason := _not_a_picture(reference.src, site):
            warnings.append(f"{_short(reference.src) or 'A picture without address'} {reason} and is left out.")
        else:
            kept.append(reference)
    return kept, list(dict.fromkeys(warnings))


def _in_front_matter(front: FrontMatter, keys: Sequence[str], title: str, warnings: list[str]) -> Iterator[Reference]:
    for key, value in front.each(*keys):
        alt = front.first(f"{key}_alt", f"{key}_alt_text", *(("alt", "alt_text") if fold(key) == "image" else ()))
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                yield Reference(tidy(item), None if isinstance(value, list) else alt_worth_reading(alt, item, title))
            elif isinstance(item, Mapping):
                yield from _from_mapping({fold(name): one for name, one in item.items()}, key, alt, front, title, warnings)


def _from_mapping(
    item: Mapping[str, Any], key: str, alt: Any, front: FrontMatter, title: str, warnings: list[str]
) -> Iterator[Reference]:
    src = next((item[name] for name in _SOURCES if isinstance(item.get(name), str) and item[name]), None)
    if src is None or (fold(key) == "resources" and PurePosixPath(src).suffix.lower() in _NO_PICTURE):
        return
    given = next((item[name] for name in ("focal", "focalpoint", "focus", "box") if item.get(name) is not None), None)
    focal, box = focal_point(given), focal_box(given)
    if given is not None and not (focal or box):
        fix = "write [0.3, 0.6], or left, top, right and bottom, [0.2, 0.3, 0.6, 0.9], fractions from the top left"
        warnings.append(f"The focal point of {_short(src)} cannot be read; {fix}.")
    caption = item.get("caption")
    said = item.get("credit") or item.get("attribution") or item.get("photographer")
    credit = said or (caption if isinstance(caption, str) and _CREDIT.match(caption) else None)
    ai, realistic = word_on_picture(item, front.where(key))
    yield Reference(
        tidy(src),
        alt_worth_reading(item.get("alt") or item.get("alttext") or alt, src, title),
        focal,
        box,
        plain(credit) or None if isinstance(credit, str) else None,
        ai,
        realistic,
    )


def focal_point(value: Any) -> tuple[float, float] | None:
    """A focal point as fractions of width and height: [0.3, 0.6], "30% 60%", "top left", {x: …, y: …}. None: unreadable."""
    if isinstance(value, Mapping):
        value = [value.get("x"), value.get("y")]
    parts = re.split(r"[\s,]+", value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(parts, list) or not 1 <= len(parts) <= 2:
        return None
    if all(isinstance(part, str) and part in _PLACES for part in parts):
        across = [_PLACES[part] for part in parts if part in ("left", "right")]
        down = [_PLACES[part] for part in parts if part in ("top", "bottom")]
        return (across or [0.5])[0], (down or [0.5])[0]
    x, y = (_fraction(part) for part in parts) if len(parts) == 2 else (None, None)
    return None if x is None or y is None else (x, y)


def focal_box(value: Any) -> tuple[float, float, float, float] | None:
    """All that has to stay in: left, top, right and bottom as fractions, as a list or in words. None: it is no such box."""
    parts = re.split(r"[\s,]+", value.strip()) if isinstance(value, str) else value
    if not isinstance(parts, list) or len(parts) != 4:
        return None
    left, top, right, bottom = (_fraction(part) for part in parts)
    if left is None or top is None or right is None or bottom is None or not (left < right and top < bottom):
        return None
    return left, top, right, bottom


def _fraction(part: Any) -> float | None:
    text = str(part).strip()
    try:
        number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        return None
    return number if math.isfinite(number) and 0 <= number <= 1 else None


def alt_worth_reading(value: Any, src: str, title: str) -> str | None:
    """An alt text worth reading out, plain; None for junk: a file name, "Related photo 1", the title over again or numbered."""
    alt = plain(tidy(value)) if isinstance(value, str) else ""
    stem = PurePosixPath(unquote(src.partition("?")[0])).stem
    repeats = (alt == stem and " " not in alt) or _uncounted(alt) == _uncounted(title)
    junk = not words(alt) or repeats or _JUNK_ALT.fullmatch(alt[:100])
    return None if junk or not re.search(r"[^\W\d_]", alt) else alt


def _uncounted(text: str) -> list[str]:
    """Its words, but for those that number pictures: "Fog – photo 2" is "Fog"."""
    return [word for word in words(text) if not word.isdecimal() and not _PICTURE_NOUN.fullmatch(word)]


def _not_a_picture(src: str, site: SiteSettings) -> str | None:
    try:
        address = urlsplit(src)
        host = address.hostname or ""
        own = bool(site.url) and host == urlsplit(site.url or "").hostname
    except ValueError:
        return "is no address"
    if not src or _PLACEHOLDER.search(src) or _PLACEHOLDER_HOSTS.fullmatch(host):
        return "is a placeholder"
    if _EXAMPLE_HOSTS.fullmatch(host) and not own:
        return "is a placeholder"
    if PurePosixPath(address.path).suffix.lower() in _NO_PICTURE:
        return "is of a kind networks do not take as a picture"
    return None


def _short(src: str) -> str:
    return src if len(src) <= 120 else src[:117] + "…"
