"""How long a text is, as the network itself counts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

import regex

from socialbot.nouns import Limits, Unit

UNIT_NAMES: Mapping[Unit, str] = MappingProxyType(
    {
        "graphemes": "graphemes",
        "mastodon": "characters",
        "code points": "code points",
        "utf-16": "UTF-16 units",
        "bytes": "bytes",
        "x": "weighted characters",
        "threads": "characters",
        "little": "UTF-16 units",
    }
)
"""What a network counts, in a person's words."""

_CLUSTER = regex.compile(r"\X")
# No two of these that stand side by side are one cluster, and none is an emoji: what joins them (a mark, a joiner, half a flag,
# the CR of a line end) is none of them. Unicode 17, GraphemeBreakProperty.txt and emoji-data.txt.
_PLAIN = (
    "\0-\x0c\x0e-\xa8\xaa-\xad\xaf-\u02ff\u0370-\u0482\u048a-\u0590\u1e00-\u200b\u200e-\u203b\u203d-\u2048\u204a-\u20cf"
    "\u2e00-\u3029\u3031-\u303c\u303e-\u3098\u309b-\u3296\u329a-\ua66e\uac00-\ud7a3\uf900-\ufb1d\ufe30-\uff9d"
)
_NOT_PLAIN = re.compile(f"[^{_PLAIN}](?:[{_PLAIN}]{{0,8}}+[^{_PLAIN}])*+[{_PLAIN}]?")
_EMOJI = regex.compile(r"[\p{Extended_Pictographic}\p{Regional_Indicator}\u20e3]")
# Microsoft Learn, LinkedIn little text format, read 2026-11-20; a hashtag keeps its "#".
_RESERVED = regex.compile(r"[\\|{}\[\]()<>@#*_~]")
_HASHTAG = regex.compile(r"(?<!\S)#(?=[\p{M}\p{Nd}]*+\p{L}[\p{L}\p{M}\p{Nd}]*+[\p{P}\p{S}]*+(?!\S))")

# What Mastodon's extractor takes for a URL, drawn a little tighter: what it may leave outside is counted in full, so that no
# caption is ever longer there than here. Mastodon source of 2026-08, config/initializers/twitter_regex.rb; twitter-text 3.1.
_PATH_END = r"[^\s()?!*\"'「」<>;:=,.$%\[\]~&|@…]"
_MASTODON_URL = regex.compile(
    r"(?<![A-Za-z0-9@＠$#＃\u202a-\u202e])https?://"
    r"(?:[\p{L}\p{N}][\p{L}\p{N}_-]*+(?<=[\p{L}\p{N}])\.)++(?!(?:local|localhost|internal|test|invalid|lan|home|corp|onion)\b)"
    r"(?:xn--[a-z0-9-]+|[a-z]{2,24})(?![\p{L}\p{N}_.@-])(?::\d+)?"
    rf"(?:/(?:(?:[^\s()<>?…]|\([^\s()<>?…]*+\))*(?:{_PATH_END}|\([^\s()<>?…]*+\)|/))?)?"
    r"(?:\?[a-z0-9!?*'();:&=+$/%#\[\]\-_.,~|@^]*[a-z0-9_&=#/-])?",
    regex.IGNORECASE,
)
_MASTODON_MENTION = regex.compile(r"(?<![=/\w])@([a-z0-9_]+(?:[.-]+[a-z0-9_]+)*)@\w+(?:[.-]+\w+)*", regex.IGNORECASE)


_THICKEST = 180
"""Code points for one unit of room; X's longest links, 4096 for 23, come nearest. A text beyond that is refused uncounted."""


def measure(text: str, limits: Limits) -> int:
    """The length of `text` in `limits.unit`. Total: lone surrogates count, too."""
    match limits.unit:
        case "graphemes":
            return _graphemes(text)
        case "mastodon":
            return _mastodon(text, limits.url_length)
        case "code points":
            return len(text)
        case "utf-16":
            return _utf_16(text)
        case "bytes":
            return _bytes(text)
        case "x":
            return _x(text, limits.url_length)
        case "threads":
            return _threads(text)
        case "little":
            return _little(text)


def fits(text: str, limits: Limits) -> bool:
    """Is `text` within both the length and the bytes the network takes?"""
    if len(text) > _THICKEST * limits.max_text:
        return False
    within_bytes = limits.max_text_bytes is None or _bytes(text) <= limits.max_text_bytes
    return within_bytes and measure(text, limits) <= limits.max_text


def usage(text: str, limits: Limits) -> tuple[int, int, Unit]:
    """How much of how much in which unit, for a person to read."""
    return measure(text, limits), limits.max_text, limits.unit


def of_title(limits: Limits) -> Limits | None:
    """The limits of the title's own field, for `measure` and `fits`; None where there is none."""
    if limits.max_title is None:
        return None
    return replace(limits, unit=limits.title_unit, max_text=limits.max_title, max_text_bytes=None)


def _clusters(text: str) -> Iterator[str]:
    """The grapheme clusters of `text` (Unicode Standard Annex 29), but for long stretches where each character is its own."""
    for found in _NOT_PLAIN.finditer(text):
        yield from _CLUSTER.findall(text, max(found.start() - 1, 0), found.end())


def _graphemes(text: str) -> int:
    if text.isascii():
        return len(text) - text.count("\r\n")
    return len(text) - sum(len(cluster) - 1 for cluster in _clusters(text))


def _mastodon(text: str, url_length: int | None) -> int:
    """Graphemes, with URLs at their fixed length and `@user@host` as `@user`. Without a fixed length URLs count in full."""
    if url_length is not None:
        text = _MASTODON_URL.sub("x" * url_length, text)
    return _graphemes(_MASTODON_MENTION.sub(r"@\1", text))


def _utf_16(text: str) -> int:
    """UTF-16 code units. Never fewer than code points, so that Instagram, which may mean either, is counted at its narrower."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _x(text: str, url_length: int | None) -> int:
    from socialbot.captions.x_weights import weigh  # here, because its tables are wanted for X only

    return weigh(text, 23 if url_length is None else url_length)


def _threads(text: str) -> int:
    """Code points, but a cluster with an emoji in it counts its bytes of UTF-8.

    developers.facebook.com, Threads API, Overview, read 2026-11-20: emoji count as their bytes. Which code points belong to
    an emoji is not said; the whole cluster is the most it can be.
    """
    return len(text) + sum(_bytes(cluster) - len(cluster) for cluster in _clusters(text) if _EMOJI.search(cluster))


def _little(text: str) -> int:
    """UTF-16 units of the text as it travels in LinkedIn's "little" format: a backslash before each reserved character.

    A "#" that begins a whole hashtag travels bare. No form of escaping adds more than is counted here.
    """
    return _utf_16(text) + len(_RESERVED.findall(text)) - len(_HASHTAG.findall(text))
