"""Cuts a text as an editor would: after a sentence, else between words, else between graphemes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator

import regex

from socialbot.captions.urls import find_urls

ELLIPSIS = "…"
_SENTENCE_KEEPS = 0.6
"""A cut after a sentence must keep this share of the room."""
_WORD_KEEPS = 0.5
"""A cut between words must keep this share; else the text has no spaces, or one huge word, and is cut within."""

_CLUSTER = regex.compile(r"\X")
_TAG_OR_MENTION = regex.compile(r"(?<![\w/])[#＃@][\w@.·-]*\w")
_SENTENCE_END = regex.compile(r"[.!?…؟]+[\"'”’»)\]]*(?=\s+(?!\p{Ll}|\s))|[。！？।॥]+[」』”’）]*")
_ABBREVIATION = regex.compile(
    r"(?:^|[^\p{L}\p{N}])(?:\p{L}|\d{1,2}|dr|mrs?|ms|prof|st|vs|etc|inc|ltd|co|corp|jr|sr|approx|ca|dept|est|gen|gov|hon|rep|rev|sen"
    r"|bzw|usw|evtl|ggf|vgl|mme|mlle|sra|srta|av)$",
    regex.IGNORECASE,
)
_BEFORE_A_NUMBER = regex.compile(r"(?:^|[^\p{L}\p{N}])(?:nos?|nr|fig|vol|art|abs|pp?|núm)$", regex.IGNORECASE)
_LOOSE = frozenset(" \t\r\n,;:.–—-([{«“„\"'‘…\u00a0\u202f")


def trim(text: str, fits: Callable[[str], bool], window: int = 10_000) -> str:
    """`text` if it fits, else its longest good beginning that does; "" when nothing does.

    `fits` says of a candidate whether it may stand. A cut after a sentence keeps the sentence's own mark; any other ends in
    one "…". No grapheme, URL, hashtag or mention is ever cut in two. Only the first `window` code points are looked at.
    """
    if len(text) <= window and fits(text):
        return text
    seen = text[:window]
    ends = _cuttable(seen)
    room = bisect_left(ends, True, key=lambda end: not fits(seen[:end] + ELLIPSIS))
    return next((cut for cut in _cuts(seen, ends, room) if cut and fits(cut)), "")


def _cuttable(seen: str) -> list[int]:
    """Where a cut may fall: after each grapheme but the last, unless inside a URL, hashtag or mention."""
    inside: set[int] = set()
    for start, end in (*find_urls(seen), *(found.span() for found in _TAG_OR_MENTION.finditer(seen))):
        inside.update(range(start + 1, end))
    return [found.end() for found in _CLUSTER.finditer(seen) if found.end() not in inside][:-1]


def _cuts(seen: str, ends: list[int], room: int) -> Iterator[str]:
    """Candidates, best first. `room`: after so many of `ends` a text and its ellipsis still fit."""
    sentence_ends = set(_sentence_ends(seen))
    for kept in range(min(room + 1, len(ends)), 0, -1):  # without an ellipsis, one more grapheme may fit
        if kept < _SENTENCE_KEEPS * room:
            break
        if ends[kept - 1] in sentence_ends:
            yield seen[: ends[kept - 1]]
    for kept in range(room, 0, -1):
        if kept < _WORD_KEEPS * room:
            break
        if seen[ends[kept - 1]].isspace():
            yield _with_ellipsis(seen, ends, kept)
    for kept in range(room, 0, -1):
        yield _with_ellipsis(seen, ends, kept)


def _sentence_ends(seen: str) -> Iterator[int]:
    for found in _SENTENCE_END.finditer(seen):
        before = seen[max(0, found.start() - 12) : found.start()]
        after = seen[found.end() : found.end() + 12].lstrip()
        abbreviated = _ABBREVIATION.search(before) or (_BEFORE_A_NUMBER.search(before) and after[:1].isdigit())
        if found[0] != "." or not abbreviated:
            yield found.end()


def _with_ellipsis(seen: str, ends: list[int], kept: int) -> str:
    """The text up to the end numbered `kept`, without loose punctuation there, and an ellipsis that no URL swallows."""
    starts = [0, *ends]
    while kept and seen[starts[kept - 1] : starts[kept]] in _LOOSE:
        kept -= 1
    last = seen[starts[kept - 1] : starts[kept]] if kept else ""
    return seen[: starts[kept]] + (" " if "://" in last else "") + ELLIPSIS if last else ""
