"""Hidden scenarios of `plot_depth`."""

import pytest
import torch

from autograder.worker import probes

NAMES = ("plain", "residual", "batch norm, residual")


def results(rng, names=NAMES, depths=(10, 2, 30, 5)):
    """Return ratios over many powers of ten, with the depths out of order."""
    drawn = 10 ** (-12 * torch.rand(len(names), len(depths), generator=rng, dtype=torch.float64))
    return {name: dict(zip(depths, row.tolist(), strict=True)) for name, row in zip(names, drawn, strict=True)}


def points(given):
    """Return for each name the pairs of depth and ratio, by depth."""
    return [[list(pair) for pair in sorted(ratios.items())] for ratios in given.values()]


def drawn(lesson, given):
    facts = {"given": points(given)}
    return {"figure": probes.figure(lesson.plot_depth(given)), **facts}


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
    both = [results(rng), results(rng)]
    facts = {"given": [points(given) for given in both]}
    (figures, shown), kept = probes.unchanged(
        lambda: probes.shows(lambda: [lesson.plot_depth(given) for given in both]), results=both
    )
    return {"figures": [probes.figure(fig) for fig in figures], "calls of plt.show": shown, **facts, **kept}
