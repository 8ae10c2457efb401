"""Hidden scenarios of `plot_descent_path`. The ranges of w and b do not overlap, so that swapped axes show."""

import matplotlib.pyplot as plt
import pytest
import torch

from autograder.worker import probes


def _grid(rng, device, n_w, n_b, dtype=torch.float32):
    x = torch.linspace(-1, 2, 5)
    y = 2 * x - 6 + torch.randn(5, generator=rng)
    W, B = torch.meshgrid(torch.linspace(0.5, 4, n_w), torch.linspace(-9, -2.5, n_b), indexing="ij")
    L = ((y - (W.unsqueeze(-1) * x + B.unsqueeze(-1))) ** 2).mean(dim=-1)
    return tuple(values.to(device=device, dtype=dtype) for values in (W, B, L))


def _path(rng, n_points):
    """A crooked path inside the grid, whose points are well apart."""
    turns = torch.rand(n_points, 2, generator=rng)
    return [
        (0.8 + 0.55 * (i * 2 % 5) + 0.2 * float(turn[0]), -8.0 + 0.9 * i + 0.3 * float(turn[1]))
        for i, turn in enumerate(turns)
    ]


def _drawn(lesson, grid, path):
    W, B, L = (values.clone() for values in grid)
    fig = lesson.plot_descent_path(*grid, list(path))
    return {"figure": probes.figure(fig), "W": W, "B": B, "L": L, "path": [list(point) for point in path]}


@pytest.mark.exercise("plot_descent_path")
@pytest.mark.check("contour_is_the_landscape")
@pytest.mark.parametrize(("n_w", "n_b", "dtype"), [(6, 9, torch.float32), (8, 8, torch.float64)])
def test_filled_contour_is_the_landscape(lesson, device, rng, n_w, n_b, dtype):
    """There is a filled contour of the loss, with w along x and b along y."""
    return _drawn(lesson, _grid(rng, device, n_w, n_b, dtype), _path(rng, 3))


@pytest.mark.exercise("plot_descent_path")
@pytest.mark.weight(2)
@pytest.mark.check("path_is_drawn")
def test_path_is_drawn(lesson, device, rng):
    """The path goes through all its points, in their order."""
    return _drawn(lesson, _grid(rng, device, 4, 5), _path(rng, 6))


@pytest.mark.exercise("plot_descent_path")
@pytest.mark.check("start_and_end_are_marked")
@pytest.mark.parametrize("n_points", [5, 1])
def test_start_and_end_are_marked(lesson, device, rng, n_points):
    """The first and the last point have markers of their own; a path of one point has one or two there."""
    return _drawn(lesson, _grid(rng, device, 4, 5), _path(rng, n_points))


@pytest.mark.exercise("plot_descent_path")
@pytest.mark.check("contour_is_labelled")
def test_axes_are_labelled(lesson, device, rng):
    """Both axes are labelled: the x label holds a letter w, the y label a letter b."""
    return _drawn(lesson, _grid(rng, device, 4, 5), _path(rng, 3))


@pytest.mark.exercise("plot_descent_path")
@pytest.mark.check("new_figure_is_not_shown")
def test_returns_a_new_figure_and_does_not_show_it(lesson, device, rng):
    """Every call returns a new Figure, leaves grid and path alone, and `plt.show()` is not called."""
    W, B, L = _grid(rng, device, 4, 5)
    path = _path(rng, 3)
    facts = {"W": W.clone(), "B": B.clone(), "L": L.clone(), "path": [list(point) for point in path]}
    call = lambda: probes.shows(lambda: lesson.plot_descent_path(W, B, L, path))  # noqa: E731
    (first, shown), kept = probes.unchanged(call, W=W, B=B, L=L, path=path)
    second, shown_again = call()
    facts["one figure for both"] = probes.same_object(first, second)
    facts["figures"] = [probes.figure(fig) for fig in (first, second)]
    plt.close("all")
    return {**facts, "times shown": shown + shown_again, **kept}
