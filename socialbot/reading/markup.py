"""A forgiving HTML scanner, linear in the length of its input (the standard library's is quadratic on unclosed tags)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_MAX_TAG = 8_000
_NAME = re.compile(r"</?([a-zA-Z][\w:.-]*)")
_ATTRIBUTE = re.compile(r"([^\s=/\"'<>]+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?")
# What stands in these is no text of the page; `<b>` in them is no tag.
_RAW = frozenset({"script", "style", "textarea", "title"})


@dataclass(frozen=True, slots=True)
class Tag:
    """An opening or closing tag; names in lower case, attribute values decoded."""

    name: str
    closes: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)


def scan(markup: str) -> Iterator[Tag | str]:
    """Tags and decoded text in order. Comments, declarations and the content of scripts are left out."""
    place = 0
    while place < len(markup):
        opening = markup.find("<", place)
        if opening < 0:
            break
        if opening > place:
            yield html.unescape(markup[place:opening])
        if markup.startswith(("<!", "<?"), opening):
            place = _after(markup, "-->" if markup.startswith("<!--", opening) else ">", opening)
            continue
        name = _NAME.match(markup, opening)
        end = _end_of_tag(markup, opening) if name else None
        if not name or end is None:
            yield "<"
            place = opening + 1
            continue
        tag = Tag(name[1].lower(), markup[opening + 1] == "/", _attributes(markup[name.end() : end]))
        yield tag
        place = end + 1
        if tag.name in _RAW and not tag.closes:
            closing = re.compile(rf"</{tag.name}", re.IGNORECASE).search(markup, place)
            stop = closing.start() if closing else len(markup)
            if tag.name == "title":
                yield html.unescape(markup[place:stop])
            place = stop
    yield html.unescape(markup[place:])


def _after(markup: str, mark: str, start: int) -> int:
    end = markup.find(mark, start)
    return end + len(mark) if end >= 0 else len(markup)


def _end_of_tag(markup: str, start: int) -> int | None:
    """Where the tag's `>` stands; a `>` inside quotation marks is none."""
    quote = ""
    for place in range(start, min(start + _MAX_TAG, len(markup))):
        character = markup[place]
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == ">":
            return place
        elif character == "<" and place > start:
            return None
    return None


def _attributes(inside: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(inside):
        bare = value[1:-1] if value[:1] in ("'", '"') else value
        found.setdefault(name.lower(), html.unescape(bare))
    return found
