"""The subject stays in the frame, the frame has its exact shape, and an author's focal point is obeyed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from socialbot.nouns import Shape
from socialbot.pictures.cropping import (
    MAX_ENLARGEMENT,
    SHAPES,
    Composition,
    centre_of_mass,
    compose,
    frame_size,
    full_size,
    point_in_frame,
    render,
    size_within,
)
from socialbot.pictures.subject import Map, is_graphic, subject_map
from tests.pictures.specimens import noise, quarters

SHARED = Path(__file__).parents[2] / "../shared/crop-eval"
sizes = st.tuples(st.integers(20, 3000), st.integers(20, 3000))
shapes = st.sampled_from(list(SHAPES))
points = st.tuples(st.floats(0, 1), st.floats(0, 1))
maps = st.integers(0, 2**32 - 1).map(lambda seed: subject_like(np.random.default_rng(seed).random((12, 16)) ** 8))


def subject_like(weights: Map) -> Map:
    shares: Map = weights / weights.sum()
    return shares


def blob(across: float, down: float, columns: int = 80, rows: int = 53) -> Map:
    """A map with its subject in one place (fractions)."""
    y, x = np.mgrid[0:rows, 0:columns]
    return subject_like(np.exp(-(((x / columns - across) ** 2 + (y / rows - down) ** 2) / 0.004)))


def aspect(composition: Composition) -> float:
    left, top, right, bottom = composition.box
    return (right - left) / (bottom - top)


@given(size=sizes, shape=shapes, subject=maps, focal=st.none() | points, graphic=st.booleans())
def test_what_is_shown_lies_in_the_picture_and_a_crop_has_the_shape(
    size: tuple[int, int], shape: Shape, subject: Map, focal: tuple[float, float] | None, graphic: bool
) -> None:
    composition = compose(size, shape, subject, focal=focal, graphic=graphic)
    left, top, right, bottom = composition.box
    assert 0 <= left < right <= size[0]
    assert 0 <= top < bottom <= size[1]
    if not composition.fitted:
        assert aspect(composition) == pytest.approx(SHAPES[shape][0] / SHAPES[shape][1], rel=0.011)


@given(size=sizes, shape=shapes, focal=points, subject=maps)
def test_the_focal_point_is_always_inside_and_as_central_as_the_picture_allows(
    size: tuple[int, int], shape: Shape, focal: tuple[float, float], subject: Map
) -> None:
    composition = compose(size, shape, subject, focal=focal, graphic=True)
    assert not composition.fitted
    for at, length, low, high in zip(focal, size, composition.box[:2], composition.box[2:], strict=True):
        assert low - 1e-6 <= at * length <= high + 1e-6
        central = abs(at * length - (low + high) / 2) < 1e-6
        assert central or low < 1e-6 or high > length - 1e-6
    frame = frame_size(shape, composition, 1.0, None)
    assert all(0 <= fraction <= 1 for fraction in point_in_frame(focal, size, composition, frame))


@given(size=sizes, shape=shapes, subject=maps, reduction=st.floats(1, 9), max_pixels=st.none() | st.integers(20_000, 3_000_000))
def test_the_frame_has_the_exact_shape_and_enlarges_little(
    size: tuple[int, int], shape: Shape, subject: Map, reduction: float, max_pixels: int | None
) -> None:
    composition = compose(size, shape, subject)
    width, height = frame_size(shape, composition, reduction, max_pixels)
    full = SHAPES[shape]
    assert width * full[1] == height * full[0]
    assert width <= full[0]
    assert max_pixels is None or width * height <= max_pixels
    left, top, right, bottom = composition.box
    shown = min(width / (right - left), height / (bottom - top)) / reduction
    assert shown <= MAX_ENLARGEMENT + 1e-6 or (width, height) == size_within(shape, 0)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_picture_already_in_shape_is_not_cropped(shape: Shape) -> None:
    width, height = SHAPES[shape]
    for near in ((width * 2, height * 2), (width, round(height * 1.008))):
        assert compose(near, shape, blob(0.1, 0.1)).box == (0, 0, *near)


@pytest.mark.parametrize(("across", "side"), [(0.2, "left"), (0.8, "right")])
def test_the_crop_follows_the_subject(across: float, side: str) -> None:
    left, _, right, _ = compose((1500, 1000), "square", blob(across, 0.5)).box
    assert (left < 60) == (side == "left")
    assert (right > 1440) == (side == "right")


def test_a_subject_wider_than_the_window_is_fitted_and_not_cut() -> None:
    wide = subject_like(blob(0.15, 0.5) + blob(0.85, 0.5))
    composition = compose((1500, 1000), "portrait", wide)
    assert composition.fitted
    assert composition.box[0] < 0.15 * 1500
    assert composition.box[2] > 0.85 * 1500


def test_graphics_and_extreme_panoramas_are_shown_whole() -> None:
    for size, graphic in (((1500, 1000), True), ((5000, 1000), False)):
        assert compose(size, "square", blob(0.5, 0.5), graphic=graphic) == Composition((0, 0, *size), fitted=True)


def test_heads_are_kept_before_feet() -> None:
    tall = subject_like(np.ones((80, 20)))
    assert compose((500, 600), "square", tall) == Composition((0, 0, 500, 500))


def test_the_fitted_picture_stands_whole_in_the_middle_of_its_backdrop() -> None:
    picture = quarters(600, 400)
    for plain in (True, False):
        frame = render(picture, Composition((0, 0, 600, 400), fitted=True), (540, 540), plain=plain)
        shown = np.asarray(frame.crop((0, 90, 540, 450)).resize((60, 40))).astype(int)
        assert np.abs(shown - np.asarray(picture.resize((60, 40)))).mean() < 6
    assert frame.getpixel((270, 5)) != frame.getpixel((270, 100))


def test_a_plain_backdrop_has_the_colour_of_the_border() -> None:
    card = Image.new("RGB", (600, 300), (12, 34, 56))
    card.paste("white", (100, 100, 500, 200))
    frame = render(card, Composition((0, 0, 600, 300), fitted=True), (400, 400), plain=True)
    assert frame.getpixel((200, 5)) == (12, 34, 56)


def test_the_point_of_a_fitted_picture_lies_where_it_is_drawn() -> None:
    whole = Composition((0, 0, 600, 300), fitted=True)
    assert point_in_frame((0.0, 0.0), (600, 300), whole, (400, 400)) == (0.0, 0.25)
    assert point_in_frame((1.0, 0.5), (600, 300), whole, (400, 400)) == (1.0, 0.5)


def test_the_centre_of_mass_is_that_of_what_is_shown() -> None:
    both = subject_like(blob(0.2, 0.5) + 3 * blob(0.8, 0.5))
    across, down = centre_of_mass(both, (900, 600), (0, 0, 450, 600))
    assert across == pytest.approx(0.2, abs=0.02)
    assert down == pytest.approx(0.5, abs=0.02)


def test_a_pixel_limit_lowers_the_full_size() -> None:
    assert full_size("square", None) == (1080, 1080)
    assert full_size("square", 250_000) == (500, 500)


def test_the_map_finds_a_thing_before_a_plain_wall() -> None:
    wall = Image.new("RGB", (600, 400), (180, 180, 170))
    ImageDraw.Draw(wall).ellipse((390, 130, 520, 270), fill=(190, 40, 30))
    across, down = centre_of_mass(subject_map(wall), wall.size, (0, 0, 600, 400))
    assert across > 0.65
    assert 0.35 < down < 0.65


@pytest.mark.parametrize("picture", [Image.new("RGB", (300, 200)), Image.new("RGB", (2000, 200), "white"), noise(64, 64)])
def test_a_map_can_be_made_of_anything(picture: Image.Image) -> None:
    subject = subject_map(picture)
    assert subject.sum() == pytest.approx(1)
    assert subject.min() >= 0


def test_a_drawn_card_is_a_graphic_and_noise_is_not() -> None:
    card = Image.new("RGB", (600, 400), "navy")
    ImageDraw.Draw(card).text((40, 150), "Six words on one drawn card", fill="white", font_size=36)
    assert is_graphic(card)
    assert not is_graphic(noise(300, 300))


def kept(window: tuple[float, ...], subject: tuple[float, ...]) -> float:
    """The share of the subject's box that lies in the window."""
    across = max(0.0, min(window[2], subject[2]) - max(window[0], subject[0]))
    down = max(0.0, min(window[3], subject[3]) - max(window[1], subject[1]))
    return across * down / ((subject[2] - subject[0]) * (subject[3] - subject[1]))


@pytest.mark.skipif(not SHARED.exists(), reason="the shared photographs are not here")
def test_squares_of_real_photographs_keep_more_of_the_subject_than_the_plain_centre() -> None:
    ours, centre = [], []
    for entry in json.loads((SHARED / "boxes.json").read_text())["images"]:
        photo = Image.open(SHARED / entry["file"]).convert("RGB")
        width, height = photo.size
        subject = tuple(each * side for each, side in zip(entry["subject"], (width, height) * 2, strict=True))
        side = min(photo.size)
        ours.append(kept(compose(photo.size, "square", subject_map(photo)).box, subject))
        centre.append(kept(((width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2), subject))
    assert len(ours) == 56
    assert np.mean(ours) > np.mean(centre) + 0.005


@pytest.mark.skipif(not SHARED.exists(), reason="the shared photographs are not here")
def test_cards_and_screenshots_are_told_from_photographs() -> None:
    cards = sorted((SHARED / "graphics").glob("g*.*"))
    assert all(is_graphic(Image.open(file).convert("RGB")) for file in cards[::4])
    assert not any(is_graphic(Image.open(file)) for file in sorted(SHARED.glob("e*.jpg"))[::4])
