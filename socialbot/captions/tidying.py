"""Makes text fit to print: one normal form, no invisible rubble, no holes, no line that turns its neighbours round."""

from __future__ import annotations

import unicodedata
from itertools import islice

import regex

# Noncharacters are free for our own use inside the program: they hold the places of link and label while a caption is made.
LINK, LABEL = "\ufdd0", "\ufdd1"

_LINE_END = regex.compile(r"\r\n?|[\u0085\u2028\u2029]")
# Tag characters spell the region of a flag such as Scotland's (UTS #51, ED-14a: three to seven, and an end); anywhere else
# they are text that only machines read.
_RUBBLE = regex.compile(r"[[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\ufeff\U000E0000-\U000E007F]--[\n\t]]", regex.VERSION1)
_BLACK_FLAG = "\U0001f3f4"
_FLAG = regex.compile(rf"({_BLACK_FLAG}[\U000E0030-\U000E0039\U000E0061-\U000E007A]{{3,7}}+\U000E007F)")
_SPACES = regex.compile(r"[^\S\u00a0\u202f]+")
_DOUBLED, _HOLE = regex.compile(r" {2,}"), regex.compile(r"\n{3,}")

# UAX #9, section 2: embeddings and overrides end in PDF, isolates in PDI.
_EMBEDDINGS, _PDF = "\u202a\u202b\u202d\u202e", "\u202c"
_ISOLATES, _PDI = "\u2066\u2067\u2068", "\u2069"
_TURNS = _EMBEDDINGS + _PDF + _ISOLATES + _PDI
_TURN = regex.compile(f"[{_TURNS}]")
_LINE_WITH_TURNS = regex.compile(rf"^[^\n{_TURNS}]*+[{_TURNS}][^\n]*+", regex.MULTILINE)
_MAX_TURNS = 1_000
"""No text turns so often, but an attack; all of its turns go."""


def plain(text: str) -> str:
    """`text` in NFC, without control characters, lone surrogates, noncharacters and stray tag characters.

    Every line end is "\\n", and no line leaves a change of direction open: it would turn round what follows, a label even.
    """
    if not text.replace("\n", "").isprintable():
        text = _without_rubble(_LINE_END.sub("\n", text)).replace("\t", " ")
        if any(turn in text for turn in _TURNS):
            text = _without_open_turns(text)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def one_line(text: str) -> str:
    """`text` made plain, in one line; narrow and non-breaking spaces stay."""
    text = plain(text)
    return " ".join(text.split()) if text.isascii() else str(_SPACES.sub(" ", text).strip())


def tidy(text: str) -> str:
    """`text` with no spaces at the ends of lines, none doubled, and at most one blank line at a time."""
    if "\n" in text:
        text = "\n".join([line.rstrip() for line in text.split("\n")])
    if "  " in text:
        text = _DOUBLED.sub(" ", text)
    if "\n\n\n" in text:
        text = _HOLE.sub("\n\n", text)
    return text.strip()


def _without_rubble(text: str) -> str:
    if _BLACK_FLAG not in text:
        return str(_RUBBLE.sub("", text))
    parts = _FLAG.split(text)
    parts[::2] = [_RUBBLE.sub("", part) for part in parts[::2]]
    return "".join(parts)


def _without_open_turns(text: str) -> str:
    if next(islice(_TURN.finditer(text), _MAX_TURNS, None), None):
        for turn in _TURNS:
            text = text.replace(turn, "")
        return text
    return str(_LINE_WITH_TURNS.sub(lambda line: _balanced(line[0]), text))


def _balanced(line: str) -> str:
    """The line without ends of nothing, and with an end for whatever is still open where it ends."""
    kept: list[str] = []
    still_open: list[str] = []  # the ends that are due, the nearest last
    isolates = place = 0
    for found in _TURN.finditer(line):
        turn = found[0]
        if turn == _PDF and still_open[-1:] == [_PDF]:
            still_open.pop()
        elif turn == _PDI and isolates:
            while still_open.pop() != _PDI:  # an isolate's end also ends the embeddings within it
                pass
            isolates -= 1
        elif turn in _ISOLATES:
            still_open.append(_PDI)
            isolates += 1
        elif turn in _EMBEDDINGS:
            still_open.append(_PDF)
        else:
            turn = ""
        kept += (line[place : found.start()], turn)
        place = found.end()
    return "".join([*kept, line[place:], *reversed(still_open)])
