"""A thread tells its paragraphs in order, each post fitting, the ending last."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from socialbot.captions.threads import rest_of, split

LINK = "https://example.org/fog"


@pytest.mark.parametrize(
    ("paragraphs", "room", "most", "ending", "parts"),
    [
        (["Fog came."], 40, 3, "", ["Fog came."]),
        (["Fog came."], 40, 3, LINK, [f"Fog came.\n\n{LINK}"]),
        (["Fog came.", "It stayed."], 12, 3, "", ["Fog came.", "It stayed."]),
        (["Fog came over. It stayed all day."], 20, 3, "", ["Fog came over.", "It stayed all day."]),
        (["Fog came from the river", "It stayed."], 15, 9, "", ["Fog came from…", "the river", "It stayed."]),
        (["Fog came.", "It stayed and it went."], 12, 2, "", ["Fog came.", "It stayed…"]),
        (["Fog came.", "It stayed and it went."], 36, 2, LINK, ["Fog came.", f"It stayed…\n\n{LINK}"]),
        (["Fog came to the valley, and stayed"], 34, 9, LINK, ["Fog came to the valley, and…", f"stayed\n\n{LINK}"]),
        ([], 40, 3, LINK, [LINK]),
        ([], 40, 3, "", []),
        (["https://example.org/a-long-way"], 10, 3, "", []),
    ],
)
def test_where_a_thread_is_divided(paragraphs: list[str], room: int, most: int, ending: str, parts: list[str]) -> None:
    assert split(paragraphs, lambda text: len(text) <= room, most, ending) == parts


words = st.sampled_from(["fog", "came.", "It", "stayed,", "though;", "“so”", "日本語。", "👩‍👩‍👧", "e\u0301té", "12 km"])
paragraphs = st.lists(st.lists(words, min_size=1, max_size=40).map(" ".join), max_size=8)


@given(paragraphs=paragraphs, room=st.integers(40, 200), ending=st.sampled_from(["", LINK]))
def test_nothing_is_lost_while_there_are_posts_enough(paragraphs: list[str], room: int, ending: str) -> None:
    made = split(paragraphs, lambda text: len(text) <= room, 1000, ending)
    assert all(len(part) <= room for part in made)
    assert not ending or made[-1].endswith(ending)
    told = "".join(made).removesuffix(ending)
    letters = regex.compile(r"[\s…,;:”]+")
    assert letters.sub("", told) == letters.sub("", "".join(paragraphs))


@given(paragraphs=paragraphs, room=st.integers(40, 200), most=st.integers(1, 4), ending=st.sampled_from(["", LINK]))
def test_a_thread_never_has_more_posts_than_asked_for(paragraphs: list[str], room: int, most: int, ending: str) -> None:
    made = split(paragraphs, lambda text: len(text) <= room, most, ending)
    assert len(made) <= most and all(len(part) <= room for part in made)
    assert not ending or (sum(ending in part for part in made) == 1 and made[-1].endswith(ending))


def test_a_summary_that_opens_the_body_is_told_once() -> None:
    body = "Fog came. It stayed.\n\nIt went."
    assert rest_of(body, "Fog came.  It stayed.", "Fog came.  It stayed.") == ["It went."]
    assert rest_of(body, "Fog came. It stayed.", "Fog came.") == ["It stayed.", "It went."]
    assert rest_of(body, "Fog came. It stayed.", "Fog came. It…") == ["stayed.", "It went."]
    assert rest_of(body, "In the editor's words.", "In the…") == ["Fog came. It stayed.", "It went."]
    assert rest_of("", "Fog.", "Fog.") == []
