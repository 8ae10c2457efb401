"""Hidden scenarios of `plot_loss_surface`. The ranges of w and b do not overlap, so that swapped axes show."""

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


def _drawn(lesson, grid):
    W, B, L = (values.clone() for values in grid)
    return {"figure": probes.figure(lesson.plot_loss_surface(*grid)), "W": W, "B": B, "L": L}


@pytest.mark.exercise("plot_loss_surface")
@pytest.mark.weight(3)
@pytest.mark.check("surface_stands_on_the_grid")
@pytest.mark.parametrize(("n_w", "n_b", "dtype"), [(4, 6, torch.float32), (5, 5, torch.float64)])
def test_surface_stands_on_the_grid(lesson, device, rng, n_w, n_b, dtype):
    """There is a surface in 3-D axes, with w along x, b along y and the loss as the height."""
    return _drawn(lesson, _grid(rng, device, n_w, n_b, dtype))


@pytest.mark.exercise("plot_loss_surface")
@pytest.mark.weight(2)
@pytest.mark.check("surface_is_labelled")
def test_axes_are_labelled(lesson, device, rng):
    """The three axes are labelled: a letter w, a letter b, and anything for the height."""
    return _drawn(lesson, _grid(rng, device, 3, 4))


@pytest.mark.exercise("plot_loss_surface")
@pytest.mark.weight(2)
@pytest.mark.check("new_figure_is_not_shown")
def test_returns_a_new_figure_and_does_not_show_it(lesson, device, rng):
    """Every call returns a new Figure, leaves the grid alone, and `plt.show()` is not called."""
    W, B, L = _grid(rng, device, 3, 4)
    facts = {"W": W.clone(), "B": B.clone(), "L": L.clone()}
    call = lambda: probes.shows(lambda: lesson.plot_loss_surface(W, B, L))  # noqa: E731
    (first, shown), kept = probes.unchanged(call, W=W, B=B, L=L)
    second, shown_again = call()
    facts["one figure for both"] = probes.same_object(first, second)
    facts["figures"] = [probes.figure(fig) for fig in (first, second)]
    plt.close("all")
    return {**facts, "times shown": shown + shown_again, **kept}
