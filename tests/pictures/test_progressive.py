"""Progressive JPEGs that were cut short: used once all of the picture is there coarsely, refused before that."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageFilter

from socialbot.pictures import Unusable
from socialbot.pictures.containers import jpeg_markers
from socialbot.pictures.opening import open_master
from socialbot.pictures.progressive import ended
from tests.pictures.specimens import encoded, noise, quarters

NEEDED = (1200, 1920)
TOLD = "the file is cut short: its finest detail is missing"
SCAN = 0xDA


def photograph() -> Image.Image:
    """Edges, slopes and some grain."""
    grain = noise(480, 360).filter(ImageFilter.GaussianBlur(1.5))
    return Image.blend(quarters(480, 360).filter(ImageFilter.GaussianBlur(8)), grain, 0.3)


def likeness(one: Image.Image, other: Image.Image) -> float:
    """Peak signal over noise, in decibels."""
    error = np.square(np.asarray(one, np.float64) - np.asarray(other, np.float64)).mean()
    return float(10 * np.log10(255**2 / error)) if error else math.inf


def ends_of_scans(content: bytes) -> list[int]:
    markers = list(jpeg_markers(content))
    return [after[1] for one, after in pairwise(markers) if one[0] == SCAN]


@pytest.mark.parametrize("quality", [75, 92])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
def test_one_cut_short_is_sent_once_every_detail_is_there_coarsely(quality: int, subsampling: str) -> None:
    content = encoded(photograph(), progressive=True, quality=quality, subsampling=subsampling)
    whole, taken = open_master(content, NEEDED), list[float]()
    for at in range(len(content) // 40, len(content) - 2, len(content) // 40):
        try:
            master = open_master(content[:at], NEEDED)
        except Unusable as refusal:
            assert not taken
            assert "cut short" in str(refusal)
            continue
        assert master.warnings == (TOLD,)
        taken.append(likeness(master.image, whole.image))
    assert len(taken) > 15
    assert min(taken) > 30


def test_it_takes_every_component_whole_to_two_bits() -> None:
    """libjpeg's scans: the means; the brightness's first five waves, both colours, its other waves; then what refines them."""
    content = encoded(photograph(), progressive=True)
    *ends, last = ends_of_scans(content)
    assert [bool(ended(content[: end + 2])) for end in ends] == [False] * 4 + [True] * (len(ends) - 4)
    assert [bool(ended(content[: end - 1])) for end in (*ends, last)] == [False] * 5 + [True] * (len(ends) - 4)


def test_without_the_waves_of_one_colour_it_is_refused() -> None:
    content = encoded(photograph(), progressive=True)
    ends = ends_of_scans(content)
    assert ended(content[: ends[1]] + content[ends[2] : ends[5]]) is None


def test_where_more_than_two_bits_of_a_wave_are_missing_it_is_refused() -> None:
    content = encoded(photograph(), progressive=True)
    ends = ends_of_scans(content)
    coarse = content[: ends[4] + 2].replace(b"\1\5\2", b"\1\5\3").replace(b"\6\x3f\2", b"\6\x3f\3")
    assert ended(content[: ends[4] + 2])
    assert ended(coarse) is None


@pytest.mark.parametrize("left", range(1, 12))
def test_a_cut_within_a_segment_spoils_nothing_before_it(left: int) -> None:
    content = encoded(photograph(), progressive=True)
    *_, (_, start, _) = [one for one in jpeg_markers(content) if one[0] == SCAN]
    master = open_master(content[: start + left], NEEDED)
    assert master.warnings == (TOLD,)
    assert likeness(master.image, open_master(content, NEEDED).image) > 30


def test_it_may_be_grey_turned_and_reduced_while_it_is_decoded() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(photograph().convert("L"), progressive=True, exif=exif)
    master = open_master(content[:-500], (90, 120))
    assert (master.image.mode, master.image.size, master.warnings) == ("RGB", (90, 120), (TOLD,))


def test_what_has_its_end_and_is_broken_all_the_same_is_not_ended_again() -> None:
    content = encoded(photograph(), progressive=True)
    assert ended(content) is None
    assert ended(encoded(photograph())[:-500]) is None
    assert ended(b"\xff\xd8") is None
