"""A picture opened once: decoded, and looked at for its subject, its kind and its marks."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from socialbot.nouns import Shape
from socialbot.pictures.cropping import ORIGINAL, SHAPES, Box, Colour, Composition, Size, point_in_frame
from socialbot.pictures.isolation import decode
from socialbot.pictures.marks import Marks, read_marks
from socialbot.pictures.opening import BROKEN_METADATA, Kind, Master, open_picture, recognise
from socialbot.pictures.subject import Found, Map, is_graphic, subject_map, subjects


@dataclass(frozen=True, slots=True)
class Negative:
    """A picture opened once, with all that its variants share."""

    master: Master
    shapes: frozenset[Shape]
    """Those that it was decoded large enough for."""
    background: Colour | None
    """What lies behind its transparent places; None for a JPEG, which has none."""
    subject: Map
    found: Found
    graphic: bool
    marks: Marks
    kind: Kind

    @property
    def pixels(self) -> int:
        """Of the decoded picture."""
        return self.master.image.width * self.master.image.height

    def in_frame(self, composition: Composition, frame: Size) -> tuple[Box, ...]:
        """Where in the frame what the detectors found lies, as fractions."""
        width, height = image = self.master.image.size
        corners = [
            ((left / width, top / height), (right / width, bottom / height)) for left, top, right, bottom in self.found.boxes
        ]
        return tuple(
            (*point_in_frame(first, image, composition, frame), *point_in_frame(last, image, composition, frame))
            for first, last in corners
        )


def opened(content: bytes, shapes: frozenset[Shape], background: Colour) -> Negative:
    """Decode a file large enough for `shapes`, and look at it. Raises Unusable."""
    kind = recognise(content)
    master = decode(content, _needed(content, shapes), background)
    graphic = is_graphic(master.image)
    found = Found() if graphic else subjects(master.image)  # a graphic is shown whole
    behind = None if kind == "JPEG" else background
    return Negative(master, shapes, behind, subject_map(master.image), found, graphic, read_marks(content), kind)


def _needed(content: bytes, shapes: Collection[Shape]) -> Size:
    """The least size, upright, that a picture has to cover to serve all shapes."""
    sizes = [SHAPES[shape] for shape in shapes if shape != "original"]
    if "original" in shapes:
        sizes.append(_needed_for_original(content))
    return max(width for width, _ in sizes), max(height for _, height in sizes)


def _needed_for_original(content: bytes) -> Size:
    """A square, so that it does not matter which way up the picture lies."""
    try:
        size = open_picture(content).size
    except BROKEN_METADATA:
        return ORIGINAL
    side = math.ceil(min(ORIGINAL) * min(size) / max(size))
    return side, side
