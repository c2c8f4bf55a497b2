"""The badge: a few plain words on a small plate, drawn on a picture after it was cropped.

White on almost black and opaque, so that it reads the same on any picture. It is placed as near to a corner as what must stay
visible allows; what has no room is refused, never shrunk.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise

from PIL import Image, ImageDraw, ImageFont

from socialbot.pictures.badge_font import font_of_height, missing_glyphs
from socialbot.pictures.cropping import Box, Point, Size
from socialbot.pictures.unusable import Unusable

SHARE = 0.05  # of the shortest side: GB 45438-2025 clause 5.2, in force since 2025-09-01, the largest any law asks
MIN_HEIGHT = 10  # pixels of a capital letter; below that strokes are thinner than a pixel, and grey
MARGIN = 0.04  # of the shortest side, between badge and edge
INK, PLATE = 255, 17  # grey levels; contrast 18.9
SUBJECT = 0.25  # of the shortest side: how wide and high the subject is taken to be
MAX_LINES = 3
MODES = ("L", "RGB", "RGBA")

# What the interface covers of a vertical picture, as shares of its sides (left, top, right, bottom). The wider of Meta's for
# Stories and Reels (14 % above, 35 % below, 6 % beside: "Safe zones", Meta Business Help Centre) and Google's for Shorts
# (288, 672, 48 and 192 of 1080×1920 pixels: "About safe areas", Google Ads Help). Both as quoted by others, 2026-11-21.
COVERED = (0.06, 0.15, 0.18, 0.35)
VERTICAL_ASPECT = 0.6  # and narrower: 9:16


def interface_zones(size: Size) -> tuple[Box, ...]:
    """Where apps lay their names and buttons over a picture of this size: boxes in pixels, none unless it is vertical."""
    width, height = size
    if width / height > VERTICAL_ASPECT:
        return ()
    left, top, right, bottom = COVERED
    return (
        (0, 0, width, top * height),
        (0, (1 - bottom) * height, width, height),
        (0, 0, left * width, height),
        ((1 - right) * width, 0, width, height),
    )


def subject_box(point: Point, size: Size) -> Box:
    """Where the subject probably is whose point the author named (fractions from the top left): a box in pixels.

    Points are set on faces, and a face is about a quarter of the shortest side in a half-length picture.
    """
    reach = SUBJECT / 2 * min(size)
    x, y = point[0] * size[0], point[1] * size[1]
    return x - reach, y - reach, x + reach, y + reach


def draw(
    image: Image.Image,
    words: str,
    language: str,
    share: float = SHARE,
    avoid: Iterable[Box] = (),
    spare: Iterable[Box] = (),
) -> Image.Image:
    """A copy of the picture with the words on it, of the same mode and size.

    A capital letter (an alef in Arabic) is at least `share` of the shortest side high. The words break at spaces into up to
    three lines. They keep clear of the boxes in `avoid` (left, top, right, bottom in pixels), `interface_zones` among them, and
    of those in `spare` as long as there is room beside them. The same arguments give the same pixels. Raises Unusable where
    there is no room or a letter is missing; ValueError for no words, and for a mode not in `MODES`.
    """
    if image.mode not in MODES:
        raise ValueError(f"a badge is drawn on {', '.join(MODES)}, not on {image.mode}")
    words = unicodedata.normalize("NFC", " ".join(words.split()))
    if not words:
        raise ValueError("a badge without words")
    if missing := missing_glyphs(words, language):
        raise Unusable(f"the badge's font cannot draw “{missing}” of “{words}”", fix="run docs/make_badge_fonts.py")
    height = max(MIN_HEIGHT, math.ceil(share * min(image.size) - 1e-9))
    taken, spared = tuple(avoid), tuple(spare)
    plates = _plates(words, language, height)
    for boxes in ((*taken, *spared), taken):  # more lines before a subject is covered
        for plate in plates:
            place = _place(image.size, plate.picture.size, boxes)
            if place:
                drawn = image.copy()
                drawn.paste(plate.picture.convert(image.mode), place, plate.mask)
                return drawn
    raise Unusable(
        f"a badge with letters {height} pixels high has no room on {image.width}×{image.height} pixels"
        + (" beside what it must not cover" if taken else ""),
        fix="use a larger picture, or one with more room around its faces",
    )


@dataclass(frozen=True, slots=True)
class _Plate:
    """The words on their ground, grey levels, and the mask of the ground's rounded shape. Never written to."""

    picture: Image.Image
    mask: Image.Image


@lru_cache(maxsize=64)
def _plates(words: str, language: str, height: int) -> tuple[_Plate, ...]:
    """The words on one line, two and three, each as narrow as that many lines can be."""
    font = font_of_height(language, height)
    pieces = words.split(" ")
    return tuple(_plate(_lines(pieces, count, font), font, height) for count in range(1, min(MAX_LINES, len(pieces)) + 1))


def _lines(pieces: list[str], count: int, font: ImageFont.FreeTypeFont) -> list[str]:
    def broken() -> Iterator[list[str]]:
        for cuts in combinations(range(1, len(pieces)), count - 1):
            edges = (0, *cuts, len(pieces))
            yield [" ".join(pieces[start:end]) for start, end in pairwise(edges)]

    return min(broken(), key=lambda lines: max(font.getlength(line) for line in lines))


def _plate(lines: list[str], font: ImageFont.FreeTypeFont, height: int) -> _Plate:
    """Lines centred one below the other. As much room above capitals as below the baseline, more where a mark reaches out."""
    boxes = [font.getbbox(line, anchor="ls") for line in lines]
    above, below = -math.floor(min(box[1] for box in boxes)), math.ceil(max(box[3] for box in boxes))
    padding = math.ceil(0.6 * height)
    clearance = math.ceil(0.25 * height)
    pitch = max(math.ceil(1.7 * height), above + below + clearance // 2)
    first = max(height + padding, above + clearance)
    last = first + (len(lines) - 1) * pitch
    width = 2 * padding + math.ceil(max(box[2] - box[0] for box in boxes))
    size = (width, last + max(padding, below + clearance))
    picture = Image.new("L", size, PLATE)
    pen = ImageDraw.Draw(picture)
    for number, (line, box) in enumerate(zip(lines, boxes, strict=True)):
        left = round((width - (box[2] - box[0])) / 2 - box[0])
        pen.text((left, first + number * pitch), line, fill=INK, font=font, anchor="ls")
    return _Plate(picture, _rounded(size, radius=max(1, round(0.35 * height))))


def _rounded(size: Size, radius: int) -> Image.Image:
    fine = 4
    mask = Image.new("L", (size[0] * fine, size[1] * fine))
    corner = (0, 0, mask.width - 1, mask.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(corner, radius * fine, fill=255)
    return mask.reduce(fine)


def _place(frame: Size, plate: Size, avoid: tuple[Box, ...]) -> tuple[int, int] | None:
    """The free place nearest to a corner, above before below and left before right: apps lay their own marks, "ALT" among
    them, over lower corners. None when there is none.

    Looked for beside the frame's margin and beside every box: where there is a free place, there is one of these.
    """
    margin = math.ceil(MARGIN * min(frame))
    ends = (frame[0] - plate[0] - margin, frame[1] - plate[1] - margin)
    across = {margin, ends[0], *(math.ceil(box[2]) for box in avoid), *(math.floor(box[0]) - plate[0] for box in avoid)}
    down = {margin, ends[1], *(math.ceil(box[3]) for box in avoid), *(math.floor(box[1]) - plate[1] for box in avoid)}

    def badness(place: tuple[int, int]) -> tuple[int, int, int]:
        x, y = place
        return min(x - margin, ends[0] - x) + min(y - margin, ends[1] - y), y, x

    places = [(x, y) for x in across for y in down if margin <= x <= ends[0] and margin <= y <= ends[1]]
    nearest_first = sorted(places, key=badness)
    return next((place for place in nearest_first if not any(_meet(place, plate, box) for box in avoid)), None)


def _meet(place: tuple[int, int], plate: Size, box: Box) -> bool:
    left, top, right, bottom = box
    return left < place[0] + plate[0] and place[0] < right and top < place[1] + plate[1] and place[1] < bottom
