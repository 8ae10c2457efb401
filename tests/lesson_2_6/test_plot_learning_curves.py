"""Hidden scenarios of `plot_learning_curves`. No two losses are alike, so that each curve is known by its heights."""

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from autograder.worker import probes


def losses(rng, n):
    """Return a history of n epochs, all its 2n losses different, training and validation far apart."""
    low, high = (0.1 * torch.rand(1, generator=rng, dtype=torch.float64) for _ in range(2))
    train = 0.2 + low + 0.5 * torch.randperm(n, generator=rng).double() / n
    validation = 1.2 + high + 0.9 * torch.randperm(n, generator=rng).double() / n
    return {"train": train.tolist(), "validation": validation.tolist()}


def look(artist):
    """Return colour, style and marker of a line or of its entry in a legend, as a text."""
    try:
        return f"{to_hex(artist.get_color(), keep_alpha=True)} {artist.get_linestyle()} {artist.get_marker()}"
    except (AttributeError, ValueError):
        return ""


def drawn(fig):
    """Return of every axes the labels, the lines, the scattered points and the legend's entries, each with its look."""
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
        points = [float(y) for part in ax.collections for _, y in part.get_offsets()]
        labels = [ax.get_xlabel(), ax.get_ylabel()]
        axes.append({"labels": labels, "lines": lines, "points": points, "legend": entries})
    plt.close(fig)
    return {"type": "Figure", "axes": axes}


def facts(lesson, rng, n):
    history = losses(rng, n)
    fig = lesson.plot_learning_curves({name: list(found) for name, found in history.items()})
    return {**drawn(fig), "history": history}


@pytest.mark.exercise("plot_learning_curves")
@pytest.mark.weight(2)
@pytest.mark.check("both_curves_are_drawn")
@pytest.mark.parametrize("n", [9, 1])
def test_both_curves_are_drawn(lesson, rng, n):
    """Both losses are lines in the same axes, over epochs in steps of 1 from 0 or from 1; one epoch is enough."""
    return facts(lesson, rng, n)


@pytest.mark.exercise("plot_learning_curves")
@pytest.mark.weight(2)
@pytest.mark.check("legend_names_the_curves")
def test_legend_names_the_curves(lesson, rng):
    """The curves look different, and the legend says which is training and which validation."""
    return facts(lesson, rng, 6)


@pytest.mark.exercise("plot_learning_curves")
@pytest.mark.weight(2)
@pytest.mark.check("both_axes_have_labels")
def test_both_axes_have_labels(lesson, rng):
    """Both axes have a label."""
    return facts(lesson, rng, 4)


@pytest.mark.exercise("plot_learning_curves")
@pytest.mark.weight(2)
@pytest.mark.check("new_figure_is_not_shown")
def test_a_new_figure_is_returned_and_not_shown(lesson, rng):
    """Every call returns a new Figure; `plt.show()` is not called and the history stays as it was."""
    histories = [losses(rng, 5), losses(rng, 5)]
    facts = {"histories": [{name: list(found) for name, found in history.items()} for history in histories]}
    (figures, shown), kept = probes.unchanged(
        lambda: probes.shows(lambda: [lesson.plot_learning_curves(history) for history in histories]), history=histories
    )
    return {"figures": [drawn(fig) for fig in figures], "calls of plt.show": shown, **facts, **kept}
