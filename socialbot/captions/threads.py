"""A whole article as a thread: posts that follow the first, each fitting, cut at paragraphs and sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import NamedTuple

import regex

from socialbot.captions.breaking import find_bonds, sentence_ends
from socialbot.captions.tidying import one_line
from socialbot.captions.trimming import ELLIPSIS, trim

_BETWEEN = "\n\n"
_FIRST_FEW = 5
"""A summary from further down is told again in its place: who reads so far no longer has the summary in mind."""
_CUT_OFF = regex.compile(rf"(?:\s?{ELLIPSIS}[^\w\s]*+|[\u202c\u2069]++)$")
"""What stands at a cut in place of the rest: an ellipsis, and what closes the pairs that were open."""

# Marks at the word before the cut went with it, and one that stands alone has lost what it stood between. A mark close to the
# next word is its own, "-5", and so is one that begins a line.
_MARK = "[.,;:–—…/|·•،؛、，；：・-]"
_LOOSE = regex.compile(rf"{_MARK}*+(?:[^\S\n]++{_MARK}++(?=\s|$))*+\s*+")


class Split(NamedTuple):
    """The posts that tell the paragraphs, and what of these none of them tells."""

    parts: list[str]
    left: str = ""
    """What comes behind the last post's end."""
    skipped: tuple[str, ...] = ()
    """Words longer than a post that cannot be cut, such as URLs: passed over."""


def told_of(summary: str, caption: str, escaped: Callable[[str], str]) -> str:
    """As much of the summary as a finished caption says, whole or in whole sentences; "" when none: a page may leave it out."""
    caption = one_line(caption)
    for end in (len(summary), *reversed(list(sentence_ends(summary)))):
        told = one_line(escaped(summary[:end]))
        if 0 < len(told) <= len(caption) and _says(caption, told):
            return summary[:end]
    return ""


def rest_of(body: str, told: str) -> list[str]:
    """The paragraphs of `body` that are still to be told once `told` was: the beginning of one of the first few.

    It may be several paragraphs, and may end in a cut. What stands before it in the body is still told; then a sentence that
    the cut divided is told again, since its halves would be far apart.
    """
    paragraphs = [paragraph for paragraph in body.split(_BETWEEN) if paragraph.strip()]
    for number in range(min(_FIRST_FEW, len(paragraphs))):
        following = _BETWEEN.join(paragraphs[number:])
        if end := _end_of(told, following):
            if number and not following[end:].startswith(_BETWEEN):
                end = max(sentence_ends(following, upto=end), default=0)
            rest = _behind(following, end)
            return [*paragraphs[:number], *(rest.split(_BETWEEN) if rest else ())]
    return paragraphs


def split(paragraphs: Sequence[str], fits: Callable[[str], bool], most: int, ending: str = "") -> Split:
    """At most `most` texts that tell the paragraphs in order, the last with `ending` (a link) below it.

    `fits` says of a text whether it may be a post. Whole paragraphs stay together while they fit, else sentences, else words.
    Where so many posts have no room for all, the last is cut and ends in an ellipsis, even behind a whole sentence. A word
    longer than a post is passed over when it cannot be cut.
    """
    parts, skipped = list[str](), list[str]()
    left = list(paragraphs)
    tail = _BETWEEN + ending if ending else ""
    while left and len(parts) < most:
        whole = _BETWEEN.join(left)
        if fits(whole + tail):
            return Split([*parts, whole + tail], "", tuple(skipped))
        is_last = len(parts) == most - 1
        part, rest = _last(whole, fits, tail) if is_last else _next(left, fits, tail)
        if part:
            parts.append(part)
        else:
            word, rest = _first_word(left, fits)
            if fits(word):
                break  # it only has no room beside the ending
            skipped.append(word)
        if part and is_last:
            return Split(parts, _BETWEEN.join(rest), tuple(skipped))
        left = rest
    if ending and len(parts) < most:
        parts.append(ending)
    return Split(parts, _BETWEEN.join(left), tuple(skipped))


def _last(whole: str, fits: Callable[[str], bool], tail: str) -> tuple[str, list[str]]:
    """As much of `whole` as one post holds with an ellipsis and `tail`, "" for none; and what is left."""

    def ended(cut: str) -> str:
        return cut if cut.endswith(ELLIPSIS) or not whole.startswith(cut) else f"{cut} {ELLIPSIS}"

    cut = trim(whole, lambda text: fits(ended(text) + tail))
    return (ended(cut) + tail, [_after(whole, cut)]) if cut else ("", [whole])


def _next(paragraphs: list[str], fits: Callable[[str], bool], tail: str) -> tuple[str, list[str]]:
    """The next post's text, "" where not even a word fits, and what is left, which may be nothing but the ending."""
    count = 0
    while count < len(paragraphs) - 1 and fits(_BETWEEN.join(paragraphs[: count + 1])):
        count += 1
    if count:
        return _BETWEEN.join(paragraphs[:count]), paragraphs[count:]
    whole, following = paragraphs[0], paragraphs[1:]
    if fits(whole):
        # The ending has no room below it: a sentence may go with it, but none is cut for that.
        part = trim(whole, lambda text: text != whole and fits(text))
        if not part or not whole.startswith(part):
            return whole, following
    else:
        part = trim(whole, fits)
    if not part:
        word, rest = _first_word(paragraphs, fits)
        return (word, rest) if fits(word) else ("", paragraphs)
    left = _after(whole, part)
    return part, [left, *following] if left else following


def _first_word(paragraphs: list[str], fits: Callable[[str], bool]) -> tuple[str, list[str]]:
    """The first word, or if it is longer than a post, as little of it as can be taken off; and what is left."""
    whole = paragraphs[0]
    word = whole.split(maxsplit=1)[0]
    end = whole.index(word) + len(word)
    if not fits(word):
        place = find_bonds(whole[:end], end).find(0)
        end = place if place > 0 else end
    left = _behind(whole, end)
    return whole[:end].strip(), [left, *paragraphs[1:]] if left else paragraphs[1:]


def _end_of(told: str, text: str) -> int:
    """Where `told`, with or without its cut, ends in a text that begins with it, whatever the spaces; 0 if none does."""
    end = _end_of_words(told.split(), text)
    if end and not _in_a_word(text, end):
        return end
    cut = _CUT_OFF.sub("", told)
    return _end_of_words(cut.split(), text) if cut != told else 0


def _end_of_words(words: Sequence[str], text: str) -> int:
    """Where the words, one after the other, end in a text that begins with them; 0 if none does."""
    end = 0
    for word in words:
        while text[end : end + 1].isspace():
            end += 1
        if not text.startswith(word, end):
            return 0
        end += len(word)
    return end


def _says(text: str, words: str) -> bool:
    """Do the words stand in the text, neither beginning nor ending within a word?"""
    place = text.find(words)
    while place >= 0 and (_in_a_word(text, place) or _in_a_word(text, place + len(words))):
        place = text.find(words, place + 1)
    return place >= 0


def _in_a_word(text: str, place: int) -> bool:
    return text[max(0, place - 1) : place].isalnum() and text[place : place + 1].isalnum()


def _after(whole: str, cut: str) -> str:
    """What follows in `whole` where `cut`, which began as it does, ends or goes on otherwise: with an ellipsis."""
    return _behind(whole, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(whole, cut, strict=False))))


def _behind(whole: str, place: int) -> str:
    """What follows in `whole` behind `place`, without the loose marks that it would begin with."""
    loose = _LOOSE.match(whole, place)
    return whole[loose.end() if loose else place :]
