"""From a site's tags to hashtags that can be read aloud."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialbot.captions import find_spans
from socialbot.captions.hashtags import make


@pytest.mark.parametrize(
    ("tags", "made"),
    [
        (["digital clones"], ["#DigitalClones"]),
        (["photography", "trending"], ["#photography"]),
        (["H&M"], ["#HM"]),
        (["AI-generated"], ["#AIGenerated"]),
        (["2025"], []),
        (["C++", "c"], ["#C"]),
        (["Fog", "fog", "FOG"], ["#Fog"]),
        (["#already"], ["#already"]),
        (["élan vital"], ["#ÉlanVital"]),
        (["夜景"], ["#夜景"]),
        (["&&&", ""], []),
        (["x" * 65], []),
    ],
)
def test_tags_become_hashtags(tags: list[str], made: list[str]) -> None:
    assert make(tags, "", 5) == made


def test_what_the_text_already_carries_is_not_repeated() -> None:
    assert make(["fog", "mist"], "Out in the #Fog today", 5) == ["#mist"]


def test_at_most_so_many() -> None:
    assert make(["a", "b", "c"], "", 2) == ["#a", "#b"]
    assert make(["a"], "", 0) == []


@given(st.lists(st.text(max_size=40), max_size=8))
def test_every_hashtag_is_found_whole_in_the_caption(tags: list[str]) -> None:
    made = make(tags, "", 8)
    found = [f"#{span.value}" for span in find_spans(" ".join(made), None)]
    assert found == made
