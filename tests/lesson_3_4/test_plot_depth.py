"""Hidden scenarios of `plot_depth`."""

import matplotlib.pyplot as plt
import pytest
import torch

from autograder.worker import probes

NAMES = ("plain", "residual", "batch norm, residual")


def results(rng, names=NAMES, depths=(10, 2, 30, 5)):
    """Return ratios over many powers of ten, with the depths out of order."""
    drawn = 10 ** (-12 * torch.rand(len(names), len(depths), generator=rng, dtype=torch.float64))
    return {name: dict(zip(depths, row.tolist(), strict=True)) for name, row in zip(names, drawn, strict=True)}


def drawn(lesson, given):
    fig, _ = probes.shows(lambda: lesson.plot_depth(given))
    return {"figure": probes.figure(fig), "given": [[list(pair) for pair in sorted(r.items())] for r in given.values()]}


@pytest.mark.exercise("plot_depth")
@pytest.mark.weight(2)
@pytest.mark.check("lines_are_drawn")
@pytest.mark.parametrize("depths", [(10, 2, 30, 5), (7,)])
def test_a_line_for_each_name(lesson, rng, depths):
    """Each name has a line of its ratios, in the same axes, from the shallowest network to the deepest."""
    return drawn(lesson, results(rng, depths=depths))


@pytest.mark.exercise("plot_depth")
@pytest.mark.weight(2)
@pytest.mark.check("axis_is_logarithmic")
def test_the_axis_is_logarithmic(lesson, rng):
    """The y axis is logarithmic, and both axes have labels."""
    return drawn(lesson, results(rng))


@pytest.mark.exercise("plot_depth")
@pytest.mark.weight(2)
@pytest.mark.check("legend_has_the_names")
@pytest.mark.parametrize("names", [NAMES, ("only one",)])
def test_the_legend_has_the_names(lesson, rng, names):
    """The legend has each name, as it is given."""
    return {**drawn(lesson, results(rng, names)), "names": list(names)}


@pytest.mark.exercise("plot_depth")
@pytest.mark.check("new_figure_is_not_shown")
def test_a_new_figure_is_returned_and_not_shown(lesson, rng):
    """Every call returns a new Figure; `plt.show()` is not called, and the results stay as they were."""
    given = results(rng)
    before = {name: dict(ratios) for name, ratios in given.items()}
    first, shown = probes.shows(lambda: lesson.plot_depth(given))
    second, shown_again = probes.shows(lambda: lesson.plot_depth(given))
    found = {
        "type": [type(fig).__name__ for fig in (first, second)],
        "new": first is not second,
        "shown": shown + shown_again,
        "kept": given == before,
    }
    plt.close("all")
    return found
