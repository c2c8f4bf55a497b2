"""A whole article as a thread: posts that follow the first, each fitting, cut at paragraphs and sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile

from socialbot.captions.trimming import trim

_BETWEEN = "\n\n"
_DANGLING = " \n,;:"


def rest_of(body: str, summary: str, shown: str) -> list[str]:
    """The paragraphs of `body` that are still to be told, once `shown` of the `summary` was."""
    paragraphs = [paragraph for paragraph in body.split(_BETWEEN) if paragraph.strip()]
    if not paragraphs or " ".join(paragraphs[0].split()) != " ".join(summary.split()):
        return paragraphs
    left = _after(summary, shown)
    return [left, *paragraphs[1:]] if left else paragraphs[1:]


def split(paragraphs: Sequence[str], fits: Callable[[str], bool], most: int, ending: str = "") -> list[str]:
    """At most `most` texts that tell the paragraphs in order, the last with `ending` (a link) below it.

    `fits` says of a text whether it may be a post. Whole paragraphs stay together while they fit, else sentences, else words.
    What has no room in so many posts is cut in the last one, with an ellipsis.
    """
    parts: list[str] = []
    left = list(paragraphs)
    tail = _BETWEEN + ending if ending else ""
    while left and len(parts) < most:
        if fits(_BETWEEN.join(left) + tail):
            return [*parts, _BETWEEN.join(left) + tail]
        if len(parts) == most - 1:
            last = trim(_BETWEEN.join(left), lambda text: fits(text + tail))
            return [*parts, (last + tail).lstrip()] if last or ending else parts
        part, left = _next(left, fits, tail)
        if not part:
            break
        parts.append(part)
    return [*parts, ending] if ending and len(parts) < most else parts


def _next(paragraphs: list[str], fits: Callable[[str], bool], tail: str) -> tuple[str, list[str]]:
    """The next post's text, and what is left. Something is always left for the ending to stand below."""
    count = 0
    while count < len(paragraphs) - 1 and fits(_BETWEEN.join(paragraphs[: count + 1])):
        count += 1
    if count:
        return _BETWEEN.join(paragraphs[:count]), paragraphs[count:]
    whole = paragraphs[0]
    if fits(whole):
        if len(paragraphs) > 1 or not tail:
            return whole, paragraphs[1:]
        part = trim(whole, lambda text: text != whole and fits(text))
    else:
        part = trim(whole, fits)
    left = _after(whole, part)
    return part, [left, *paragraphs[1:]] if left else paragraphs[1:]


def _after(whole: str, cut: str) -> str:
    """What follows in `whole` where `cut`, which began as it does, ends or goes on otherwise: with an ellipsis."""
    told = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(whole, cut, strict=False)))
    return whole[told:].lstrip(_DANGLING)
