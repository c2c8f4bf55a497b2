"""From a site's tags to hashtags that people and screen readers can read."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import regex

_NOT_TELLING = frozenset({"trending", "blog", "post", "posts", "uncategorized", "uncategorised"})
"""Tags of the site's household, of no use to a reader."""
_MAX_GRAPHEMES = 64
"""Bluesky's lexicon app.bsky.richtext.facet, the narrowest."""
_TAGS_READ, _TAG_READ = 500, 200
"""Of a site's tags the first 500 are read, of each the first 200 code points: more is no tag."""
_BETWEEN_WORDS = regex.compile(r"[\s_/\p{Pd}]+")
# Mastodon's rule, the narrowest, without its few separators: letters, marks, digits, and not digits alone.
_NOT_IN_A_TAG = regex.compile(r"[^\p{L}\p{M}\p{N}]+|^\p{M}+")
_LETTER = regex.compile(r"\p{L}")
_CLUSTER = regex.compile(r"\X")
_HASHTAG = regex.compile(r"(?:^|(?<=[\s(]))[#＃]([\w·]+)")


def make(tags: Iterable[str], text: str, most: int) -> list[str]:
    """At most `most` hashtags, each with its "#", in the order of `tags`; none that `text` already carries.

    "digital clones" becomes "#DigitalClones", "H&M" "#HM"; what would be digits only or longer than 64 graphemes is left out.
    """
    taken = {tag.casefold() for tag in _HASHTAG.findall(text)} | _NOT_TELLING
    made: list[str] = []
    for tag in islice(tags, _TAGS_READ):
        if len(made) >= most:
            break
        word = _one_word(tag[:_TAG_READ])
        if word.casefold() not in taken and _LETTER.search(word) and len(_CLUSTER.findall(word)) <= _MAX_GRAPHEMES:
            taken.add(word.casefold())
            made.append(f"#{word}")
    return made


def _one_word(tag: str) -> str:
    words = [word for part in _BETWEEN_WORDS.split(tag) if (word := _NOT_IN_A_TAG.sub("", part))]
    return words[0] if len(words) == 1 else "".join(word[0].upper() + word[1:] if word.islower() else word for word in words)
