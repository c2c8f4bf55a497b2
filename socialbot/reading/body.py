"""The body of a post: its paragraphs as plain text, the pictures in it, and the lines it closes with.

Markdown is rendered to HTML first, so that Markdown, HTML within Markdown, and HTML files go one way.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

from markdown_it import MarkdownIt

from socialbot.reading.markup import Tag, scan
from socialbot.reading.words import tidy

Kind = Literal["heading", "paragraph", "item", "other"]

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# Text in these is no paragraph of the article.
_BESIDE = frozenset(
    {"dl", "table", "blockquote", "figure", "figcaption", "pre", "aside", "header", "footer", "address", "details"}
)
_LISTS = frozenset({"ul", "ol"})
_UNREAD = frozenset({"script", "style", "template", "nav", "button", "select", "textarea", "iframe", "svg", "title"})
_BLOCKS = (
    _HEADINGS
    | _LISTS
    | _BESIDE
    | frozenset({"p", "div", "section", "article", "main", "body", "html", "head", "li", "dt", "dd"})
    | frozenset({"tr", "td", "th", "thead", "tbody", "hr", "form", "nav", "title", "summary", "fieldset"})
)
_SLANTED = frozenset({"em", "i", "small"})
# Left open by mistake, these end where the next block begins; what follows is text again.
_NO_BLOCKS_INSIDE = _HEADINGS | _SLANTED
_VOID = frozenset({"img", "br", "hr", "meta", "link", "input", "source", "area", "base", "col", "embed", "track", "wbr"})
_HARD_BREAK = "\v"
_WRAP = 100
"""Lines up to this many characters may be one paragraph wrapped by an editor."""
_SHORT = 200
_CLOSING = 6
_TAIL = 12
"""Closing lines are looked for in the last this many lines, so that a short line amid the text is not taken for a signature."""

# What static-site generators add to Markdown, made Markdown or taken out. Every quantifier is bounded: input may be hostile.
_DIALECTS = tuple(
    (re.compile(pattern, re.MULTILINE), made)
    for pattern, made in (
        (r"\{\{[<%]-?\s{0,9}(?:figure|img)\s+([^{}\n]{1,500}?)/?\s{0,9}-?[%>]\}\}", r"<img \1>"),
        (r"\{\{\s{0,9}site\.(?:base)?url\s{0,9}\}\}", ""),
        (r"\{\{\s{0,9}[\"']([^\"'{}\n]{1,300})[\"']\s{0,9}\|\s{0,9}(?:relative|absolute)_url\s{0,9}\}\}", r"\1"),
        (r"\{\{[^{}\n]{0,500}\}\}|\{%[^{}\n]{0,500}%\}|\{[:#.][^{}\n]{0,200}\}", ""),
        (r"!\[\[([^\[\]|\n]{1,300})(?:\|([^\[\]\n]{0,300}))?\]\]", r"![\2](<\1>)"),
        (r"(!\[[^\[\]\n]{0,300}\])\(([^()<>\"'\n]{1,300} [^()<>\"'\n]{1,300})\)", r"\1(<\2>)"),
        (r"^\[\^[^\]\n]{1,60}\]:[^\n]*|\[\^[^\]\n]{1,60}\]", ""),
    )
)
_EMBEDDED = re.compile(r"data:[\w/+.-]{0,40};base64,[\w+/=]{64,}")
_MDX = re.compile(r"^(?:import|export)\s[^\n]*(?:\n[^\n]+)*|\{/\*[^{}]{0,2000}\*/\}", re.MULTILINE)
# In a title, `vector<int>` is meant as it stands.
_NO_TAG = re.compile(
    r"<(?!/?(?:a|abbr|b|br|cite|code|del|div|em|h[1-6]|i|img|ins|kbd|li|mark|ol|p|q|s|small|span|strong|sub|sup|u|ul|wbr)\b)",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"[\\`*_~\[<&\n\r\v\0]")
_LIST_MARK = re.compile(r"(?:[-*•·–]|\d{1,3}[.)])(?:\s+|$)")


@dataclass(frozen=True, slots=True)
class Image:
    """A picture where the body shows it. `pixel`: the page draws it too small to be seen."""

    src: str
    alt: str = ""
    pixel: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One stretch of text. `lines` are the author's; `linked` and `slanted` are the shares of it in links and in emphasis."""

    kind: Kind
    lines: tuple[str, ...]
    linked: float = 0.0
    slanted: float = 0.0

    @property
    def text(self) -> str:
        return " ".join(self.lines)

    @property
    def real(self) -> bool:
        """It tells: no list of links, and no note set wholly in italics, where editors and generators speak."""
        return self.kind in ("paragraph", "item") and self.linked < 0.6 and self.slanted < 0.9


@dataclass(frozen=True, slots=True)
class Body:
    """What a body says and shows, in order. `meta` is what an HTML page says about itself, by front matter's names."""

    blocks: tuple[Block, ...] = ()
    images: tuple[Image, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)

    @property
    def heading(self) -> str | None:
        """The first heading."""
        return next((block.text for block in self.blocks if block.kind == "heading"), None)

    @property
    def text(self) -> str:
        """All the words, a block to a line."""
        return "\n".join(block.text for block in self.blocks)

    @property
    def paragraphs(self) -> list[str]:
        """The real ones."""
        return [block.text for block in self.blocks if block.kind == "paragraph" and block.real]

    @property
    def closing_lines(self) -> tuple[str, ...]:
        """The last six short lines, where generators and editors sign. A heading that text follows is no signature."""
        text_ends = max((number for number, block in enumerate(self.blocks, 1) if block.kind != "heading"), default=0)
        signing = [block for block in self.blocks[:text_ends] if block.kind != "heading"]
        lines = [line for block in (*signing, *self.blocks[text_ends:]) for line in block.lines]
        return tuple(line for line in lines[-_TAIL:] if len(line) <= _SHORT)[-_CLOSING:]


def without_embedded_pictures(text: str) -> str:
    """A body whose pictures written out in base64 are only hinted at."""
    return _EMBEDDED.sub("data:", text)


def read_markdown(text: str, *, mdx: bool = False) -> Body:
    """A Markdown body; `mdx` also leaves out imports, exports and comments of MDX."""
    if mdx:
        text = _MDX.sub("", text)
    for pattern, made in _DIALECTS:
        text = pattern.sub(made, text)
    return replace(read_html(_markdown().render(text)), meta={})


def read_html(text: str) -> Body:
    """An HTML body or page."""
    reader = _Reader()
    for piece in scan(text):
        reader.take(piece)
    reader.flush()
    return Body(tuple(reader.blocks), tuple(reader.images), reader.meta)


def read_plain(text: str) -> Body:
    """A plain text. `# so` is a heading; each line is a paragraph, unless an editor wrapped the paragraphs."""
    blocks: list[Block] = []
    marked = False
    for stretch in re.split(r"\n\s*\n", text):
        for line in _lines(stretch):
            heading = re.match(r"#{1,6}\s+(?=\S)", line)
            mark = _LIST_MARK.match(line)
            kept = line[heading.end() :] if heading else line[mark.end() :] if mark else line
            if kept:
                blocks.append(Block("heading" if heading else "item" if mark or marked else "paragraph", (kept,)))
            # A mark alone on its line belongs to the next one.
            marked = mark is not None and not kept
    return Body(tuple(blocks))


def plain(text: str) -> str:
    """The text of a short piece of Markdown or HTML, such as a summary, on one line."""
    if not _MARKUP.search(text):
        return tidy(text)
    return tidy(read_html(_markdown().renderInline(_NO_TAG.sub("&lt;", text))).text)


@cache
def _markdown() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    # Addresses stay as the author wrote them; whether they may be followed is decided where they are.
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    return parser


def _lines(text: str) -> list[str]:
    """The author's lines; the lines of a paragraph that an editor wrapped are one."""
    lines: list[str] = []
    for stretch in text.split(_HARD_BREAK):
        rows = [row for row in map(tidy, stretch.split("\n")) if row]
        wrapped = all(len(row) <= _WRAP for row in rows) and sum(map(len, rows)) > _SHORT
        lines += [" ".join(rows)] if wrapped else rows
    return lines


class _Reader:
    """Gathers blocks and images from tags and text as they come."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.images: list[Image] = []
        self.meta: dict[str, str] = {}
        self._open: Counter[str] = Counter()
        self._text: list[str] = []
        self._seen = self._linked = self._slanted = 0

    def take(self, piece: Tag | str) -> None:
        """The next tag or text."""
        if isinstance(piece, str):
            self._take_text(piece)
            return
        if piece.name in _BLOCKS:
            self.flush()
            for name in _NO_BLOCKS_INSIDE:
                self._open[name] = 0
        if piece.closes:
            self._open[piece.name] = max(0, self._open[piece.name] - 1)
        elif piece.name not in _VOID:
            # A slanted line of its own, such as a signature, is no continuation of the line before.
            if piece.name in _SLANTED and self._text and self._text[-1].rstrip(" \t").endswith("\n"):
                self._text.append(_HARD_BREAK)
            self._open[piece.name] += 1
        if piece.name == "br":
            self._text.append(_HARD_BREAK)
        elif piece.name == "img" and not self._in(_UNREAD):
            self._take_image(piece.attributes)
        elif piece.name in ("meta", "link", "html") and not piece.closes:
            self._take_meta(piece.name, piece.attributes)

    def flush(self) -> None:
        """What was gathered becomes a block."""
        if lines := _lines("".join(self._text)):
            self.blocks.append(Block(self._kind(), tuple(lines), self._linked / self._seen, self._slanted / self._seen))
        self._text = []
        self._seen = self._linked = self._slanted = 0

    def _kind(self) -> Kind:
        if self._in(_HEADINGS):
            return "heading"
        if self._in(_BESIDE):
            return "other"
        return "item" if self._in(_LISTS) else "paragraph"

    def _in(self, names: frozenset[str]) -> bool:
        return any(self._open[name] for name in names)

    def _take_text(self, text: str) -> None:
        if self._open["title"] and not self._open["svg"]:
            self.meta.setdefault("title", tidy(text))
        if self._in(_UNREAD):
            return
        size = len(text.strip())
        self._text.append(text.replace(_HARD_BREAK, " "))
        self._seen += size
        self._linked += size * bool(self._open["a"])
        self._slanted += size * self._in(_SLANTED)

    def _take_image(self, attributes: Mapping[str, str]) -> None:
        # Pages that load pictures late keep a placeholder in src.
        src = attributes.get("data-src") or attributes.get("src", "")
        sizes = [attributes.get(side, "").strip().removesuffix("px") for side in ("width", "height")]
        self.images.append(Image(tidy(src), tidy(attributes.get("alt", "")), any(size in ("0", "1") for size in sizes)))

    def _take_meta(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "html":
            self.meta.setdefault("lang", attributes.get("lang", ""))
        elif tag == "link" and attributes.get("rel", "").lower() == "canonical":
            self.meta.setdefault("canonical", attributes.get("href", ""))
        elif tag == "meta":
            name = (attributes.get("name") or attributes.get("property") or "").lower()
            content = attributes.get("content", "")
            if name in ("description", "keywords"):
                self.meta.setdefault(name, content)
            elif name == "og:image":
                self.meta.setdefault("og_image", content)
            elif name == "article:published_time":
                self.meta.setdefault("date", content)
