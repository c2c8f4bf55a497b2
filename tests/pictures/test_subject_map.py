"""The short ways that the subject map takes come to the same as the long ones."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from socialbot.pictures.subject import Map, _blur, _reached_from_border

seeds = st.integers(0, 2**32 - 1)
sides = st.integers(2, 24)


def neighbours(place: tuple[int, int]) -> list[tuple[int, int]]:
    row, column = place
    return [(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)]


def reached(layer: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Step by step from every cell of the border."""
    rows, columns = layer.shape
    inside = {(row, column) for row, column in np.argwhere(layer).tolist()}
    border = [place for place in inside if place[0] in (0, rows - 1) or place[1] in (0, columns - 1)]
    found = set(border)
    while border:
        near = {each for each in neighbours(border.pop()) if each in inside} - found
        found |= near
        border.extend(near)
    marked = np.zeros_like(layer)
    for place in found:
        marked[place] = True
    return marked


@given(seed=seeds, layers=st.integers(1, 48), rows=sides, columns=sides)
@settings(max_examples=100, deadline=None)
def test_the_flood_reaches_all_that_hangs_together_with_the_border(seed: int, layers: int, rows: int, columns: int) -> None:
    stack = np.random.default_rng(seed).random((layers, rows, columns)) < 0.7
    assert (_reached_from_border(stack) == np.array([reached(layer) for layer in stack])).all()


@given(seed=seeds, rows=sides, columns=sides, reach=st.integers(1, 4))
@settings(max_examples=100, deadline=None)
def test_a_blur_is_three_moving_means_in_which_the_outermost_cells_go_on(
    seed: int, rows: int, columns: int, reach: int
) -> None:
    values: Map = np.random.default_rng(seed).random((rows, columns))
    expected = values
    for _ in range(3):
        for _ in range(2):
            padded = np.pad(expected, ((reach, reach), (0, 0)), mode="edge")
            expected = np.mean([padded[at : at + len(expected)] for at in range(2 * reach + 1)], axis=0).T
    assert np.allclose(_blur(values, reach), expected, atol=1e-12)
