"""Whatever comes in: upright, in sRGB, opaque; or refused in one sentence before it costs anything."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from socialbot.pictures import Unusable
from socialbot.pictures.opening import open_master, recognise
from tests.pictures.specimens import HEIC, adobe_rgb, cmyk_profile, display_p3, encoded, noise, quarters

NEEDED = (1200, 1920)
STORED_FOR = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def difference(one: Image.Image, other: Image.Image) -> float:
    assert one.size == other.size
    return float(np.abs(np.asarray(one).astype(int) - np.asarray(other)).mean())


@pytest.mark.parametrize("orientation", STORED_FOR)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_every_orientation_comes_out_upright(kind: str, orientation: int) -> None:
    upright, turn = quarters(), STORED_FOR[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(upright.transpose(turn) if turn is not None else upright, kind, exif=exif)
    assert difference(open_master(content, NEEDED).image, upright) < 2


def test_a_turned_photograph_is_shrunk_along_the_right_sides() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    tall, wide = (open_master(encoded(quarters(*size), exif=exif), NEEDED) for size in ((4000, 2500), (2500, 4000)))
    assert (tall.image.size, tall.reduction) == ((1250, 2000), 2)
    assert (wide.image.size, wide.reduction) == ((3072, 1920), pytest.approx(2500 / 1920))


def test_a_huge_png_is_reduced_to_what_the_shapes_need() -> None:
    master = open_master(encoded(quarters(900, 700), "PNG"), (300, 200))
    assert (master.image.size, master.reduction) == ((300, 234), 3)


Floats = NDArray[np.float64]
TO_XYZ = {  # of linear light under D65, https://www.w3.org/TR/css-color-4/#color-conversion-code
    "sRGB": [[0.41239080, 0.35758434, 0.18048079], [0.21263901, 0.71516868, 0.07219232], [0.01933082, 0.11919478, 0.95053215]],
    "Display P3": [[0.48657095, 0.26566769, 0.19821729], [0.22897456, 0.69173852, 0.07928691], [0, 0.04511338, 1.04394437]],
    "Adobe RGB": [
        [0.57666904, 0.18555824, 0.18822865],
        [0.29734498, 0.62736357, 0.07529146],
        [0.02703136, 0.07068885, 0.99133754],
    ],
}
D65 = (0.95045593, 1, 1.08905775)
PROFILES: dict[str, Callable[[], bytes] | None] = {"sRGB": None, "Display P3": display_p3, "Adobe RGB": adobe_rgb}


def linear(levels: Floats, space: str) -> Floats:
    if space == "Adobe RGB":
        return levels**2.19921875
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


def xyz(picture: Image.Image, space: str = "sRGB") -> Floats:
    return linear(np.asarray(picture.convert("RGB")) / 255, space) @ np.array(TO_XYZ[space]).T


def lab(light: Floats) -> Floats:
    """CIE 1976 L*a*b* of XYZ under D65."""
    scaled = light / D65
    f = np.where(scaled > 216 / 24389, np.cbrt(scaled), (scaled * 24389 / 27 + 16) / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def within_srgb(light: Floats) -> Floats:
    """What of it a screen of sRGB can show."""
    to_linear = np.linalg.inv(np.array(TO_XYZ["sRGB"])).T
    return (light @ to_linear).clip(0, 1) @ np.array(TO_XYZ["sRGB"]).T


def delta_e(one: Floats, other: Floats) -> float:
    """The mean distance of two pictures in CIE 1976 L*a*b*; 2.3 is just noticeable."""
    return float(np.linalg.norm(lab(one) - lab(other), axis=-1).mean())


def colours() -> Image.Image:
    """A chart of 36 colours, none at the edge of the gamut, the same in no turn and no flip."""
    levels = np.random.default_rng(3).integers(60, 200, (4, 9, 3), np.uint8)
    return Image.fromarray(levels).resize((432, 208), Image.Resampling.NEAREST)


@pytest.mark.parametrize("space", PROFILES)
@pytest.mark.parametrize("orientation", STORED_FOR)
@pytest.mark.parametrize("kind", ["JPEG", "progressive", "PNG", "WEBP", "TIFF", "AVIF"])
def test_every_format_turn_and_profile_shows_the_colours_of_a_reference_rendering(
    kind: str, orientation: int, space: str
) -> None:
    chart, turn, profile = colours(), STORED_FOR[orientation], PROFILES[space]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"JPEG": {"subsampling": 0}, "progressive": {"progressive": True, "subsampling": 0}}.get(kind, {})
    content = encoded(
        chart.transpose(turn) if turn is not None else chart,
        "JPEG" if kind == "progressive" else kind,
        exif=exif,
        quality=95,
        icc_profile=profile() if profile else None,
        **options,
    )
    master = open_master(content, NEEDED)
    assert master.warnings == ()
    assert delta_e(xyz(master.image), within_srgb(xyz(chart, space))) < 2


def test_the_reference_rendering_tells_the_profiles_apart() -> None:
    taken_as_srgb = xyz(colours())
    assert all(delta_e(taken_as_srgb, within_srgb(xyz(colours(), space))) > 3 for space in ("Display P3", "Adobe RGB"))


def inks(mix: tuple[float, float, float, float]) -> tuple[float, float, float]:
    """A printer's colours, duller than those of a screen, relative to the paper's white as a profile tells them."""
    cyan, magenta, yellow, black = mix
    light = (1 - black) * (1 - 0.35 * cyan) * (1 - 0.4 * magenta) * (1 - 0.1 * yellow)
    strength = (1 - black) * 35
    return 100 * light, strength * (magenta - cyan) * light, strength * (yellow - 0.5 * cyan - 0.3 * magenta) * light


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_takes_its_colours_from_its_profile(kind: str) -> None:
    mixes = [(0, 0, 0, 0), (0.5, 0, 0, 0), (0, 0.5, 0.25, 0), (0, 0, 1, 0.25), (0.25, 0.25, 0.25, 0.5), (0.75, 0.5, 0, 0)]
    chart = Image.new("CMYK", (600, 300))
    for place, mix in enumerate(mixes):
        chart.paste(tuple(round(255 * each) for each in mix), (place * 100, 0, place * 100 + 100, 300))
    master = open_master(encoded(chart, kind, icc_profile=cmyk_profile(inks), quality=100), NEEDED)
    assert master.warnings == ()
    shown = lab(xyz(master.image))[150, 50::100]
    wanted = np.array([inks(mix) for mix in mixes])
    assert np.linalg.norm(shown - wanted, axis=-1).max() < 2


def test_untagged_and_srgb_pictures_keep_every_value() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for options in ({}, {"icc_profile": srgb}):
        assert difference(open_master(encoded(quarters(), "PNG", **options), NEEDED).image, quarters()) == 0


def test_a_picture_of_which_nothing_had_to_change_lets_go_of_its_file() -> None:
    assert type(open_master(encoded(quarters(), "PNG"), NEEDED).image) is Image.Image


def test_a_broken_profile_is_told_and_passed_over() -> None:
    master = open_master(encoded(quarters(), "PNG", icc_profile=b"no profile" * 20), NEEDED)
    assert difference(master.image, quarters()) == 0
    assert "profile" in master.warnings[0]


def test_cmyk_becomes_rgb_and_says_that_it_guessed() -> None:
    master = open_master(encoded(Image.new("CMYK", (300, 300), (0, 255, 255, 0))), NEEDED)
    red, green, blue = master.image.getpixel((150, 150))  # type: ignore[misc]
    assert red > 200
    assert max(green, blue) < 60
    assert "CMYK" in master.warnings[0]


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("PNG", "LA"), ("PNG", "P"), ("WEBP", "RGBA"), ("AVIF", "RGBA")])
@pytest.mark.parametrize("background", [None, (12, 90, 200)])
def test_transparent_places_take_the_chosen_colour_whatever_hides_beneath(
    kind: str, mode: str, background: tuple[int, int, int] | None
) -> None:
    picture = Image.new("RGBA", (320, 320), (10, 10, 10, 0))
    picture.paste((10, 10, 10, 255), (0, 0, 160, 320))
    content = encoded(picture.convert(mode), kind)
    image = (open_master(content, NEEDED, background) if background else open_master(content, NEEDED)).image
    assert image.mode == "RGB"
    assert np.abs(np.subtract(image.getpixel((20, 20)), (10, 10, 10))).max() <= 2  # type: ignore[arg-type]
    assert image.getpixel((280, 20)) == (background or (255, 255, 255))


def test_a_colour_key_in_a_png_is_transparency_too() -> None:
    image = open_master(encoded(Image.new("RGB", (300, 300), (1, 2, 3)), "PNG", transparency=(1, 2, 3)), NEEDED).image
    assert image.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "TIFF, big-endian"])
def test_sixteen_bits_are_scaled_and_not_clipped(kind: str) -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint16) * 257, (256, 1))
    picture = Image.fromarray(ramp)
    if "big" in kind:
        picture = Image.frombytes("I;16B", picture.size, ramp.astype(">u2").tobytes())
    image = open_master(encoded(picture, kind.partition(",")[0]), NEEDED).image
    assert np.asarray(image)[0, :, 0].tolist() == list(range(256))


ANIMATED = ["PNG", "WEBP", "GIF", "AVIF"]


@pytest.mark.parametrize("kind", ANIMATED)
def test_of_an_animation_the_first_frame_is_taken_and_told(kind: str) -> None:
    content = encoded(quarters(), kind, save_all=True, append_images=[noise(600, 400)])
    master = open_master(content, NEEDED)
    assert difference(master.image, quarters()) < 3
    assert "first of its frames" in master.warnings[0]


@pytest.mark.parametrize("kind", ANIMATED)
def test_blank_frames_at_the_start_of_an_animation_are_passed_over(kind: str) -> None:
    blank = Image.new("RGB", (600, 400), "black")
    frames = [Image.new("RGB", (600, 400), "white"), quarters(), noise(600, 400)]
    master = open_master(encoded(blank, kind, save_all=True, append_images=frames), NEEDED)
    assert difference(master.image, quarters()) < 3
    assert master.warnings == ("only frame 3 of its frames is sent, the first that is not blank",)


@pytest.mark.parametrize("kind", ANIMATED)
def test_of_an_animation_of_blank_frames_the_first_is_taken(kind: str) -> None:
    frames = [Image.new("RGB", (300, 300), (level, level, level)) for level in (10, 120, 240)]
    master = open_master(encoded(frames[0], kind, save_all=True, append_images=frames[1:]), NEEDED)
    assert difference(master.image, frames[0]) < 3
    assert master.warnings == ("only the first of its frames is sent",)


def test_of_a_tiff_of_several_pages_the_first_is_taken() -> None:
    blank = Image.new("RGB", (300, 300), "white")
    master = open_master(encoded(blank, "TIFF", save_all=True, append_images=[quarters()]), NEEDED)
    assert difference(master.image, blank) == 0
    assert "first of its frames" in master.warnings[0]


def test_of_a_phones_jpeg_the_second_picture_behind_it_is_left_alone() -> None:
    master = open_master(encoded(quarters(), "MPO", save_all=True, append_images=[noise(600, 400)]), NEEDED)
    assert difference(master.image, quarters()) < 2
    assert master.warnings == ()


def test_a_heic_photograph_is_read_by_the_extra() -> None:
    pytest.importorskip("pi_heif")
    assert recognise(HEIC) == "HEIC"
    master = open_master(HEIC, NEEDED)
    assert difference(master.image, quarters(320, 240)) < 5
    assert master.warnings == ()


def test_without_the_extra_a_heic_photograph_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif.as_plugin", None)
    with pytest.raises(Unusable) as refusal:
        open_master(HEIC, NEEDED)
    assert str(refusal.value) == (
        "it is a HEIC photograph, which takes the extra socialbot[heif] to read"
        ' (pip install "socialbot[heif]", or export it as JPEG, PNG or WebP)'
    )


def test_damaged_exif_is_told_and_the_picture_used() -> None:
    content = encoded(quarters(), exif=b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01")
    assert "metadata" in open_master(content, NEEDED).warnings[0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP", "AVIF", "GIF", "TIFF"])
def test_a_picture_is_recognised_by_its_bytes(kind: str) -> None:
    assert recognise(encoded(quarters(), kind)) == kind


NOT_PICTURES = {
    "SVG": b'<?xml version="1.0"?>\n<!-- drawn by hand -->\n<svg xmlns="http://www.w3.org/2000/svg"></svg>',
    "web page": b"\r\n<!DOCTYPE html><html><body><svg></svg></body></html>",
    "text": "404: nicht gefunden, schön".encode(),
    "markup": b'<?xml version="1.0"?><rss></rss>',
    "PDF": b"%PDF-1.7 ...",
    "empty": b"",
    "no kind": b"BM" + bytes(100),
}


@pytest.mark.parametrize("word", NOT_PICTURES)
def test_what_is_no_picture_is_named_in_one_sentence(word: str) -> None:
    with pytest.raises(Unusable, match=word) as refusal:
        open_master(NOT_PICTURES[word], NEEDED)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_of_a_file_cut_short_the_rows_that_are_there_are_sent_if_they_are_enough(kind: str) -> None:
    content = encoded(noise(400, 300), kind)
    whole, master = open_master(content, NEEDED), open_master(content[: len(content) * 9 // 10], NEEDED)
    assert 255 <= master.image.height <= 275
    assert difference(master.image, whole.image.crop((0, 0, 400, master.image.height))) == 0
    share = f"{master.image.height / 300:.0%}"
    assert master.warnings == (f"the file is cut short: only {share} of the picture is there, and that is sent",)


def test_a_turned_file_cut_short_loses_the_side_that_was_stored_last() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(noise(400, 300), exif=exif)
    master = open_master(content[: len(content) * 9 // 10], NEEDED)
    assert 255 <= master.image.width <= 275
    assert master.image.height == 400


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF"])
def test_a_file_of_which_too_little_is_left_is_refused(kind: str) -> None:
    content = encoded(noise(400, 300), kind)
    with pytest.raises(Unusable, match="cut short"):
        open_master(content[: len(content) * 2 // 3], NEEDED)


def test_a_picture_too_small_to_show_is_refused() -> None:
    with pytest.raises(Unusable, match="300×150"):
        open_master(encoded(quarters(300, 150)), NEEDED)


def test_a_twelve_bit_jpeg_is_refused_by_name() -> None:
    content = bytearray(encoded(quarters()))
    content[content.index(b"\xff\xc0") + 4] = 12
    with pytest.raises(Unusable, match="12 bits"):
        open_master(bytes(content), NEEDED)


def test_a_single_pixel_is_refused_in_the_same_words() -> None:
    with pytest.raises(Unusable, match="1×1"):
        open_master(encoded(Image.new("RGB", (1, 1)), "PNG"), NEEDED)


@pytest.mark.parametrize("mode", ["1", "L", "P", "PA", "RGBX", "YCbCr"])
def test_odd_kinds_of_pixels_become_rgb(mode: str) -> None:
    kind = "PNG" if mode in ("1", "L", "P") else "TIFF"
    master = open_master(encoded(quarters().convert(mode), kind), NEEDED)
    assert difference(master.image, quarters().convert(mode).convert("RGB")) < 3


@pytest.mark.parametrize(("mode", "why"), [("F", "32 bits"), ("LAB", "CIELAB")])
def test_colours_that_cannot_be_read_are_refused_by_name(mode: str, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        open_master(encoded(Image.new(mode, (300, 300)), "TIFF"), NEEDED)
