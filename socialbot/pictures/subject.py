"""Where the subject of a photograph probably is: by the detectors that are installed, and by a map of 17 fitted weights.

The map needs no model file and no face data. It is made of four cues: how unlike the borders' colours a place is, whether a
blob there is surrounded by something else (boolean-map saliency, Zhang and Sclaroff 2013), how much fine detail it has, and
where it lies. A logistic regression on 216 photographs with hand-drawn subject boxes weighs them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import EntryPoint, entry_points
from itertools import islice, pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

Map = NDArray[np.float64]
Boxes = tuple[tuple[float, float, float, float], ...]

GROUP = "socialbot.subjects"
OURS = "socialbot.pictures.faces:heads"
MOST_BOXES = 64  # of one detector; the largest are taken
LONG_SIDE = 80  # cells of the map
FAINTEST = 0.5  # the least range of a Lab channel worth thresholding
CERTAINTY = 5  # power on the chance: a few likely cells outweigh many doubtful ones


class Weight(NamedTuple):
    """How one feature enters the regression: its mean and spread over the training pictures, and its coefficient."""

    mean: float
    spread: float
    coefficient: float


BIAS = 0.003375
WEIGHTS: Mapping[str, Weight] = {
    "contrast": Weight(0.2545, 0.2238, -0.2444),
    "surrounded": Weight(0.05609, 0.1198, 0.112),
    "detail": Weight(0.4062, 0.2656, -0.02944),
    "central": Weight(0.4631, 0.242, 0.0128),
    "very central": Weight(0.1417, 0.2262, -0.03428),
    "off centre across": Weight(0.08314, 0.07447, -0.6752),
    "off centre down": Weight(0.08329, 0.07458, -0.5131),
    "low": Weight(-0.000311, 0.2886, 0.1618),
    "contrast, central": Weight(0.1315, 0.157, 0.02449),
    "surrounded, central": Weight(0.03598, 0.0859, -0.1057),
    "detail, central": Weight(0.2061, 0.1951, 0.2366),
    "contrast, surrounded": Weight(0.02603, 0.07858, -0.1253),
    "contrast, detail": Weight(0.1186, 0.1457, 0.2776),
    "contrast around": Weight(0.2545, 0.1611, 0.2522),
    "detail around": Weight(0.4044, 0.2083, 0.1709),
    "surrounded around": Weight(0.05536, 0.07308, 0.3906),
    "contrast around, central": Weight(0.1302, 0.1249, 0.3585),
}


@dataclass(frozen=True, slots=True)
class Found:
    """What must not be cut: boxes (left, top, right, bottom in pixels), the largest first; and which detectors failed."""

    boxes: Boxes = ()
    warnings: tuple[str, ...] = ()


def subjects(picture: Image.Image) -> Found:
    """What the first of the installed detectors that finds anything has found. The owner's are asked before ours.

    A detector is an entry point of `socialbot.subjects`: a function from an upright RGB picture to boxes in its pixels. One
    that raises, or answers anything else, is passed over with a warning.
    """
    warnings = []
    for point in sorted(_installed(), key=lambda point: (point.value == OURS, point.name)):
        try:
            lent = picture if point.value == OURS else picture.copy()  # others may draw on it
            boxes = _within(picture.size, point.load()(lent))
        except Exception as error:  # noqa: BLE001 - others wrote it, it may raise anything, and the map is there without it
            told = " ".join(str(error).split())[:200] or type(error).__name__
            warnings.append(f'the subject detector "{point.name}" failed and was passed over: {told}')
            continue
        if boxes:
            return Found(boxes, tuple(warnings))
    return Found((), tuple(warnings))


@cache
def _installed() -> tuple[EntryPoint, ...]:
    """Read once: every look goes through the metadata of all that is installed."""
    return tuple(entry_points(group=GROUP))


def _within(size: tuple[int, int], answer: Iterable[Any]) -> Boxes:
    """The boxes of an answer, cut to the picture; those that lie outside are dropped. Raises ValueError or TypeError."""
    width, height = size
    boxes = []
    for left, top, right, bottom in islice(answer, 100_000):
        if not all(math.isfinite(side) for side in (left, top, right, bottom)):
            raise ValueError(f"a box without bounds: {left}, {top}, {right}, {bottom}")
        box = max(0.0, float(left)), max(0.0, float(top)), min(float(width), float(right)), min(float(height), float(bottom))
        if box[0] < box[2] and box[1] < box[3]:
            boxes.append(box)
    boxes.sort(key=lambda box: ((box[0] - box[2]) * (box[3] - box[1]), box))
    return tuple(boxes[:MOST_BOXES])


def subject_map(picture: Image.Image) -> Map:
    """For each cell (rows × columns, at most 80 on the long side) its share of the subject; the whole sums to 1."""
    features = _features(_lab(_small(picture)))
    evidence = BIAS + sum(
        weight.coefficient * (features[name] - weight.mean) / weight.spread for name, weight in WEIGHTS.items()
    )
    chance = (1 / (1 + np.exp(-evidence))) ** CERTAINTY
    share: Map = chance / chance.sum()
    return share


def is_graphic(picture: Image.Image) -> bool:
    """Whether this is a card, chart or screenshot: flat areas and hard edges, with few of a photograph's soft steps.

    Few hard edges are enough, since a photograph shown whole is a lesser harm than a word cut in two.
    """
    if max(picture.size) > 800:
        scale = 800 / max(picture.size)
        picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.NEAREST)
    levels, (width, height) = picture.convert("L"), picture.size
    across = ImageChops.difference(levels.crop((0, 0, width - 1, height)), levels.crop((1, 0, width, height)))
    down = ImageChops.difference(levels.crop((0, 0, width, height - 1)), levels.crop((0, 1, width, height)))
    steps = np.add(across.histogram(), down.histogram()) / (2 * width * height - width - height)
    flat, soft, hard = steps[:3].sum(), steps[3:25].sum(), steps[61:].sum()
    return bool(flat > 0.7 and soft < 0.1 and hard > 0.002)


def _features(lab: Map) -> dict[str, Map]:
    contrast, surrounded, detail = _contrast(lab), _surrounded(lab), _detail(lab[..., 0])
    rows, columns = lab.shape[:2]
    down, across = np.meshgrid((np.arange(rows) + 0.5) / rows - 0.5, (np.arange(columns) + 0.5) / columns - 0.5, indexing="ij")
    distance = across**2 + down**2
    central, contrast_around = np.exp(-distance / 0.18), _blur(contrast, 4)
    return {
        "contrast": contrast,
        "surrounded": surrounded,
        "detail": detail,
        "central": central,
        "very central": np.exp(-distance / 0.045),
        "off centre across": across**2,
        "off centre down": down**2,
        "low": down,
        "contrast, central": contrast * central,
        "surrounded, central": surrounded * central,
        "detail, central": detail * central,
        "contrast, surrounded": contrast * surrounded,
        "contrast, detail": contrast * detail,
        "contrast around": contrast_around,
        "detail around": _blur(detail, 4),
        "surrounded around": _blur(surrounded, 4),
        "contrast around, central": contrast_around * central,
    }


def _small(picture: Image.Image) -> Image.Image:
    scale = LONG_SIDE / max(picture.size)
    size = max(8, round(picture.width * scale)), max(8, round(picture.height * scale))
    smooth = Image.Resampling.BOX if scale < 0.5 else Image.Resampling.BILINEAR
    return picture.resize(size, smooth, reducing_gap=2.0)


def _lab(picture: Image.Image) -> Map:
    """sRGB to CIE L*a*b* (D65)."""
    srgb = np.asarray(picture).astype(np.float64) / 255
    linear = np.where(srgb > 0.04045, ((srgb + 0.055) / 1.055) ** 2.4, srgb / 12.92)
    to_xyz = np.array([[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]])
    xyz = linear @ to_xyz / np.array([0.9505, 1, 1.089])
    x, y, z = np.moveaxis(np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def _contrast(lab: Map) -> Map:
    """Colour distance from each border strip, less the largest: the subject may itself touch one border."""
    strip = max(2, round(min(lab.shape[:2]) * 0.08))
    distances = []
    for border in (lab[:strip], lab[-strip:], lab[:, :strip], lab[:, -strip:]):
        colours = border.reshape(-1, 3)
        away = lab - colours.mean(0)
        spread = np.linalg.inv(np.cov(colours.T) + np.eye(3) * 20)
        distance = np.sqrt(np.einsum("...i,ij,...j", away, spread, away))
        distances.append(_unit(np.minimum(distance, np.quantile(distance, 0.99))))
    return _unit(np.sum(distances, axis=0) - np.max(distances, axis=0))


def _surrounded(lab: Map) -> Map:
    """How often a place belongs to a blob that does not touch the border, over thresholds of each colour channel."""
    blobs = []
    for channel in np.moveaxis(lab, -1, 0):
        smooth = _blur(channel, 1)
        darkest, lightest = np.quantile(smooth, (0.01, 0.99))
        if lightest - darkest < FAINTEST:  # a grey picture has no colours, only their rounding errors
            continue
        for threshold in np.linspace(darkest, lightest, 10)[1:-1]:
            blobs += [smooth > threshold, smooth <= threshold]
    if not blobs:
        return np.zeros(lab.shape[:2])
    stack = np.stack(blobs)
    inside = (stack & ~_reached_from_border(stack)).astype(np.float64)
    size = np.sqrt(inside.sum((1, 2), keepdims=True))
    return _unit((inside / np.maximum(size, 1)).sum(0))


def _reached_from_border(stack: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which cells of each boolean layer hang together with one on its border; floods all layers, a row or column at a time."""
    blobs = np.packbits(stack, axis=0)
    reached = np.zeros_like(blobs)
    for edge in (0, -1):
        reached[:, edge] = blobs[:, edge]
        reached[:, :, edge] = blobs[:, :, edge]
    for _ in range(12):
        before = reached.copy()
        for axis in (2, 1):
            lines = list(zip(np.moveaxis(reached, axis, 0), np.moveaxis(blobs, axis, 0), strict=True))
            for order in (lines, lines[::-1]):
                for (near, _), (far, blob) in pairwise(order):
                    far |= near & blob
        if np.array_equal(reached, before):
            break
    return np.unpackbits(reached, axis=0, count=len(stack)).view(np.bool_)


def _detail(lightness: Map) -> Map:
    edges = sum(np.abs(np.diff(lightness, axis=axis, prepend=lightness.take([0], axis))) for axis in (0, 1))
    busy = _blur(np.asarray(edges), 2)
    return _unit(np.minimum(busy, np.quantile(busy, 0.98)))


def _blur(values: Map, reach: int) -> Map:
    """Three passes of a moving mean over `reach` cells to each side: close to a Gaussian."""
    rows, columns = values.shape
    blurred: Map = _smoothing(rows, reach) @ values @ _smoothing(columns, reach).T
    return blurred


@lru_cache(16)
def _smoothing(cells: int, reach: int) -> Map:
    """The three passes along one axis as a matrix; the outermost cells stand for what lies beyond them."""
    mean = np.zeros((cells, cells))
    for shift in range(-reach, reach + 1):
        np.add.at(mean, (np.arange(cells), (np.arange(cells) + shift).clip(0, cells - 1)), 1 / (2 * reach + 1))
    return np.linalg.matrix_power(mean, 3)


def _unit(values: Map) -> Map:
    """Stretched to 0 … 1."""
    lifted = values - values.min()
    stretched: Map = lifted / (lifted.max() + 1e-9)
    return stretched
