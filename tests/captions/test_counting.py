"""Lengths as the networks count them. Vectors: the networks' pages and, for X, twitter-text's own parser, recomputed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import get_args

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from socialbot.captions import UNIT_NAMES, fits, measure
from socialbot.captions.counting import _PLAIN, of_title
from socialbot.captions.forms import little_text
from socialbot.captions.spans import find_spans
from socialbot.captions.x_links import x_urls
from socialbot.nouns import Caption, Limits, Unit

GRAPHEMES = Limits("graphemes", 300, 4, 1_000_000, 2000, "square", "a test", date(2026, 11, 21), max_text_bytes=3000)
PLAIN = replace(GRAPHEMES, max_text_bytes=None)
MASTODON = replace(PLAIN, unit="mastodon", max_text=500, url_length=23)
UTF_16 = replace(PLAIN, unit="utf-16", max_text=2000)
X = replace(PLAIN, unit="x", max_text=280, url_length=23)
THREADS = replace(PLAIN, unit="threads", max_text=500)
LITTLE = replace(PLAIN, unit="little", max_text=3000)
FAMILY = "👨‍👩‍👧‍👦 Hej @alice@example.social läs https://example.org/2026/11/a-very-long-article-slug?x=1 #AI"
CLUSTER = regex.compile(r"\X")

scripts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
pieces = st.sampled_from(
    [
        *("fog", " ", "\n", "\r\n", "“", "”", "—", "…", "’", "•", "→", "é", "e\u0301", "ж", "日本語", "かな", "각", "ᄀ", "ᆨ"),
        *(
            "©",
            "®",
            "™",
            "☺",
            "☺\ufe0f",
            "❤\ufe0f",
            "👍🏽",
            "👩\u200d👩\u200d👧",
            "🇩🇪",
            "🇩",
            "1\ufe0f\u20e3",
            "\u200d",
            "\ufe0f",
            "🏽",
        ),
        *("क्षि", "שּׁ", "مرحبا", "ไทย", "\u202e", "\u0600", "\u093f", "👁\u200d🗨", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🧑🏻\u200d🤝\u200d🧑🏿", "🫶🏽"),
        *("https://example.com/a_(b)?c=d#e", "http://", "example.com", ".com", ".", "-", "_", "/", "t.co/x", "a@b.example"),
        *(
            "#tag",
            "#",
            "@bob",
            "@bob@example.social",
            "(",
            ")",
            "*",
            "\\",
            "{x|y}",
            ".みんな",
            ":80",
            "?q=1",
            "中国",
            ".中国",
            "!",
        ),
    ]
)
texts = st.lists(pieces | scripts, max_size=12).map("".join)


@pytest.mark.parametrize(
    ("limits", "length"),
    [
        (MASTODON, 44),
        (replace(MASTODON, url_length=None), 92 - len("@example.social")),
        (PLAIN, 92),
        (replace(PLAIN, unit="code points"), 98),
        (UTF_16, 102),
        (replace(PLAIN, unit="bytes"), 117),
        (THREADS, 116),
    ],
)
def test_one_string_counted_in_every_way(limits: Limits, length: int) -> None:
    assert measure(FAMILY, limits) == length


@pytest.mark.parametrize(
    ("text", "graphemes", "code_points", "utf_16", "utf_8"),
    [
        ("é", 1, 1, 1, 2),
        ("e\u0301", 1, 2, 2, 3),
        ("👍", 1, 1, 2, 4),
        ("👍🏽", 1, 2, 4, 8),
        ("👩‍👩‍👧", 1, 5, 8, 18),
        ("🇩🇪", 1, 2, 4, 8),
        ("中文", 2, 2, 2, 6),
        ("", 0, 0, 0, 0),
        ("a\r\nb", 3, 4, 4, 4),
        ("“a” —\r\n", 6, 7, 7, 13),
        ("\ud800", 1, 1, 1, 3),
    ],
)
def test_clusters_and_units(text: str, graphemes: int, code_points: int, utf_16: int, utf_8: int) -> None:
    units: list[Unit] = ["graphemes", "code points", "utf-16", "bytes"]
    assert [measure(text, replace(PLAIN, unit=unit)) for unit in units] == [graphemes, code_points, utf_16, utf_8]


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


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        *(
            ("", 0),
            ("a", 1),
            ("e\u0301", 1),
            ("…", 2),
            ("—", 1),
            ("’“", 2),
            ("€", 2),
            ("•", 2),
            ("→", 2),
            ("\xa0", 1),
            ("\n", 1),
        ),
        *(
            ("日本", 4),
            ("👋", 2),
            ("👍🏽", 2),
            ("👨‍👩‍👧‍👦", 2),
            ("1⃣", 2),
            ("🇫🇷", 2),
            ("©", 2),
            ("™", 2),
            ("🇦🇧", 4),
            ("👩‍🎓‍👩", 5),
        ),
        *(
            ("https://example.com/very/long?x=1#f", 23),
            ("example.com", 23),
            ("example.com.", 24),
            ("(https://example.com)", 25),
        ),
        *(("foo@example.com", 15), ("a.b", 3), ("v1.0", 4), ("socialbot.py", 23), ("https://localhost:8000/x", 24)),
        *(("http://münchen.de/x", 23), ("https://x.y", 11), ("日本example.com中国", 4 + 23 + 4), ("a.com b.com", 47)),
        ("https://example.com/" + "a" * 4100, 4120),
    ],
)
def test_x_weighs_as_twitter_text_does(text: str, weight: int) -> None:
    assert measure(text, X) == weight


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("read example.com/a?b=c#d, now", ["example.com/a?b=c#d"]),
        ("https://example.com/a_(b)!", ["https://example.com/a_(b)"]),
        ("日本語example.com、", ["example.com"]),
        ("me@example.com #example.com $example.com -example.com e.g. v1.0 a.b", []),
        ("https://t.co/abc/more", ["https://t.co/abc"]),
        ("foo.com日bar.com/x", ["foo.com", "bar.com/x"]),
        ("example.com?x=1", ["example.com"]),
        ("https://example.com/日本", ["https://example.com/"]),
    ],
)
def test_links_on_x_are_told_where_they_stand(text: str, links: list[str]) -> None:
    assert [text[start:end] for start, end in x_urls(text)] == links


@pytest.mark.parametrize(
    ("text", "on_the_wire"),
    [
        ("a (b)", r"a \(b\)"),
        ("x_y #ai", r"x\_y #ai"),
        ("me@ex.com", r"me\@ex.com"),
        (r"C:\d", r"C:\\d"),
        ("{x|y}", r"\{x\|y\}"),
        ("#fog, #H&M #1 a#b", r"#fog, \#H&M \#1 a\#b"),
        ("👍 *", r"👍 \*"),
    ],
)
def test_linkedin_is_counted_as_it_travels(text: str, on_the_wire: str) -> None:
    assert measure(text, LITTLE) == measure(on_the_wire, UTF_16)


@pytest.mark.parametrize(
    ("text", "length"), [("☺", 3), ("©", 2), ("1⃣", 4), ("🇩🇪", 8), ("👍🏽!", 9), ("e\u0301", 2), ("日本", 2)]
)
def test_threads_counts_emoji_in_bytes_and_nothing_else(text: str, length: int) -> None:
    assert measure(text, THREADS) == length


def test_bluesky_has_a_second_limit_in_bytes() -> None:
    family = "👨‍👩‍👧‍👦"  # one grapheme, 25 bytes
    assert fits(family * 120, GRAPHEMES)
    assert not fits(family * 121, GRAPHEMES)
    assert measure(family * 121, GRAPHEMES) == 121


def test_a_title_is_counted_by_its_own_limits() -> None:
    limits = of_title(replace(GRAPHEMES, max_title=3, title_unit="code points"))
    assert limits and fits("fog" * 1, limits) and not fits("e\u0301e\u0301", limits)
    assert of_title(GRAPHEMES) is None


def test_every_unit_is_counted_and_has_a_name() -> None:
    assert set(UNIT_NAMES) == set(get_args(Unit))
    for unit in get_args(Unit):
        assert measure("\ud800 \udfff #a.com", replace(PLAIN, unit=unit)) > 0


@pytest.mark.parametrize("limits", [PLAIN, MASTODON, X, THREADS, LITTLE], ids=lambda limits: limits.unit)
def test_a_hostile_text_is_counted_to_its_end(limits: Limits) -> None:
    """Each of these takes a pattern that tries again minutes or hours."""
    for text in ("a.", "https://a.", "https://a-", "a.com/(", "@a.", "#a(", "&_", "e\u0301", "日a.com_."):
        length = measure(text * 20_000, limits)
        assert length > limits.max_text and not fits(text * 20_000, limits), text


def test_what_is_counted_by_length_is_each_a_cluster_of_its_own_and_no_emoji() -> None:
    joining = regex.compile(
        r"[\p{GCB=CR}\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}\p{GCB=Prepend}\p{GCB=RI}\p{GCB=L}\p{GCB=V}\p{GCB=T}"
        r"\p{Extended_Pictographic}]"
    )
    plain = re.compile(f"[{_PLAIN}]")
    every = map(chr, range(0x110000))
    assert [character for character in every if plain.match(character) and joining.match(character)] == []


@given(texts)
def graphemes_are_unicodes_clusters(text: str) -> None:
    assert measure(text, PLAIN) == len(CLUSTER.findall(text))


@given(st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0xFFFF).filter(re.compile(f"[{_PLAIN}\r]").match)))
def plain_characters_are_clusters_of_their_own(text: str) -> None:
    assert measure(text, PLAIN) == len(CLUSTER.findall(text)) == len(text) - text.count("\r\n")


@given(texts)
def threads_counts_clusters_with_an_emoji_in_bytes(text: str) -> None:
    emoji = regex.compile(r"[\p{Extended_Pictographic}\p{Regional_Indicator}\u20e3]")
    counted = (len(one.encode()) if emoji.search(one) else len(one) for one in CLUSTER.findall(text))
    assert measure(text, THREADS) == sum(counted)


@given(texts)
def x_weighs_what_twitter_texts_parser_weighs(text: str) -> None:
    """But for four letters that its Python port takes for ASCII where case is ignored, and twitter-text does not."""
    parser = pytest.importorskip("twitter_text")
    text = text.translate(dict.fromkeys(map(ord, "İıſK")))
    assert measure(text, X) == parser.parse_tweet(text).weightedLength


@given(texts)
def linkedin_never_travels_longer_than_counted(text: str) -> None:
    for escape_urls in (True, False):
        on_the_wire = little_text(Caption(text, 0, 0, "little", find_spans(text, None)), escape_urls)
        assert measure(on_the_wire, UTF_16) <= measure(text, LITTLE)


@given(texts)
def units_keep_their_order(text: str) -> None:
    ordered: list[Unit] = ["graphemes", "code points", "utf-16", "bytes"]
    lengths = [measure(text, replace(PLAIN, unit=unit)) for unit in ordered]
    assert lengths == sorted(lengths)


PROPERTIES = [
    graphemes_are_unicodes_clusters,
    plain_characters_are_clusters_of_their_own,
    threads_counts_clusters_with_an_emoji_in_bytes,
    x_weighs_what_twitter_texts_parser_weighs,
    linkedin_never_travels_longer_than_counted,
    units_keep_their_order,
]


@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: str(holds.__name__))
def test_for_all_texts(holds: Callable[[], None]) -> None:
    settings(max_examples=500, deadline=None)(holds)()


@pytest.mark.slow
@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: str(holds.__name__))
def test_for_very_many_texts(holds: Callable[[], None]) -> None:
    settings(max_examples=20_000, deadline=None)(holds)()
