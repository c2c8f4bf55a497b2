"""What must not be cut: the first detector that finds anything is believed; one that fails costs no more than a sentence."""

from __future__ import annotations

import math
import tomllib
from importlib.metadata import EntryPoint
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from socialbot.pictures import subject
from socialbot.pictures.faces import heads
from socialbot.pictures.subject import GROUP, MOST_BOXES, OURS, Boxes, Found, subjects
from tests.pictures.specimens import quarters

PICTURE = quarters(600, 400)
DOG, BIRD = (100.0, 50.0, 300.0, 350.0), (500.0, 10.0, 540.0, 40.0)
FAILED = 'the subject detector "{}" failed and was passed over: {}'


def dogs(picture: Image.Image) -> Boxes:
    return (DOG,)


def birds(picture: Image.Image) -> Any:
    return np.array([BIRD, DOG], np.float32)


def wolves(picture: Image.Image) -> Boxes:
    return (DOG,)


def nobody(picture: Image.Image) -> Boxes:
    return ()


def broken(picture: Image.Image) -> Boxes:
    raise MemoryError("out of\nvideo memory")


def silent(picture: Image.Image) -> None:
    raise KeyError


def speechless(picture: Image.Image) -> None:
    return None


def endless(picture: Image.Image) -> Any:
    return ((float(number % 500), 0.0, number % 500 + 1 + number / 1e6, 9.0) for number in count())


def boundless(picture: Image.Image) -> Boxes:
    return ((0.0, 0.0, math.nan, 5.0),)


def points(picture: Image.Image) -> Any:
    return [(3, 4)]


def painter(picture: Image.Image) -> Boxes:
    ImageDraw.Draw(picture).rectangle((0, 0, 600, 400), fill="white")
    return ()


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Any:
    def installed(*values: str) -> None:
        points = tuple(
            EntryPoint(value.split(":")[-1], value if ":" in value else f"{__name__}:{value}", GROUP) for value in values
        )
        monkeypatch.setattr(subject, "_installed", lambda: points)

    return installed


def test_without_a_detector_nothing_is_found(install: Any) -> None:
    install()
    assert subjects(PICTURE) == Found()


def test_the_first_that_finds_anything_is_believed_and_ours_is_asked_last(
    install: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socialbot.pictures.faces.heads", lambda picture: (BIRD,))
    install(OURS, "nobody", "wolves")
    assert subjects(PICTURE) == Found((DOG,))
    install(OURS, "nobody")
    assert subjects(PICTURE) == Found((BIRD,))


def test_ours_is_registered_where_the_owners_detectors_are() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["entry-points"][GROUP] == {"faces": OURS}
    assert EntryPoint("faces", OURS, GROUP).load() is heads


def test_boxes_come_largest_first_whatever_kind_of_numbers_they_are(install: Any) -> None:
    install("birds")
    assert subjects(PICTURE) == Found((DOG, BIRD))


@pytest.mark.parametrize(
    ("detector", "told"),
    [
        ("broken", "out of video memory"),
        ("silent", "KeyError"),
        ("speechless", "'NoneType' object is not iterable"),
        ("boundless", "a box without bounds: 0.0, 0.0, nan, 5.0"),
        ("points", "not enough values to unpack (expected 4, got 2)"),
        ("uninstalled:dogs", "No module named 'uninstalled'"),
        ("no_such_thing", f"module '{__name__}' has no attribute 'no_such_thing'"),
    ],
)
def test_a_detector_that_fails_is_passed_over_with_a_sentence(install: Any, detector: str, told: str) -> None:
    install(detector)
    assert subjects(PICTURE) == Found((), (FAILED.format(detector.split(":")[-1], told),))


def test_the_next_detector_is_asked_after_one_that_failed(install: Any) -> None:
    install("broken", "dogs")
    assert subjects(PICTURE) == Found((DOG,), (FAILED.format("broken", "out of video memory"),))


def test_an_endless_answer_is_cut_short(install: Any) -> None:
    install("endless")
    assert len(subjects(PICTURE).boxes) == MOST_BOXES


def test_a_detector_cannot_paint_on_the_picture(install: Any) -> None:
    install("painter")
    before = PICTURE.tobytes()
    assert subjects(PICTURE) == Found()
    assert PICTURE.tobytes() == before


numbers = st.floats(-1e6, 1e6) | st.integers(-1000, 1000) | st.floats()


@settings(max_examples=500)
@given(st.lists(st.tuples(numbers, numbers, numbers, numbers), max_size=80))
def test_whatever_a_detector_answers_the_boxes_lie_in_the_picture(answer: list[tuple[float, float, float, float]]) -> None:
    try:
        boxes = subject._within((600, 400), answer)
    except ValueError:
        assert not all(math.isfinite(side) for box in answer for side in box)
        return
    assert len(boxes) <= MOST_BOXES
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= 600
        assert 0 <= top < bottom <= 400
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in boxes]
    assert areas == sorted(areas, reverse=True)
