"""Cuts fall after sentences, else between words, else between graphemes; what is whole stays whole."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from socialbot.captions.trimming import trim


def to(text: str, room: int) -> str:
    return trim(text, lambda cut: len(regex.findall(r"\X", cut)) <= room)


@pytest.mark.parametrize(
    ("text", "room", "cut"),
    [
        ("Short enough.", 20, "Short enough."),
        ("Fog came. It stayed all day long.", 12, "Fog came."),
        ("Fog came. It stayed all day long.", 24, "Fog came. It stayed all…"),
        ("Dr. Fog came late. He went early.", 22, "Dr. Fog came late."),
        ("It costs 3.5 million euros in total.", 14, "It costs 3.5…"),
        ("See No. 5 of the list for more.", 13, "See No. 5 of…"),
        ("One, two, three", 6, "One…"),
        ("“Fog,” she said. “It came.”", 18, "“Fog,” she said."),
        ("霧が出た。山は見えない。朝は静かだ。", 12, "霧が出た。山は見えない。"),
        ("霧が出て山がまったく見えない朝だった", 8, "霧が出て山がま…"),
        ("Read https://example.org/a-long-path now", 20, "Read…"),
        ("Hello #photography friends", 12, "Hello…"),
        ("Read https://example.org/a now, or never", 28, "Read https://example.org/a …"),
        ("She met Dr. Fog at the lake.", 14, "She met Dr…"),
        ("It was the No. 5 seed.", 15, "It was the No…"),
        ("a bcdefghijklmnopqrstuvwxyz", 12, "a bcdefghij…"),
        ("abcdefghijkl", 5, "abcd…"),
        ("", 5, ""),
        ("abc", 0, ""),
    ],
)
def test_where_an_editor_would_cut(text: str, room: int, cut: str) -> None:
    assert to(text, room) == cut


def test_what_lies_behind_the_window_is_not_looked_at() -> None:
    assert trim("word " * 1_000_000, lambda cut: True, window=12) == "word word…"


words = st.lists(
    st.sampled_from(
        [
            "fog",
            "Fog came.",
            "e.g.",
            "3.5 m",
            "👩‍👩‍👧",
            "🇩🇪",
            "naïve",
            "e\u0301te\u0301",
            "日本語。",
            "مرحبا",
            "สวัสดี",
            "#MorningFog",
            "https://example.org/x?y=1",
            "@alice",
            "“so”",
            "\n\n",
            "—",
            "a" * 40,
        ]
    ),
    max_size=30,
).map(" ".join)


@given(text=words | st.text(max_size=200), room=st.integers(0, 120))
def test_every_cut_fits_and_breaks_nothing(text: str, room: int) -> None:
    cut = to(text, room)
    assert len(regex.findall(r"\X", cut)) <= room or cut == ""
    assert to(text, room) == cut
    assert to(cut, room) == cut
    if cut and cut != text:
        kept = cut.removesuffix("…").removesuffix(" ")
        assert text.startswith(kept)
        clusters = regex.findall(r"\X", text)
        assert kept.rstrip() in {"".join(clusters[:n]).rstrip() for n in range(len(clusters) + 1)}, "inside a grapheme"
        for whole in regex.finditer(r"https://\S+|(?<!\S)#\w+", text):
            assert not whole.start() < len(kept) < whole.end() - 1 or kept.endswith(whole[0].rstrip(".,")), (
                "inside a URL or tag"
            )
