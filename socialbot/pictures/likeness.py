"""Whether two pictures show the same to a viewer: the same file saved anew, resized, a little cropped, a little retouched.

Two looks. A difference hash (dHash, Neal Krawetz, "Kind of Like That", hackerfactor.com, 2013-01-21), across and down, tells in
no time which pictures cannot be the same. It knows nothing of small things, and those that remain are laid over one another:
first shifted until their edges meet (Lucas and Kanade, IJCAI 1981, with four unknowns, how much of each edge was cut off), then
compared place by place. A bird, a turned head or a changed word is enough to tell two apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Levels = NDArray[np.float64]

MOST_BITS = 46
"""Of 128 that differ. Of 1,540 pairs of different photographs 97 % differ in more, of resized and cropped ones 1 % do."""
MOST_CUT = 0.12
"""Of the width or height, at each edge: what may be cut off one of two pictures that show the same."""
PHOTOGRAPH_CELLS = 64
"""A photograph is compared in so many cells across and down,"""
MOST_LEVELS = 28
"""and no cell may differ by more levels of 255. Retouched copies reach 20, pictures with a thing moved begin at 29."""
UNCUT, MOST_FINE_LEVELS = 0.004, 64
"""Where nothing was cut off, small words on a photograph can be told apart in the finer cells."""
LEAST_LEVELS, SHARE_OF_RANGE = 6, 0.15
"""In fog and at night everything differs by little: then by no more than this share of the picture's own range."""
GRAPHIC_CELLS = 192
"""Cards and screenshots are compared as finely as can be, and uncropped: to another date or word"""
MOST_GRAPHIC_LEVELS = 7
"""in small print are eight levels, and to losing one of two slides more is lost than to sending one twice."""
PLAIN_SHARE = 0.6
"""Of neighbours that are of one level: a ground with a few words on it, which has too few edges to count as a graphic."""
BLANK_LEVELS = 8
"""What varies by no more, in no channel, is one colour."""

_HASH_SIDE = 8
_ALIGNMENT = (16, 16, 16, 16, 32, 32, 32, 64, 64, 64)  # cells; from coarse to fine, so that a large shift is found


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """What is remembered of a picture to know it again."""

    small: Image.Image
    """The whole of it, squeezed into a square."""
    bits: NDArray[np.bool_]
    graphic: bool
    """It may hold words, and is compared as finely as can be."""
    blank: bool
    """It shows one colour and nothing else."""
    moves: bool = False
    """There is more than this, and nobody looked at it."""


def look(picture: Image.Image, *, graphic: bool, moves: bool = False) -> Likeness:
    """The likeness of an upright RGB picture, or of the frame that stands for one that moves."""
    # Boxes are not weighted at their edges: of two sizes of one picture they make different small ones.
    small = picture.resize((GRAPHIC_CELLS, GRAPHIC_CELLS), Image.Resampling.HAMMING)
    varies = max(int(most) - int(least) for least, most in picture.getextrema())  # type: ignore[misc]
    grey = small.convert("L")
    return Likeness(small, _bits(grey), graphic or _is_plain(grey), varies <= BLANK_LEVELS, moves)


def alike(one: Likeness, other: Likeness) -> bool:
    """Whether a viewer would take the two for the same picture. In doubt they are two."""
    if one.moves or other.moves or np.count_nonzero(one.bits != other.bits) > MOST_BITS:
        return False
    if one.graphic or other.graphic:
        return _difference(one, other, np.zeros(4), GRAPHIC_CELLS) <= MOST_GRAPHIC_LEVELS
    cut = _cut_edges(one, other)
    if np.abs(cut).max() < UNCUT and _difference(one, other, np.zeros(4), GRAPHIC_CELLS) > MOST_FINE_LEVELS:
        return False
    return _difference(one, other, cut, PHOTOGRAPH_CELLS) <= min(_tolerance(one), _tolerance(other))


def _bits(grey: Image.Image) -> NDArray[np.bool_]:
    """Where it becomes lighter, from cell to cell: 64 bits across and 64 down."""
    side = _HASH_SIDE
    across, down = (np.asarray(grey.resize(size, Image.Resampling.BOX)) for size in ((side + 1, side), (side, side + 1)))
    return np.concatenate([(across[:, 1:] > across[:, :-1]).ravel(), (down[1:] > down[:-1]).ravel()])


def _is_plain(grey: Image.Image) -> bool:
    levels = np.asarray(grey)
    return bool(np.concatenate([(np.diff(levels, axis=axis) == 0).ravel() for axis in (0, 1)]).mean() > PLAIN_SHARE)


def _tolerance(picture: Likeness) -> float:
    darkest, lightest = np.quantile(_cells(picture.small, np.zeros(4), PHOTOGRAPH_CELLS), (0.01, 0.99))
    return float(np.clip(SHARE_OF_RANGE * (lightest - darkest), LEAST_LEVELS, MOST_LEVELS))


def _difference(one: Likeness, other: Likeness, cut: Levels, cells: int) -> float:
    """The largest there is in any place, in levels."""
    return float(np.abs(_cells(one.small, cut, cells) - _cells(other.small, -cut, cells)).max())


def _cut_edges(one: Likeness, other: Likeness) -> Levels:
    """How much has to be cut off `one` at left, top, right and bottom, as shares, to show what `other` shows.

    Where it is negative `other` is the larger. Gauss-Newton: each step is the least-squares answer to how the edges would have
    to move if brightness changed evenly from cell to cell.
    """
    cut = np.zeros(4)
    for cells in _ALIGNMENT:
        mine, theirs = _cells(one.small, cut, cells), _cells(other.small, -cut, cells)
        down, across = np.gradient((mine + theirs) / 2 * cells, axis=(0, 1))
        x = ((np.arange(cells) + 0.5) / cells)[None, :, None]
        y = x.swapaxes(0, 1)
        moves = np.stack([across * (1 - x), down * (1 - y), -across * x, -down * y], axis=-1).reshape(-1, 4)
        square = moves.T @ moves
        steadied = square + np.eye(4) * (1e-3 * np.trace(square) + 1e-6)  # where nothing is seen nothing moves
        cut = np.clip(cut + np.linalg.solve(steadied, moves.T @ (theirs - mine).ravel()), -MOST_CUT, MOST_CUT)
    return cut


def _cells(small: Image.Image, cut: Levels, cells: int) -> Levels:
    """Its colours, 0 … 255 (rows × columns × channels), without what is cut off; what would be added (below 0) is not there."""
    left, top, right, bottom = (max(0.0, float(share)) * small.width for share in cut)
    box = left, top, small.width - right, small.height - bottom
    return np.asarray(small.resize((cells, cells), Image.Resampling.HAMMING, box=box), dtype=np.float64)
