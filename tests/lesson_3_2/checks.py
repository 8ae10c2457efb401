"""The checks of lesson 3.2: a plot as data. Each returns None, or the student's sentence."""

import math


def losses_over_rates(student, reference):
    """Some axes have a line with the rates along x and the losses along y; what is not finite may be missing."""
    problem = _no_figure(student)
    if problem:
        return problem
    if _with_the_line(student, reference):
        return None
    rates, losses = reference["rates"], reference["losses"]
    lines = [line for ax in student["axes"] for line in ax["lines"]]
    if any(_same(_points(line["y"], line["x"]), _points(rates, losses)) for line in lines):
        return "Rates and losses are swapped: the rates should go along x."
    return "There is no line with the rates along x and the losses along y."


def rates_on_a_log_axis(student, reference):
    """The axes with the line (or any, if there is none) have a logarithmic x axis."""
    problem = _no_figure(student)
    if problem:
        return problem
    axes = _with_the_line(student, reference) or student["axes"]
    if any(ax["xscale"] in ("log", "symlog") for ax in axes):
        return None
    return "The x axis should be logarithmic: the rates are multiples of each other."


def both_axes_have_labels(student, reference):
    """The axes with the line (or any, if there is none) have a label along x and one along y."""
    problem = _no_figure(student)
    if problem:
        return problem
    axes = _with_the_line(student, reference) or student["axes"]
    if any(all(label.strip() for label in ax["labels"]) for ax in axes):
        return None
    return "The axes need labels, one along x and one along y."


def new_figure_is_not_shown(student, reference):
    """Two calls gave two figures; nothing was shown or changed."""
    if list(student["type"]) != ["Figure", "Figure"]:
        return "A matplotlib Figure should come back."
    if student["shown"] != 0:
        return "The figure is shown inside the function: return it, and leave `plt.show()` to whoever called."
    if student["new"] is not True:
        return "Every call should make a figure of its own."
    if student["arguments kept"] is not True:
        return "The rates and losses should stay as they were."
    return None


def _no_figure(student):
    if student["type"] != "Figure":
        return "A matplotlib Figure should come back."
    return None if student["axes"] else "The figure has no axes."


def _with_the_line(student, reference):
    wanted = _points(reference["rates"], reference["losses"])
    return [ax for ax in student["axes"] if any(_same(_points(line["x"], line["y"]), wanted) for line in ax["lines"])]


def _points(x, y):
    """Return the pairs of which both numbers are finite."""
    return [(a, b) for a, b in zip(x, y, strict=False) if math.isfinite(a) and math.isfinite(b)]


def _same(found, wanted):
    return len(found) == len(wanted) and all(
        math.isclose(a, c, rel_tol=1e-5) and math.isclose(b, d, rel_tol=1e-5)
        for (a, b), (c, d) in zip(found, wanted, strict=True)
    )
