"""Hidden scenarios of `plot_variance`. No two variances are alike, so that each line is known by its heights."""

import copy

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from autograder.worker import probes

NAMES = ("linear", "relu", "small", "tanh", "sigmoid", "own")


def made_up(rng, lengths):
    """Return networks with variances over many sizes, all of them different."""
    exponents = torch.randperm(sum(lengths), generator=rng).double() / 2 - 8
    exponents = iter((exponents + 0.3 * torch.rand(sum(lengths), generator=rng)).tolist())
    return {name: [10 ** next(exponents) for _ in range(n)] for name, n in zip(NAMES, lengths, strict=False)}


def look(artist):
    """Return colour, style and marker of a line or of its entry in a legend, as a text."""
    try:
        return f"{to_hex(artist.get_color(), keep_alpha=True)} {artist.get_linestyle()} {artist.get_marker()}"
    except (AttributeError, ValueError):
        return ""


def drawn(fig):
    """Return of every axes the labels, the scales, the lines and the entries of the legend, each with its look."""
    if not isinstance(fig, Figure):
        return {"type": type(fig).__name__, "axes": []}
    axes = []
    for ax in fig.axes:
        entries = []
        for legend in [ax.get_legend(), *fig.legends]:
            if legend is not None:
                texts = [text.get_text() for text in legend.get_texts()]
                entries += [[text, look(handle)] for text, handle in zip(texts, legend.legend_handles, strict=False)]
        lines = [
            {"x": [float(x) for x in line.get_xdata()], "y": [float(y) for y in line.get_ydata()], "look": look(line)}
            for line in ax.lines
        ]
        axes.append(
            {
                "labels": [ax.get_xlabel(), ax.get_ylabel()],
                "scales": [ax.get_xscale(), ax.get_yscale()],
                "lines": lines,
                "legend": entries,
            }
        )
    plt.close(fig)
    return {"type": "Figure", "axes": axes}


def facts(lesson, rng, lengths):
    results = made_up(rng, lengths)
    return {**drawn(lesson.plot_variance(copy.deepcopy(results))), "results": results}


@pytest.mark.exercise("plot_variance")
@pytest.mark.weight(2)
@pytest.mark.check("every_network_is_drawn")
@pytest.mark.parametrize("lengths", [(8, 8, 8), (1,), (5, 2, 7, 4, 3, 6)], ids=["three", "one", "six"])
def test_every_network_is_a_line(lesson, rng, lengths):
    """Each list is a line in the same axes, over layers in steps of 1 from 0 or from 1; lists may differ in length."""
    return facts(lesson, rng, lengths)


@pytest.mark.exercise("plot_variance")
@pytest.mark.weight(2)
@pytest.mark.check("variances_are_on_a_logarithmic_axis")
def test_the_axis_is_logarithmic(lesson, rng):
    """The y axis is logarithmic and the x axis is not."""
    return facts(lesson, rng, (6, 6))


@pytest.mark.exercise("plot_variance")
@pytest.mark.weight(2)
@pytest.mark.check("legend_names_the_lines")
def test_a_legend_names_the_lines(lesson, rng):
    """The lines look different, and the legend says which is which."""
    return facts(lesson, rng, (6, 5, 6))


@pytest.mark.exercise("plot_variance")
@pytest.mark.check("both_axes_have_labels")
def test_both_axes_have_labels(lesson, rng):
    """Both axes have a label."""
    return facts(lesson, rng, (4, 4))


@pytest.mark.exercise("plot_variance")
@pytest.mark.check("new_figure_is_not_shown")
def test_a_new_figure_is_returned_and_not_shown(lesson, rng):
    """Every call returns a new Figure; `plt.show()` is not called and the results stay as they were."""
    results = made_up(rng, (5, 5))
    made = copy.deepcopy(results)
    first, shown = probes.shows(lambda: lesson.plot_variance(results))
    second, shown_again = probes.shows(lambda: lesson.plot_variance(results))
    found = {
        "one figure for both": probes.same_object(first, second),
        "shown": shown + shown_again,
        "first": drawn(first),
        "second": drawn(second),
        "results": made,
        "results afterwards": results,
    }
    plt.close("all")
    return found
