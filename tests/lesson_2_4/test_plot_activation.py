"""Hidden scenarios of `plot_activation`.

A curve is right if it follows the function, or the student's own version of it: a mistake there is not counted here again.
"""

import matplotlib.pyplot as plt
import pytest
import torch

from autograder.worker import probes


def drawn(lesson, name):
    fig, _ = probes.shows(lambda: lesson.plot_activation(name))
    own = [values(getattr(lesson, function, None)) for function in (name, f"{name}_derivative")]
    return {"figure": probes.figure(fig), "name": name, "own": own}


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
@pytest.mark.parametrize("name", ["relu", "leaky_relu", "sigmoid", "tanh", "gelu"])
def test_curve_and_slope_are_drawn(lesson, name):
    """There is a curve of the activation and one of its derivative, both over at least [-4, 4]."""
    return drawn(lesson, name)


@pytest.mark.exercise("plot_activation")
@pytest.mark.weight(2)
@pytest.mark.check("panels_are_labelled")
def test_panels_are_labelled(lesson):
    """Every panel with a curve has labels on both axes, and one with both curves has a legend for them."""
    return drawn(lesson, "tanh")


@pytest.mark.exercise("plot_activation")
@pytest.mark.weight(2)
@pytest.mark.check("new_figure_is_not_shown")
def test_returns_a_new_figure_and_does_not_show_it(lesson):
    """Every call returns a new Figure, and `plt.show()` is not called."""
    first, shown = probes.shows(lambda: lesson.plot_activation("relu"))
    second, shown_again = probes.shows(lambda: lesson.plot_activation("relu"))
    facts = {
        "new": first is not second,
        "type": [probes.figure(fig)["type"] for fig in (first, second)],
        "shown": shown + shown_again,
    }
    plt.close("all")
    return facts
