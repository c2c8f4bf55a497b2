"""How long a text is, as the network itself counts."""

from __future__ import annotations

from collections.abc import Mapping
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

# What Mastodon's extractor takes for a URL, drawn a little tighter: what it may leave outside is counted in full, so that no
# caption is ever longer there than here. Mastodon source of 2026-08, config/initializers/twitter_regex.rb; twitter-text 3.1.
_PATH_END = r"[^\s()?!*\"'「」<>;:=,.$%\[\]~&|@…]"
_MASTODON_URL = regex.compile(
    r"(?<![A-Za-z0-9@＠$#＃\u202a-\u202e])https?://"
    r"(?:[\p{L}\p{N}](?:[\p{L}\p{N}_-]*[\p{L}\p{N}])?\.)+(?!(?:local|localhost|internal|test|invalid|lan|home|corp|onion)\b)"
    r"(?:xn--[a-z0-9-]+|[a-z]{2,24})(?![\p{L}\p{N}_.@-])(?::\d+)?"
    rf"(?:/(?:(?:[^\s()<>?…]|\([^\s()<>?…]*+\))*(?:{_PATH_END}|\([^\s()<>?…]*+\)|/))?)?"
    r"(?:\?[a-z0-9!?*'();:&=+$/%#\[\]\-_.,~|@^]*[a-z0-9_&=#/-])?",
    regex.IGNORECASE,
)
_MASTODON_MENTION = regex.compile(r"(?<![=/\w])@([a-z0-9_]+(?:[.-]+[a-z0-9_]+)*)@\w+(?:[.-]+\w+)*", regex.IGNORECASE)


def measure(text: str, limits: Limits) -> int:
    """The length of `text` in `limits.unit`. Total: lone surrogates count, too."""
    if limits.unit == "utf-16":
        return len(text.encode("utf-16-le", "surrogatepass")) // 2
    if limits.unit == "mastodon":
        text = _as_mastodon_counts(text, limits.url_length)
    return len(text) - text.count("\r\n") if text.isascii() else len(_CLUSTER.findall(text))


def fits(text: str, limits: Limits) -> bool:
    """Is `text` within both the length and the bytes the network takes?"""
    within_bytes = limits.max_text_bytes is None or len(text.encode("utf-8", "surrogatepass")) <= limits.max_text_bytes
    return within_bytes and measure(text, limits) <= limits.max_text


def usage(text: str, limits: Limits) -> tuple[int, int, Unit]:
    """How much of how much in which unit, for a person to read."""
    return measure(text, limits), limits.max_text, limits.unit


def _as_mastodon_counts(text: str, url_length: int | None) -> str:
    """URLs at their fixed length and `@user@host` as `@user`; a server without a fixed length counts URLs in full."""
    if url_length is not None:
        text = _MASTODON_URL.sub("x" * url_length, text)
    return str(_MASTODON_MENTION.sub(r"@\1", text))
