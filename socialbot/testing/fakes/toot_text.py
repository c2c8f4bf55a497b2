"""How Mastodon reads a status: what counts, what becomes a link, a hashtag or a mention, and the HTML it makes.

Facts: reference page on Mastodon, sections 0.3 and 1.3 (source of August 2026).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import regex
from markdown_it import MarkdownIt

_URL = regex.compile(r"(?<![\w@$#/.\-])https?://[\p{L}\p{N}.-]+\.\p{L}{2,}(?::\d+)?(?:[/?#][^\s<>\"]*)?", regex.I)
_MENTION = regex.compile(r"(?<![=/\w])@([a-z0-9_]+(?:[.-]+[a-z0-9_]+)*)(?:@\w+(?:[.-]+\w+)*)?", regex.I)
_HASHTAG = regex.compile(r"(?<!\S)[#＃]([\w·・\u200c]*[\p{L}\p{M}][\w·・\u200c]*)")


@dataclass(frozen=True, slots=True)
class Entity:
    """A live stretch of a status, `start` to `end` in code points."""

    kind: str
    start: int
    end: int
    value: str


def entities(text: str) -> list[Entity]:
    """URLs, mentions and hashtags in order, none inside another."""
    found = [Entity("url", match.start(), match.start() + len(url := _closed(match[0])), url) for match in _URL.finditer(text)]
    for kind, pattern in (("mention", _MENTION), ("tag", _HASHTAG)):
        found += [
            Entity(kind, match.start(), match.end(), match[1])
            for match in pattern.finditer(text)
            if not any(url.start <= match.start() < url.end for url in found if url.kind == "url")
        ]
    return sorted(found, key=lambda entity: entity.start)


def _closed(url: str) -> str:
    """A URL without the punctuation that follows it."""
    while url[-1] in ".,;:!?'" or (url[-1] == ")" and url.count(")") > url.count("(")):
        url = url[:-1]
    return url


def count(text: str, warning: str = "", url_length: int = 23) -> int:
    """Characters as the server counts them: graphemes, a URL as `url_length`, `@user@host` as `@user`."""

    def short(entity: Entity) -> str:
        return {"url": "x" * url_length, "mention": f"@{entity.value}"}.get(entity.kind, text[entity.start : entity.end])

    return len(regex.findall(r"\X", warning + _rewrite(text, lambda plain: plain, short)))


def as_html(text: str, server: str) -> str:
    """The status as Mastodon's API gives it back: paragraphs, live links and hashtags."""

    def live(entity: Entity) -> str:
        if entity.kind == "url":
            scheme, _, rest = entity.value.partition("://")
            shown = f'<span class="invisible">{scheme}://</span><span class="ellipsis">{escape(rest[:30])}</span>'
            hidden = f'<span class="invisible">{escape(rest[30:])}</span>'
            attributes = 'target="_blank" rel="nofollow noopener" translate="no"'
            return f'<a href="{escape(entity.value)}" {attributes}>{shown}{hidden}</a>'
        if entity.kind == "tag":
            word = escape(entity.value)
            return f'<a href="{server}/tags/{word.lower()}" class="mention hashtag" rel="tag">#<span>{word}</span></a>'
        return escape(text[entity.start : entity.end])

    html = _rewrite(text.strip(), escape, live)
    paragraphs = regex.split(r"\n{2,}", html)
    return "".join(f"<p>{paragraph.replace(chr(10), '<br />')}</p>" for paragraph in paragraphs if paragraph)


def markdown(text: str) -> str:
    """The status as Hollo gives it back: CommonMark with live links (github.com/fedify-dev/hollo, src/text.ts, 2026-11)."""
    html = MarkdownIt("commonmark", {"html": False}).render(text)
    return regex.sub(r'(?<![">])https?://[^\s<"]+', r'<a href="\g<0>">\g<0></a>', html)


def without_markdown(text: str, soft_break: str = " ") -> str:
    """The words that are seen of a text that is read as CommonMark, its paragraphs and hard breaks as line breaks."""
    shown = []
    for block in MarkdownIt("commonmark", {"html": False}).parse(text):
        if block.type == "inline":
            breaks = {"softbreak": soft_break, "hardbreak": "\n"}
            shown.append("".join(breaks.get(piece.type, piece.content) for piece in block.children or ()))
    return "\n\n".join(shown)


def _rewrite(text: str, plain: Callable[[str], str], live: Callable[[Entity], str]) -> str:
    pieces, reached = [], 0
    for entity in entities(text):
        pieces += [plain(text[reached : entity.start]), live(entity)]
        reached = entity.end
    return "".join(pieces) + plain(text[reached:])


def mentions(text: str) -> list[str]:
    """The accounts that a text notifies."""
    return [entity.value for entity in entities(text) if entity.kind == "mention"]
