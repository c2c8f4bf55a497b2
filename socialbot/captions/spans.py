"""Finds what is live in a caption: links and hashtags, with their places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter

import regex

from socialbot.captions.urls import find_urls
from socialbot.nouns import Span

# Only a whole word is a tag: behind it come punctuation and a space. Its last character is no "_" or "·".
_HASHTAG = regex.compile(
    r"(?<![^\s(])#(?=[\p{M}\p{N}_·]*+\p{L})(?P<tag>(?:[_·]*+[\p{L}\p{M}\p{N}]++)++)(?=[\p{P}\p{S}]*+(?!\S))"
)
_START = attrgetter("start")


def find_spans(text: str, link: str | None) -> tuple[Span, ...]:
    """The link, every other http and https URL, and every hashtag; sorted, never overlapping.

    A word after "#" is a tag only as a whole: "#HM." is one, "#H&M" is none, since networks would cut it differently.
    """
    links = [Span("link", start, end, text[start:end]) for start, end in _links(text, link)]
    tags = [Span("tag", *found.span(), found["tag"]) for found in _HASHTAG.finditer(text.replace("＃", "#"))]
    if links and tags and tags[0].start < links[-1].end:
        return tuple(apart([*links, *tags]))  # a hashtag may stand before a URL, or look like one within
    return (*links, *tags)


def apart(spans: Iterable[Span]) -> Iterator[Span]:
    """The spans in order, without any that begins within another."""
    reached = 0
    for span in sorted(spans, key=_START):
        if span.start >= reached:
            yield span
            reached = span.end


def _links(text: str, link: str | None) -> list[tuple[int, int]]:
    """The URLs in the text. We know where our own link ends, even where it ends in what looks like punctuation."""
    return [
        (start, max(end, start + len(link)) if link and text.startswith(link, start) else end) for start, end in find_urls(text)
    ]
