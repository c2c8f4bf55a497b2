"""What is live in a caption: found whole, at its place."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialbot.captions import find_spans


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://example.org.", ["https://example.org"]),
        ("(https://example.org/a_(b))", ["https://example.org/a_(b)"]),
        ("#fog, #Mist!", ["fog", "Mist"]),
        ("a#b #1 # #H&M", []),
        ("no link: example.org", []),
        ("“https://example.org/x”", ["https://example.org/x"]),
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


@given(st.text(alphabet="ab #.()/:https…é👍\n", max_size=60))
def test_spans_slice_back_and_never_overlap(text: str) -> None:
    spans = find_spans(text, None)
    for span in spans:
        assert text[span.start : span.end] == ("#" if span.kind == "tag" else "") + span.value or text[span.start] == "＃"
    assert all(before.end <= after.start for before, after in pairwise(spans))
