"""Hidden scenarios of `plot_activation`.

A curve is right if it follows the function, or the student's own version of it: a mistake there is not counted here again.
"""

import matplotlib.pyplot as plt
import pytest
import torch

from autograder.worker import probes

NAMES = ["relu", "leaky_relu", "sigmoid", "tanh", "gelu"]


def drawn(lesson, name):
    return {"figure": probes.figure(lesson.plot_activation(name)), "name": name, "own": own(lesson, name)}


def own(lesson, name):
    return [values(getattr(lesson, function, None)) for function in (name, f"{name}_derivative")]


def one_of_them(rng):
    return NAMES[int(torch.randint(len(NAMES), (), generator=rng))]


def values(function):
    """Return a function's values from -4.3 to 4.3 in steps of 0.01, or None where it cannot tell them."""
    z = torch.arange(-430, 431, dtype=torch.float64) / 100
    try:
        found = function(z).detach().cpu().double()
    except Exception:
        return None
    return found if found.shape == z.shape else None


@pytest.mark.exercise("plot_activation")
@pytest.mark.check("curve_and_slope_are_drawn")
@pytest.mark.parametrize("name", NAMES)
def test_curve_and_slope_are_drawn(lesson, name):
    """There is a curve of the activation and one of its derivative, both over at least [-4, 4]."""
    return drawn(lesson, name)


@pytest.mark.exercise("plot_activation")
@pytest.mark.weight(2)
@pytest.mark.check("panels_are_labelled")
def test_panels_are_labelled(lesson, rng):
    """Every panel with a curve has labels on both axes, and one with both curves has a legend for them."""
    return drawn(lesson, one_of_them(rng))


@pytest.mark.exercise("plot_activation")
@pytest.mark.weight(2)
@pytest.mark.check("new_figure_is_not_shown")
def test_returns_a_new_figure_and_does_not_show_it(lesson, rng):
    """Every call returns a new Figure, and `plt.show()` is not called."""
    name = one_of_them(rng)
    (first, second), shown = probes.shows(lambda: (lesson.plot_activation(name), lesson.plot_activation(name)))
    facts = {
        "one figure for both": probes.same_object(first, second),
        "first": probes.figure(first),
        "second": probes.figure(second),
        "shown": shown,
        "name": name,
        "own": own(lesson, name),
    }
    plt.close("all")
    return facts
