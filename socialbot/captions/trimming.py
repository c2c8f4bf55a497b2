"""Cuts a text as an editor would: after a sentence, else between words, else between graphemes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from socialbot.captions.breaking import SPACE, dangles, find_bonds, sentence_ends, word_ends
from socialbot.captions.pairing import EMBEDDINGS, ISOLATES, OPENING, PDF, PDI, Pair, closers_at, find_pairs
from socialbot.captions.phrasing import phrase_ends, unspaced
from socialbot.captions.urls import find_urls

ELLIPSIS = "…"
_SENTENCE_KEEPS = 0.6
"""A cut after a sentence must keep this share of the room."""
_WORD_KEEPS = 0.5
"""A cut between words must keep this share; else the text has no spaces, or one huge word, and is cut within."""
_ELLIPSIS_WEIGHS = 3
"""At most, in any unit: its bytes in UTF-8."""

_WORDS_BACK, _BACK_KEEPS = 6, 0.7
"""Among so many words at the end of the room, and within this share of it, one is looked for that can stand there."""

_FIRST_LOOK = 128
"""Code points; from here on the text is tried in ever longer pieces, since most texts are much longer than their room."""
_CONTEXT = 200
"""Code points behind the window that are read, but never kept: a URL or a pair of marks may reach over its edge."""
_BEFORE_AN_END = 20
"""Code points; no run of closing marks is longer."""
_NEAR = 100
"""Code points before the end of the room where words are looked for first, and phrases of unspaced scripts at all."""
_LOOSE = (
    " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029"
    "\u202f\u205f\u3000\u200b\u00ad\u200e\u200f\u061c.,;:–—-{‘'…&/|·•¿¡،؛、，；：・" + OPENING + EMBEDDINGS + ISOLATES
)
"""What must not stand before an ellipsis, but for marks that close a pair."""


def trim(text: str, fits: Callable[[str], bool], window: int = 10_000) -> str:
    """`text` if it fits, else its longest good beginning that does; "" when nothing does.

    `fits` says of a candidate whether it may stand; for longer beginnings of a text it must not turn from no to yes. A cut
    after a sentence keeps the sentence's own mark; any other ends in one "…". No grapheme, URL, hashtag, mention or number
    with its unit is ever cut in two. Quotation marks, brackets and changes of direction that a cut leaves open are closed
    behind the "…", which stands for words inside them. Only the first `window` code points are looked at.
    """
    if len(text) <= window and fits(text):
        return text
    room = _Room(text[: window + _CONTEXT], lambda cut: len(cut) <= window and fits(cut), min(len(text), window))
    room.approach()
    cutting = _Cutting(room, min(room.over + _ELLIPSIS_WEIGHS, len(text), window), len(text) > len(room.text))
    return cutting.best()


@dataclass(slots=True)
class _Room:
    """How much of a text fits. It remembers what it was told, since asking `stands` is what costs."""

    text: str
    stands: Callable[[str], bool]
    over: int
    """So much of the text, and more, does not fit with an ellipsis, or is not looked at."""
    held: int = 0
    """So much is known to fit."""
    url_ends: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        self.url_ends = frozenset(end for _, end in find_urls(self.text))

    def holds(self, place: int) -> bool:
        """Does the text up to `place` fit with an ellipsis?"""
        if self.held < place < self.over:
            if self.stands(self.ending_in_ellipsis(place)):
                self.held = place
            else:
                self.over = place
        return place <= self.held

    def ending_in_ellipsis(self, place: int) -> str:
        """The text up to `place` and an ellipsis that no URL swallows."""
        return self.text[:place] + (" " if place in self.url_ends else "") + ELLIPSIS

    def approach(self) -> None:
        """Finds the last word that fits: by ever longer pieces first, and whole words: half a URL may weigh more than all."""
        place = _FIRST_LOOK
        while place < self.over:
            space = SPACE.search(self.text, place, place + _CONTEXT)
            place = space.start() if space else place
            if not self.holds(place):
                break
            place *= 2
        low, high = self.held, self.over
        while low < high:
            middle = (low + high) // 2
            space = SPACE.search(self.text, middle, high)
            if space and self.holds(space.start()):
                low = space.end()
            else:
                high = middle

    def narrow(self, places: Sequence[int]) -> None:
        """Finds the furthest of `places` that fits, so that `held` is not below it."""
        bisect_left(places, True, key=lambda place: not self.holds(place))


@dataclass(frozen=True, slots=True)
class _Cut:
    place: int
    """How much of the text it keeps."""
    text: str


@dataclass
class _Cutting:
    """The cuts of one text, best kind first. All places are in code points; none beyond `upto` can fit."""

    room: _Room
    upto: int
    goes_on: bool
    bonds: bytearray = field(init=False)
    pairs: list[Pair] = field(init=False)
    closings: list[int] = field(init=False)
    inside: bytearray = field(init=False)
    """1 for each place where a pair is open."""
    words: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.bonds = find_bonds(self.room.text, self.upto)
        self.pairs = find_pairs(self.room.text, self.upto, goes_on=self.goes_on)
        self.closings = sorted(pair.end for pair in self.pairs)
        self.inside = bytearray(self.upto + 1)
        reached = 0
        for pair in self.pairs:
            # No cut right before a closing mark: the ellipsis would stand for nothing.
            for place in range(pair.end + 1 - max(1, len(pair.closer)), min(pair.end, self.upto) + 1):
                self.bonds[place] = 1
            if self.room.text[pair.end - 1] in ",，" and pair.end < self.upto:
                self.bonds[pair.end + 1] = 1  # and none behind “…,”: who said so follows
            if reached < (end := min(pair.end, self.upto)):
                self.inside[pair.start + 1 : end + 1] = b"\1" * (end - pair.start)
                reached = end
        self.words = word_ends(self.room.text, max(0, self.room.held - _NEAR), self.upto, self.bonds)

    def best(self) -> str:
        """The first kind of cut that keeps its share of the room. What an earlier kind found stays in the choice."""
        room, best = self.room, None
        room.narrow(self.words)
        if unspaced(room.text, room.held, room.over):
            room.narrow(self._places(room.held + 1, room.over))
        for find, share in (
            (self._after_a_sentence, _SENTENCE_KEEPS),
            (self._outside_of_pairs, _WORD_KEEPS),
            (self._between_words, _WORD_KEEPS),
            (self._anywhere, 0),
        ):
            cut = find()
            if cut and (best is None or cut.place > best.place):
                best = cut
            if best and (not share or self._keeps(best, share)):
                return best.text
        return ""

    def _keeps(self, cut: _Cut, share: float) -> bool:
        """Is there no room for a text longer than the share allows?"""
        longer = self.bonds.find(0, int(cut.place / share) + 1)
        return longer < 0 or not self.room.holds(longer)

    def _after_a_sentence(self) -> _Cut | None:
        """It keeps its own mark, so that it may reach a little further than a cut with an ellipsis. None inside a quotation."""
        room = self.room
        ends = list(
            sentence_ends(room.text, max(0, room.held // 2 - _BEFORE_AN_END), min(self.upto, room.over + _ELLIPSIS_WEIGHS))
        )
        for end in reversed(ends):
            closers = closers_at(end, self.pairs) if self.inside[end] else ""
            sentence = room.text[:end] + closers
            if not self.bonds[end] and not closers.strip(PDF + PDI) and room.stands(sentence):
                return _Cut(end, sentence)
        return None

    def _outside_of_pairs(self) -> _Cut | None:
        outside = list(islice((place for place in self._words() if not self.inside[place]), _WORDS_BACK))
        least = _BACK_KEEPS * outside[0] if outside else 0
        # "through the", "; and", "said,”" promise what the ellipsis then keeps back.
        outside = [place for place in outside if place >= least and not dangles(self.room.text, place)] or outside
        phrases = self._phrase_ends(lambda place: not self.inside[place])
        return self._furthest(sorted([*islice(outside, 1), *islice(phrases, 1)]))

    def _between_words(self) -> _Cut | None:
        if self.inside.find(1, 0, self.room.held + 1) < 0:
            return None
        return self._furthest(sorted({*self._words(), *self._phrase_ends(lambda place: True)}))

    def _anywhere(self) -> _Cut | None:
        self.room.narrow(self._places(self.room.held + 1, self.room.over))
        return self._furthest(self._places(1, self.room.held + 1))

    def _places(self, start: int, end: int) -> list[int]:
        return [place for place in range(start, min(end, self.upto + 1)) if not self.bonds[place]]

    def _words(self) -> Iterator[int]:
        """From the end of the room back to where too little of it would be used."""
        held = self.room.held
        near = max(0, held - _NEAR)
        yield from (place for place in reversed(self.words) if place <= held)
        yield from reversed(word_ends(self.room.text, int(held * _WORD_KEEPS), near, self.bonds))

    def _phrase_ends(self, wanted: Callable[[int], bool]) -> Iterator[int]:
        """From the end of the room back."""
        first, last = max(1, self.room.held - _NEAR), min(self.room.held, self.upto)
        if not unspaced(self.room.text, first - 1, last + 1):
            return iter(())
        places = (place for place in range(last, first - 1, -1) if not self.bonds[place] and wanted(place))
        return phrase_ends(self.room.text, places)

    def _furthest(self, places: Sequence[int]) -> _Cut | None:
        """The last cut at `places` that fits with what closes its pairs; most often the very last."""
        if not places:
            return None
        cut = self._cut_at(places[-1])
        if cut and self.room.stands(cut.text):
            return cut
        fitting = bisect_left(places, True, key=lambda place: not self._stands_at(place))
        return self._cut_at(places[fitting - 1]) if fitting else None

    def _stands_at(self, place: int) -> bool:
        cut = self._cut_at(place)
        return not cut or self.room.stands(cut.text)

    def _cut_at(self, place: int) -> _Cut | None:
        """The text up to `place`, without loose punctuation there, an ellipsis, and what closes the open pairs."""
        text = self.room.text
        closed = bisect_left(self.closings, place)
        kept = max(len(text[:place].rstrip(_LOOSE)), self.closings[closed - 1] + 1 if closed else 0)
        if not kept:
            return None
        kept = self.bonds.find(0, kept)
        return _Cut(kept, self.room.ending_in_ellipsis(kept) + closers_at(kept, self.pairs))
