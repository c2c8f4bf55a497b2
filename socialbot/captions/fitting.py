"""What gives way where a caption has no room for everything, as an editor would choose."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from socialbot.captions.counting import measure
from socialbot.captions.escaping import escape
from socialbot.captions.layout import Layout, Words, size
from socialbot.captions.trimming import trim
from socialbot.nouns import Limits

SHORTEST_SUMMARY = 40
"""In the network's unit; a summary cut shorter than this says nothing and is left out."""
SHORTEST_TITLE = 15
"""In the network's unit; where not even so much of the title has room, there is no caption."""
LOOK = 4
"""A cut is looked for in the first `LOOK * max_text` code points: URLs and clusters weigh less than they are long."""
_TRIES = 8


def fit(page: Layout, words: Words) -> Words | None:
    """The fullest words whose caption fits. None when there is no room for so much as a short title.

    Given up in this order: the author's extra, the credit, the hashtags from the last (but for those the network's posts
    are found by), the end of the summary, the summary, the other hashtags, the end of the title. What room a cut leaves
    is given back to what was given up before it.
    """
    choices = _lighter(words, page.limits.kept_hashtags)
    if page.fits(choices[-1]):
        return _fullest(page, choices)
    if cut := _cut(page, choices[-1], "summary", SHORTEST_SUMMARY):
        return _fullest(page, _lighter(replace(words, summary=cut.summary), page.limits.kept_hashtags))
    choices = _lighter(replace(words, summary=""), 0)
    if page.fits(choices[-1]):
        return _fullest(page, choices)
    return _cut(page, choices[-1], "title", SHORTEST_TITLE)


def _lighter(words: Words, kept: int) -> list[Words]:
    """The words, then lighter and lighter choices of them, down to `kept` hashtags."""
    choices = [words]
    if words.extra:
        choices.append(replace(choices[-1], extra=""))
    if words.credit:
        choices.append(replace(choices[-1], credit=""))
    choices += [replace(choices[-1], tags=words.tags[:count]) for count in range(len(words.tags) - 1, kept - 1, -1)]
    return choices


def _fullest(page: Layout, choices: list[Words]) -> Words:
    """The first choice that fits; the last one is known to."""
    return choices[bisect_left(choices[:-1], True, key=page.fits)]


def _cut(page: Layout, words: Words, what: Literal["title", "summary"], shortest: int) -> Words | None:
    """The words with their title or summary cut so that the caption fits; None when less than `shortest` would remain."""
    whole: str = getattr(words, what)
    if not whole:
        return None
    limits = page.limits
    units, length = page.size(_with(words, what, "x"))
    room, room_bytes = limits.max_text - units + 1, (limits.max_text_bytes or 0) - length + 1
    for _ in range(_TRIES):
        cut = trim(whole, _within(room, room_bytes, limits), LOOK * limits.max_text)
        if not cut or measure(cut, limits) < min(shortest, measure(whole, limits)):
            return None
        units, length = page.size(_with(words, what, cut))
        if units <= limits.max_text and length <= (limits.max_text_bytes or 0):
            return _with(words, what, cut)
        # Words can weigh more in their place than alone: beside them another grapheme ends, or a URL begins.
        room -= max(1, units - limits.max_text)
        room_bytes -= max(1, length - (limits.max_text_bytes or 0))
    return None


def _with(words: Words, what: Literal["title", "summary"], text: str) -> Words:
    return replace(words, title=text) if what == "title" else replace(words, summary=text)


def _within(room: int, room_bytes: int, limits: Limits) -> Callable[[str], bool]:
    def fits(text: str) -> bool:
        units, length = size(escape(text, limits), limits)
        return units <= room and (not limits.max_text_bytes or length <= room_bytes)

    return fits
