"""Which part of a picture is shown in which frame: pure arithmetic on a size, a shape and a subject map.

A window of the wanted shape slides along the one axis that is too long. Where no window holds enough of the subject the
picture is fitted: a longer stretch of it, whole, over a backdrop.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from socialbot.nouns import Shape
from socialbot.pictures.subject import Map

Size = tuple[int, int]
Box = tuple[float, float, float, float]
Point = tuple[float, float]

SHAPES: Mapping[Shape, Size] = {
    "square": (1080, 1080),
    "portrait": (1080, 1350),
    "vertical": (1080, 1920),
    "landscape": (1200, 630),
}
# (least share of the subject map a crop must hold, share a fitted picture is widened to). Vertical is strict: more than half
# of ordinary photographs lose a fifth of their subject in any 9:16 window.
NEEDS: Mapping[Shape, tuple[float, float]] = {
    "square": (0.80, 0.90),
    "portrait": (0.80, 0.90),
    "vertical": (0.90, 0.95),
    "landscape": (0.80, 0.90),
}
MAX_ENLARGEMENT = 1.5
MIN_WIDTH = 320
NEARLY_IN_SHAPE = 0.01
EXTREME_ASPECT = 4.0


@dataclass(frozen=True, slots=True)
class Composition:
    """The part of the picture that is shown (left, top, right, bottom in its pixels), filling the frame or fitted in it."""

    box: Box
    fitted: bool = False


def compose(size: Size, shape: Shape, subject: Map, *, focal: Point | None = None, graphic: bool = False) -> Composition:
    """Choose the part of a picture of `size` to show in `shape`. `focal` (fractions from the top left) is never cut off."""
    width, height = size
    aspect = _aspect(shape)
    whole = (0.0, 0.0, float(width), float(height))
    if abs(width / height / aspect - 1) <= NEARLY_IN_SHAPE:
        return Composition(whole)
    across = width / height > aspect
    window = aspect * height / width if across else width / aspect / height
    if focal:
        start = min(max(focal[0 if across else 1] - window / 2, 0), 1 - window)
        return Composition(_box(size, across, start, window))
    if graphic or max(width / height, height / width) > EXTREME_ASPECT:
        return Composition(whole, fitted=True)
    profile = subject.sum(axis=0 if across else 1)
    need, grab = NEEDS[shape]
    start, held = _best_window(profile, window, favour_start=not across)
    if held >= need:
        return Composition(_box(size, across, start, window))
    return Composition(_box(size, across, *_stretch(profile, window, grab)), fitted=True)


def whole_picture(size: Size) -> Composition:
    """All of the picture, fitted."""
    return Composition((0.0, 0.0, float(size[0]), float(size[1])), fitted=True)


def frame_size(shape: Shape, composition: Composition, reduction: float, max_pixels: int | None) -> Size:
    """The largest frame of exactly this shape that neither enlarges the file's pixels beyond 1.5× nor has over `max_pixels`."""
    width, height = SHAPES[shape]
    left, top, right, bottom = composition.box
    enlargement = min(width / (right - left), height / (bottom - top)) / reduction
    return min(full_size(shape, max_pixels), size_within(shape, MAX_ENLARGEMENT / enlargement))


def full_size(shape: Shape, max_pixels: int | None) -> Size:
    """The size a shape has when the picture is large enough; width times height is at most `max_pixels`."""
    width, height = SHAPES[shape]
    return size_within(shape, math.sqrt(max_pixels / (width * height)) if max_pixels else 1.0)


def size_within(shape: Shape, scale: float) -> Size:
    """The largest size in whole pixels of exactly this shape, at most `scale` times its full size and never over that."""
    width, height = SHAPES[shape]
    steps = math.gcd(width, height)
    step = max(1, math.floor(steps * min(scale, 1.0) + 1e-9))
    return width // steps * step, height // steps * step


def render(image: Image.Image, composition: Composition, frame: Size, *, plain: bool) -> Image.Image:
    """Draw the composition in `frame` pixels. The backdrop is the picture's own blur, or with `plain` its border colour."""
    if not composition.fitted:
        return _scaled(image, frame, composition.box)
    canvas = Image.new("RGB", frame, _border_colour(image)) if plain else _backdrop(image, composition.box, frame)
    left, top, width, height = _placed(composition, frame)
    canvas.paste(_scaled(image, (width, height), composition.box), (left, top))
    return canvas


def point_in_frame(point: Point, size: Size, composition: Composition, frame: Size) -> Point:
    """Where a point of the picture (fractions of `size`) lies in the frame, as fractions; kept inside what is shown."""
    box = composition.box
    left, top, width, height = _placed(composition, frame)
    across = (point[0] * size[0] - box[0]) / (box[2] - box[0])
    down = (point[1] * size[1] - box[1]) / (box[3] - box[1])
    x, y = left + min(max(across, 0), 1) * width, top + min(max(down, 0), 1) * height
    return round(x / frame[0], 4), round(y / frame[1], 4)


def centre_of_mass(subject: Map, size: Size, box: Box) -> Point:
    """The balance point of the subject map within a box of the picture, fractions of `size`."""
    rows, columns = subject.shape
    down, across = (np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns
    shown_down = (down >= box[1] / size[1]) & (down <= box[3] / size[1])
    shown_across = (across >= box[0] / size[0]) & (across <= box[2] / size[0])
    shown = subject * np.outer(shown_down, shown_across)
    return float(shown.sum(0) @ across / shown.sum()), float(shown.sum(1) @ down / shown.sum())


def _aspect(shape: Shape) -> float:
    return SHAPES[shape][0] / SHAPES[shape][1]


def _box(size: Size, across: bool, start: float, length: float) -> Box:
    """A stretch of one axis (fractions), all of the other, in pixels."""
    width, height = size
    if across:
        return start * width, 0.0, min(start + length, 1) * width, float(height)
    return 0.0, start * height, float(width), min(start + length, 1) * height


def _best_window(profile: Map, window: float, *, favour_start: bool) -> tuple[float, float]:
    """Where the window holds most of the profile, and how much that is. The middle of equally good places is taken.

    With `favour_start` the first parts count up to twice as much as the last: of what is cut off above or below, the upper
    end of a thing (its head) is the worse loss.
    """
    starts = np.linspace(0, 1 - window, 201)
    score = held = _held(profile, starts, window)
    if favour_start:
        score = _held(profile * (2 - np.cumsum(profile)), starts, window)
    best = starts[score >= score.max() - 1e-9]
    start = best[len(best) // 2]
    return float(start), float(held[starts == start][0])


def _held(profile: Map, starts: Map, window: float) -> Map:
    edges, sums = np.linspace(0, 1, len(profile) + 1), np.concatenate([[0], np.cumsum(profile)])
    inside: Map = np.interp(starts + window, edges, sums) - np.interp(starts, edges, sums)
    return inside


def _stretch(profile: Map, window: float, grab: float) -> tuple[float, float]:
    """Start and length of the shortest stretch, at least a window long, that holds `grab` of the profile."""
    edges, sums = np.linspace(0, 1, len(profile) + 1), np.concatenate([[0], np.cumsum(profile)])
    starts = np.linspace(0, 1 - window, 81)
    wanted = np.interp(starts, edges, sums) + grab
    starts, wanted = starts[wanted <= 1], wanted[wanted <= 1]
    lengths = np.interp(wanted, sums, edges) - starts
    shortest = int(lengths.argmin())
    length = max(float(lengths[shortest]), window)
    start = float(starts[shortest]) - (length - float(lengths[shortest])) / 2
    return min(max(start, 0.0), 1 - length), length


def _placed(composition: Composition, frame: Size) -> tuple[int, int, int, int]:
    """Left, top, width and height of the shown part within the frame."""
    if not composition.fitted:
        return 0, 0, *frame
    left, top, right, bottom = composition.box
    scale = min(frame[0] / (right - left), frame[1] / (bottom - top))
    width, height = min(frame[0], round((right - left) * scale)), min(frame[1], round((bottom - top) * scale))
    return (frame[0] - width) // 2, (frame[1] - height) // 2, width, height


def _scaled(image: Image.Image, size: Size, box: Box) -> Image.Image:
    return image.resize(size, Image.Resampling.BICUBIC, box=box, reducing_gap=1.0)


def _backdrop(image: Image.Image, box: Box, frame: Size) -> Image.Image:
    """The middle of what is shown, filling the frame, blurred and darkened so that it does not compete."""
    left, top, right, bottom = box
    aspect = frame[0] / frame[1]
    width = min(right - left, (bottom - top) * aspect)
    height = width / aspect
    x, y = (left + right) / 2, (top + bottom) / 2
    middle = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    small = image.resize((max(8, frame[0] // 12), max(8, frame[1] // 12)), Image.Resampling.BOX, box=middle, reducing_gap=1.0)
    blurred = small.filter(ImageFilter.GaussianBlur(4)).resize(frame, Image.Resampling.BICUBIC)
    return ImageEnhance.Brightness(blurred).enhance(0.75)


def _border_colour(image: Image.Image) -> tuple[int, int, int]:
    pixels = np.asarray(image)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    red, green, blue = np.median(border, axis=0).astype(int).tolist()
    return red, green, blue
