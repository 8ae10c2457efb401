"""Hidden scenarios of `grid_minimum`. The losses are shuffled whole numbers, so that ties are only where they are meant."""

import pytest
import torch

from autograder.worker import probes


def _grid(rng, device, n_w, n_b, dtype=torch.float32):
    w_range = torch.randn(n_w, generator=rng) + 3.0
    b_range = torch.randn(n_b, generator=rng) - 4.0
    W, B = torch.meshgrid(w_range, b_range, indexing="ij")
    L = torch.randperm(n_w * n_b, generator=rng).reshape(n_w, n_b) + 1.5
    return tuple(values.to(device=device, dtype=dtype) for values in (W, B, L))


def _with_lowest(L, *places):
    L = L.clone()
    for row, column in places:
        L[row, column] = 0.25
    return L


def _numbers(found):
    """Return the three numbers as floats, by their names; anything else as it came."""
    if not isinstance(found, tuple | list) or len(found) != 3:
        return found
    w, b, loss = found
    return {"w": float(w), "b": float(b), "loss": float(loss)}


@pytest.mark.exercise("grid_minimum")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_wide_grid(lesson, device, rng, dtype):
    """The w, b and loss of the lowest point, on a grid with more columns than rows; nothing is changed."""
    W, B, L = _grid(rng, device, 4, 7, dtype)
    L = _with_lowest(L, (2, 5))
    found, kept = probes.unchanged(lambda: _numbers(lesson.grid_minimum(W, B, L)), W=W, B=B, L=L)
    return {"lowest point": found, **kept}


@pytest.mark.exercise("grid_minimum")
def test_tall_grid(lesson, device, rng):
    """The w, b and loss of the lowest point, on a grid with more rows than columns."""
    W, B, L = _grid(rng, device, 6, 3)
    return _numbers(lesson.grid_minimum(W, B, _with_lowest(L, (4, 1))))


@pytest.mark.exercise("grid_minimum")
def test_minimum_in_the_first_row(lesson, device, rng):
    """The position counts through the flattened grid, which is no row number, not even when it is small."""
    W, B, L = _grid(rng, device, 5, 5)
    return _numbers(lesson.grid_minimum(W, B, _with_lowest(L, (0, 3))))


@pytest.mark.exercise("grid_minimum")
def test_minimum_in_the_corners(lesson, device, rng):
    """The lowest point may be the first or the last one of the grid."""
    W, B, L = _grid(rng, device, 3, 4)
    corners = ((0, 0), (2, 3), (2, 0), (0, 3))
    return {
        f"lowest at row {row}, column {column}": _numbers(lesson.grid_minimum(W, B, _with_lowest(L, (row, column))))
        for row, column in corners
    }


@pytest.mark.exercise("grid_minimum")
def test_first_of_ties_in_row_order(lesson, device, rng):
    """Among equal losses the first in row order counts, although others come first by column."""
    W, B, L = _grid(rng, device, 4, 6)
    return {
        "ties in three rows": _numbers(lesson.grid_minimum(W, B, _with_lowest(L, (1, 4), (2, 2), (3, 0)))),
        "ties in one row": _numbers(lesson.grid_minimum(W, B, _with_lowest(L, (2, 1), (2, 5)))),
    }


@pytest.mark.exercise("grid_minimum")
def test_transposed_views(lesson, device, rng):
    """The grids may be transposed views, whose memory is not in row order; ties included."""
    W, B, L = _grid(rng, device, 5, 3)
    L = _with_lowest(L, (1, 2), (4, 1))
    return _numbers(lesson.grid_minimum(W.T, B.T, L.T))


@pytest.mark.exercise("grid_minimum")
def test_single_point(lesson, device, rng):
    """A grid of one point has its minimum there."""
    return _numbers(lesson.grid_minimum(*_grid(rng, device, 1, 1)))
