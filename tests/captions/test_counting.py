"""Lengths as the networks count them. Vectors: appendix A of the notes on the fediverse and Bluesky, recomputed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from socialbot.captions import fits, measure
from socialbot.nouns import Limits

GRAPHEMES = Limits("graphemes", 300, 4, 1_000_000, 2000, "square", "a test", date(2026, 11, 21), max_text_bytes=3000)
MASTODON = replace(GRAPHEMES, unit="mastodon", max_text=500, max_text_bytes=None, url_length=23)
UTF_16 = replace(GRAPHEMES, unit="utf-16", max_text=2000, max_text_bytes=None)
FAMILY = "👨‍👩‍👧‍👦 Hej @alice@example.social läs https://example.org/2026/11/a-very-long-article-slug?x=1 #AI"


@pytest.mark.parametrize(
    ("limits", "length"),
    [(MASTODON, 44), (replace(MASTODON, url_length=None), 92 - len("@example.social")), (GRAPHEMES, 92), (UTF_16, 102)],
)
def test_one_string_counted_in_every_way(limits: Limits, length: int) -> None:
    assert measure(FAMILY, limits) == length


@pytest.mark.parametrize(
    ("text", "graphemes", "utf_16"),
    [
        ("é", 1, 1),
        ("e\u0301", 1, 2),
        ("👍🏽", 1, 4),
        ("👩‍👩‍👧", 1, 8),
        ("🇩🇪", 1, 4),
        ("中文", 2, 2),
        ("", 0, 0),
        ("a\r\nb", 3, 4),
    ],
)
def test_clusters_and_units(text: str, graphemes: int, utf_16: int) -> None:
    assert (measure(text, GRAPHEMES), measure(text, UTF_16)) == (graphemes, utf_16)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("https://example.org", 23),
        ("see https://example.org/a_(b).", 4 + 23 + 1),
        ("example.org/without-a-protocol", 30),
        ("@alice@example.social, hello", len("@alice, hello")),
        ("mail me@example.org", len("mail me@example.org")),
        ("https://localhost/a", len("https://localhost/a")),
        ("gluedtohttps://example.org/a-longer-path", len("gluedtohttps://example.org/a-longer-path")),
    ],
)
def test_mastodon_counts_urls_and_mentions_short(text: str, length: int) -> None:
    assert measure(text, MASTODON) == length


def test_bluesky_has_a_second_limit_in_bytes() -> None:
    family = "👨‍👩‍👧‍👦"  # one grapheme, 25 bytes
    assert fits(family * 120, GRAPHEMES)
    assert not fits(family * 121, GRAPHEMES)
    assert measure(family * 121, GRAPHEMES) == 121
