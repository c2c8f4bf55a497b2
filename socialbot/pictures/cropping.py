"""Which part of a picture is shown in which frame: pure arithmetic on a size, a shape and a subject map.

A window of the wanted shape slides along the one axis that is too long. What the author named is obeyed; heads and other found
subjects are kept whole, and within that the subject map decides. Where no window holds enough the picture is fitted: a longer
stretch of it, whole, over a backdrop.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from socialbot.nouns import Limits, Shape
from socialbot.pictures.subject import Map

Size = tuple[int, int]
Box = tuple[float, float, float, float]
Point = tuple[float, float]
Colour = tuple[int, int, int]
Aspects = tuple[float, float]
"""The tallest and the widest that are allowed, width ÷ height."""
Stretch = tuple[float, float]
"""Start and end along one axis, fractions of its length."""

ANY_ASPECT: Aspects = (0.0, math.inf)
ORIGINAL: Size = (2048, 2048)
"""What a picture in the shape "original", its own, is kept within."""
SHAPES: Mapping[Shape, Size] = {
    "square": (1080, 1080),
    "portrait": (1080, 1350),
    "vertical": (1080, 1920),
    "pin": (1000, 1500),
    "landscape": (1200, 630),
}
"""The frame of each shape but "original"."""
# The least share of the subject map that a crop must hold. Vertical is strict: more than half of ordinary photographs lose a
# fifth of their subject in any 9:16 window.
NEEDS: Mapping[Shape, float] = {"square": 0.80, "portrait": 0.80, "vertical": 0.90, "pin": 0.80, "landscape": 0.80}
# What a fitted picture holds of it. The map has a bright core: at 0.90 the fitted photographs of the benchmark still lose a
# fifth of their subject, at 0.98 an eighth.
FITTED_SHARE = 0.98
HEADROOM = 0.1  # of the height of what is kept, above it
MAX_ENLARGEMENT = 1.5
MIN_WIDTH = 320
NEARLY_IN_SHAPE = 0.01
EXTREME_ASPECT = 4.0
HAIR = 1e-9  # of a side: what rounding may add to a window


@dataclass(frozen=True, slots=True)
class Composition:
    """The part of the picture that is shown (left, top, right, bottom in its pixels), filling the frame or fitted in it."""

    box: Box
    fitted: bool = False


def compose(
    size: Size,
    shape: Shape,
    subject: Map,
    *,
    focal: Point | None = None,
    box: Box | None = None,
    keep: Sequence[Box] = (),
    graphic: bool = False,
    may_fit: bool = True,
) -> Composition:
    """Choose the part of a picture of `size` to show in `shape`.

    `focal` and `box` are the author's (fractions from the top left) and win over all else: the point, or else the middle of the
    box, comes as near to the middle as it can, and neither is ever cut off. `keep` has boxes in pixels that are not cut off
    either, such as heads, and get some room above. A `graphic` is shown whole. With `may_fit` False it is a crop in any case;
    where that cannot hold all there is to keep, it holds the largest box and those near it.
    """
    whole = whole_picture(size)
    ratio = size[0] / size[1] / _aspect(shape) if shape != "original" else 1.0
    if abs(ratio - 1) <= NEARLY_IN_SHAPE:
        return Composition(whole.box)
    slide = _Slide(across=ratio > 1, window=min(ratio, 1 / ratio))
    if focal or box:
        return _shown(size, slide, _as_named(slide, focal, box, may_fit))
    if may_fit and (graphic or max(size) / min(size) > EXTREME_ASPECT):
        return whole
    profile = subject.sum(axis=0 if slide.across else 1)
    spans = [span for each in keep if (span := _span(size, slide, each))[0] < span[1]]
    if not may_fit:
        return _shown(size, slide, _best_window(slide, profile, _kept(slide, _together(slide, spans)))[0])
    return _shown(size, slide, _as_found(slide, profile, _kept(slide, spans), NEEDS[shape]))


def aspects_of(limits: Limits) -> Aspects:
    """The aspects that a network takes."""
    return limits.min_aspect or ANY_ASPECT[0], limits.max_aspect or ANY_ASPECT[1]


def shape_within(aspects: Aspects, shape: Shape, size: Size) -> Shape:
    """The shape that a picture of `size` goes out in: the wanted one where it is allowed, else the nearest that has a name.

    A picture in its own shape keeps off the bounds a little: its sides are rounded.
    """
    if shape != "original":
        return nearest_shape(aspects, _aspect(shape))
    aspect, off = size[0] / size[1], 1 + NEARLY_IN_SHAPE
    return shape if aspects[0] * off <= aspect <= aspects[1] / off else nearest_shape(aspects, aspect)


def nearest_shape(aspects: Aspects, aspect: float) -> Shape:
    """Of the named shapes that are allowed (of all where none is) the nearest to `aspect`, width ÷ height."""
    allowed = [shape for shape in SHAPES if aspects[0] <= _aspect(shape) <= aspects[1]]
    return min(allowed or SHAPES, key=lambda shape: abs(math.log(_aspect(shape) / aspect)))


def whole_picture(size: Size) -> Composition:
    """All of the picture, fitted."""
    return Composition((0.0, 0.0, float(size[0]), float(size[1])), fitted=True)


def frame_size(shape: Shape, composition: Composition, reduction: float, max_pixels: int | None) -> Size:
    """The largest frame of exactly this shape that neither enlarges the file's pixels beyond 1.5× nor has over `max_pixels`.

    "original" is never enlarged, and kept within `ORIGINAL`; its sides are rounded.
    """
    left, top, right, bottom = composition.box
    if shape == "original":
        width, height = (right - left) * reduction, (bottom - top) * reduction
        pixels = math.sqrt(max_pixels / (width * height)) if max_pixels else 1.0
        return _scaled_size((width, height), min(ORIGINAL[0] / width, ORIGINAL[1] / height, pixels))
    width, height = SHAPES[shape]
    enlargement = min(width / (right - left), height / (bottom - top)) / reduction
    return min(full_size(shape, max_pixels), size_within(shape, MAX_ENLARGEMENT / enlargement))


def full_size(shape: Shape, max_pixels: int | None) -> Size:
    """The size a shape has when the picture is large enough; width times height is at most `max_pixels`."""
    width, height = SHAPES[shape]
    return size_within(shape, math.sqrt(max_pixels / (width * height)) if max_pixels else 1.0)


def smaller(shape: Shape, size: Size, scale: float) -> Size:
    """The frame to draw instead of one of `size` when it has to shrink to at most `scale` (below 1) of its width."""
    if shape == "original":
        return _scaled_size(size, scale)
    return size_within(shape, scale * size[0] / SHAPES[shape][0])


def size_within(shape: Shape, scale: float) -> Size:
    """The largest size in whole pixels of exactly this shape, at most `scale` times its full size and never over that."""
    width, height = SHAPES[shape]
    steps = math.gcd(width, height)
    step = max(1, math.floor(steps * min(scale, 1.0) + 1e-9))
    return width // steps * step, height // steps * step


def render(
    image: Image.Image, composition: Composition, frame: Size, *, plain: bool, backdrop: Colour | None = None
) -> Image.Image:
    """Draw the composition in `frame` pixels. Where no `backdrop` is given it is the picture's own blur, or with `plain` the
    colour of its border.
    """
    if not composition.fitted:
        return _scaled(image, frame, composition.box)
    colour = backdrop or (_border_colour(image) if plain else None)
    canvas = Image.new("RGB", frame, colour) if colour else _backdrop(image, composition.box, frame)
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


@dataclass(frozen=True, slots=True)
class _Slide:
    """The axis that is too long, and the share of it that a window of the wanted shape takes."""

    across: bool
    window: float


def _scaled_size(size: tuple[float, float], scale: float) -> Size:
    width, height = (max(1, math.floor(side * min(scale, 1.0) + 1e-6)) for side in size)
    return width, height


def _shown(size: Size, slide: _Slide, stretch: Stretch) -> Composition:
    """A stretch of the long axis and all of the other: fitted when it is longer than the window."""
    (width, height), (start, end) = size, stretch
    fitted = end - start > slide.window + HAIR
    if slide.across:
        return Composition((start * width, 0.0, min(end, 1.0) * width, float(height)), fitted)
    return Composition((0.0, start * height, float(width), min(end, 1.0) * height), fitted)


def _as_named(slide: _Slide, focal: Point | None, box: Box | None, may_fit: bool) -> Stretch:
    """The window around what the author named; a box too long for it is shown whole if it may be fitted."""
    axis = 0 if slide.across else 1
    ends = [min(max(end, 0.0), 1.0) for end in (*(focal or ())[axis::2], *(box or ())[axis::2])]
    named = min(ends), max(ends)
    if may_fit and named[1] - named[0] > slide.window:
        return named
    centre = ends[0] if focal else sum(named) / 2
    low, high = _starts(slide, named)
    start = min(max(centre - slide.window / 2, low), high)
    return start, start + slide.window


def _starts(slide: _Slide, kept: Stretch | None) -> Stretch:
    """From where to where a window may start that keeps a stretch whole, or that lies within one that is longer."""
    low, high = sorted((kept[1] - slide.window, kept[0])) if kept else (0.0, 1.0)
    return max(low, 0.0), min(high, 1 - slide.window)


def _as_found(slide: _Slide, profile: Map, kept: Stretch | None, need: float) -> Stretch:
    """The best window if it keeps what it has to and holds `need` of the profile, else a longer stretch."""
    if kept is None or kept[1] - kept[0] <= slide.window + HAIR:
        window, held = _best_window(slide, profile, kept)
        if held >= need:
            return window
    return _longer(slide, profile, kept)


def _span(size: Size, slide: _Slide, box: Box) -> Stretch:
    """What a box in pixels takes of the long axis; no length when it lies outside."""
    axis = 0 if slide.across else 1
    start, end = (min(max(at / size[axis], 0.0), 1.0) for at in box[axis::2])
    return start, end


def _together(slide: _Slide, spans: Sequence[Stretch]) -> list[Stretch]:
    """The longest span, and of the others, by length, each that still finds room in the same window."""
    chosen: list[Stretch] = []
    for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span)):
        first, last = min([start, *(each[0] for each in chosen)]), max([end, *(each[1] for each in chosen)])
        if not chosen or last - first <= slide.window:
            chosen.append((start, end))
    return chosen


def _kept(slide: _Slide, spans: Sequence[Stretch]) -> Stretch | None:
    """What holds all spans. Room above them is added as far as the window has it to spare."""
    if not spans:
        return None
    first, last = min(start for start, _ in spans), max(end for _, end in spans)
    if slide.across:
        return first, last
    roomy = min(start - HEADROOM * (end - start) for start, end in spans)
    return max(0.0, min(first, max(roomy, last - slide.window))), last


def _best_window(slide: _Slide, profile: Map, kept: Stretch | None) -> tuple[Stretch, float]:
    """The window that holds most of the profile among those that keep a stretch, and how much that is.

    The middle of equally good places is taken. Where the height is cut the upper parts count up to twice as much as the lowest:
    of what is cut off above or below, the upper end of a thing (its head) is the worse loss.
    """
    starts = np.linspace(*_starts(slide, kept), num=201)
    score = held = _held(profile, starts, slide.window)
    if not slide.across:
        score = _held(profile * (2 - np.cumsum(profile)), starts, slide.window)
    best = np.flatnonzero(score >= score.max() - 1e-9)
    chosen = best[len(best) // 2]
    start = float(starts[chosen])
    return (start, start + slide.window), float(held[chosen])


def _held(profile: Map, starts: Map, window: float) -> Map:
    edges, sums = np.linspace(0, 1, len(profile) + 1), np.concatenate([[0], np.cumsum(profile)])
    inside: Map = np.interp(starts + window, edges, sums) - np.interp(starts, edges, sums)
    return inside


def _longer(slide: _Slide, profile: Map, kept: Stretch | None) -> Stretch:
    """The shortest stretch, at least a window long, that holds nearly all of the profile and all that has to be kept."""
    first, last = kept or (1.0, 0.0)
    edges, sums = np.linspace(0, 1, len(profile) + 1), np.concatenate([[0], np.cumsum(profile)])
    starts = np.linspace(0, min(1 - slide.window, first), 81)
    wanted = np.interp(starts, edges, sums) + FITTED_SHARE
    starts, wanted = starts[wanted <= 1], wanted[wanted <= 1]
    lengths = np.maximum(np.interp(wanted, sums, edges), last) - starts
    shortest = int(lengths.argmin())
    length = max(float(lengths[shortest]), slide.window)
    start = float(starts[shortest]) - (length - float(lengths[shortest])) / 2
    start = min(max(start, 0.0), 1 - length)
    return start, start + length


def _placed(composition: Composition, frame: Size) -> tuple[int, int, int, int]:
    """Left, top, width and height of the shown part within the frame."""
    if not composition.fitted:
        return 0, 0, *frame
    left, top, right, bottom = composition.box
    scale = min(frame[0] / (right - left), frame[1] / (bottom - top))
    width, height = min(frame[0], round((right - left) * scale)), min(frame[1], round((bottom - top) * scale))
    return (frame[0] - width) // 2, (frame[1] - height) // 2, width, height


def _scaled(image: Image.Image, size: Size, box: Box) -> Image.Image:
    left, top, right, bottom = box
    reduction = min((right - left) / size[0], (bottom - top) / size[1])
    if abs((right - left) - size[0]) < 1 and abs((bottom - top) - size[1]) < 1:  # pixel for pixel
        x, y = min(round(left), image.width - size[0]), min(round(top), image.height - size[1])
        if x >= 0 and y >= 0:
            return image.crop((x, y, x + size[0], y + size[1]))
    smooth = Image.Resampling.HAMMING if reduction > 1.2 else Image.Resampling.BICUBIC
    return image.resize(size, smooth, box=box, reducing_gap=1.0)


def _backdrop(image: Image.Image, box: Box, frame: Size) -> Image.Image:
    """The middle of what is shown, filling the frame, blurred and darkened so that it does not compete."""
    left, top, right, bottom = box
    aspect = frame[0] / frame[1]
    width = min(right - left, (bottom - top) * aspect)
    height = width / aspect
    x, y = (left + right) / 2, (top + bottom) / 2
    reach = width / 2, height / 2  # by rounding it may be a hair longer than the box is
    middle = max(x - reach[0], left), max(y - reach[1], top), min(x + reach[0], right), min(y + reach[1], bottom)
    small = image.resize((max(8, frame[0] // 12), max(8, frame[1] // 12)), Image.Resampling.BOX, box=middle, reducing_gap=1.0)
    dark = ImageEnhance.Brightness(small.filter(ImageFilter.GaussianBlur(4))).enhance(0.75)
    return dark.resize(frame, Image.Resampling.BILINEAR)


def _border_colour(image: Image.Image) -> Colour:
    pixels = np.asarray(image)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    red, green, blue = np.median(border, axis=0).astype(int).tolist()
    return red, green, blue
