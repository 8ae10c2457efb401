"""The checks of lesson 3.3: moments of random numbers, and a plot as data. Each returns None, or the student's sentence.

What is wanted is always taken from the reference's run.
"""

import math
from itertools import pairwise

# --- the initializers

# Two correct deviations of 90,000 numbers differ by 0.3 per cent (a standard error), and bfloat16 rounds by 0.4 at most.
NEAR = 0.03


def moments_are_right(student, reference):
    """The tensor itself came back, filled with numbers of the right mean, deviation and distribution."""
    if student["itself"] is not True:
        return "The very tensor that was given should be filled and returned, not a new one."
    if student["finite"] is not True:
        return "Some of the numbers are NaN or infinite."
    if student["mean is near 0"] is not True:
        return "The numbers should be 0 on average."
    ratio = float(student["deviation"]) / float(reference["deviation"])
    if not abs(ratio - 1) < NEAR:
        return f"The standard deviation of the numbers is too {'small' if ratio < 1 else 'large'}."
    if student["rows and columns vary"] is not True:
        return "Rows (or columns) are much alike: every number should have a draw of its own."
    if student["spread"] != reference["spread"]:
        wanted = "spread evenly between two bounds" if reference["spread"] == "even" else "normal, and not cut off"
        return f"The deviation is right, but the numbers have another distribution: they should be {wanted}."
    return None


def deviations_are_right(student, reference):
    """A model's layers have weights of the right deviations."""
    if list(student) != list(reference):
        return "The model has other layers than before."
    for name, facts in student.items():
        if facts["mean is near 0"] is not True:
            return f"The weights of the layer {name!r} should be 0 on average."
        ratio = float(facts["deviation"]) / float(reference[name]["deviation"])
        if not abs(ratio - 1) < NEAR:
            size = "small" if ratio < 1 else "large"
            return f"The standard deviation of the weights of the layer {name!r} is too {size}."
    return None


# --- plot_variance


def every_network_is_drawn(student, reference):
    """Some axes have a right line for every network."""
    problem = _no_figure(student)
    if problem:
        return problem
    results = reference["results"]
    if _with_all(student, results):
        return None
    for name, variances in results.items():
        lines = [line for ax in student["axes"] for line in ax["lines"] if _close(line["y"], variances)]
        if not lines:
            return f"There is no line with the variances of {name!r} along y."
        if not any(_layers(line["x"]) for line in lines):
            return "The layers along x should go up in steps of 1, from 0 or from 1."
    return "All lines should be in the same axes."


def variances_are_on_a_logarithmic_axis(student, reference):
    """The y axis is logarithmic, and the x axis linear."""
    problem = _no_figure(student)
    if problem:
        return problem
    for ax in _with_all(student, reference["results"]) or student["axes"]:
        if ax["scales"] == ["linear", "log"]:
            return None
    return "The y axis should be logarithmic (and the x axis not): variances change by factors."


def legend_names_the_lines(student, reference):
    """The lines differ in their looks, and a legend's entry with the right name looks like each."""
    problem = _no_figure(student)
    if problem:
        return problem
    results = reference["results"]
    axes = _with_all(student, results)
    if not axes:
        return "All lines should be in the same axes."
    sentences = [_named(ax, results) for ax in axes]
    return None if None in sentences else sentences[0]


def _named(ax, results):
    if not ax["legend"]:
        return "There is no legend: give each line a label, and call `legend()`."
    looks = {
        name: {line["look"] for line in ax["lines"] if _is(line, variances)} for name, variances in results.items()
    }
    for name, other in ((one, two) for one in looks for two in looks if one != two):
        if looks[name] & looks[other]:
            return "Some lines look alike: give them different colours, styles or markers."
    for name in results:
        told = {look for text, look in ax["legend"] if name in text}
        if not told:
            return f"No entry of the legend has the name {name!r} in it."
        if not told & looks[name]:
            return f"The legend's entry for {name!r} does not belong to that line."
    return None


def both_axes_have_labels(student, reference):
    """The axes with the lines (or any, if there are none) have a label along x and one along y."""
    problem = _no_figure(student)
    if problem:
        return problem
    axes = _with_all(student, reference["results"]) or student["axes"]
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
    if student["results kept"] is not True:
        return "The results should stay as they were."
    return None


def _no_figure(student):
    if student["type"] != "Figure":
        return "A matplotlib Figure should come back."
    return None if student["axes"] else "The figure has no axes."


def _with_all(student, results):
    """Return the axes that have a right line for every network."""
    return [
        ax
        for ax in student["axes"]
        if all(any(_is(line, variances) for line in ax["lines"]) for variances in results.values())
    ]


def _is(line, variances):
    return _close(line["y"], variances) and _layers(line["x"])


def _close(found, wanted):
    return len(found) == len(wanted) and all(
        math.isclose(a, b, rel_tol=1e-5) for a, b in zip(found, wanted, strict=True)
    )


def _layers(x):
    return bool(x) and x[0] in (0, 1) and all(abs(b - a - 1) < 1e-6 for a, b in pairwise(x))
