"""The checks of lesson 1.5: a figure as data. Each returns None, or the sentence for the student.

The sentences hold no numbers, so that the same mistake always reads the same. The lists are taken from the reference's
run, never from the student's.
"""

import math

import torch

from autograder.grading.equality import same

NOT_DRAWN = "Not both series were found: draw the errors of both kinds against the nudges, in the same axes."


def both_series_are_drawn(student, reference):
    """Some axes have an artist with just the forward points and one with just the central points."""
    axes, problem = _axes(student["figure"])
    if problem:
        return problem
    nudges, forward, central = reference["lists"]
    for ax in axes:
        ours = [_find(ax, nudges, errors) for errors in (forward, central)]
        if all(ours):
            if any("central" in label for label in ours[0]) or any("forward" in label for label in ours[1]):
                return "The labels of the two series are swapped."
            return None
    if any(_find(ax, forward, nudges) and _find(ax, central, nudges) for ax in axes):
        return "The nudges are along y and the errors along x; it should be the other way round."
    if any(_find(ax, _logs(nudges, base), _logs(forward, base)) for ax in axes for base in (math.e, 10, 2)):
        return "The logarithms are drawn: draw the numbers themselves, and let the axes be logarithmic."
    return NOT_DRAWN


def axes_are_logarithmic(student, reference):
    """The axes with the errors are logarithmic both ways."""
    ax, problem = _main(student["figure"], reference["lists"])
    if problem:
        return problem
    if ax["xscale"] == "log" and ax["yscale"] == "log":
        return None
    if ax["xscale"] != "log" and ax["yscale"] != "log":
        return "Neither axis is logarithmic."
    return f"The {'y' if ax['xscale'] == 'log' else 'x'} axis is not logarithmic."


def axes_are_labelled(student, reference):
    """Both labels say something."""
    ax, problem = _main(student["figure"], reference["lists"])
    if problem:
        return problem
    missing = [axis for axis in ("x", "y") if not ax[f"{axis}label"].strip()]
    if not missing:
        return None
    return "Neither axis has a label." if len(missing) == 2 else f"The {missing[0]} axis has no label."


def legend_names_both(student, reference):
    """One entry of the legend has the word forward, another the word central."""
    ax, problem = _main(student["figure"], reference["lists"])
    if problem:
        return problem
    entries = [entry.lower() for entry in ax["legend"]]
    if not entries:
        return "The axes have no legend."
    forward = {i for i, entry in enumerate(entries) if "forward" in entry}
    central = {i for i, entry in enumerate(entries) if "central" in entry}
    if forward - central and central - forward:
        return None
    return "The legend should have one entry with the word forward and another with the word central."


def new_figure_is_not_shown(student, reference):
    """Two calls gave two figures with the errors, and nothing was shown or changed."""
    for call in ("first", "second"):
        _, problem = _main(student[call], reference["lists"])
        if problem:
            return problem
    if student["shown"] != 0:
        return "The figure is shown inside the function: return it, and leave `plt.show()` to whoever called."
    if student["one figure for both"] is not False:
        return "Every call should make a figure of its own."
    if not same(student["lists afterwards"], reference["lists afterwards"]):
        return "The lists should stay as they were."
    return None


# --- reading figures


def _axes(figure):
    """Return the axes of a figure that are no colorbar, and a sentence if it is no figure."""
    if figure.get("type") != "Figure":
        return [], "A matplotlib Figure should come back."
    return [ax for ax in figure["axes"] if ax["visible"] and not ax["colorbar"]], None


def _main(figure, lists):
    """Return the axes on which the most series are drawn of those that show what was given, or a sentence."""
    axes, problem = _axes(figure)
    if problem:
        return None, problem
    if not any(_artists(ax) for ax in axes):
        return None, "Nothing is drawn: use `plot`, `loglog` or `scatter`."
    shown = [ax for ax in axes if _has_half(ax, lists)]
    if not shown:
        return None, "The errors and nudges that were given are not what is drawn."
    return max(shown, key=lambda ax: len(_artists(ax))), None


def _has_half(ax, lists):
    """Return whether half of the numbers given, or of their logarithms, are among the coordinates of what is drawn."""
    drawn = torch.cat([torch.as_tensor(points).double().flatten() for _, points in _artists(ax)] or [torch.zeros(0)])
    given = [number for values in lists for number in values]
    for way in (given, *(_logs(given, base) for base in (math.e, 10, 2))):
        wanted = torch.tensor(way, dtype=torch.float64)
        gaps = (drawn.unsqueeze(1) - wanted.unsqueeze(0)).abs()
        if 2 * int((gaps <= 1e-6 * wanted.abs()).any(dim=0).sum()) >= len(wanted):
            return True
    return False


def _artists(ax):
    """Return label and points of every line and every scattered series."""
    lines = [(line["label"].lower(), line["xy"]) for line in ax["lines"]]
    scattered = [(c["label"].lower(), c["offsets"]) for c in ax["collections"] if c["kind"] == "PathCollection"]
    return lines + scattered


def _find(ax, x, y):
    """Return the labels of the artists whose points are these, in any order."""
    wanted = torch.tensor([x, y], dtype=torch.float64).T
    return [label for label, points in _artists(ax) if _same(torch.as_tensor(points).double(), wanted)]


def _same(points, wanted):
    if points.shape != wanted.shape:
        return False
    gaps = (points.unsqueeze(1) - wanted.unsqueeze(0)).abs()
    close = (gaps <= 1e-6 * wanted.abs()).all(dim=-1)  # (points, wanted)
    return bool(close.any(dim=0).all() and close.any(dim=1).all())


def _logs(values, base):
    return (torch.tensor(values, dtype=torch.float64).log() / math.log(base)).tolist()
