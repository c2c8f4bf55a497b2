"""What every cut keeps, whatever the text, the room, and the way a network counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from socialbot.captions.trimming import trim

Measure = Callable[[str], int]


def graphemes(text: str) -> int:
    return len(regex.findall(r"\X", text))


def utf8_bytes(text: str) -> int:
    return len(text.encode())


def utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def promise(**drawn: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The same property twice: 500 examples in every run, 20,000 in the slow one."""

    def wrap(check: Callable[..., None]) -> Callable[..., None]:
        @pytest.mark.parametrize("examples", [500, pytest.param(20_000, marks=pytest.mark.slow)])
        def test(examples: int) -> None:
            settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])(
                given(**drawn)(check)
            )()

        test.__name__ = check.__name__
        return test

    return wrap


measures = st.sampled_from([len, graphemes, utf8_bytes, utf16_units])
rooms = st.integers(0, 150)

WHOLE = [
    "https://example.org/x?y=1",
    "https://de.wikipedia.org/wiki/Nebel_(Wetter)",
    "#MorningFog",
    "#朝霧",
    "@alice@example.social",
    "@bob.example.org",
    "12 km",
    "€ 5",
    "5 %",
    "20 °C",
    "−20 °C",
    "3.5 million",
    "10:30 pm",
    "1,000,000",
    "1 000 000",
    "No. 5",
    "§ 5",
    "Fig. 3",
    "3 April",
    "3. April",
    "10–12 km",
    "1500 m²",
    "25\u00a0kg",
    "👩‍👩‍👧",
    "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "🇩🇪",
    "1️⃣",
    "👍🏽",
    "q\u0323\u0307",
    "क्षि",
    "각",
]
WORDS = [
    "fog",
    "Fog",
    "naïve",
    "don’t",
    "rock-’n’-roll",
    "came.",
    "Why?!",
    "…",
    "—",
    "e.g.",
    "霧が出て山が",
    "朝だった。",
    "キャンプ場",
    "清晨的雾从湖面升起，",
    "沒有人看見山。",
    "아침 안개가",
    "หมอกมาถึงทะเลสาบ",
    "مرحبا بالعالم،",
    "هل رآه أحد؟",
    "שלום!\u200f",
    "सुबह कोहरा।",
    "မြန်မာစာ။",
    "ភាសាខ្មែរ",
    "ພາສາລາວ",
    "می‌خواهم",
    "a" * 40,
]
spaced = st.lists(
    st.tuples(st.sampled_from(WORDS) | st.sampled_from(WHOLE), st.sampled_from([" ", " ", " ", "\n\n", ", "])), max_size=25
).map(lambda pieces: "".join(piece + space for piece, space in pieces))

LETTERS = (
    "aZé ß\u0301\u0308\u200d\u200c\ufe0f\u20e3🏽👩🇩🇪1９.,;:!?…。、「」（）()[]\"“”„«»‹›'’#@/-–—\n\r\t\u00a0\u202f\u2060\u200b"
    "€%°km一霧がっーไทยเ์שלוםمرحبا؟،۔कषि्।각ᄀ\u200e\u200f\u202a\u202b\u202c\u202e\u2066\u2067\u2069\u0600"
)
anything = st.text(max_size=200) | st.text(st.sampled_from(LETTERS), max_size=200)
texts = spaced | anything | st.tuples(spaced, anything).map(" ".join)

STYLES = ["“”", "„“", "„”", "«»", "»«", "‹›", "””", "「」", "『』", '""']
"""What opens a quotation, and what closes it."""


def quoting(style: str) -> st.SearchStrategy[str]:
    """Texts whose brackets and quotation marks, all of one style, are balanced."""
    words = st.lists(st.sampled_from([word for word in WORDS if "’" not in word]), min_size=1, max_size=5).map(" ".join)

    def wrap(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        nested = inner if len(set(style)) == 2 else inner.filter(lambda text: style[0] not in text)
        return st.one_of(
            nested.map(lambda text: style[0] + text + style[1]),
            inner.map(lambda text: f"({text})"),
            inner.map(lambda text: f"[{text}]."),
            st.lists(inner, min_size=2, max_size=4).map(" ".join),
        )

    return st.recursive(words, wrap, max_leaves=12)


quoted = st.one_of(*(st.tuples(st.just(style), quoting(style)) for style in STYLES))

EMBEDDING, ISOLATE = st.sampled_from("\u202a\u202b\u202d\u202e"), st.sampled_from("\u2066\u2067\u2068")
turned = st.lists(
    st.sampled_from(["fog", "came.", "שלום", "مرحبا؟", "\u200f", "(", ")", "“so”"])
    | EMBEDDING
    | ISOLATE
    | st.sampled_from("\u202c\u2069"),
    max_size=30,
).map(" ".join)


def cut_to(text: str, room: int, measure: Measure) -> str:
    return trim(text, lambda cut: measure(cut) <= room)


def kept(text: str, cut: str) -> int:
    """How many code points of `text` stand in `cut`."""
    bare = cut.rstrip("\u202c\u2069")
    return len(bare) if text.startswith(bare) else len(cut[: cut.rindex("…")].rstrip(" "))


@promise(text=texts, room=rooms, measure=measures)
def test_every_cut_fits(text: str, room: int, measure: Measure) -> None:
    cut = cut_to(text, room, measure)
    assert measure(cut) <= room or cut == ""
    assert cut == text or measure(text) > room


@promise(text=texts, room=rooms, measure=measures)
def test_a_cut_is_the_same_each_time_and_never_cut_again(text: str, room: int, measure: Measure) -> None:
    cut = cut_to(text, room, measure)
    assert cut_to(text, room, measure) == cut
    assert cut_to(cut, room, measure) == cut


@promise(text=texts, room=rooms, more=st.integers(1, 20), measure=measures)
def test_more_room_never_makes_a_shorter_text(text: str, room: int, more: int, measure: Measure) -> None:
    assert measure(cut_to(text, room, measure)) <= measure(cut_to(text, room + more, measure))


@promise(text=texts, room=rooms, measure=measures)
def test_no_grapheme_is_broken(text: str, room: int, measure: Measure) -> None:
    ends = {0, *(found.end() for found in regex.finditer(r"\X", text))}
    assert kept(text, cut_to(text, room, measure)) in ends


@promise(text=spaced, room=rooms, measure=measures)
def test_no_url_tag_mention_emoji_or_number_with_its_unit_is_broken(text: str, room: int, measure: Measure) -> None:
    place = kept(text, cut_to(text, room, measure))
    for whole in WHOLE:
        start = text.find(whole)
        while start >= 0:
            assert not start < place < start + len(whole), whole
            start = text.find(whole, start + 1)


@promise(text=anything, room=rooms, measure=measures)
def test_no_cut_falls_beside_a_space_that_does_not_break(text: str, room: int, measure: Measure) -> None:
    cut = cut_to(text, room, measure)
    if cut and cut != text:
        place = kept(text, cut)
        place -= text[place - 1] == "…"  # which may as well be the cut's own
        around = text[max(0, place - 1) : place + 1]
        glue = "\u00a0\u202f\u2060"
        assert not any(one in glue for one in around) or regex.search(
            rf"[{glue}]+[ \n\r\t\u200b]|[ \n\r\t\u200b][{glue}]+", text
        )


@promise(quote=quoted, room=rooms, measure=measures)
def test_quotation_marks_and_brackets_stay_balanced(quote: tuple[str, str], room: int, measure: Measure) -> None:
    (opens, closes), text = quote
    cut = cut_to(text, room, measure)
    assert cut.count("(") == cut.count(")")
    assert cut.count("[") == cut.count("]")
    assert cut.count(opens) == cut.count(closes)
    assert opens != closes or cut.count(opens) % 2 == 0


@promise(text=turned | anything, room=rooms, measure=measures)
def test_no_change_of_direction_is_left_open(text: str, room: int, measure: Measure) -> None:
    cut = cut_to(text, room, measure)
    if cut != text:
        assert not left_turned(cut)
        assert not cut.endswith(("\u200e", "\u200f", "\u061c"))


def left_turned(text: str) -> list[str]:
    """The embeddings and isolates that are open at the end (UAX #9, rules X1 to X8)."""
    stack: list[str] = []
    for mark in text:
        if mark in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068":
            stack.append(mark)
        elif mark == "\u202c" and stack and stack[-1] in "\u202a\u202b\u202d\u202e":
            stack.pop()
        elif mark == "\u2069" and any(opened in "\u2066\u2067\u2068" for opened in stack):
            while stack.pop() not in "\u2066\u2067\u2068":
                pass
    return stack


@promise(text=spaced, room=rooms, measure=measures)
def test_what_is_not_cut_after_a_sentence_ends_in_one_ellipsis_behind_a_word(text: str, room: int, measure: Measure) -> None:
    cut = cut_to(text, room, measure)
    if cut and not text.startswith(cut):
        assert regex.search(r"[^\s….,;:–—(\[{«“„‘·&] ?…[\p{P}\p{S}\s\u202c\u2069]*$", cut)
