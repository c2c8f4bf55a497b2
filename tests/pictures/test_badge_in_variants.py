"""What a badge promises holds in the file that goes out: measured on the decoded JPEG, in every language and shape."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, features

from socialbot.disclosure.labels import all_labels
from socialbot.media import Media
from socialbot.nouns import Badge, Picture, Shape, Variant
from socialbot.pictures import Darkroom, Unusable, badge_font
from socialbot.pictures import badge as badge_module
from socialbot.pictures.badge import MIN_HEIGHT, interface_zones, subject_box
from socialbot.pictures.cropping import SHAPES, Box
from socialbot.pictures.subject import Found
from tests.pictures.specimens import encoded, noise

PLENTY = 5_000_000
LANGUAGES = tuple(all_labels())
KEYS = ("badge_gen", "badge_edit")
SOURCES = ((2400, 1600), (900, 1200), (400, 300))
SHARE = 0.05
JOINED = ("ar", "hi")
Pixels = NDArray[np.uint8]


def scene(width: int, height: int) -> bytes:
    """Soft hills of colour with a little grain, nowhere as dark as the badge's ground or as light as its letters."""
    across, down = np.meshgrid(np.linspace(0, 9, width), np.linspace(0, 7, height))
    hills = np.stack([np.sin(across + channel) * np.cos(down * 1.3 - channel) for channel in range(3)], -1) * 45 + 128
    grain = np.random.default_rng(1).normal(0, 2, (height, width, 1))
    return encoded(Image.fromarray(np.clip(hills + grain, 0, 255).astype(np.uint8)), quality=92)


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, int], Path]:
    folder = tmp_path_factory.mktemp("scenes")
    files = {size: folder / f"{size[0]}.jpg" for size in SOURCES}
    for size, file in files.items():
        file.write_bytes(scene(*size))
    return files


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Media:
    return Media(tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="module")
def darkroom(media: Media) -> Darkroom:
    return Darkroom(media)


def needs_shaping(language: str) -> None:
    if language in JOINED and not features.check("raqm"):
        pytest.skip("this Pillow cannot shape letters: no FriBiDi")


def pixels(media: Media, variant: Variant) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(media.get(variant.digest))).convert("RGB"))


def plate_of(before: Pixels, after: Pixels) -> tuple[int, int, int, int]:
    """The box of what the badge lies on, by how much lighter or darker it got: left, top, right, bottom."""
    lightness = [np.asarray(Image.fromarray(each).convert("L")).astype(int) for each in (before, after)]
    rows, columns = np.nonzero(np.abs(lightness[0] - lightness[1]) > 32)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def luminance(colours: Pixels) -> NDArray[np.float64]:
    """Relative luminance of sRGB (WCAG 2.2)."""
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def contrast(light: float, dark: float) -> float:
    return (light + 0.05) / (dark + 0.05)


def pieces(ink: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    """The boxes (left, top, right, bottom) of what hangs together, from runs of ink in each row."""
    owner: list[int] = []
    boxes: list[list[int]] = []

    def root(piece: int) -> int:
        while owner[piece] != piece:
            piece = owner[piece]
        return piece

    above: list[tuple[int, int, int]] = []
    for y, row in enumerate(ink):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(np.int8), [0]])))
        here = []
        for left, right in edges.reshape(-1, 2).tolist():
            piece = len(owner)
            owner.append(piece)
            boxes.append([left, y, right, y + 1])
            for other_left, other_right, other in above:
                if other_left <= right and left <= other_right and (old := root(other)) != piece:
                    owner[old] = piece
                    one, two = boxes[piece], boxes[old]
                    boxes[piece] = [min(one[0], two[0]), min(one[1], two[1]), max(one[2], two[2]), max(one[3], two[3])]
            here.append((left, right, piece))
        above = here
    left, top, right, bottom = range(4)
    return [(box[left], box[top], box[right], box[bottom]) for piece, box in enumerate(boxes) if owner[piece] == piece]


def letter_height(ink: NDArray[np.bool_], language: str) -> int:
    """The height of the letter that opens the first line, a capital in all our words; in Arabic of an alef that stands free."""
    letters = pieces(ink)
    tallest = max(bottom - top for _, top, _, bottom in letters)
    letters = [box for box in letters if box[3] - box[1] > tallest / 2]  # no dots and accents
    if language == "ar":
        return min(bottom - top for left, top, right, bottom in letters if right - left < 0.4 * (bottom - top))
    highest = min((top + bottom) / 2 for _, top, _, bottom in letters)
    _, top, _, bottom = min(box for box in letters if (box[1] + box[3]) / 2 < highest + 0.8 * tallest)
    return bottom - top


def meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def inked(picture: Pixels, plate: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    """Where letters stand out from the plate, its rounded ends left out, by a contrast of 4.5 or more."""
    left, top, right, bottom = plate
    rounding = (bottom - top) // 6
    shown = luminance(picture[top:bottom, left + rounding : right - rounding])
    ground, letter = float(np.median(shown[shown < 0.1])), float(np.median(shown[shown > 0.6]))
    assert contrast(letter, ground) >= 4.5
    ink: NDArray[np.bool_] = shown > (ground + 0.05) * 4.5 - 0.05
    assert not ink[0].any(), "the ground goes all around the letters"
    assert not ink[-1].any()
    return ink


def check(media: Media, plain: Variant, badged: Variant, badge: Badge) -> tuple[int, int, int, int]:
    """All that is promised of one variant; where the badge lies."""
    before, after = pixels(media, plain), pixels(media, badged)
    assert before.shape == after.shape
    height, width = after.shape[:2]
    box = left, top, right, bottom = plate_of(before, after)
    assert left > 0
    assert top > 0
    assert right < width
    assert bottom < height
    assert not any(meet(box, zone) for zone in interface_zones((width, height)))
    # A block of chroma is 16 pixels wide, and decoders smooth one pixel across its edge.
    around = np.ones(after.shape[:2], bool)
    around[max(0, top - 18) : bottom + 18, max(0, left - 18) : right + 18] = False
    assert (before[around] == after[around]).all()

    ink = inked(after, box)
    asked = max(MIN_HEIGHT, badge.share * min(width, height))
    # Not much over it, so that nothing else was measured; "Wy" may touch, and a "y" goes below the line.
    assert asked <= letter_height(ink, badge.language) <= 1.5 * asked + 2
    return box


def develop(
    darkroom: Darkroom, media: Media, file: Path, shape: Shape, badge: Badge, max_bytes: int = PLENTY
) -> tuple[int, int, int, int]:
    picture = Picture("/p", file=file)
    plain, _ = darkroom.develop(picture, shape, max_bytes=max_bytes)
    badged, _ = darkroom.develop(picture, shape, max_bytes=max_bytes, badge=badge)
    assert (plain.badge, badged.badge) == (None, badge.words)
    assert replace(badged, digest="", bytes=0, badge=None) == replace(plain, digest="", bytes=0)
    return check(media, plain, badged, badge)


def of(language: str, key: str = "badge_gen", share: float = SHARE) -> Badge:
    return Badge(all_labels()[language][key], language, share)


def _turns() -> Iterator[tuple[str, str, tuple[int, int]]]:
    """Every language with one of its words on one source, each in turn; all of them are in the slow run."""
    for number, language in enumerate(LANGUAGES):
        yield language, KEYS[number % 2], SOURCES[number % 3]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("language", "key", "size"), list(_turns()))
def test_the_badge_keeps_its_promises_in_every_language_and_shape(
    darkroom: Darkroom,
    media: Media,
    scenes: dict[tuple[int, int], Path],
    language: str,
    key: str,
    size: tuple[int, int],
    shape: Shape,
) -> None:
    needs_shaping(language)
    develop(darkroom, media, scenes[size], shape, of(language, key))


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_badge_keeps_its_promises_in_all_words_shapes_and_sizes(
    darkroom: Darkroom, media: Media, scenes: dict[tuple[int, int], Path], language: str
) -> None:
    needs_shaping(language)
    for size, shape, key, share in product(SOURCES, SHAPES, KEYS, (0.03, SHARE)):
        develop(darkroom, media, scenes[size], shape, of(language, key, share))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("language", ["en", "tr", "ar", "ja"])
def test_a_picture_reduced_to_its_byte_budget_keeps_its_letters_height(
    darkroom: Darkroom, media: Media, tmp_path: Path, language: str, shape: Shape
) -> None:
    needs_shaping(language)
    file = tmp_path / "noise"
    file.write_bytes(encoded(noise(1300, 1300).point(lambda level: 109 + level // 8), quality=90))
    most = darkroom.develop(Picture("/p", file=file), shape, max_bytes=PLENTY)[0].bytes // 5
    badged, warnings = darkroom.develop(Picture("/p", file=file), shape, max_bytes=most, badge=of(language))
    assert badged.bytes <= most
    assert "reduced" in "".join(warnings)
    after = pixels(media, badged)
    plate = plate_of(np.full_like(after, 125), after)  # the grain is nowhere near so dark or light
    assert not any(meet(plate, zone) for zone in interface_zones((badged.width, badged.height)))
    assert letter_height(inked(after, plate), language) >= max(MIN_HEIGHT, SHARE * min(badged.width, badged.height))


@pytest.mark.parametrize("max_pixels", [60_000, 130_000])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_smallest_pictures_have_letters_of_ten_pixels_or_no_badge_at_all(
    darkroom: Darkroom, media: Media, scenes: dict[tuple[int, int], Path], shape: Shape, max_pixels: int
) -> None:
    picture = Picture("/p", file=scenes[SOURCES[0]])
    badge = of("vi", share=0.02)
    plain, _ = darkroom.develop(picture, shape, max_bytes=PLENTY, max_pixels=max_pixels)
    try:
        badged, _ = darkroom.develop(picture, shape, max_bytes=PLENTY, max_pixels=max_pixels, badge=badge)
    except Unusable as refused:
        assert "has no room" in refused.what
        return
    check(media, plain, badged, badge)


POINTS = [(0.12, 0.9), (0.5, 0.5), (0.9, 0.9), (0.0, 1.0), (0.3, 0.62), (0.9, 0.1)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("focal", POINTS, ids=str)
def test_the_subject_that_the_author_named_is_not_covered(
    darkroom: Darkroom, media: Media, scenes: dict[tuple[int, int], Path], shape: Shape, focal: tuple[float, float]
) -> None:
    picture, badge = Picture("/p", file=scenes[SOURCES[0]], focal=focal), of("uk", "badge_edit")
    plain, _ = darkroom.develop(picture, shape, max_bytes=PLENTY)
    badged, _ = darkroom.develop(picture, shape, max_bytes=PLENTY, badge=badge)
    assert badged.focal is not None
    box = check(media, plain, badged, badge)
    assert not meet(box, subject_box(badged.focal, (badged.width, badged.height)))


def test_a_subject_that_leaves_no_room_is_covered_rather_than_the_badge_left_out(
    darkroom: Darkroom, media: Media, scenes: dict[tuple[int, int], Path]
) -> None:
    """Letters so large that the badge fills most of what apps leave free."""
    picture, badge = Picture("/p", file=scenes[SOURCES[0]], focal=(0.5, 0.4)), Badge("AI", "en", 0.15)
    plain, _ = darkroom.develop(picture, "vertical", max_bytes=PLENTY)
    badged, _ = darkroom.develop(picture, "vertical", max_bytes=PLENTY, badge=badge)
    assert badged.focal is not None
    box = check(media, plain, badged, badge)
    assert meet(box, subject_box(badged.focal, (badged.width, badged.height)))


def test_a_guess_at_the_subject_binds_nobody(darkroom: Darkroom, media: Media, tmp_path: Path) -> None:
    """The badge is where people look for it, even where the darkroom takes the corner for the subject."""
    lake = Image.new("RGB", (1080, 1080), (120, 125, 130))
    lake.paste(noise(300, 200).point(lambda level: 100 + level // 5), (150, 60))
    picture = Picture("/p", file=tmp_path / "lake")
    (tmp_path / "lake").write_bytes(encoded(lake, quality=95))
    plain, _ = darkroom.develop(picture, "square", max_bytes=PLENTY)
    badged, _ = darkroom.develop(picture, "square", max_bytes=PLENTY, badge=of("en"))
    box = plate_of(pixels(media, plain), pixels(media, badged))
    assert badged.focal is not None
    assert meet(box, subject_box(badged.focal, (1080, 1080)))
    assert (box[0], box[1]) == pytest.approx((44, 44), abs=2)


@pytest.mark.parametrize("side", [1080, 2160])
def test_a_face_in_the_badges_corner_is_spared(
    media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: int
) -> None:
    (tmp_path / "fair").write_bytes(encoded(noise(side, side).convert("RGB"), quality=95))
    picture = Picture("/p", file=tmp_path / "fair")
    face = (300.0, 20.0, 620.0, 260.0)  # of 1080 pixels

    def badge_over(*faces: Box) -> Box:
        def found(image: Image.Image) -> Found:
            return Found(tuple(tuple(edge * image.width / 1080 for edge in one) for one in faces))  # type: ignore[misc]

        monkeypatch.setattr("socialbot.pictures.negative.subjects", found)
        plain, _ = Darkroom(media).develop(picture, "square", max_bytes=PLENTY)
        badged, _ = Darkroom(media).develop(picture, "square", max_bytes=PLENTY, badge=of("en"))
        return plate_of(pixels(media, plain), pixels(media, badged))

    assert meet(badge_over(), face) and not meet(badge_over(face), face)


def test_no_room_at_all_is_refused_in_a_sentence_with_the_pictures_name(
    darkroom: Darkroom, scenes: dict[tuple[int, int], Path]
) -> None:
    with pytest.raises(Unusable, match=r"^/p: a badge with letters 540 pixels high has no room on 1080×1080 pixels") as refused:
        darkroom.develop(Picture("/p", file=scenes[SOURCES[0]]), "square", max_bytes=PLENTY, badge=of("en", share=0.5))
    assert refused.value.fix


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_library_that_joins_letters_the_refusal_says_what_to_install(
    darkroom: Darkroom, scenes: dict[tuple[int, int], Path], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(badge_font.features, "check", lambda feature: False)
    badge_font.font_of_height.cache_clear()
    develop = partial(darkroom.develop, Picture("/p", file=scenes[SOURCES[2]]), "square", max_bytes=PLENTY)
    words = all_labels()[language]["badge_gen"] + " "  # not drawn before, with letters joined
    try:
        if language in JOINED:
            with pytest.raises(Unusable, match=r"^/p: .* letters cannot be joined on this computer") as refused:
                develop(badge=Badge(words, language, 0.051))
            assert "FriBiDi" in (refused.value.fix or "")
        else:
            assert develop(badge=Badge(words, language, 0.051))[0].badge == words
    finally:
        badge_font.font_of_height.cache_clear()
        badge_module._plates.cache_clear()


def test_every_badge_is_a_variant_of_its_own(darkroom: Darkroom, scenes: dict[tuple[int, int], Path]) -> None:
    badges = [None, of("en"), of("en", "badge_edit"), of("de"), replace(of("en"), share=0.03), replace(of("en"), language="ja")]
    develop = partial(darkroom.develop, Picture("/p", file=scenes[SOURCES[2]]), "square", max_bytes=PLENTY)
    first = [develop(badge=badge)[0] for badge in badges]
    assert len({one.digest for one in first}) == len(badges)
    assert [develop(badge=badge)[0] for badge in badges] == first
    assert [one.badge for one in first] == [badge and badge.words for badge in badges]
