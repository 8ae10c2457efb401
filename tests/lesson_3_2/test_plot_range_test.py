"""Hidden scenarios of `plot_range_test`. No rate equals a loss, and no two losses are alike."""

import math

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.figure import Figure

from autograder.worker import probes


def result(rng, n):
    """Return rates and losses of a test with n updates."""
    low = 1e-4 * (1 + float(torch.rand((), generator=rng, dtype=torch.float64)))
    rates = [low * 3.0**i for i in range(n)]
    losses = 2 + 3 * torch.randperm(n, generator=rng).double() / n + torch.rand((), generator=rng).double() / n
    return rates, losses.tolist()


def facts(lesson, rates, losses):
    """Return what is on the figure, and what was to be drawn."""
    return {**drawn(lesson.plot_range_test(list(rates), list(losses))), "rates": rates, "losses": losses}


def drawn(fig):
    """Return of every axes its scale, its labels and its lines."""
    if not isinstance(fig, Figure):
        return {"type": type(fig).__name__, "axes": []}
    axes = []
    for ax in fig.axes:
        lines = [{"x": numbers(line.get_xdata()), "y": numbers(line.get_ydata())} for line in ax.lines]
        axes.append({"xscale": ax.get_xscale(), "labels": [ax.get_xlabel(), ax.get_ylabel()], "lines": lines})
    plt.close(fig)
    return {"type": "Figure", "axes": axes}


def numbers(values):
    return [float(value) for value in values]


@pytest.mark.exercise("plot_range_test")
@pytest.mark.check("losses_over_rates")
@pytest.mark.parametrize("n", [9, 1])
def test_the_losses_are_drawn_over_the_rates(lesson, rng, n):
    """One line has the rates along x and the losses along y; one update is enough."""
    return facts(lesson, *result(rng, n))


@pytest.mark.exercise("plot_range_test")
@pytest.mark.check("losses_over_rates")
@pytest.mark.parametrize("last", [math.inf, math.nan])
def test_a_last_loss_that_is_not_finite(lesson, rng, last):
    """The finite losses are drawn where the last one is infinite or NaN."""
    rates, losses = result(rng, 6)
    return facts(lesson, rates, [*losses[:-1], last])


@pytest.mark.exercise("plot_range_test")
@pytest.mark.weight(3)
@pytest.mark.check("rates_on_a_log_axis")
def test_the_rates_are_on_a_logarithmic_axis(lesson, rng):
    """The x axis is logarithmic."""
    return facts(lesson, *result(rng, 7))


@pytest.mark.exercise("plot_range_test")
@pytest.mark.check("both_axes_have_labels")
def test_both_axes_have_labels(lesson, rng):
    """Both axes have a label."""
    return facts(lesson, *result(rng, 5))


@pytest.mark.exercise("plot_range_test")
@pytest.mark.check("new_figure_is_not_shown")
@pytest.mark.parametrize("last", [3.0, math.inf, math.nan])
def test_a_new_figure_is_returned_and_not_shown(lesson, rng, last):
    """Every call returns a new Figure; `plt.show()` is not called, and both lists stay as they were."""
    rates, losses = result(rng, 5)
    losses[-1] *= last
    given = {"rates": list(rates), "losses": list(losses)}

    def both():
        return [lesson.plot_range_test(given["rates"], given["losses"]) for _ in range(2)]

    ((first, second), kept), shown = probes.shows(lambda: probes.unchanged(both, **given))
    found = {
        "one figure for both": probes.same_object(first, second),
        "first": drawn(first),
        "second": drawn(second),
        "shown": shown,
        "rates": rates,
        "losses": losses,
        **kept,
    }
    plt.close("all")
    return found
