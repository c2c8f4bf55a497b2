"""The article as a thread tells it: its paragraphs and lists, without headings, signatures and household notes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import regex

from socialbot.reading.body import Body, Kind
from socialbot.reading.boilerplate import is_boilerplate, without_notes
from socialbot.reading.words import cut, ends_sentence

MAX_ARTICLE = 20_000
"""Code points; no thread tells so much."""
_READ = 2_000
"""Blocks; so many of ten code points make an article of that length."""
_SHORT = 100
"""Code points; a paragraph up to this long in which no sentence ends is a heading or a signature."""
# In a short closing line these are a signature, which the AI label tells in its own words.
_AI = regex.compile(r"\b(?-i:AI|KI|IA)\b|artificial intelligence|\b(?:chat)?gpt|auto-?blogg", regex.IGNORECASE)


def article(body: Body) -> str:
    """The article's paragraphs in order, a blank line between them; a list is one paragraph, each item a line with a dash.

    At most MAX_ARTICLE code points, cut after a paragraph or an item where there is one.
    """
    told, before = "", ""
    for kind, text in _told(body):
        gap = "\n" if kind == before == "item" else "\n\n" if told else ""
        line = f"– {text}" if kind == "item" else text
        if len(told) + len(gap) + len(line) > MAX_ARTICLE:
            return told or cut(line, MAX_ARTICLE)
        told, before = told + gap + line, kind
    return told


def _told(body: Body) -> Iterator[tuple[Kind, str]]:
    """The real blocks but household notes, what reads as a heading or a signature, and introductions to nothing."""
    blocks = islice((block for block in body.blocks if block.real), _READ)
    real = [(block.kind, without_notes(block.text[: 2 * MAX_ARTICLE])) for block in blocks]
    closing = frozenset(map(without_notes, body.closing_lines))
    has_marks = any(ends_sentence(text) for _, text in real)  # Thai has none
    for (kind, text), following in zip(real, [*real[1:], None], strict=False):
        introduces = text.endswith(":") and following is not None and following[0] == "item"
        short = len(text) <= _SHORT
        heads = short and has_marks and kind == "paragraph" and not ends_sentence(text) and not introduces
        signs = short and text in closing and _AI.search(text)
        if not heads and not signs and not is_boilerplate(text):
            yield kind, text
