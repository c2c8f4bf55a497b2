"""Animations made for the tests, and what is seen of them."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw, ImageSequence

from tests.pictures.specimens import encoded, quarters

Shown = list[tuple[bytes, object]]


def frames(count: int = 4, width: int = 320, height: int = 240) -> list[Image.Image]:
    """A disc that rolls over four colours."""
    drawn = []
    for number in range(count):
        frame = quarters(width, height)
        ImageDraw.Draw(frame).ellipse((20 * number, 20, 20 * number + 80, 100), "white")
        drawn.append(frame)
    return drawn


def moving(kind: str, pictures: list[Image.Image] | None = None, **options: Any) -> bytes:
    """They, or four frames of a rolling disc, as a file that shows each for a tenth of a second."""
    first, *rest = pictures or frames()
    options = {"duration": 100, "loop": 0, "save_all": True, "append_images": rest} | options
    return encoded(first, kind, **options)


def shown(content: bytes) -> Shown:
    """Every frame as it is seen, and how long."""
    with Image.open(BytesIO(content)) as picture:
        return [(one.convert("RGBA").tobytes(), one.info.get("duration")) for one in ImageSequence.Iterator(picture)]
