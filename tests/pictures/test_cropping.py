"""The subject stays in the frame, the frame has its exact shape, and an author's focal point is obeyed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from socialbot.nouns import Shape
from socialbot.pictures.cropping import (
    HEADROOM,
    MAX_ENLARGEMENT,
    NEARLY_IN_SHAPE,
    ORIGINAL,
    SHAPES,
    Box,
    Composition,
    centre_of_mass,
    compose,
    frame_size,
    full_size,
    point_in_frame,
    render,
    size_within,
    smaller,
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


class Asked(NamedTuple):
    """All that a composition is made from."""

    size: tuple[int, int]
    shape: Shape
    subject: Map
    focal: tuple[float, float] | None
    box: Box | None
    keep: Sequence[Box]
    graphic: bool
    may_fit: bool

    def composed(self) -> Composition:
        size, shape, subject, focal, box, keep, graphic, may_fit = self
        return compose(size, shape, subject, focal=focal, box=box, keep=keep, graphic=graphic, may_fit=may_fit)


def box_of(corners: tuple[tuple[float, float], tuple[float, float]]) -> Box:
    (x, y), (far_x, far_y) = corners
    return min(x, far_x), min(y, far_y), max(x, far_x), max(y, far_y)


boxes = st.tuples(points, points).map(box_of).filter(lambda box: min(box[2] - box[0], box[3] - box[1]) > 0.001)
heads = st.tuples(st.tuples(st.floats(0, 0.9), st.floats(0, 0.9)), st.floats(0.02, 0.1)).map(
    lambda at: (*at[0], at[0][0] + at[1], at[0][1] + at[1])
)


@st.composite
def questions(draw: st.DrawFn) -> Asked:
    size = draw(sizes)
    keep = [scaled(box, size) for box in draw(st.lists(boxes | heads, max_size=5))]
    named = draw(st.none() | points), draw(st.none() | boxes)
    return Asked(size, draw(shapes), draw(maps), *named, keep, draw(st.booleans()), draw(st.booleans()))


def scaled(box: Box, size: tuple[int, int]) -> Box:
    return box[0] * size[0], box[1] * size[1], box[2] * size[0], box[3] * size[1]


def holds(window: Box, box: Box, slack: float = 1e-6) -> bool:
    before = window[0] - slack <= box[0] and window[1] - slack <= box[1]
    return before and box[2] <= window[2] + slack and box[3] <= window[3] + slack


def around(many: Sequence[Box]) -> Box:
    return min(b[0] for b in many), min(b[1] for b in many), max(b[2] for b in many), max(b[3] for b in many)


def check_composition(asked: Asked) -> None:
    (width, height), wanted = asked.size, SHAPES[asked.shape][0] / SHAPES[asked.shape][1]
    made = asked.composed()
    assert made == asked.composed()
    assert holds((0, 0, width, height), made.box, slack=0)
    left, top, right, bottom = made.box
    if abs(width / height / wanted - 1) <= NEARLY_IN_SHAPE:
        assert made == Composition((0, 0, width, height))
        return
    window = (height * wanted, height) if width / height > wanted else (width, width / wanted)
    if not made.fitted:
        assert (right - left, bottom - top) == pytest.approx(window, abs=1e-6)
    must: list[Box] = []
    if asked.focal:
        must.append(scaled((*asked.focal, *asked.focal), asked.size))
        assert holds(made.box, must[0])
    if asked.box:
        must.append(scaled(asked.box, asked.size))
    if not must:
        must.extend(asked.keep)
    if must:
        together = around(must)
        if asked.may_fit or all(
            end - start <= side - 1e-6 for start, end, side in zip(together, together[2:], window, strict=False)
        ):
            assert holds(made.box, together)
    assert asked.may_fit or not made.fitted


@settings(max_examples=500)
@given(questions())
def test_the_window_has_the_shape_and_lies_in_the_picture_and_holds_all_that_a_window_can_hold(asked: Asked) -> None:
    check_composition(asked)


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None)
@given(questions())
def test_the_window_keeps_its_promises_in_twenty_thousand_pictures(asked: Asked) -> None:
    check_composition(asked)


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


@pytest.mark.parametrize("shape", SHAPES)
def test_a_box_outside_the_picture_or_without_extent_changes_nothing(shape: Shape) -> None:
    nothing = [(-50.0, -50.0, -10.0, -10.0), (1600.0, 1100.0, 1700.0, 1200.0), (700.0, 700.0, 700.0, 700.0)]
    assert compose((1500, 1000), shape, blob(0.3, 0.6), keep=nothing) == compose((1500, 1000), shape, blob(0.3, 0.6))


def test_heads_are_kept_where_the_map_would_cut_them_and_the_map_decides_the_rest() -> None:
    head = (1200.0, 200.0, 1350.0, 400.0)
    alone, kept = (compose((1500, 1000), "square", blob(0.35, 0.6), keep=keep).box for keep in ((), [head]))
    assert alone[2] < 1200
    assert kept == pytest.approx((350, 0, 1350, 1000))  # no further to the right than the head needs


def test_there_is_room_above_a_head_as_far_as_there_is_any() -> None:
    low = compose((1000, 1500), "landscape", blob(0.5, 0.7), keep=[(400, 500, 600, 800)], may_fit=False).box
    assert low[1] == pytest.approx(500 - HEADROOM * 300)
    tall = (300.0, 200.0, 700.0, 720.0)
    top, bottom = compose((1000, 1500), "landscape", blob(0.5, 0.9), keep=[tall], may_fit=False).box[1::2]
    assert (top, bottom) == pytest.approx((720 - 525, 720))


def test_heads_too_far_apart_for_a_window_are_fitted_and_none_is_cut() -> None:
    pair = [(100.0, 300.0, 250.0, 500.0), (1200.0, 300.0, 1400.0, 520.0)]
    made = compose((1500, 1000), "portrait", blob(0.5, 0.5), keep=pair)
    assert made.fitted
    assert all(holds(made.box, head) for head in pair)
    cropped = compose((1500, 1000), "portrait", blob(0.5, 0.5), keep=pair, may_fit=False)
    assert not cropped.fitted
    assert holds(cropped.box, pair[1])  # the larger


def test_a_false_face_far_from_the_subject_does_not_cost_the_subject() -> None:
    made = compose((1600, 900), "vertical", blob(0.2, 0.5), keep=[(1450.0, 400.0, 1550.0, 500.0)])
    assert made.fitted
    assert made.box[0] < 0.15 * 1600


def test_the_authors_box_is_whole_and_central_and_wins_over_graphics_faces_and_map() -> None:
    def shown(shape: Shape, box: Box, **more: object) -> Composition:
        faces = [(0.0, 0.0, 90.0, 90.0)]
        return compose((1500, 1000), shape, blob(0.1, 0.5), box=box, keep=faces, graphic=True, **more)  # type: ignore[arg-type]

    assert shown("square", (0.6, 0.2, 0.8, 0.9)).box == pytest.approx((500, 0, 1500, 1000))
    assert shown("portrait", (0.4, 0.2, 0.6, 0.9)).box == pytest.approx((350, 0, 1150, 1000))
    wide = shown("vertical", (0.2, 0.2, 0.9, 0.9))
    assert wide == Composition((pytest.approx(300), 0, pytest.approx(1350), 1000), fitted=True)  # type: ignore[arg-type]
    assert not shown("vertical", (0.2, 0.2, 0.9, 0.9), may_fit=False).fitted
    pointed = shown("square", (0.3, 0.2, 0.8, 0.9), focal=(0.8, 0.5)).box
    assert pointed == pytest.approx((450, 0, 1450, 1000))


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


@settings(max_examples=500)
@given(size=sizes, reduction=st.floats(1, 9), max_pixels=st.none() | st.integers(20_000, 3_000_000), scale=st.floats(0.1, 0.97))
def test_the_original_shape_is_bounded_never_enlarged_and_never_cropped(
    size: tuple[int, int], reduction: float, max_pixels: int | None, scale: float
) -> None:
    whole = compose(size, "original", blob(0.1, 0.1), focal=(0.1, 0.1), keep=[(0.0, 0.0, 5.0, 5.0)], graphic=True)
    assert whole == Composition((0, 0, *size))
    frame = frame_size("original", whole, reduction, max_pixels)
    for side, bound, length in zip(frame, ORIGINAL, size, strict=True):
        assert 1 <= side <= min(bound, length * reduction + 1e-6)
    assert max_pixels is None or frame[0] * frame[1] <= max_pixels
    reached = max(frame[0] / size[0], frame[1] / size[1])
    assert frame == pytest.approx((size[0] * reached, size[1] * reached), abs=1.001)
    shrunk = smaller("original", frame, scale)
    assert all(
        max(1, each * scale - 1) <= side <= max(1, each * scale + 1e-6) for side, each in zip(shrunk, frame, strict=True)
    )


@given(shape=shapes, scale=st.floats(0.3, 0.97))
def test_a_frame_that_has_to_shrink_keeps_its_shape(shape: Shape, scale: float) -> None:
    full = SHAPES[shape]
    width, height = smaller(shape, full, scale)
    assert width * full[1] == height * full[0]
    assert width <= full[0] * scale + 1e-6


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


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="the shared photographs are not here")
@pytest.mark.parametrize("trimmed", [0.0, 0.12])
def test_crops_of_real_photographs_keep_nearly_as_much_as_the_best_window_can(trimmed: float) -> None:
    """Off centre too: with a strip trimmed from the right of each the plain centre loses more, and ours must not."""
    ours, centre = [], []
    for entry in json.loads((SHARED / "boxes.json").read_text())["images"]:
        whole = Image.open(SHARED / entry["file"]).convert("RGB")
        subject = tuple(each * side for each, side in zip(entry["subject"], whole.size * 2, strict=True))
        photo = whole.crop((0, 0, round(whole.width * (1 - trimmed)), whole.height))
        subject = (*subject[:2], min(subject[2], photo.width), subject[3])
        found = subject_map(photo)
        for shape in ("square", "portrait", "vertical", "landscape"):
            aspect = SHAPES[shape][0] / SHAPES[shape][1]
            width, height = min(photo.width, photo.height * aspect), min(photo.height, photo.width / aspect)
            spare = photo.width - width, photo.height - height
            windows = [
                (spare[0] * at, spare[1] * at, spare[0] * at + width, spare[1] * at + height) for at in np.arange(101) / 100
            ]
            best = max(kept(window, subject) for window in windows)
            ours.append(kept(compose(photo.size, shape, found, may_fit=False).box, subject) / best)
            centre.append(kept(windows[50], subject) / best)
    assert np.mean(ours) >= 0.97
    assert np.mean(ours) >= np.mean(centre) + 0.01


@pytest.mark.skipif(not SHARED.exists(), reason="the shared photographs are not here")
def test_cards_and_screenshots_are_told_from_photographs() -> None:
    cards = sorted((SHARED / "graphics").glob("g*.*"))
    assert all(is_graphic(Image.open(file).convert("RGB")) for file in cards[::4])
    assert not any(is_graphic(Image.open(file)) for file in sorted(SHARED.glob("e*.jpg"))[::4])
