"""What a caption template can do to a text, `{{ summary | sentence }}`. Every filter takes any text and never fails on it.

The markers that hold the places of link and label while a caption is made come through every filter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import regex
from jinja2.exceptions import FilterArgumentError

from socialbot.captions import hashtags, tidying
from socialbot.captions.breaking import sentence_ends
from socialbot.captions.tidying import LABEL, LINK
from socialbot.captions.trimming import trim

_READ = 65_536
"""Code points; no network takes a caption so long."""
_CLUSTER = regex.compile(r"\X")
_MARKERS = regex.compile(f"([{LINK}{LABEL}])")
_SPACES = regex.compile(r"[^\S\u00a0\u202f]+")

_AT_A_MARK = regex.compile(r"[@＠](?=[^\w\s])")
"""No mention may arise where a mark is taken away: "@**name**" gets a WORD JOINER behind its "@"."""
_TAG = regex.compile(r"(?<!\\)<(?:/?[a-z]|!--)[^<>]{0,1000}+>", regex.IGNORECASE)
_AUTOLINK = regex.compile(r"(?<!\\)<(https?://[^<>\s]{1,2000}+)>", regex.IGNORECASE)
_MARKDOWN_LINK = regex.compile(r"(?<!\\)!?\[([^\[\]]{0,1000}+)\]\([^()\s]{0,2000}+(?:\s\"[^\"\n]{0,200}+\")?\)")
_LINE_MARK = regex.compile(r"^[ ]{0,3}(?:#{1,6}[ ]|>[ ]?|[-*+][ ])", regex.MULTILINE)
# Emphasis and code, in pairs around words; what a network's escaping has put a backslash before is the writer's own sign.
_PAIR = regex.compile(
    r"(?<![\\\p{L}\p{N}*])(\*{1,3}+)(?!\s)([^*\n]{1,1000}+)(?<![\s\\])\1(?![\p{L}\p{N}*])"
    r"|(?<![\\\p{L}\p{N}_])(_{1,3}+)(?!\s)([^_\n]{1,1000}+)(?<![\s\\])\3(?![\p{L}\p{N}_])"
    r"|(?<!\\)(~~|`)(?!\s)([^~`\n]{1,1000}+)(?<![\s\\])\5"
)


def trim_to(value: object, most: object = None) -> str:
    """At most `most` graphemes, cut as captions are: after a sentence, else between words, with an ellipsis."""
    if not isinstance(most, int):
        raise FilterArgumentError("trim_to wants a number: {{ summary | trim_to(200) }}")
    text = _as_text(value)
    return _with_markers_of(text, trim(text, lambda cut: len(_CLUSTER.findall(cut)) <= most, max(10_000, 4 * most)))


def hashtag(value: object) -> str:
    """One tag as "#DigitalClones", several with a space between them; "" for what cannot be one."""
    if isinstance(value, (list, tuple)):
        return " ".join(filter(None, map(hashtag, value)))
    text = _as_text(value)
    return _with_markers_of(text, "".join(hashtags.make([text], "", 1)))


def plain(value: object) -> str:
    """One line without HTML tags, and without Markdown's links, headings, quotes, lists, emphasis and code.

    Marks are taken away where they are complete; others stay. So do entities, which can be a network's own escapes.
    """
    pieces = (piece if piece in (LINK, LABEL) else _unmarked(piece) for piece in _MARKERS.split(_as_text(value)))
    return str(_SPACES.sub(" ", "".join(pieces)).strip())


def sentence(value: object) -> str:
    """The first sentence, with its own mark; the whole text when no sentence ends in it."""
    text = _as_text(value).strip()
    return _with_markers_of(text, text[: next(sentence_ends(text), None)])


def first(value: object) -> object:
    """The first line of a text, the first of a list; "" when there is none. (Jinja2's own gives a text's first letter.)"""
    if isinstance(value, str):
        return _with_markers_of(value, value.strip().split("\n", 1)[0].rstrip())
    return next(iter(value), "")  # type: ignore[call-overload]


FILTERS: Mapping[str, Callable[..., object]] = MappingProxyType(
    {"trim_to": trim_to, "hashtag": hashtag, "plain": plain, "sentence": sentence, "first": first}
)
"""By the name a template calls them."""


def _as_text(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return _with_markers_of(text, text[:_READ])


def _with_markers_of(text: str, made: str) -> str:
    """What a filter made of `text`, with the markers it lost behind it."""
    return made + "".join(marker for marker in (LINK, LABEL) if marker in text and marker not in made)


def _unmarked(text: str) -> str:
    text = _AT_A_MARK.sub("\\g<0>\u2060", tidying.plain(text))
    text = _TAG.sub("", _AUTOLINK.sub(r"\1", text))
    text = _LINE_MARK.sub("", _MARKDOWN_LINK.sub(r"\1", text))
    return str(_PAIR.sub(lambda pair: pair[2] or pair[4] or pair[6], text))
