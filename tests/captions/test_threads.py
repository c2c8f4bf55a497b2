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
        (["Fog came to the valley, and stayed"], 34, 9, LINK, ["Fog came to the valley, and stayed", LINK]),
        (["Fog came to us. It stayed."], 35, 9, LINK, ["Fog came to us.", f"It stayed.\n\n{LINK}"]),
        ([], 40, 3, LINK, [LINK]),
        ([], 40, 3, "", []),
        (["https://example.org/a-long-way"], 10, 3, "", []),
        (["Before.", "https://example.org/a-long-way", "After."], 15, 9, "", ["Before.", "After."]),
        (["Before.", "https://example.org/a-long-way and after."], 15, 2, "", ["Before.", "and after."]),
        (["https://example.org/ and on"], 20, 9, "", ["https://example.org/", "and on"]),
    ],
)
def test_where_a_thread_is_divided(paragraphs: list[str], room: int, most: int, ending: str, parts: list[str]) -> None:
    assert split(paragraphs, lambda text: len(text) <= room, most, ending).parts == parts


@pytest.mark.parametrize(
    ("paragraphs", "room", "most", "made"),
    [
        (["Fog came.", "It stayed."], 40, 1, (["Fog came.\n\nIt stayed."], "", ())),
        (["Fog came.", "It stayed and it went."], 12, 2, (["Fog came.", "It stayed…"], "and it went.", ())),
        (["Fog came.", "It stayed."], 12, 1, (["Fog came. …"], "It stayed.", ())),
        (["One of fog. Two of it. Three."], 24, 1, (["One of fog. Two of it. …"], "Three.", ())),
        (["Fog.", f"{LINK} fog"], 10, 3, (["Fog.", "fog"], "", (LINK,))),
        (["日本語。", "日本語です、そして日本語"], 6, 2, (["日本語。", "日本語です…"], "そして日本語", ())),
    ],
)
def test_what_no_post_tells_is_known(paragraphs: list[str], room: int, most: int, made: tuple[object, ...]) -> None:
    assert split(paragraphs, lambda text: len(text) <= room, most) == made


def test_what_the_ending_leaves_no_room_for_is_left() -> None:
    made = split(["Fogbound."], lambda text: len(text) <= len(LINK), 1, LINK)
    assert made == ([LINK], "Fogbound.", ())


@pytest.mark.parametrize(
    ("whole", "room", "parts"),
    [
        ("It rained for an hour approx. and then it snowed", 29, ["It rained for an hour approx…", "and then it snowed"]),
        ("Fog came to us all — and it stayed", 20, ["Fog came to us all…", "and it stayed"]),
        ("The river lay still “as glass” for days", 21, ["The river lay still…", "“as glass” for days"]),
        ("The river fell in August -5 cm", 27, ["The river fell in August…", "-5 cm"]),
        ("Pack for the day.\n– One apple. – Two pears.", 32, ["Pack for the day.\n– One apple.", "Two pears."]),
        ("Pack for the day.\n– One apple.", 20, ["Pack for the day.", "– One apple."]),
    ],
)
def test_no_post_begins_with_marks_that_a_cut_left(whole: str, room: int, parts: list[str]) -> None:
    assert split([whole], lambda text: len(text) <= room, 9).parts == parts


words = st.sampled_from(["fog", "came.", "It", "stayed,", "though;", "“so”", "日本語。", "👩‍👩‍👧", "e\u0301té", "12 km"])
paragraphs = st.lists(st.lists(words, min_size=1, max_size=40).map(" ".join), max_size=8)


@given(paragraphs=paragraphs, room=st.integers(40, 200), ending=st.sampled_from(["", LINK]))
def test_nothing_is_lost_while_there_are_posts_enough(paragraphs: list[str], room: int, ending: str) -> None:
    made = split(paragraphs, lambda text: len(text) <= room, 1000, ending).parts
    assert all(len(part) <= room for part in made)
    assert not ending or made[-1].endswith(ending)
    told = "".join(made).removesuffix(ending)
    letters = regex.compile(r"[\s….,;:”]+")
    assert letters.sub("", told) == letters.sub("", "".join(paragraphs))


@given(paragraphs=paragraphs, room=st.integers(40, 200), most=st.integers(1, 4), ending=st.sampled_from(["", LINK]))
def test_a_thread_never_has_more_posts_than_asked_for(paragraphs: list[str], room: int, most: int, ending: str) -> None:
    made = split(paragraphs, lambda text: len(text) <= room, most, ending).parts
    assert len(made) <= most and all(len(part) <= room for part in made)
    assert not ending or (sum(ending in part for part in made) == 1 and made[-1].endswith(ending))


def test_a_summary_that_opens_the_body_is_told_once() -> None:
    body = "Fog came. It stayed.\n\nIt went."
    assert rest_of(body, "Fog came.  It stayed.") == ["It went."]
    assert rest_of(body, "Fog came.") == ["It stayed.", "It went."]
    assert rest_of(body, "Fog came. It…") == ["stayed.", "It went."]
    assert rest_of(body, "Fog came. It stayed. It went.") == []
    assert rest_of(body, "In the…") == ["Fog came. It stayed.", "It went."]
    assert rest_of(body, "Fog cam") == ["Fog came. It stayed.", "It went."]
    assert rest_of(body, "") == ["Fog came. It stayed.", "It went."]
    assert rest_of("", "Fog.") == []


def test_what_stands_before_the_summary_is_still_told_and_no_sentence_is_torn_apart() -> None:
    body = "Hello and welcome back.\n\nFog came. It stayed for days.\n\nIt went."
    assert rest_of(body, "Fog came. It stayed for days.") == ["Hello and welcome back.", "It went."]
    assert rest_of(body, "Fog came.") == ["Hello and welcome back.", "It stayed for days.", "It went."]
    assert rest_of(body, "Fog came. It stayed…") == ["Hello and welcome back.", "It stayed for days.", "It went."]
    assert rest_of(body, "Fog…") == body.split("\n\n")


def test_a_cut_with_closing_marks_ends_what_was_told() -> None:
    assert rest_of("He said: “No way at all.” And left.", "He said: “No way…”") == ["at all.” And left."]
    assert rest_of("See https://a.example/x_(y) for more.", "See https://a.example/x_(y) …") == ["for more."]


def test_a_summary_from_far_down_is_told_in_its_place() -> None:
    paragraphs = [f"Paragraph {number}." for number in range(1, 9)]
    assert rest_of("\n\n".join(paragraphs), "Paragraph 8.") == paragraphs
