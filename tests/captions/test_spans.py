"""What is live in a caption: found whole, at its place."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socialbot.captions import find_spans
from socialbot.captions.spans import apart
from socialbot.nouns import Span


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://example.org.", ["https://example.org"]),
        ("(https://example.org/a_(b))", ["https://example.org/a_(b)"]),
        ("#fog, #Mist!", ["fog", "Mist"]),
        ("(#fog) “#fog” ＃fog\n#fog…", ["fog", "fog", "fog"]),
        ("#fog_ #f_o·g_! #2026fog", ["fog", "f_o·g", "2026fog"]),
        ("a#b #1 # #H&M #1_2 ##fog #fog#mist", []),
        ("no link: example.org", []),
        ("“https://example.org/x”", ["https://example.org/x"]),
        ("https://example.org/#fog and https://example.org/(#fog)", ["https://example.org/#fog", "https://example.org/(#fog)"]),
        ("#fog https://example.org #mist", ["fog", "https://example.org", "mist"]),
    ],
)
def test_links_and_tags(text: str, found: list[str]) -> None:
    assert [span.value for span in find_spans(text, None)] == found


def test_our_own_link_ends_where_we_know_it_ends() -> None:
    link = "https://example.org/what?"
    (span,) = find_spans(f"Read {link}\n#fog"[: len(link) + 5], link)
    assert span.value == link


def test_the_vector_of_the_official_library() -> None:
    text = "✨ example mentioning @atproto.com to share the URL 👨‍❤️‍👨 https://en.wikipedia.org/wiki/CBOR."
    (span,) = find_spans(text, None)
    assert (len(text[: span.start].encode()), len(text[: span.end].encode())) == (74, 108)


@settings(max_examples=500)
@given(
    st.lists(
        st.sampled_from(["https://a.b", "#", "＃", "fog", "é", "1", "_", "·", " ", "\n", "(", ")", "/", ".", ":", "👍"])
    ).map("".join)
)
def test_spans_slice_back_and_never_overlap(text: str) -> None:
    spans = find_spans(text, None)
    for span in spans:
        shown = text[span.start : span.end]
        assert shown == span.value if span.kind == "link" else shown in (f"#{span.value}", f"＃{span.value}")
    assert all(before.end <= after.start for before, after in pairwise(spans))


def test_spans_are_set_apart_in_order() -> None:
    inner, outer, after = Span("tag", 3, 5, "a"), Span("link", 1, 9, "b"), Span("tag", 9, 11, "c")
    assert list(apart([after, inner, outer])) == [outer, after]


def test_long_runs_of_punctuation_are_no_trouble() -> None:
    assert find_spans("#" + "!" * 500_000 + "a #fog" + "!" * 500_000, None)[0].value == "fog"
