"""A filter takes any text, and what holds the places of link and label comes through."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from socialbot.captions.filters import FILTERS, trim_to
from socialbot.captions.tidying import LABEL, LINK

ONE_WORD: dict[str, Callable[[str], object]] = {
    name: (lambda text: trim_to(text, 20)) if name == "trim_to" else call for name, call in FILTERS.items()
}
texts = st.text(st.characters() | st.sampled_from("*_~`[](){}<>!#.&;\n\\|'\" \ufdd0\ufdd1"), max_size=200)


@settings(max_examples=500, deadline=None)
@given(text=texts, name=st.sampled_from(sorted(FILTERS)))
def test_a_filter_never_fails_and_never_loses_a_marker(text: str, name: str) -> None:
    made = ONE_WORD[name](text)
    assert isinstance(made, str)
    assert {marker for marker in (LINK, LABEL) if marker in text} == {marker for marker in (LINK, LABEL) if marker in made}
    if name == "plain":
        assert "\n" not in made
    if name == "trim_to":
        assert len(regex.findall(r"\X", made.replace(LINK, "").replace(LABEL, ""))) <= 20


@pytest.mark.parametrize("name", sorted(FILTERS))
@pytest.mark.parametrize(
    "text", ["", LABEL, f"{LINK}\n{LABEL}", "\ud800", "<!--" * 1000, "[](" * 1000, "." * 1000 + "x", "*a " * 1000, "\x00"]
)
def test_a_filter_takes_the_oddest_text(name: str, text: str) -> None:
    made = ONE_WORD[name](text)
    assert all(marker in str(made) for marker in (LINK, LABEL) if marker in text)
