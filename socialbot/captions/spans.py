"""Finds what is live in a caption: links and hashtags, with their places."""

from __future__ import annotations

import regex

from socialbot.captions.urls import find_urls
from socialbot.nouns import Span

_HASHTAG = regex.compile(r"(?:^|(?<=[\s(]))[#＃](?P<tag>\S+)")
_AFTER_A_TAG = regex.compile(r"[\p{P}\p{S}]+$")
_WHOLE_TAG = regex.compile(r"(?=.*\p{L})[\p{L}\p{M}\p{N}_·]+")


def find_spans(text: str, link: str | None) -> tuple[Span, ...]:
    """The link, every other http and https URL, and every hashtag; sorted, never overlapping.

    A word after "#" is a tag only as a whole: "#HM." is one, "#H&M" is none, since networks would cut it differently.
    """
    links = [Span("link", start, end, text[start:end]) for start, end in _links(text, link)]
    tags = [
        Span("tag", found.start(), found.end("tag") - len(found["tag"]) + len(tag), tag)
        for found in _HASHTAG.finditer(text)
        if _WHOLE_TAG.fullmatch(tag := _AFTER_A_TAG.sub("", found["tag"]))
    ]
    return tuple(sorted([*links, *tags], key=lambda span: span.start))


def _links(text: str, link: str | None) -> list[tuple[int, int]]:
    """The URLs in the text. We know where our own link ends, even where it ends in what looks like punctuation."""
    return [
        (start, max(end, start + len(link)) if link and text.startswith(link, start) else end) for start, end in find_urls(text)
    ]
