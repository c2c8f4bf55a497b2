"""Marks that come in pairs: quotation marks, brackets, and Unicode's changes of direction."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

PDF, PDI = "\u202c", "\u2069"
"""They end an embedding or override, and an isolate (UAX #9, section 2)."""
EMBEDDINGS, ISOLATES = "\u202a\u202b\u202d\u202e", "\u2066\u2067\u2068"

# What may close each opening mark, the usual one first: „German“, „Polish”, ”Swedish”, »Danish«, »Finnish».
_CLOSED_BY: Mapping[str, str] = MappingProxyType(
    dict(("()", "[]", "（）", "［］", "「」", "『』", "【】", "《》", "〈〉", '""', "“”", "””"))  # type: ignore[arg-type]
    | {"„": "“”", "«": "»", "»": "«»", "‹": "›", "›": "‹›"}
)
_OPENED_BY: Mapping[str, str] = MappingProxyType(
    {end: "".join(a for a, ends in _CLOSED_BY.items() if end in ends) for ends in _CLOSED_BY.values() for end in ends}
)
OPENING = "".join(_CLOSED_BY)
_ONLY_AT_A_WORD = '"”»›'
"""Opening marks that look like closing ones: they open only where a word begins."""
_MARK = re.compile(f"[{re.escape(OPENING + ''.join(_OPENED_BY))}]")
_TURN = re.compile(f"[{EMBEDDINGS}{ISOLATES}{PDF}{PDI}]")
_STARTS = OPENING + "¿¡#@…-–—"
_FIRST_WITHOUT_SPACES = "\u2e80"
"""From here on stand the scripts of China and Japan, which put no space before a quotation mark."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair of marks at `start` and `end`, in code points. What nothing closes reaches to the end of the text."""

    start: int
    end: int
    closer: str
    """What closes it, with the space before it in « »; "" where the end of the isolate around it does."""


def find_pairs(text: str, upto: int, *, goes_on: bool) -> list[Pair]:
    """The pairs of `text` that open before `upto`, by their start.

    A quotation mark or bracket without its partner is no pair, unless the text `goes_on` and the partner may follow. A change
    of direction always is one: left open, it would turn round whatever is printed behind it.
    """
    found = _quoted(text, upto, goes_on)
    if not text.isascii():
        found += _turned(text, upto)
    return sorted((pair for pair in found if pair.start < upto), key=lambda pair: pair.start)


def closers_at(place: int, pairs: Sequence[Pair]) -> str:
    """What closes all pairs that are open at `place`, the innermost first."""
    closers: list[str] = []
    for pair in pairs:
        if pair.start >= place:
            break
        if place <= pair.end:
            closers.append(pair.closer)
    return "".join(reversed(closers))


def _quoted(text: str, upto: int, goes_on: bool) -> list[Pair]:
    pairs: list[Pair] = []
    left_open: list[int] = []
    waiting = dict.fromkeys(_CLOSED_BY, 0)
    for found in _MARK.finditer(text):
        place, mark = found.start(), found[0]
        if place >= upto and (not left_open or left_open[0] >= upto):
            break
        openers = _OPENED_BY.get(mark, "")
        opened = bool(left_open) and left_open[-1] == place - 1
        if any(waiting[opener] for opener in openers) and _closes(text, place, opened):
            while (opener := text[start := left_open.pop()]) not in openers:
                waiting[opener] -= 1  # it was never closed
            waiting[opener] -= 1
            pairs.append(Pair(start, place, _space_within(text, start, place) + mark))
        elif mark in _CLOSED_BY and _opens(text, place, opened):
            left_open.append(place)
            waiting[mark] += 1
    if goes_on:
        pairs += [Pair(start, len(text), _CLOSED_BY[text[start]][0]) for start in left_open]
    return pairs


def _space_within(text: str, start: int, end: int) -> str:
    """The space before a closing mark where there is one behind the opening mark, too: « comme ça »."""
    space = text[end - 1]
    return space if space.isspace() and text[start + 1].isspace() else ""


def _closes(text: str, place: int, opened: bool) -> bool:
    """A mark that also opens closes nothing where a word begins; a straight one nor within a word: 5" wide, צה"ל."""
    mark = text[place]
    if mark == '"' and _within_a_word(text, place):
        return False
    return mark not in _ONLY_AT_A_WORD or not (_behind_a_space(text, place, opened) and _before_a_word(text, place))


def _opens(text: str, place: int, opened: bool) -> bool:
    if text[place] not in _ONLY_AT_A_WORD:
        return True
    before = text[place - 1 : place]
    if _behind_a_space(text, place, opened) or before in "-–—/:=":
        return _before_a_word(text, place)
    return before >= _FIRST_WITHOUT_SPACES and not text[place + 1 : place + 2].isspace()


def _behind_a_space(text: str, place: int, opened: bool) -> bool:
    """Or where the text begins, or behind another mark that `opened`."""
    return opened or not text[place - 1 : place].strip()


def _before_a_word(text: str, place: int) -> bool:
    after = text[place + 1 : place + 2]
    return after != "" and (after.isalnum() or after in _STARTS)


def _within_a_word(text: str, place: int) -> bool:
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    return before.isalnum() and after.isalnum() and max(before, after) < _FIRST_WITHOUT_SPACES


def _turned(text: str, upto: int) -> list[Pair]:
    pairs: list[Pair] = []
    left_open: list[int] = []
    isolates = 0
    for found in _TURN.finditer(text):
        place, mark = found.start(), found[0]
        if place >= upto and (not left_open or left_open[0] >= upto):
            break
        if mark == PDI and isolates:
            while text[start := left_open.pop()] not in ISOLATES:
                pairs.append(Pair(start, place, ""))
            pairs.append(Pair(start, place, PDI))
            isolates -= 1
        elif mark == PDF and left_open and text[left_open[-1]] in EMBEDDINGS:
            pairs.append(Pair(left_open.pop(), place, PDF))
        elif mark not in (PDF, PDI):
            left_open.append(place)
            isolates += mark in ISOLATES
    return pairs + [Pair(start, len(text), PDI if text[start] in ISOLATES else PDF) for start in left_open]
