"""From a file to what is sent: every turn, format and colour profile looks like a rendering done at full size, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from socialbot.media import Media
from socialbot.nouns import Picture
from socialbot.pictures import Darkroom
from tests.pictures.specimens import HEIC, adobe_rgb, cmyk_profile, display_p3, encoded, filed, quarters
from tests.pictures.test_opening import STORED_FOR, delta_e, inks, xyz

MOST = 2.0
"""ΔE of CIE 1976, the mean over all pixels; 2.3 is just noticeable. Encoding alone costs about one."""
PROFILES: Mapping[str, Callable[[], bytes] | None] = {
    "sRGB": None,
    "Display P3": display_p3,
    "Adobe RGB": adobe_rgb,
    "grey": None,
    "grey, Display P3": display_p3,
    "CMYK": lambda: cmyk_profile(inks),
}
MODES = {"grey": "L", "grey, Display P3": "L", "CMYK": "CMYK"}
KINDS = {
    "JPEG": tuple(PROFILES),
    "PNG": ("sRGB", "Display P3", "Adobe RGB", "grey", "grey, Display P3"),
    "WEBP": ("sRGB", "Display P3", "Adobe RGB"),
    "AVIF": ("sRGB", "Display P3", "Adobe RGB"),
    "TIFF": tuple(PROFILES),
}
TABLE = [(kind, space) for kind, spaces in KINDS.items() for space in spaces]


@pytest.fixture
def developed(tmp_path: Path) -> Callable[..., Image.Image]:
    media = Media(tmp_path / "media")

    def develop(content: bytes, shape: Any, focal: tuple[float, float] | None = None, **asked: Any) -> Image.Image:
        source = Picture("a", file=filed(tmp_path, content), focal=focal)
        variant, told = Darkroom(media, shapes=()).develop(source, shape, max_bytes=5_000_000, **asked)
        assert told == ()
        return Image.open(media.path(variant.digest))

    return develop


@cache
def photograph(size: tuple[int, int]) -> Image.Image:
    """Soft shapes of strong colours under grey grain, the same in no turn and no flip."""
    chance = np.random.default_rng(11)
    shapes = Image.fromarray(chance.integers(30, 226, (7, 9, 3), np.uint8)).resize(size, Image.Resampling.BICUBIC)
    grain = Image.fromarray(chance.integers(0, 256, (90, 120), np.uint8)).resize(size, Image.Resampling.BICUBIC)
    return Image.blend(shapes, grain.convert("RGB"), 0.1)


def stored(picture: Image.Image, kind: str, space: str, orientation: int) -> bytes:
    turn, profile = STORED_FOR[orientation], PROFILES[space]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, Any] = {"speed": 9} if kind == "AVIF" else {}
    options |= {"icc_profile": profile()} if profile else {}
    lying = picture.transpose(turn) if turn is not None else picture
    return encoded(lying.convert(MODES.get(space, "RGB")), kind, exif=exif, quality=95, **options)


def reference(content: bytes, size: tuple[int, int], box: tuple[float, float, float, float] | None = None) -> Image.Image:
    """All pixels decoded, turned upright, taken to sRGB by their profile, and only then cut out and resized."""
    picture = Image.open(BytesIO(content))
    profile = picture.info.get("icc_profile")
    upright = ImageOps.exif_transpose(picture)
    if upright.mode != "CMYK":
        upright = upright.convert("RGB")
    if profile:
        upright = ImageCms.profileToProfile(  # type: ignore[assignment]
            upright,
            ImageCms.ImageCmsProfile(BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    return upright.resize(size, Image.Resampling.LANCZOS, box=box)


@pytest.mark.parametrize(("kind", "space"), TABLE)
@pytest.mark.parametrize("orientation", STORED_FOR)
def test_what_is_sent_looks_like_the_reference_in_every_turn_format_and_profile(
    developed: Callable[..., Image.Image], kind: str, space: str, orientation: int
) -> None:
    content = stored(photograph((420, 300)), kind, space, orientation)
    sent = developed(content, "original", max_pixels=60_000)
    assert sent.size == (289, 207)
    assert sent.mode == "RGB"
    assert not {"icc_profile", "exif"} & set(sent.info)
    assert delta_e(xyz(sent), xyz(reference(content, sent.size))) < MOST


@pytest.mark.parametrize("space", ["Display P3", "Adobe RGB", "CMYK"])
def test_the_table_would_tell_if_a_profile_were_passed_over(developed: Callable[..., Image.Image], space: str) -> None:
    picture = photograph((420, 300))
    tagged, bare = stored(picture, "TIFF", space, 1), encoded(picture.convert(MODES.get(space, "RGB")), "TIFF")
    sent = developed(tagged, "original")
    assert delta_e(xyz(sent), xyz(reference(bare, sent.size).convert("RGB"))) > MOST


@pytest.mark.parametrize("orientation", [1, 4, 6, 7])
def test_a_crop_of_a_large_photograph_decoded_at_a_reduced_scale_looks_like_one_of_the_whole(
    developed: Callable[..., Image.Image], orientation: int
) -> None:
    content = stored(photograph((2880, 2160)), "JPEG", "Display P3", orientation)
    sent = developed(content, "square", focal=(0.1, 0.5))
    assert sent.size == (1080, 1080)
    assert delta_e(xyz(sent), xyz(reference(content, sent.size, (0, 0, 2160, 2160)))) < MOST


def test_a_heic_photograph_looks_like_what_it_was_made_of(developed: Callable[..., Image.Image]) -> None:
    pytest.importorskip("pi_heif")
    sent = developed(HEIC, "original")
    assert delta_e(xyz(sent), xyz(quarters(320, 240))) < 3 * MOST, "its own codec has blurred its four edges"
