"""What a page shows where a picture will be: its dominant colour, and a blurred preview of it in 28 letters."""

from __future__ import annotations

import numpy as np
from PIL import Image

_COLOURS = 8
_SAMPLED_SIDE = 128  # pixels of the longer side, picked before they are averaged: going through all takes longer than the rest
_COLOUR_SIDE = 32
_BLUR_SIDE = 12  # the library takes time by the pixel, and a preview of 4 by 3 waves tells no more
_WAVES = 4, 3


def placeholder(picture: Image.Image) -> tuple[str, str]:
    """The dominant colour ("#rrggbb") and the BlurHash of an RGB picture, from a small copy of it."""
    small = _within(_within(picture, _SAMPLED_SIDE, Image.Resampling.NEAREST), _COLOUR_SIDE, Image.Resampling.BOX)
    return _dominant_colour(small), _blurhash(_within(small, _BLUR_SIDE, Image.Resampling.BOX))


def _dominant_colour(small: Image.Image) -> str:
    """Of the few cells of the colour cube that an octree merges its colours to, the mean of the fullest.

    A median cut makes all cells about equally full: which is the fullest is then chance.
    """
    few = small.quantize(_COLOURS, Image.Quantize.FASTOCTREE)
    counts, palette = few.histogram(), few.getpalette() or []
    most = counts.index(max(counts)) * 3
    return f"#{bytes(palette[most : most + 3]).hex()}"


def _blurhash(small: Image.Image) -> str:
    """https://github.com/woltapp/blurhash/blob/master/Algorithm.md"""
    import blurhash  # here, because only what develops pictures needs it

    across, down = _WAVES if small.width >= small.height else _WAVES[::-1]
    letters: str = blurhash.encode(np.asarray(small).tolist(), across, down)
    return letters


def _within(picture: Image.Image, side: int, smoothing: Image.Resampling) -> Image.Image:
    scale = min(side / max(picture.size), 1.0)
    return picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))), smoothing)
