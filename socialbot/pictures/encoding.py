"""A finished frame as JPEG bytes within a budget: lower quality first, fewer pixels after that."""

from __future__ import annotations

import math
from io import BytesIO

from PIL import Image

from socialbot.nouns import Shape
from socialbot.pictures.cropping import MIN_WIDTH, SHAPES, Size, size_within
from socialbot.pictures.marks import Marks, as_exif, as_xmp
from socialbot.pictures.unusable import Unusable

QUALITIES = (88, 83, 78, 72, 66, 60)  # below the last a smaller picture looks better than a coarser one
_FULL_COLOUR, _HALVED_COLOUR = "4:4:4", "4:2:0"


def encode(frame: Image.Image, shape: Shape, marks: Marks, *, max_bytes: int, lettering: bool) -> tuple[bytes, Size]:
    """The frame as a JPEG of at most `max_bytes` that carries the marks and nothing else, and its size in pixels.

    With `lettering` colour keeps its full resolution, so that coloured text stays sharp. Raises Unusable when not even a
    picture 320 pixels wide keeps the budget.
    """
    for quality in QUALITIES:
        content = _jpeg(frame, marks, quality, lettering)
        if len(content) <= max_bytes:
            return content, frame.size
    size = frame.size
    while True:
        # Bytes go with the area; a little less, because small pictures carry more detail per pixel.
        width = size[0] * min(math.sqrt(max_bytes / len(content)) * 0.97, 0.97)
        size = size_within(shape, width / SHAPES[shape][0])
        if size[0] < MIN_WIDTH:
            raise Unusable(f"it cannot be kept within {max_bytes:,} bytes", fix="choose one with less fine detail")
        content = _jpeg(frame.resize(size, Image.Resampling.BICUBIC, reducing_gap=1.0), marks, QUALITIES[-1], lettering)
        if len(content) <= max_bytes:
            return content, size


def _jpeg(frame: Image.Image, marks: Marks, quality: int, lettering: bool) -> bytes:
    out = BytesIO()
    colour = _FULL_COLOUR if lettering else _HALVED_COLOUR
    frame.save(out, "JPEG", quality=quality, subsampling=colour, exif=as_exif(marks), xmp=as_xmp(marks))
    return out.getvalue()
