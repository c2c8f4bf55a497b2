"""Where phrases end in scripts that write no spaces between words: Chinese, Japanese and Thai."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

import regex

if TYPE_CHECKING:
    from budoux import Parser

_THAI = regex.compile(r"\p{Thai}")
_HAN = regex.compile(r"\p{Han}")
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
_UNSPACED = regex.compile(r"[\p{Thai}\p{Han}\p{Hiragana}\p{Katakana}]")
_AFTER = "、，；：。！？"
_KANA_IN_JAPANESE = 0.1
"""Share of kana; Chinese has none but in a name or a slogan."""
_SAMPLE = 1_000
_REACH = 3
"""The parser looks at so many code points on either side of a place."""


def unspaced(text: str, start: int, end: int) -> bool:
    """Does any of `text` from `start` to `end` stand in such a script?"""
    return _UNSPACED.search(text, start, end) is not None


def phrase_ends(text: str, places: Iterable[int]) -> Iterator[int]:
    """Those of `places`, in code points, where a phrase ends, in the order given."""
    language = ""
    for place in places:
        around = text[place - 1 : place + 1]
        if not _UNSPACED.search(around):
            continue
        if around[0] in _AFTER:
            yield place
            continue
        thai = _THAI.search(around) is not None
        language = language if thai else language or _language(text[:_SAMPLE])
        start = max(0, place - _REACH)
        phrases = _parser("thai" if thai else language).parse(text[start : place + _REACH])
        if place - start in accumulate(map(len, phrases)):
            yield place


@cache
def _parser(language: str) -> Parser:
    import budoux  # here, because most texts need none of its models

    load = {
        "japanese": budoux.load_default_japanese_parser,
        "simplified": budoux.load_default_simplified_chinese_parser,
        "traditional": budoux.load_default_traditional_chinese_parser,
        "thai": budoux.load_default_thai_parser,
    }
    return load[language]()


def _language(text: str) -> str:
    han, kana = "".join(_HAN.findall(text)), len(_KANA.findall(text))
    if kana > _KANA_IN_JAPANESE * (len(han) + kana):
        return "japanese"
    # Each encoding knows one way of writing, so that it loses what is written the other.
    simplified, traditional = (len(han.encode(name, "ignore")) for name in ("gb2312", "big5"))
    return "simplified" if simplified >= traditional else "traditional"
