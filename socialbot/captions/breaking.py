"""Where a cut may fall in running text: between graphemes, words and sentences, and never inside what belongs together."""

from __future__ import annotations

import re
from collections.abc import Iterator

import regex

from socialbot.captions.urls import find_urls

# All but letters and signs that are a grapheme each whatever stands beside them: most texts have none of these.
_CLUSTERED = re.compile(
    "[^\0-\u02ff\u0370-\u0482\u048a-\u058f\u05d0-\u05ea\u060c\u061b-\u064a\u0660-\u066f\u0671-\u06d3\u2010-\u2027\u202a-\u205f\u2066-\u2069"
    "\u20a0-\u20c0\u2116\u3001-\u3029\u3030-\u3098\u309b-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff01-\uff9d]"
)
_CLUSTER = regex.compile(r"\X")
# Beyond graphemes: no vowel parts from its consonant, written behind it or before it, no killed consonant from its syllable,
# no small kana, length or repetition mark from what it follows (kinsoku, JIS X 4051; UAX #14, classes CJ and NS).
_BOUND = re.compile("[\u0900-\u1bff\u200d\u3005\u303b-\u30ff\u31f0-\u31ff\uff67-\uff70\ua800-\uabff\U00010a00-\U00011fff]")
_BOUND_TO_THE_LEFT = (
    regex.compile(r"[[\p{M}\p{InSC=Vowel_Dependent}]--\p{Logical_Order_Exception}]", regex.VERSION1),
    regex.compile(r"[\u1000-\u102a\u103f]\u1037?\u103a"),
    re.compile("[ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰ-ㇿｧ-ｰー々〻ゝゞヽヾๆฯໆຯ]"),
)
_BOUND_TO_THE_RIGHT = regex.compile(r"[\p{Logical_Order_Exception}\p{InSC=Virama}\p{InSC=Invisible_Stacker}\u200d]")

_SPACES = r" \t-\r\x1c-\x1f\x85\u1680\u2000-\u2006\u2008-\u200b\u2028\u2029\u205f\u3000"
SPACE = re.compile(f"[{_SPACES}]")
"""A space where a line may break."""
_GLUED = re.compile(rf"(?<![{_SPACES}])[\u00a0\u2007\u2011\u202f\u2060\ufeff]++(?![{_SPACES}])")

_TAG_OR_MENTION = regex.compile(r"(?<![\w/#＃@])[#＃@]++[\w\u200c\u200d]++(?:[@.·-]++\w++)*+")

# "J. R. R. Tolkien" is one name; "z. B.", "i. e." belong to what follows them, but "p. m." to what is before it.
_DOTTED = regex.compile(r"(?<![\p{L}\p{N}])(?:\p{L}\.[ \u00a0\u202f]?){1,8}+")
_INITIALS = regex.compile(r"(?:\p{Lu}\.\s?)+")
_TIME_OF_DAY = re.compile(r"[ap]\.\s?m\.", re.IGNORECASE)

_SPACE = r"[ \u00a0\u2007\u2009\u202f]"
_DIGITS = r"\d{1,20}+(?:[.,:/'’\u00a0\u2009\u202f]\d{1,20}+){0,8}+"
_NUMBER = regex.compile(
    rf"(?<![\p{{N}}\p{{Latin}}\p{{Greek}}\p{{Cyrillic}}])"
    rf"(?:\d{{1,3}}+(?:[ ]\d{{3}}(?!\d)){{1,6}}+(?:,\d{{1,20}}+)?|{_DIGITS})(?:[–-]{_DIGITS}){{0,3}}+(?!\d)"
)
_REFERENCE = r"nos?|nr|figs?|abb|vol|art|abs|kap|ch|sec|tab|bd|pp?|s|núm"
_BEFORE_NUMBER = regex.compile(
    rf"(?:(?P<name>(?<![\p{{L}}\p{{N}}])(?:(?i:{_REFERENCE})\.{_SPACE}?|n[°º]{_SPACE}?|[A-Z]{{2,4}}{_SPACE})|[§№#]{{1,2}}{_SPACE}?)"
    rf"|(?P<money>\p{{Lu}}{{0,2}}\p{{Sc}}{_SPACE}?))?[-+−±~≈]?$"
)
_WORD = r"[\p{L}\p{M}µμ²³/·°]{1,20}+(?![\p{L}\p{M}])"
_SYMBOL = (
    rf"{_SPACE}?(?:[%‰]|[°′″]{_SPACE}?[CFK]?|\p{{Sc}}|\p{{Han}}"
    r"|(?:[kcdmnµμM]?m[²³]?+|ha|[kmµμ]?g|t|[kMGT]?(?:Hz|Wh?|V|B|Pa|bit)|ft|mi|lbs?|[mc]?l|m?s|min|h|px|dpi|mph|km/h|[ap]m)"
    r"(?![\p{L}\p{M}\p{N}]))"
)
_SCALE = r"(?:k|mn?|bn|[mbt]r?il[lij]\p{L}{1,8}|M[il]lr?d\p{L}{0,4}|Mio|Mrd|Tsd|млн|млрд|тыс)(?![\p{L}\p{M}])"
_OF_MONEY = regex.compile(rf"{_SPACE}?{_SCALE}")
_OF_YEAR = regex.compile(_SYMBOL)
_OF_DAY = regex.compile(rf"\.{_SPACE}{_WORD}")
_UNIT = regex.compile(rf"{_SYMBOL}|{_SPACE}[ap]\.{_SPACE}?m|\p{{L}}{{1,4}}+(?![\p{{L}}\p{{M}}])|{_SPACE}{_WORD}")
_YEAR, _DAY = re.compile(r"[12]\d{3}"), re.compile(r"\d{1,2}")

_SENTENCE_END = regex.compile(
    r"(?<![.!?…؟۔])[.!?…؟۔]++[\"'”’»›“«‹)\]\u202c\u2069]*+(?=[\u200e\u200f\u061c]*+\s++(?!\p{Ll}))"
    r"|[。！？｡।॥։።။។៕]++[」』”’）)】》〉\"\u202c\u2069]*+"
)
_QUOTED_ON = re.compile("[」』”](?:と|って)")
_ABBREVIATION = re.compile(
    r"[^\W\d_]|\d{1,2}|dr|mrs?|ms|prof|st|vs|etc|inc|ltd|co|corp|jr|sr|approx|ca|dept|est|gen|gov|hon|rep|rev|sen"
    r"|bzw|usw|evtl|ggf|vgl|bspw|sog|inkl|fr|hr|mio|mrd|tsd|mme|mlle|cf|sra?|srta|dra|uds?|av|sig|dott|им|ул|см|стр|тыс",
    re.IGNORECASE,
)
_BEFORE_A_NUMBER = re.compile(_REFERENCE, re.IGNORECASE)
_LOOKS_BACK = 12
# A word of up to three small letters is an article, a preposition or a conjunction in most languages that have small letters.
_DANGLING = regex.compile(r"(?<![\p{L}\p{M}\p{N}.-])\p{Ll}{1,3}$|[,;:–—][ \u00a0]++[^\s,;:–—]++$")

_GAP = re.compile(rf"[,;:.…–—{_SPACES}-]++")


def find_bonds(text: str, upto: int) -> bytearray:
    """For each place from 0 to `upto`, in code points, whether a cut there is forbidden: 1, else 0.

    Forbidden is the inside of a grapheme, a URL, hashtag, mention, number with its unit, and beside a space that does not
    break. The beginning of the text is no place for a cut, either.
    """
    bonds = bytearray(upto + 1)
    bonds[0] = 1
    for start, end in _whole(text, upto):
        if end > start + 1 and start < upto:
            bonds[start + 1 : end] = b"\1" * (min(end, upto + 1) - start - 1)
    if not text.isascii():
        _bind_graphemes(bonds, text[: upto + 1])
    return bonds


def sentence_ends(text: str, start: int = 0, upto: int | None = None) -> Iterator[int]:
    """The places behind each sentence of `text` and its closing marks, from `start` to `upto`, but for the text's own end."""
    for found in _SENTENCE_END.finditer(text, start):
        if upto is not None and found.end() > upto:
            break
        paused = found[0][0] == "…" and text[found.start() - 1 : found.start()].isspace()
        abbreviated = found[0] == "." and _abbreviated(text, found.start())
        if not paused and not abbreviated and not _QUOTED_ON.match(text, found.end() - 1):
            yield found.end()


def _abbreviated(text: str, stop: int) -> bool:
    """Does the full stop at `stop` end an abbreviation, an initial or an ordinal number? "Dr. Fog", "z. B.", "3. April"."""
    start = stop
    while start and stop - start < _LOOKS_BACK and text[start - 1].isalnum():
        start -= 1
    word = text[start:stop]
    if _ABBREVIATION.fullmatch(word):
        return True
    return _BEFORE_A_NUMBER.fullmatch(word) is not None and text[stop + 1 : stop + _LOOKS_BACK].lstrip()[:1].isdigit()


def word_ends(text: str, start: int, upto: int, bonds: bytearray) -> list[int]:
    """The places behind words, before what punctuation and space follows them, from `start` to `upto`."""
    ends = []
    for found in _GAP.finditer(text, start):
        if found.start() > upto:
            break
        end = bonds.find(0, found.start())
        if 0 < end < found.end() and SPACE.search(found[0]):
            ends.append(end)
    return ends


def dangles(text: str, place: int) -> bool:
    """Would a reader who finds an ellipsis at `place` wait for more: behind a short word, or the first of a clause?"""
    return _DANGLING.search(text, max(0, place - _LOOKS_BACK * 3), place) is not None


def _whole(text: str, upto: int) -> Iterator[tuple[int, int]]:
    """Start and end of all that must stay whole, in part overlapping, as far as `upto`."""
    yield from _until(find_urls(text), upto)
    if "#" in text or "@" in text or "＃" in text:
        yield from _until((found.span() for found in _TAG_OR_MENTION.finditer(text)), upto)
    yield from _until(_numbers(_without_urls(text)), upto)
    yield from _until(_dotted(text), upto)
    if not text.isascii():
        yield from _until(((found.start() - 1, found.end() + 1) for found in _GLUED.finditer(text)), upto)


def _bind_graphemes(bonds: bytearray, text: str) -> None:
    """Forbids the places inside graphemes and syllables; `text` ends behind the last place."""
    if _CLUSTERED.search(text):
        end = 0
        for cluster in _CLUSTER.findall(text):
            start, end = end, end + len(cluster)
            if end > start + 1:
                bonds[start + 1 : end] = b"\1" * (end - start - 1)
    if _BOUND.search(text):
        for pattern in _BOUND_TO_THE_LEFT:
            for found in pattern.finditer(text):
                bonds[found.start()] = 1
        for found in _BOUND_TO_THE_RIGHT.finditer(text):
            if found.end() < len(bonds):
                bonds[found.end()] = 1


def _until(spans: Iterator[tuple[int, int]], upto: int) -> Iterator[tuple[int, int]]:
    for span in spans:
        if span[0] >= upto:
            break
        yield span


def _dotted(text: str) -> Iterator[tuple[int, int]]:
    """Initials and abbreviations of single letters, with the first letter of what they belong to."""
    end, stop = 0, text.find(".", 1)
    while stop > 0:
        if stop >= end and text[stop - 1].isalpha() and (found := _DOTTED.match(text, stop - 1)):
            end = found.end()
            following = text[end : end + 1]
            if _INITIALS.fullmatch(found[0]):
                belongs = following.isupper()
            else:
                belongs = following.isalnum() and not _TIME_OF_DAY.match(found[0])
            yield found.start(), end + 1 if belongs else found.start() + len(found[0].rstrip()) - 1
        stop = text.find(".", stop + 1)


def _without_urls(text: str) -> str:
    """`text`, as long as it was, with signs for its URLs: what one ends with is no number of the words behind it."""
    pieces, kept = list[str](), 0
    for start, end in find_urls(text):
        pieces += [text[kept:start], "_" * (end - start)]
        kept = end
    return "".join([*pieces, text[kept:]])


def _numbers(text: str) -> Iterator[tuple[int, int]]:
    """Numbers with their unit, currency or reference: "12 km", "€ 5", "No. 5", "3.5 million", "3. April"."""
    for found in _NUMBER.finditer(text):
        near = text[max(0, found.start() - 3) : found.start()].rstrip()
        # Most numbers have a plain word before them, and looking closer is dear.
        plain = near[-1:].islower()
        before = None if plain else _BEFORE_NUMBER.search(text, max(0, found.start() - _LOOKS_BACK), found.start())
        after = _unit(found[0], before).match(text, found.end())
        if not after and _DAY.fullmatch(found[0]):
            after = _OF_DAY.match(text, found.end())
        yield before.start() if before else found.start(), after.end() if after else found.end()


def _unit(number: str, before: regex.Match[str] | None) -> regex.Pattern[str]:
    """What may follow a number as its unit. In "2026 we" and "No. 5 of", "we" and "of" are none; in "12 lakes", "lakes" is."""
    if before and before["money"]:
        return _OF_MONEY
    return _OF_YEAR if _YEAR.fullmatch(number) or (before and before["name"]) else _UNIT
