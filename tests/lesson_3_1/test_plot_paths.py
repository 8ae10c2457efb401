"""Hidden scenarios of `plot_paths`: what was drawn, as data."""

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure

from autograder.worker import probes


def walks(rng, device, names=("plain", "rolling", "adaptive"), n=7, dtype=torch.float32):
    """Return paths all over the region, none of which comes to the minimum."""
    corner, size = torch.tensor([-1.9, -0.9], dtype=torch.float64), torch.tensor([2.5, 3.8], dtype=torch.float64)
    return {
        name: (corner + size * torch.rand(n, 2, generator=rng, dtype=torch.float64)).to(device, dtype) for name in names
    }


def look(artist):
    """Return colour, style and marker of a line or of its entry in a legend, as a text."""
    try:
        return f"{to_hex(artist.get_color(), keep_alpha=True)} {artist.get_linestyle()} {artist.get_marker()}"
    except (AttributeError, ValueError):
        return ""


def contours(ax):
    """Return each set of contours: its levels, whether and how far it is filled, and some points of each outline."""
    found = []
    for part in ax.collections:
        if isinstance(part, ContourSet):
            outlines = []
            for path in part.get_paths():
                stride = max(1, len(path.vertices) // 300)
                outlines.append(torch.tensor(path.vertices[::stride], dtype=torch.float64).reshape(-1, 2))
            levels = [float(level) for level in part.levels]
            kind = {"filled": bool(part.filled), "extend": str(part.extend)}
            found.append({"levels": levels, **kind, "outlines": outlines})
    return found


def drawn(fig):
    """Return of every axes labels, limits, lines, single markers, the legend's entries and the contours."""
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
            {
                "xy": torch.stack([torch.tensor([float(v) for v in values]) for values in line.get_data()], dim=1),
                "look": look(line),
                "marker": str(line.get_marker()),
            }
            for line in ax.lines
        ]
        dots = [
            [float(x), float(y)]
            for part in ax.collections
            if isinstance(part, PathCollection)
            for x, y in part.get_offsets()
        ]
        axes.append(
            {
                "labels": [ax.get_xlabel(), ax.get_ylabel()],
                "limits": [*map(float, sorted(ax.get_xlim())), *map(float, sorted(ax.get_ylim()))],
                "lines": lines,
                "dots": dots,
                "legend": entries,
                "contours": contours(ax),
            }
        )
    plt.close(fig)
    return {"type": "Figure", "axes": axes}


def facts(lesson, paths):
    """Draw the paths and return what was drawn, with the paths for the check."""
    return {
        **drawn(lesson.plot_paths(dict(paths))),
        "paths": {name: path.cpu().float() for name, path in paths.items()},
    }


@pytest.mark.exercise("plot_paths")
@pytest.mark.weight(2)
@pytest.mark.check("contours_are_logarithmic")
def test_logarithmic_contours(lesson, device, rng):
    """The function's contours, x to the right, at logarithmic levels over the whole region."""
    return facts(lesson, walks(rng, device))


@pytest.mark.exercise("plot_paths")
@pytest.mark.weight(1.5)
@pytest.mark.check("every_path_is_a_named_line")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_path_is_a_named_line(lesson, device, rng, dtype):
    """Each path is a line of its own looks, beside its name in the legend."""
    return facts(lesson, walks(rng, device, dtype=dtype))


@pytest.mark.exercise("plot_paths")
@pytest.mark.check("every_path_is_a_named_line")
def test_one_short_path(lesson, device, rng):
    """A single path of two points is enough."""
    return facts(lesson, walks(rng, device, ("lonely",), 2))


@pytest.mark.exercise("plot_paths")
@pytest.mark.weight(2)
@pytest.mark.check("minimum_is_marked")
def test_minimum_is_marked(lesson, device, rng):
    """A marker stands at (1, 1), and everything lies within the limits."""
    return facts(lesson, walks(rng, device))


@pytest.mark.exercise("plot_paths")
@pytest.mark.check("both_axes_have_labels")
def test_labels(lesson, device, rng):
    """Both axes have a label."""
    return facts(lesson, walks(rng, device, ("one", "other")))


@pytest.mark.exercise("plot_paths")
@pytest.mark.check("new_figure_is_not_shown")
def test_new_figures_are_returned_and_not_shown(lesson, device, rng):
    """Every call returns a new Figure; `plt.show()` is not called, and the paths stay as they were."""
    paths = walks(rng, device, ("one", "other"))

    def draw():
        return probes.unchanged(lambda: lesson.plot_paths(paths), paths=paths)

    (first, kept), shown = probes.shows(draw)
    (second, kept_again), shown_again = probes.shows(draw)
    found = {
        "what came back": [probes.kind(fig, Figure) for fig in (first, second)],
        "the same figure twice": probes.same_object(first, second),
        "shown": shown + shown_again,
        "after the first call": kept,
        "after the second call": kept_again,
        "paths": {name: path.cpu().float() for name, path in paths.items()},
        **drawn(first),
    }
    plt.close("all")
    return found
