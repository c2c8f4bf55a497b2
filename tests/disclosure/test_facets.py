"""The orders are whole and say which value tells more; of several values the strongest is found, in whatever order."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socialbot.disclosure.facets import IMAGE, PERSON, TEXT, strongest
from socialbot.nouns import ImageFacet, PersonFacet, TextFacet
from socialbot.reading import ai_word

ORDERS = [TEXT, IMAGE, PERSON]


def test_the_orders_rise_from_nothing_known_to_all_by_ai() -> None:
    assert TEXT == ("unknown", "none", "assisted", "generated")
    assert IMAGE == ("unknown", "none", "possible", "edited", "composite", "generated")
    assert PERSON == ("unknown", "none", "real", "invented", "digital_twin")


def test_reading_ranks_two_words_of_an_author_as_evidence_is_ranked() -> None:
    # The two rooms may not import each other; both lean on the order in which the nouns name the values.
    assert get_args(TextFacet) == ai_word._TEXTS == TEXT
    assert get_args(ImageFacet) == ai_word._IMAGES == IMAGE
    assert get_args(PersonFacet) == ai_word._PERSONS == PERSON


@pytest.mark.parametrize("order", ORDERS)
def test_where_nothing_is_said_nothing_is_known(order: tuple[str, ...]) -> None:
    assert strongest(order, []) == "unknown"
    assert strongest(order, ["a word of the future"]) == "unknown"


@settings(max_examples=500)
@given(st.sampled_from(ORDERS).flatmap(lambda order: st.tuples(st.just(order), st.lists(st.sampled_from(order)))), st.randoms())
def test_the_strongest_is_one_of_them_and_none_is_stronger(drawn: tuple[tuple[str, ...], list[str]], chance: object) -> None:
    order, values = drawn
    found = strongest(order, values)
    assert all(order.index(found) >= order.index(value) for value in values)
    assert found in values or (not values and found == "unknown")
    chance.shuffle(values)  # type: ignore[attr-defined]
    assert strongest(order, values) == found
