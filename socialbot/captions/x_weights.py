"""What a text weighs on X: twitter-text 3, without walking through it character by character."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import regex

from socialbot.captions.x_links import x_urls

# github.com/twitter/twitter-text config/v3.json, read 2026-11-20: all but these weigh 1. © and ® are emoji.
_HEAVY = re.compile("[^\0-\xa8\xaa-\xad\xaf-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]++")
_LINE_END = re.compile(r"\r\n?")
_IN_SEQUENCES = re.compile("[\u200d\u20e3\ufe0f\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\U000e007f]")
_WEIGHS_TWO = "\u3000"

_TONES = "🏻🏼🏽🏾🏿"
_TONED = (
    "☝⛹✊✋✌✍🎅🏂🏃🏄🏇🏊🏋🏌👂👃👆👇👈👉👊👋👌👍👎👏👐👦👧👨👩👫👬👭👮👰👱👲👳👴👵👶👷"
    "👸👼💁💂💃💅💆💇💪🕴🕵🕺🖐🖕🖖🙅🙆🙇🙋🙌🙍🙎🙏🚣🚴🚵🚶🛀🛌🤏🤘🤙🤚🤛🤜🤞🤟🤦🤰🤱🤲🤳🤴🤵"
    "🤶🤷🤸🤹🤽🤾🦵🦶🦸🦹🦻🧍🧎🧏🧑🧒🧓🧔🧕🧖🧗🧘🧙🧚🧛🧜🧝"
)
_MEN_AND_WOMEN = "🏃🏄🏊👮👱👳👷💁💂💆💇🙅🙆🙇🙋🙍🙎🚣🚴🚵🚶🤦🤷🤸🤹🤽🤾🦸🦹🧍🧎🧏🧖🧗🧘🧙🧚🧛🧜🧝"
_FLAGS = (
    "ACDEFGILMOQRSTUWXZ BABDEFGHIJLMNOQRSTVWYZ CACDFGHIKLMNOPRUVWXYZ DEGJKMOZ EACEGHRSTU FIJKMOR GABDEFGHILMNPQRSTUWY HKMNRTU "
    "ICDELMNOQRST JEMOP KEGHIMNPRWYZ LABCIKRSTUVY MACDEFGHKLMNOPQRSTUVWXYZ NACEFGILOPRUZ OM PAEFGHKLMNRSTWY QA REOSUW "
    "SABCDEGHIJKLMNORSTVXYZ TACDFGHJKLMNORTVWZ UAGMNSYZ VACEGINU WFS XK YET ZAMW"
)
"""For each first letter of a region the second ones."""


def weigh(text: str, url_length: int) -> int:
    """What X weighs `text`: a link `url_length`, an emoji sequence 2, most of Asia's scripts 2 a character, else 1.

    docs.x.com, Counting characters, read 2026-11-20: text is counted in NFC. Emoji are those of twitter-text 3.1, Emoji 12;
    a newer sequence weighs what its parts weigh, which is never less than X may find.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    text = _LINE_END.sub("\n", text) if "\r" in text else text
    links = x_urls(text)
    if links:
        ends = [0, *(end for _, end in links)]
        starts = [*(start for start, _ in links), len(text)]
        text = " ".join(text[end:start] for end, start in zip(ends, starts, strict=True))
    if _IN_SEQUENCES.search(text):
        text = _sequences().sub(_WEIGHS_TWO, text)
    return len(text) + sum(map(len, _HEAVY.findall(text))) + len(links) * (url_length - 1)


@cache
def _sequences() -> regex.Pattern[str]:
    """Emoji of more than one code point: Emoji 12.0, emoji-test.txt; the longest first where one begins another."""
    tone = f"[{_TONES}]"
    lighter = [(darker, a, b) for darker, a in enumerate(_TONES) for b in _TONES[: darker + 1]]
    hands = [f"🧑{a}\u200d🤝\u200d🧑{b}" for _, a, b in lighter] + ["🧑\u200d🤝\u200d🧑"]
    hands += [f"{who}{a}\u200d🤝\u200d{who}{b}" for _, a, b in lighter for who in "👩👨" if a != b]
    hands += [f"👩{a}\u200d🤝\u200d👨{b}" for a in _TONES for b in _TONES if a != b]
    children = "(?:👧\u200d[👦👧]|👦\u200d👦|[👦👧])"
    choices = [
        *hands,
        "👩\u200d❤\ufe0f?\u200d(?:💋\u200d)?[👨👩]",
        "👨\u200d❤\ufe0f?\u200d(?:💋\u200d)?👨",
        f"👨\u200d(?:[👨👩]\u200d)?{children}",
        f"👩\u200d(?:👩\u200d)?{children}",
        f"[👨👩]{tone}?\u200d(?:[🌾🍳🎓🎤🎨🏫🏭💻💼🔧🔬🚀🚒🦯🦰🦱🦲🦳🦼🦽]|[⚕⚖✈]\ufe0f?)",
        f"(?:[{_MEN_AND_WOMEN}]{tone}?|[⛹🏋🏌🕵](?:{tone}|\ufe0f)?|[👯🤼🧞🧟])\u200d[♀♂]\ufe0f?",
        "🐕\u200d🦺|👁\ufe0f?\u200d🗨\ufe0f?|🏳\ufe0f?\u200d🌈|🏴\u200d☠\ufe0f?",
        *("🏴" + "".join(chr(0xE0000 + ord(letter)) for letter in f"{place}\x7f") for place in ("gbeng", "gbsct", "gbwls")),
        *(f"{_half_flag(both[0])}[{''.join(map(_half_flag, both[1:]))}]" for both in _FLAGS.split()),
        "[0-9#*]\ufe0f?\u20e3",
        f"[{_TONED}]{tone}",
        r"[\p{Emoji}--\p{Emoji_Presentation}--[0-9#*⚧]]" + "\ufe0f",
    ]
    may_begin = "(?=[#*0-9©®‼-㊙\U0001f000-\U0001ffff])"  # spares all other characters the many choices
    return regex.compile(f"{may_begin}(?:{'|'.join(choices)})", regex.VERSION1)


def _half_flag(letter: str) -> str:
    return chr(ord("🇦") + ord(letter) - ord("A"))
