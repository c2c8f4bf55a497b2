"""Heads are found where a face looks into the camera, and nothing else changes whether OpenCV is there or not."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from socialbot.nouns import Mistake
from socialbot.pictures import faces
from socialbot.pictures.cropping import compose
from socialbot.pictures.faces import heads
from socialbot.pictures.subject import subject_map
from tests.pictures.specimens import noise, quarters

SHARED = Path(__file__).parents[2] / "../shared/crop-eval"
SIDE = 150
SKIN, HAIR, SHADE, DARK, LIPS = (224, 180, 150), (60, 40, 30), (120, 85, 70), (30, 20, 20), (150, 70, 70)


def portrait(size: tuple[int, int], x: float, y: float) -> Image.Image:
    """A drawn face 150 pixels wide, its upper left corner at x, y; its hair reaches 52 pixels higher."""
    picture = Image.new("RGB", size, (90, 110, 140))
    pen = ImageDraw.Draw(picture)

    def oval(left: float, top: float, right: float, bottom: float, colour: tuple[int, int, int]) -> None:
        pen.ellipse((x + left * SIDE, y + top * SIDE, x + right * SIDE, y + bottom * SIDE), fill=colour)

    oval(-0.05, -0.35, 1.05, 0.8, HAIR)
    oval(0.05, -0.2, 0.95, 1.15, SKIN)
    for eye in (0.3, 0.7):
        oval(eye - 0.14, 0.24, eye + 0.14, 0.3, HAIR)
        oval(eye - 0.12, 0.34, eye + 0.12, 0.46, SHADE)
        oval(eye - 0.05, 0.35, eye + 0.05, 0.45, DARK)
    pen.polygon([(x + at * SIDE, y + down * SIDE) for at, down in ((0.5, 0.45), (0.4, 0.7), (0.6, 0.7))], fill=(205, 160, 130))
    oval(0.42, 0.66, 0.58, 0.72, SHADE)
    oval(0.32, 0.82, 0.68, 0.92, LIPS)
    return picture.filter(ImageFilter.GaussianBlur(SIDE / 40))


def test_without_opencv_no_heads_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "find_spec", lambda name: None)
    monkeypatch.setattr(faces, "import_module", None)
    assert heads(portrait((800, 600), 300, 200)) == ()


def test_an_opencv_without_cascades_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "find_spec", lambda name: object())
    monkeypatch.setattr(faces, "import_module", lambda name: SimpleNamespace(__version__="5.0.0"))
    with pytest.raises(Mistake, match=r'^OpenCV 5.0.0 has no Haar cascades \(pip install "socialbot\[faces\]"\)$'):
        heads(quarters())


def test_a_face_where_the_map_sees_nothing_is_taken_for_false(monkeypatch: pytest.MonkeyPatch) -> None:
    ball = Image.new("RGB", (600, 400), (180, 180, 170))
    ImageDraw.Draw(ball).ellipse((390, 130, 520, 270), fill=(190, 40, 30))
    monkeypatch.setattr(faces, "find_spec", lambda name: object())
    monkeypatch.setattr(faces, "_faces", lambda picture: ((0.0, 330.0, 60.0, 390.0), (400.0, 150.0, 500.0, 250.0)))
    assert heads(ball) == (pytest.approx((390, 110, 510, 275)),)


class TestWithOpenCV:
    @pytest.fixture(autouse=True)
    def opencv(self) -> None:
        cv2 = pytest.importorskip("cv2", reason="the extra `faces` is not installed")
        if not hasattr(cv2, "CascadeClassifier"):
            pytest.skip("this OpenCV has no cascades")

    @pytest.mark.parametrize("at", [(300, 200), (600, 100), (60, 350)])
    def test_a_head_is_found_with_its_hair_and_chin(self, at: tuple[int, int]) -> None:
        ((left, top, right, bottom),) = heads(portrait((800, 600), *at))
        x, y = at
        assert left <= x + 0.05 * SIDE < x + 0.95 * SIDE <= right
        assert y - 0.7 * SIDE < top <= y - 0.2 * SIDE
        assert y + SIDE < bottom <= y + 1.7 * SIDE

    def test_the_same_heads_are_found_at_every_size(self) -> None:
        small = portrait((1000, 700), 500, 200)
        large = small.resize((3000, 2100), Image.Resampling.BICUBIC)
        assert np.array(heads(large)) / 3 == pytest.approx(np.array(heads(small)), abs=12)

    def test_a_head_at_the_edge_is_kept_whole_where_the_centre_cuts_it(self) -> None:
        picture = portrait((600, 1000), 225, 80)
        found = heads(picture)
        _, top, _, bottom = compose(picture.size, "landscape", subject_map(picture), keep=found, may_fit=False).box
        assert top <= found[0][1]
        assert found[0][3] <= bottom

    @pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (19, 19), (640, 5)])
    def test_no_picture_is_too_small_or_too_narrow_to_ask(self, size: tuple[int, int]) -> None:
        assert heads(Image.new("RGB", size)) == ()

    def test_noise_has_no_head_and_the_answer_is_the_same_every_time(self) -> None:
        assert heads(noise(400, 300)) == ()
        picture = portrait((800, 600), 300, 200)
        assert len({heads(picture) for _ in range(3)}) == 1

    @pytest.mark.slow
    @pytest.mark.skipif(not SHARED.exists(), reason="the shared photographs are not here")
    def test_in_real_photographs_most_finds_are_heads(self) -> None:
        true = false = 0
        for entry in json.loads((SHARED / "boxes.json").read_text())["images"]:
            photo = Image.open(SHARED / entry["file"]).convert("RGB")
            for left, top, right, bottom in heads(photo):
                x, y = (left + right) / 2 / photo.width, (top + bottom) / 2 / photo.height
                hit = any(head[0] <= x <= head[2] and head[1] <= y <= head[3] for head in entry["heads"])
                true, false = true + hit, false + (not hit)
        assert true >= 15
        assert false <= true / 4


@settings(max_examples=500)
@given(
    size=st.tuples(st.integers(1, 5000), st.integers(1, 5000)),
    corner=st.tuples(st.floats(0, 0.99), st.floats(0, 0.99)),
    side=st.floats(0.004, 1),
)
def test_a_head_holds_its_face_and_lies_in_the_picture(size: tuple[int, int], corner: tuple[float, float], side: float) -> None:
    (width, height), (x, y) = size, (corner[0] * size[0], corner[1] * size[1])
    face = (x, y, min(width, x + side * max(size)), min(height, y + side * max(size)))
    left, top, right, bottom = faces._head(face, size)
    assert 0 <= left <= face[0] < face[2] <= right <= width
    assert 0 <= top <= face[1] < face[3] <= bottom <= height
