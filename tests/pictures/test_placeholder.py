"""Until a picture is there a page shows its colour, and who wants to a blur of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import blurhash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from socialbot.cli.preview import as_dict
from socialbot.media import Media
from socialbot.nouns import Caption, Draft, Part, Picture, Variant, as_json, freeze, thaw
from socialbot.pictures import Darkroom
from socialbot.pictures.placeholder import placeholder
from socialbot.web.page import page, shown
from tests.conftest import make_post
from tests.pictures.specimens import encoded, filed, noise, quarters

FROZEN = (
    '{"digest":"ab","shape":"square","width":1080,"height":1080,"bytes":9,"mime":"image/jpeg","alt":"Fog","focal":[0.5,0.4],'
    '"badge":null}'
)


def test_a_draft_frozen_before_there_were_placeholders_thaws() -> None:
    old = thaw(Variant, FROZEN)
    assert (old.alt, old.colour, old.blurhash) == ("Fog", None, None)
    assert thaw(Variant, freeze(old)) == old


def test_a_variant_records_its_own_colour_and_blur(tmp_path: Path) -> None:
    drawn = Image.new("RGB", (1600, 900), (20, 60, 160))
    drawn.paste((240, 200, 40), (0, 0, 500, 900))
    source = Picture("a.jpg", file=filed(tmp_path, encoded(drawn)), focal=(0.0, 0.5))
    darkroom = Darkroom(Media(tmp_path / "media"))
    whole, left = (darkroom.develop(source, shape, max_bytes=900_000)[0] for shape in ("landscape", "vertical"))
    assert (distance(whole.colour, (20, 60, 160)), distance(left.colour, (240, 200, 40))) == (0, 0)
    assert whole.blurhash != left.blurhash
    assert as_json(whole)["colour"] == whole.colour
    assert thaw(Variant, freeze(whole)) == whole
    assert json.loads(freeze(left))["blurhash"] == left.blurhash


def distance(colour: str | None, wanted: tuple[int, int, int]) -> int:
    """In steps of four levels: JPEG and resizing leave traces."""
    return int(np.abs(np.subtract(tuple(bytes.fromhex(str(colour)[1:])), wanted)).max()) // 4


def test_the_blur_has_the_pictures_colours_where_they_are() -> None:
    picture = quarters(1080, 1350)
    blur = np.array(blurhash.decode(placeholder(picture)[1], 40, 50))
    for across, down in ((8, 10), (32, 10), (8, 40), (32, 40)):
        there = picture.getpixel((across * 27, down * 27))
        assert [channel > 128 for channel in blur[down, across]] == [channel > 128 for channel in there]  # type: ignore[union-attr]


@pytest.mark.parametrize("size", [(1, 1), (2000, 1), (1, 2000), (1080, 1920), (7, 5)])
def test_every_size_has_a_colour_and_28_letters(size: tuple[int, int]) -> None:
    colour, letters = placeholder(Image.new("RGB", size, (9, 8, 7)))
    assert colour == "#090807"
    assert len(letters) == 28


@settings(max_examples=100)
@given(st.integers(0, 2**32 - 1), st.tuples(st.integers(1, 300), st.integers(1, 300)))
def test_the_colour_is_one_the_picture_has_and_the_same_each_time(seed: int, size: tuple[int, int]) -> None:
    chance = np.random.default_rng(seed)
    few = chance.integers(0, 256, (4, 3), np.uint8)
    picture = Image.fromarray(few[chance.integers(0, 4, size[::-1])])
    colour, letters = placeholder(picture)
    assert (colour, letters) == placeholder(picture.copy())
    shown = np.array(tuple(bytes.fromhex(colour[1:])))
    levels = few.astype(int)
    assert (levels.min(0) - 1 <= shown).all()
    assert (shown <= levels.max(0) + 1).all()


def test_noise_is_no_trouble() -> None:
    assert len(placeholder(noise(600, 400))[1]) == 28


def test_the_preview_page_shows_the_colour_until_the_picture_is_there_and_does_not_jump(tmp_path: Path) -> None:
    media = Media(tmp_path / "media")
    source = Picture("a.jpg", file=filed(tmp_path, encoded(Image.new("RGB", (1200, 900), (20, 60, 160)))))
    variant, _ = Darkroom(media).develop(source, "square", max_bytes=900_000)
    part = Part(Caption("Fog", 3, 300, "graphemes"), (variant, replace(variant, colour=None)))
    html = page("Fog", shown(Draft("id", "blue", "bluesky", "en", (part,)), media))
    sized = f'width="{variant.width}" height="{variant.height}"'
    assert html.count(f'{sized} style="background: {variant.colour}">') == 1
    assert html.count(f"{sized}>") == 1, "of an older draft nothing is known"


def test_the_preview_as_json_tells_both(tmp_path: Path) -> None:
    variant = Variant("ab", "square", 10, 10, 9, "image/jpeg", "Fog", colour="#102040", blurhash="L009m")
    part = Part(Caption("Fog", 3, 300, "graphemes"), (variant,))
    told = as_dict(make_post(), [Draft("id", "blue", "bluesky", "en", (part,))], Media(tmp_path))
    (picture,) = told["drafts"][0]["pictures"]
    assert (picture["colour"], picture["blurhash"]) == ("#102040", "L009m")
