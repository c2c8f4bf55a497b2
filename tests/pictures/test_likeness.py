"""What a viewer would take for the same picture, and what only looks like it to a hash."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

from socialbot.pictures.likeness import Likeness, alike, look
from socialbot.pictures.opening import open_master
from socialbot.pictures.subject import is_graphic
from tests.pictures.specimens import encoded, noise, quarters

Change = Callable[[Image.Image], Image.Image]


def photograph(seed: int, size: tuple[int, int] = (900, 600)) -> Image.Image:
    """Soft hills of colour with finer ones on them, as much of each as a photograph has."""
    chance = np.random.default_rng(seed)
    layers = [
        np.asarray(
            Image.fromarray(chance.integers(0, 256, (rows, rows * 3 // 2, 3), np.uint8)).resize(size, Image.Resampling.BICUBIC)
        )
        for rows in (4, 12, 40)
    ]
    mixed = sum(layer * share for layer, share in zip(layers, (0.6, 0.3, 0.1), strict=True))
    return Image.fromarray(np.clip(mixed, 0, 255).astype(np.uint8))


def card(*lines: str, size: tuple[int, int] = (1080, 1080), ground: str = "navy", print_size: int = 72) -> Image.Image:
    picture = Image.new("RGB", size, ground)
    pen = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        pen.text((90, 120 + 150 * number), line, fill="white", font=ImageFont.load_default(print_size))
    pen.rectangle((90, 900, 500, 912), fill="orange")
    return picture


def seen(picture: Image.Image) -> Likeness:
    return look(picture, graphic=is_graphic(picture))


def saved(picture: Image.Image, quality: int) -> Image.Image:
    return open_master(encoded(picture, quality=quality), (1080, 1080)).image


def cropped(picture: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    width, height = picture.size
    return picture.crop((round(left * width), round(top * height), round((1 - right) * width), round((1 - bottom) * height)))


def with_bird(picture: Image.Image, x: float, y: float, share: float = 0.04) -> Image.Image:
    """A dark or light thing, of a share of the shorter side, where it is seen."""
    changed, side = picture.copy(), share * min(picture.size)
    left, top = x * (picture.width - side), y * (picture.height - side)
    under = picture.convert("L").getpixel((int(left + side / 2), int(top + side / 2)))
    ImageDraw.Draw(changed).ellipse((left, top, left + side, top + side), fill="white" if under < 128 else "black")  # type: ignore[operator]
    return changed


@pytest.mark.parametrize(
    "change",
    {
        "half the size": lambda picture: picture.resize((450, 300), Image.Resampling.LANCZOS),
        "a thumbnail": lambda picture: picture.resize((300, 200), Image.Resampling.BICUBIC),
        "saved badly": lambda picture: saved(picture, 30),
        "trimmed all around": lambda picture: cropped(picture, 0.05, 0.05, 0.05, 0.05),
        "made as wide as a link card": lambda picture: cropped(picture, 0, 0.107, 0, 0.107),
        "without its left tenth": lambda picture: cropped(picture, 0.1, 0, 0, 0),
        "squeezed": lambda picture: picture.resize((900, 540)),
        "a little lighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.03),
    }.items(),
    ids=lambda named: named[0],
)
def test_the_same_photograph_is_known_again(change: tuple[str, Change]) -> None:
    for seed in range(5):
        assert alike(seen(photograph(seed)), seen(change[1](photograph(seed)))), seed


@pytest.mark.parametrize(
    "change",
    {
        "the camera moved on": lambda picture: (cropped(picture, 0, 0, 0.2, 0), cropped(picture, 0.2, 0, 0, 0)),
        "gone closer": lambda picture: (picture, cropped(picture, 0.2, 0.2, 0.2, 0.2)),
        "a bird came": lambda picture: (picture, with_bird(picture, 0.6, 0.2)),
        "the bird flew on": lambda picture: (with_bird(picture, 0.3, 0.2), with_bird(picture, 0.5, 0.25)),
        "the other way round": lambda picture: (picture, ImageOps.mirror(picture)),
        "black and white, as before and after": lambda picture: (picture, ImageOps.grayscale(picture).convert("RGB")),
        "words drawn on it": lambda picture: (picture, with_words(picture, "Before")),
        "other words drawn on it": lambda picture: (with_words(picture, "Before"), with_words(picture, "After")),
    }.items(),
    ids=lambda named: named[0],
)
def test_photographs_of_a_series_are_told_apart(change: tuple[str, Callable[[Image.Image], tuple[Image.Image, ...]]]) -> None:
    for seed in range(5):
        one, other = map(seen, change[1](photograph(seed)))
        assert not alike(one, other) and not alike(other, one), seed


def with_words(picture: Image.Image, words: str) -> Image.Image:
    drawn, font = picture.copy(), ImageFont.load_default(60)
    ImageDraw.Draw(drawn).text((60, 40), words, fill="white", font=font, stroke_width=3, stroke_fill="black")
    return drawn


def test_different_photographs_are_different() -> None:
    assert not any(alike(one, other) for one, other in combinations([seen(photograph(seed)) for seed in range(20)], 2))


def test_in_fog_less_tells_two_apart() -> None:
    foggy = [Image.eval(photograph(seed), lambda level: 170 + level // 6) for seed in range(8)]
    assert all(alike(seen(picture), seen(saved(picture, 60))) for picture in foggy)
    assert not any(alike(seen(one), seen(other)) for one, other in combinations(foggy, 2))
    assert not alike(seen(foggy[0]), seen(Image.blend(foggy[0], with_bird(foggy[0], 0.5, 0.5), 0.1)))


@pytest.mark.parametrize(
    "other",
    [
        ("Foggy mornings", "Part 2 of 5", "12 May 2026"),
        ("Foggy mornings", "Part 1 of 5", "13 May 2026"),
        ("Foggy evenings", "Part 1 of 5", "12 May 2026"),
        ("Foggy mornings", "Part 1 of 5"),
    ],
)
@pytest.mark.parametrize("size", [(1080, 1080), (1920, 1080)])
def test_cards_of_one_template_are_told_apart_by_their_words(other: tuple[str, ...], size: tuple[int, int]) -> None:
    one = card("Foggy mornings", "Part 1 of 5", "12 May 2026", size=size)
    assert is_graphic(one)
    assert not alike(seen(one), seen(card(*other, size=size)))


def test_screenshots_are_told_apart_by_a_word_in_small_print() -> None:
    one, other = (card("File  Edit  View", word, size=(1920, 1080), print_size=16) for word in ("Save as", "Save all"))
    assert not alike(seen(one), seen(other))


def test_cards_of_one_template_are_told_apart_by_their_colours() -> None:
    assert not alike(seen(card("Foggy mornings")), seen(card("Foggy mornings", ground="purple")))


def test_a_card_saved_without_loss_is_known_again() -> None:
    one = card("Foggy mornings", "Part 1 of 5")
    again = open_master(encoded(one, "WEBP", lossless=True), (1080, 1080)).image
    assert alike(seen(one), seen(again))


@pytest.mark.parametrize("ground", ["white", "black", "teal"])
def test_one_colour_is_blank_and_whatever_is_on_it_is_not(ground: str) -> None:
    plain = Image.new("RGB", (800, 600), ground)
    assert seen(plain).blank
    assert seen(saved(plain, 50)).blank
    drawn = plain.copy()
    ImageDraw.Draw(drawn).text((10, 10), ".", fill="grey", font=ImageFont.load_default(12))
    assert not seen(drawn).blank
    assert not any(seen(picture).blank for picture in (quarters(), noise(300, 300), photograph(1)))


def test_what_moves_is_never_taken_for_the_same() -> None:
    still = seen(photograph(1))
    moving = look(photograph(1), graphic=False, moves=True)
    assert alike(still, still) and not alike(moving, moving) and not alike(still, moving) and not alike(moving, still)


_small = st.floats(0, 0.09)
_rule = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _known_again(seed: int, scale: float, crop: tuple[float, float, float, float], quality: int) -> None:
    original = photograph(seed, (600, 400))
    copy = cropped(original, *crop)
    copy = copy.resize((round(copy.width * scale), round(copy.height * scale)), Image.Resampling.LANCZOS)
    assert alike(seen(original), seen(saved(copy, quality)))


def _told_apart(seed: int, x: float, y: float, scale: float, quality: int) -> None:
    original = photograph(seed, (600, 400))
    size = round(original.width * scale), round(original.height * scale)
    changed = saved(with_bird(original, x, y).resize(size, Image.Resampling.LANCZOS), quality)
    assert not alike(seen(original), seen(changed))


_copies = given(st.integers(0, 10_000), st.floats(0.65, 1), st.tuples(_small, _small, _small, _small), st.integers(50, 95))
_birds = given(st.integers(0, 10_000), st.floats(0, 1), st.floats(0, 1), st.floats(0.5, 1), st.integers(50, 95))
test_any_copy_is_known_again = settings(_rule, max_examples=100)(_copies(_known_again))
test_a_bird_anywhere_tells_two_apart = settings(_rule, max_examples=100)(_birds(_told_apart))
test_any_copy_is_known_again_long = pytest.mark.slow(settings(_rule, max_examples=20_000)(_copies(_known_again)))
test_a_bird_anywhere_tells_two_apart_long = pytest.mark.slow(settings(_rule, max_examples=20_000)(_birds(_told_apart)))
