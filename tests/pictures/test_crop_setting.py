"""How a picture goes into its frame is the account's to say: cropped, whole over a backdrop, and in a shape that is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from pydantic import ValidationError

from socialbot.media import Media
from socialbot.nouns import Picture, Shape, Variant
from socialbot.pictures import Darkroom, Unusable, nearest_shape
from socialbot.pictures.cropping import ANY_ASPECT, SHAPES, Aspects, render, shape_within, size_within, whole_picture
from socialbot.settings import AccountSettings
from tests.pictures.specimens import encoded, filed, noise, quarters

NAVY, BLUE = "#102040", (16, 32, 64)
INSTAGRAM: Aspects = (0.8, 1.91)
Develop = Callable[..., tuple[Variant, Image.Image, tuple[str, ...]]]


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[bytes], Picture]:
    return lambda content: Picture("a.jpg", file=filed(tmp_path, content))


@pytest.fixture
def develop(tmp_path: Path) -> Develop:
    media = Media(tmp_path / "media")
    darkroom = Darkroom(media)

    def done(source: Picture, shape: Shape, **asked: Any) -> tuple[Variant, Image.Image, tuple[str, ...]]:
        variant, told = darkroom.develop(source, shape, max_bytes=5_000_000, **asked)
        return variant, Image.open(media.path(variant.digest)), told

    return done


def card(size: tuple[int, int] = (1600, 900), words_at: int = 60) -> Image.Image:
    drawn = Image.new("RGB", size, "navy")
    ImageDraw.Draw(drawn).text((words_at, 400), "Words on a card", fill="white", font_size=96)
    return drawn


def near(frame: Image.Image, at: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(np.subtract(frame.getpixel(at), colour)).max() <= 6)  # type: ignore[arg-type]


@pytest.mark.parametrize("named", [{"focal": (0.1, 0.1)}, {"box": (0.0, 0.0, 0.4, 0.4)}, {}])
def test_fit_shows_the_whole_picture_whatever_the_author_named(
    develop: Develop, picture: Callable[[bytes], Picture], named: dict[str, object]
) -> None:
    source = replace(picture(encoded(quarters(1600, 900))), **named)  # type: ignore[arg-type]
    _, frame, told = develop(source, "square", crop="fit", backdrop=NAVY)
    top = (1080 - 1080 * 900 / 1600) / 2
    assert near(frame, (540, round(top) - 9), BLUE)
    assert near(frame, (540, 1089 - round(top)), BLUE)
    corners = [frame.getpixel((x, round(y))) for x in (9, 1070) for y in (top + 9, 1071 - top)]
    assert len({tuple(np.array(corner) > 128) for corner in corners}) == 4
    assert told == ()


def test_fit_leaves_a_picture_already_in_shape_without_a_backdrop(
    develop: Develop, picture: Callable[[bytes], Picture]
) -> None:
    _, frame, _ = develop(picture(encoded(quarters(1300, 1300))), "square", crop="fit", backdrop=NAVY)
    assert not any(near(frame, at, BLUE) for at in ((2, 2), (1077, 2), (2, 1077), (1077, 1077)))


def test_fill_crops_what_would_be_fitted_and_tells_of_a_graphic_that_it_cut(
    develop: Develop, picture: Callable[[bytes], Picture]
) -> None:
    source = picture(encoded(card(), "PNG"))
    whole, cut = (develop(source, "square", crop=crop)[1:] for crop in ("auto", "fill"))
    assert whole[1] == ()
    lettered = [int((np.asarray(frame.convert("L")) > 200).any(axis=1).sum()) for frame, _ in (whole, cut)]
    assert lettered[1] > lettered[0] * 1.5, "cropped, the letters are larger"
    assert [one.count("some of it is cut off") for one in cut[1]] == [1]


def test_fill_says_nothing_where_only_plain_ground_of_a_graphic_is_cut(
    develop: Develop, picture: Callable[[bytes], Picture]
) -> None:
    _, _, told = develop(picture(encoded(card((1800, 1000), words_at=620), "PNG")), "square", crop="fill")
    assert told == ()


def test_fill_goes_out_small_where_auto_gives_way_to_the_whole_picture(
    develop: Develop, picture: Callable[[bytes], Picture]
) -> None:
    strip = replace(picture(encoded(quarters(700, 220))), focal=(0.3, 0.5))
    filled, _, told = develop(strip, "vertical", crop="fill")
    assert (filled.width, filled.height) == (180, 320)
    assert told == ("a.jpg: it is too small for 1080×1920 pixels and goes out at 180×320",)
    assert develop(strip, "vertical", crop="auto")[0].width == 1044


@given(st.tuples(st.integers(20, 900), st.integers(20, 900)), st.sampled_from(list(SHAPES)))
def test_the_blur_never_reaches_out_of_the_picture(size: tuple[int, int], shape: Shape) -> None:
    frame = size_within(shape, 0.1)
    assert render(Image.new("RGB", size), whole_picture(size), frame, plain=False).size == frame


def test_the_blur_of_a_size_that_rounds_up_does_not_either() -> None:
    assert render(noise(645, 429), whole_picture((645, 429)), (864, 1080), plain=False).size == (864, 1080)


@pytest.mark.parametrize("graphic", [True, False])
def test_a_backdrop_of_the_accounts_colour_lies_around_photographs_and_graphics(
    develop: Develop, picture: Callable[[bytes], Picture], graphic: bool
) -> None:
    source = picture(encoded(card(), "PNG") if graphic else encoded(noise(1600, 900)))
    _, frame, _ = develop(source, "square", crop="fit", backdrop=NAVY)
    assert near(frame, (540, 40), BLUE)
    assert near(frame, (540, 1040), BLUE)


def test_transparent_places_take_each_accounts_own_colour_in_turn(
    develop: Develop, picture: Callable[[bytes], Picture]
) -> None:
    glass = Image.new("RGBA", (1200, 1200), (200, 30, 30, 0))
    glass.paste((200, 30, 30, 255), (600, 0, 1200, 1200))
    source = picture(encoded(glass, "PNG"))
    seen = [develop(source, "square", backdrop=backdrop)[1] for backdrop in ("blur", NAVY, "#ffee00", NAVY, "blur")]
    wanted = [(255, 255, 255), BLUE, (255, 238, 0), BLUE, (255, 255, 255)]
    assert all(near(frame, (100, 500), colour) for frame, colour in zip(seen, wanted, strict=True))
    assert all(near(frame, (1000, 500), (200, 30, 30)) for frame in seen)


def test_a_jpeg_is_not_decoded_again_for_another_colour(
    develop: Develop, picture: Callable[[bytes], Picture], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = picture(encoded(quarters(1600, 900)))
    develop(source, "square", crop="fit", backdrop=NAVY)
    monkeypatch.setattr("socialbot.pictures.negative.decode", None)
    _, frame, _ = develop(source, "square", crop="fit", backdrop="#ffee00")
    assert near(frame, (540, 40), (255, 238, 0))


@pytest.mark.parametrize("backdrop", ["blue", "#12345", "rgb(1,2,3)", "#12345g", "", 7])
def test_a_backdrop_that_is_no_colour_is_refused_with_an_example(backdrop: object) -> None:
    with pytest.raises(ValidationError, match='"blur" or a colour like "#1a2b3c"'):
        AccountSettings.model_validate({"network": "x", "backdrop": backdrop})
    assert AccountSettings.model_validate({"network": "x", "backdrop": " #AbCdEf "}).backdrop == "#abcdef"


@pytest.mark.parametrize(
    ("size", "shape", "goes_out"),
    [
        ((1200, 900), "original", "original"),
        ((900, 1600), "original", "portrait"),
        ((3000, 900), "original", "landscape"),
        ((900, 900), "vertical", "portrait"),
        ((900, 900), "pin", "portrait"),
        ((900, 900), "landscape", "landscape"),
    ],
)
def test_a_shape_the_network_does_not_take_gives_way_to_the_nearest_it_does(
    develop: Develop, picture: Callable[[bytes], Picture], size: tuple[int, int], shape: Shape, goes_out: Shape
) -> None:
    variant, frame, told = develop(picture(encoded(quarters(*size))), shape, aspects=INSTAGRAM)
    assert variant.shape == goes_out
    assert 0.8 <= frame.width / frame.height <= 1.91
    assert [f"so it goes out {goes_out}" in one for one in told if "takes no" in one] == [True] * (shape != goes_out)


def test_a_reshaped_original_is_as_sharp_as_if_that_shape_had_been_asked_for(
    tmp_path: Path, picture: Callable[[bytes], Picture]
) -> None:
    source = picture(encoded(quarters(1500, 4000)))
    darkroom = Darkroom(Media(tmp_path / "media"), shapes=())
    reshaped, _ = darkroom.develop(source, "original", max_bytes=5_000_000, aspects=INSTAGRAM)
    asked, _ = Darkroom(Media(tmp_path / "other"), shapes=()).develop(source, "portrait", max_bytes=5_000_000)
    assert (reshaped.width, reshaped.height) == (asked.width, asked.height) == (1080, 1350)
    assert darkroom._negative(source.file, reshaped.digest, "portrait", (255, 255, 255)).master.image.width >= 1080  # type: ignore[arg-type]


def test_a_picture_too_narrow_for_the_network_is_refused_with_both_numbers(
    develop: Develop, picture: Callable[[bytes], Picture]
) -> None:
    with pytest.raises(Unusable, match=r"a.jpg: it would go out 300 pixels wide, and the network takes 320 and more"):
        develop(picture(encoded(quarters(200, 200))), "portrait", min_width=320)


ASPECTS = st.tuples(st.floats(0.02, 1), st.floats(1, 50)) | st.just(ANY_ASPECT) | st.just(INSTAGRAM)


@given(ASPECTS, st.sampled_from([*SHAPES, "original"]), st.tuples(st.integers(200, 20_000), st.integers(200, 20_000)))
def test_a_shape_is_given_up_only_for_one_that_is_allowed_and_none_is_nearer(
    aspects: Aspects, shape: Shape, size: tuple[int, int]
) -> None:
    goes_out = shape_within(aspects, shape, size)
    of = {name: width / height for name, (width, height) in SHAPES.items()} | {"original": size[0] / size[1]}
    assert aspects[0] <= of[goes_out] <= aspects[1] or not any(aspects[0] <= of[name] <= aspects[1] for name in SHAPES)
    if goes_out != shape:
        assert not aspects[0] * 1.01 <= of[shape] <= aspects[1] / 1.01
        assert goes_out == nearest_shape(aspects, of[shape])
        off = {name: max(of[name] / of[shape], of[shape] / of[name]) for name in SHAPES}
        allowed = [name for name in SHAPES if aspects[0] <= of[name] <= aspects[1]] or list(SHAPES)
        assert off[goes_out] == pytest.approx(min(off[name] for name in allowed))
