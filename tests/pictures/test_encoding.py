"""A frame becomes a file within its budget: as good as the budget allows, in few tries, the same each time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from socialbot.nouns import Shape
from socialbot.pictures import Marks, Unusable, encoding
from socialbot.pictures.cropping import SHAPES, size_within
from socialbot.pictures.encoding import BEST_QUALITY, LEAST_QUALITY, MAX_ENCODES, WELL_USED, encode
from tests.pictures.specimens import noise, quarters

Tried = list[tuple[int, int, bool]]


def as_it_is(frame: Image.Image) -> Image.Image:
    return frame


def photograph(size: tuple[int, int], seed: int = 1, finest: int = 200) -> Image.Image:
    """Soft shapes and grain of several sizes, the finest of so many cells across."""
    chance, layers = np.random.default_rng(seed), np.full((size[1], size[0], 3), 128.0)
    for cells in (4, 20, 80, finest):
        coarse = chance.integers(0, 256, (cells, cells, 3), np.uint8)
        layers += (np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC), float) - 128) / 3
    return Image.fromarray(layers.clip(0, 255).astype(np.uint8))


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tried]:
    """Quality, bytes and coding of each encode."""
    seen: Tried = []
    encoded = encoding._jpeg

    def watched(frame: Image.Image, marks: Marks, quality: int, lettering: bool, *, progressive: bool) -> bytes:
        content = encoded(frame, marks, quality, lettering, progressive=progressive)
        seen.append((quality, len(content), progressive))
        return content

    monkeypatch.setattr(encoding, "_jpeg", watched)
    yield seen


def made(frame: Image.Image, max_bytes: int, shape: Shape = "square", **options: Any) -> tuple[bytes, tuple[int, int]]:
    return encode(frame, shape, Marks(), max_bytes=max_bytes, **{"lettering": False, "finish": as_it_is, **options})


def test_within_the_budget_one_encode_is_enough_and_the_quality_the_best(tried: Tried) -> None:
    content, size = made(photograph((540, 540)), 1_000_000)
    assert (size, tried) == ((540, 540), [(BEST_QUALITY, len(content), False)])


SMALL = {finest: photograph((540, 540), finest, finest) for finest in (90, 200, 400)}


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(SMALL)), st.booleans(), st.floats(0, 1))
def test_a_lowered_quality_uses_the_budget_well_after_few_encodes(finest: int, lettering: bool, share: float) -> None:
    best, least = (
        len(encoding._jpeg(SMALL[finest], Marks(), quality, lettering, progressive=True))
        for quality in (BEST_QUALITY, LEAST_QUALITY)
    )
    max_bytes = round(least + share * (best - least))
    with pytest.MonkeyPatch.context() as patch:
        seen = next(tried.__wrapped__(patch))  # type: ignore[attr-defined]
        content, size = made(SMALL[finest], max_bytes, lettering=lettering)
    assert size == (540, 540)
    assert len(seen) <= MAX_ENCODES
    assert WELL_USED * max_bytes <= len(content) <= max_bytes


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(SMALL)), st.integers(45_000, 300_000), st.sampled_from(["square", "original"]))
def test_the_budget_is_kept_and_quality_given_up_before_pixels(finest: int, max_bytes: int, shape: Shape) -> None:
    with pytest.MonkeyPatch.context() as patch:
        seen = next(tried.__wrapped__(patch))  # type: ignore[attr-defined]
        content, size = made(SMALL[finest], max_bytes, shape)
    assert len(content) <= max_bytes
    assert Image.open(BytesIO(content)).size == size
    assert min(quality for quality, _, _ in seen) >= LEAST_QUALITY
    if size != (540, 540):
        assert next(length for quality, length, _ in seen if quality == LEAST_QUALITY) > max_bytes
        assert seen[-1][0] == LEAST_QUALITY


@pytest.mark.parametrize("shape", ["square", "portrait", "vertical", "pin", "landscape"])
def test_fewer_pixels_keep_the_shape_exactly(shape: Shape) -> None:
    full = size_within(shape, 0.6)
    content, size = made(noise(*full), full[0] * full[1] // 4, shape)
    assert size[0] < full[0]
    assert size[0] * SHAPES[shape][1] == size[1] * SHAPES[shape][0]
    assert Image.open(BytesIO(content)).size == size


def test_a_reduced_original_keeps_its_own_shape() -> None:
    _, size = made(noise(900, 500), 60_000, "original")
    assert size[0] < 900
    assert math.isclose(size[0] / size[1], 900 / 500, rel_tol=0.005)


def test_what_no_size_can_keep_is_refused() -> None:
    with pytest.raises(Unusable, match="it cannot be kept within 2,000 bytes"):
        made(noise(540, 540), 2_000)


def test_files_over_budget_and_lettering_are_coded_progressively_and_the_rest_for_speed(tried: Tried) -> None:
    frame = photograph((540, 540))
    full = len(made(frame, 1_000_000)[0])
    assert "progressive" not in Image.open(BytesIO(made(frame, 1_000_000)[0])).info
    assert Image.open(BytesIO(made(frame, full - 1)[0])).info["progressive"]
    assert Image.open(BytesIO(made(frame, 1_000_000, lettering=True)[0])).info["progressive"]


@pytest.mark.parametrize(("lettering", "sampling"), [(True, (1, 1)), (False, (2, 2))])
@pytest.mark.parametrize("share", [2, 0.7, 0.35])
def test_lettering_keeps_its_colour_at_every_quality_and_size(lettering: bool, sampling: tuple[int, int], share: float) -> None:
    frame = photograph((540, 540))
    full = len(made(frame, 1_000_000, lettering=lettering)[0])
    opened = Image.open(BytesIO(made(frame, round(full * share), lettering=lettering)[0]))
    assert opened.layer[0][1:3] == sampling  # type: ignore[attr-defined]


@pytest.mark.parametrize("share", [2, 0.7, 0.35])
def test_the_same_frame_gives_the_same_bytes(share: float) -> None:
    frame = photograph((540, 540))
    budget = round(len(made(frame, 1_000_000)[0]) * share)
    assert made(frame, budget) == made(frame.copy(), budget)


def test_what_is_drawn_is_drawn_anew_at_every_size() -> None:
    drawn: list[tuple[int, int]] = []

    def finish(frame: Image.Image) -> Image.Image:
        drawn.append(frame.size)
        return frame

    _, size = made(noise(540, 540), 60_000, finish=finish)
    assert drawn[0] == (540, 540)
    assert drawn[-1] == size
    assert drawn == sorted(set(drawn), reverse=True)


def test_the_least_quality_is_tried_before_pixels_are_given_up() -> None:
    seen = []

    def at(quality: int) -> bytes:
        seen.append(quality)
        return bytes(900 if quality == LEAST_QUALITY else 1001)

    assert len(encoding._best_within(1000, at, 1001)) == 900
    assert len(seen) <= MAX_ENCODES - 1


def test_a_flat_frame_is_no_trouble() -> None:
    frame = quarters(540, 540)
    least = len(encoding._jpeg(frame, Marks(), LEAST_QUALITY, False, progressive=True))
    assert made(frame, least + 1)[1] == (540, 540)
