"""What a person is told of a variant that is not all that was asked for: clauses, without the picture's name."""

from __future__ import annotations

from PIL import Image, ImageStat

from socialbot.nouns import Shape
from socialbot.pictures.cropping import Composition, Size

_PLAIN = 24  # levels of a channel between the darkest and the lightest place of a ground without words


def reshaped(wanted: Shape, shape: Shape) -> tuple[str, ...]:
    """It goes out in another shape than the wanted."""
    if shape == wanted:
        return ()
    its = "picture of its own shape" if wanted == "original" else f"{wanted} picture"
    return (f"the network takes no {its}, so it goes out {shape}",)


def cut_graphic(image: Image.Image, composition: Composition) -> tuple[str, ...]:
    """Some of a graphic is cut off that is no plain ground."""
    (width, height), (left, top, right, bottom) = image.size, map(round, composition.box)
    sides = (0, 0, left, height), (right, 0, width, height), (0, 0, width, top), (0, bottom, width, height)
    cut = [ImageStat.Stat(image.crop(side)) for side in sides if side[0] < side[2] and side[1] < side[3]]
    if any(most - least > _PLAIN for strip in cut for least, most in strip.extrema):
        return ('it looks like a card, a chart or a screenshot, and some of it is cut off; crop = "fit" shows all',)
    return ()


def shortfalls(wanted: Size, drawn: Size, final: Size, max_bytes: int) -> tuple[str, ...]:
    """It has fewer pixels than were wanted: since the picture is small, or to keep within the bytes."""
    told: list[str] = []
    if drawn != wanted:
        told.append(f"it is too small for {wanted[0]}×{wanted[1]} pixels and goes out at {drawn[0]}×{drawn[1]}")
    if final != drawn:
        told.append(f"it was reduced to {final[0]}×{final[1]} pixels to keep within {max_bytes:,} bytes")
    return tuple(told)
