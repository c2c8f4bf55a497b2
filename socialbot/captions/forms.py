"""A caption in the form in which each network wants its links and hashtags, made from its plain text and spans."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from html import escape as with_entities
from itertools import takewhile
from typing import Any

import regex

from socialbot.captions.spans import apart
from socialbot.nouns import Caption, Span

_FACET = "app.bsky.richtext.facet"
_MAX_TAG_GRAPHEMES, _MAX_TAG_BYTES = 64, 640
_CLUSTER = regex.compile(r"\X")

_RESERVED_BY_LINKEDIN = regex.compile(r"[\\|{}\[\]()<>@#*_~]")
_LETTERS_AND_DIGITS = regex.compile(r"[\p{L}\p{M}\p{Nd}]+")

_MAX_BLOCK = 4096
_PARAGRAPH = regex.compile(r"[^\n]++(?:\n[^\n]++)*+")
_LAST_SPACE = regex.compile(r"(?r)\s")


def facets(caption: Caption) -> list[dict[str, Any]]:
    """Bluesky's facets: offsets in bytes of UTF-8, the end exclusive, in order and apart.

    Without a facet a link or hashtag is dead text. A hashtag of more than 64 graphemes or 640 bytes gets none. Source:
    lexicon app.bsky.richtext.facet; docs.bsky.app/docs/advanced-guides/post-richtext, 2026-11.
    """
    made = []
    for span, start, end in _measured(caption, lambda text: len(text.encode())):
        if span.kind == "link" or _is_tag_on_bluesky(span.value):
            feature = {"$type": f"{_FACET}#{span.kind}", "uri" if span.kind == "link" else "tag": span.value}
            made.append({"index": {"byteStart": start, "byteEnd": end}, "features": [feature]})
    return made


def telegram_entities(caption: Caption) -> list[dict[str, Any]]:
    """Telegram's entities for links that stand in the text in other words; offset and length in UTF-16 units.

    URLs and hashtags written out need none: the server finds them. Source: core.telegram.org/bots/api#messageentity, 2026-11.
    """
    return [
        {"type": "text_link", "offset": start, "length": end - start, "url": span.value}
        for span, start, end in _measured(caption, lambda text: len(text.encode("utf-16-le")) // 2)
        if _is_hidden_link(caption.text, span)
    ]


def telegram_html(caption: Caption) -> str:
    """The text for Telegram's `parse_mode` HTML: links that stand in it in other words, as `<a href>`; the rest escaped.

    Source: core.telegram.org/bots/api#html-style, 2026-11.
    """
    return _rendered(caption, _anchor, lambda text: with_entities(text, quote=False), _is_hidden_link)


def html(caption: Caption) -> str:
    """The text as a small piece of HTML, for Matrix's `formatted_body`: links as `<a href>`, line ends as `<br>`.

    Source: spec.matrix.org/v1.19/client-server-api/#mroommessage-msgtypes, 2026-11.
    """

    def dead(text: str) -> str:
        return with_entities(text, quote=False).replace("\n", "<br>")

    return _rendered(caption, _anchor, dead, lambda text, span: span.kind == "link")


def little_text(caption: Caption, escape_urls: bool = True) -> str:
    r"""The text in LinkedIn's "little" format: its reserved characters `\ | { } [ ] ( ) < > @ # * _ ~` behind a backslash.

    One left bare cuts the post off there, and the answer says nothing of it. Hashtags of letters and digits stay "#word".
    URLs are escaped as the page asks; whether LinkedIn then still makes links of them is unsettled, hence `escape_urls`.
    Source: learn.microsoft.com/linkedin/marketing/community-management/shares/little-text-format, 2026-05.
    """

    def stays(text: str, span: Span) -> bool:
        return not escape_urls if span.kind == "link" else bool(_LETTERS_AND_DIGITS.fullmatch(span.value))

    return _rendered(caption, lambda shown, span: shown, lambda text: _RESERVED_BY_LINKEDIN.sub(r"\\\g<0>", text), stays)


def npf(caption: Caption) -> list[dict[str, Any]]:
    """Tumblr's text blocks, one for each paragraph; offsets of links in code points of the block, the end exclusive.

    A paragraph of more than 4096 code points becomes several blocks. Hashtags belong in the post's `tags`; in the text they
    are dead. Source: github.com/tumblr/docs, npf-spec.md, 2026-08.
    """
    links = deque(span for span in apart(caption.spans) if span.kind == "link")
    blocks = []
    for start, end in _places_of_blocks(caption.text):
        while links and links[0].end <= start:
            links.popleft()
        blocks.append(_block(caption.text, start, end, links))
    return blocks


def _measured(caption: Caption, length: Callable[[str], int]) -> Iterator[tuple[Span, int, int]]:
    """Each span with its start and end as `length` measures."""
    place = reached = 0
    for span in apart(caption.spans):
        start = reached + length(caption.text[place : span.start])
        reached = start + length(caption.text[span.start : span.end])
        place = span.end
        yield span, start, reached


def _rendered(
    caption: Caption, live: Callable[[str, Span], str], dead: Callable[[str], str], is_live: Callable[[str, Span], bool]
) -> str:
    """The text, its spans rendered by `live` where `is_live` says so, everything else by `dead`."""
    pieces, place = list[str](), 0
    for span in apart(caption.spans):
        if is_live(caption.text, span):
            pieces += [dead(caption.text[place : span.start]), live(caption.text[span.start : span.end], span)]
            place = span.end
    return "".join([*pieces, dead(caption.text[place:])])


def _is_tag_on_bluesky(tag: str) -> bool:
    return len(tag.encode()) <= _MAX_TAG_BYTES and len(_CLUSTER.findall(tag)) <= _MAX_TAG_GRAPHEMES


def _is_hidden_link(text: str, span: Span) -> bool:
    return span.kind == "link" and text[span.start : span.end] != span.value


def _anchor(shown: str, span: Span) -> str:
    return f'<a href="{with_entities(span.value)}">{with_entities(shown, quote=False)}</a>'


def _places_of_blocks(text: str) -> Iterator[tuple[int, int]]:
    """Where each text block begins and ends: at blank lines, else at a space, else between graphemes."""
    for paragraph in _PARAGRAPH.finditer(text):
        start, end = paragraph.span()
        while end - start > _MAX_BLOCK:
            cut, skipped = _cut(text[start : start + _MAX_BLOCK + 1])
            yield start, start + cut
            start += cut + skipped
        yield start, end


def _cut(window: str) -> tuple[int, int]:
    """How much of a window, one code point longer than a block, stands in the block, and how much is skipped behind it."""
    space = _LAST_SPACE.search(window, 1)
    if space:
        return space.start(), 1
    ends = [cluster.end() for cluster in _CLUSTER.finditer(window)]
    return ends[-2] if len(ends) > 1 else _MAX_BLOCK, 0


def _block(text: str, start: int, end: int, links: Iterable[Span]) -> dict[str, Any]:
    """The text block, with those of `links` that begin before its end; they are in order, and none ends before its start."""
    formatting = [
        {"type": "link", "start": max(link.start, start) - start, "end": min(link.end, end) - start, "url": link.value}
        for link in takewhile(lambda link: link.start < end, links)
    ]
    block: dict[str, Any] = {"type": "text", "text": text[start:end]}
    return block | {"formatting": formatting} if formatting else block
