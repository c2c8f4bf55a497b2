"""Whatever comes in: upright, in sRGB, opaque; or refused in one sentence before it costs anything."""

from __future__ import annotations

import struct
import time

import numpy as np
import pytest
from PIL import Image, ImageCms

from socialbot.pictures import Unusable
from socialbot.pictures.opening import open_master, recognise
from tests.pictures.specimens import encoded, noise, pixel_bombs, quarters, scan_bomb

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
    assert (wide.image.size, wide.reduction) == ((4000, 2500), 1)


def test_a_huge_png_is_reduced_to_what_the_shapes_need() -> None:
    master = open_master(encoded(quarters(900, 700), "PNG"), (300, 200))
    assert (master.image.size, master.reduction) == ((300, 234), 3)


def display_p3() -> bytes:
    """An sRGB profile given the primaries of Display P3 (adapted to D50), whose tone curve is the same."""
    content = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    primaries = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
    for tag, xyz in primaries.items():
        entry = content.index(tag, 128)
        at = int.from_bytes(content[entry + 4 : entry + 8], "big") + 8
        content = content[:at] + struct.pack(">3i", *(round(each * 65536) for each in xyz)) + content[at + 12 :]
    return content


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_display_p3_is_converted_to_srgb(kind: str) -> None:
    # The red of sRGB is (234, 51, 35) in Display P3.
    content = encoded(Image.new("RGB", (300, 300), (234, 51, 35)), kind, icc_profile=display_p3(), quality=95)
    master = open_master(content, NEEDED)
    assert difference(master.image, Image.new("RGB", (300, 300), (255, 0, 0))) < 4
    assert master.warnings == ()


def test_untagged_and_srgb_pictures_keep_every_value() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for options in ({}, {"icc_profile": srgb}):
        assert difference(open_master(encoded(quarters(), "PNG", **options), NEEDED).image, quarters()) == 0


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


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_places_become_white_whatever_hides_beneath(mode: str) -> None:
    picture = Image.new("RGBA", (300, 300), (10, 10, 10, 0))
    picture.paste((10, 10, 10, 255), (0, 0, 150, 300))
    image = open_master(encoded(picture.convert(mode), "PNG"), NEEDED).image
    assert image.mode == "RGB"
    assert image.getpixel((20, 20)) == (10, 10, 10)
    assert image.getpixel((280, 20)) == (255, 255, 255)


def test_a_colour_key_in_a_png_is_transparency_too() -> None:
    image = open_master(encoded(Image.new("RGB", (300, 300), (1, 2, 3)), "PNG", transparency=(1, 2, 3)), NEEDED).image
    assert image.getpixel((5, 5)) == (255, 255, 255)


def test_sixteen_bits_are_scaled_and_not_clipped() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint16) * 257, (256, 1))
    image = open_master(encoded(Image.fromarray(ramp), "PNG"), NEEDED).image
    assert np.asarray(image)[0, :, 0].tolist() == list(range(256))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_of_an_animation_the_first_frame_is_taken_and_told(kind: str) -> None:
    content = encoded(quarters(), kind, save_all=True, append_images=[noise(600, 400)])
    master = open_master(content, NEEDED)
    assert difference(master.image, quarters()) < 3
    assert "first of its frames" in master.warnings[0]


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
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40),
    "empty": b"",
    "no kind": b"BM" + bytes(100),
}


@pytest.mark.parametrize("word", NOT_PICTURES)
def test_what_is_no_picture_is_named_in_one_sentence(word: str) -> None:
    with pytest.raises(Unusable, match=word) as refusal:
        open_master(NOT_PICTURES[word], NEEDED)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF"])
def test_a_truncated_picture_is_refused(kind: str) -> None:
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


TRAPS = {
    **pixel_bombs(),
    "scans": scan_bomb(),
    "segments": b"\xff\xd8" + b"\xff\xe5\0\2" * 40_000,
    "chunks": encoded(quarters(), "PNG")[:33] + b"\0\0\0\0teSt\xe8\xa4\x02\x31" * 40_000,
}


@pytest.mark.parametrize("trap", TRAPS)
def test_traps_are_refused_before_they_cost_anything(trap: str) -> None:
    start = time.process_time()
    with pytest.raises(Unusable, match=r"decoded safely|scans|pieces"):
        open_master(TRAPS[trap], NEEDED)
    assert time.process_time() - start < 0.1
