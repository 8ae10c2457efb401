"""The checks of lesson 3.4: averages of ratios, and figures as data. Each returns None, or a sentence for the student."""

import math

import torch

# How far apart two averages of ten logarithms (base 10) may lie, by the network and its depth: more than six standard
# errors of their difference, measured over 400 seeds.
NEAR = {
    (False, None): {2: 0.28, 3: 0.4, 5: 0.48, 9: 0.76, 16: 0.96},
    (False, "batch"): {2: 0.15, 5: 0.25, 9: 0.3},
    (False, "layer"): {2: 0.35, 5: 0.6, 9: 0.95},
    (True, None): {2: 0.12, 5: 0.17, 9: 0.24},
    (True, "batch"): {2: 0.15, 5: 0.15, 9: 0.18},
    (True, "layer"): {2: 0.15, 5: 0.25, 9: 0.3},
}


def ratios_are_the_lessons(student, reference):
    """The averages of the logarithms of the ratios lie near the reference's, depth by depth."""
    depths, wanted = reference["depths"], reference["averages"]
    found = student["averages"]
    if len(found) != len(wanted) or not all(isinstance(one, float) and math.isfinite(one) for one in found):
        return "Some of the ratios are not finite numbers above 0."
    near = NEAR[reference["residual"], reference["norm"]]
    if all(abs(one - other) < near[depth] for depth, one, other in zip(depths, found, wanted, strict=True)):
        return None
    if all(abs(one + other) < near[depth] for depth, one, other in zip(depths, found, wanted, strict=True)):
        return "The ratios are upside down: divide the first layer's norm by the last layer's."
    if len(found) > 1 and max(found) - min(found) < 1e-6:
        return "The ratio is the same for all depths: each depth has a network of its own."
    settings = f"residual={reference['residual']} and norm={reference['norm']!r}"
    return f"With {settings} the ratios are not those of the lesson's network: look at batch, weights, layers and loss."


def fine_average_is_the_lessons(student, reference):
    """An average of 48 logarithms with a spread of 0.06 lies near the reference's: six standard errors of the difference."""
    (found,), (wanted,) = student["averages"], reference["averages"]
    if isinstance(found, float) and math.isfinite(found) and abs(found - wanted) < 0.075:
        return None
    return (
        "With residual=True and norm=None the ratios at depth 5 are a little off: look at the loss, batch and weights."
    )


def lines_are_drawn(student, reference):
    """For each name there is a line through its points, from left to right, all in one axes."""
    axes, problem = _axes(student)
    if problem:
        return problem
    for ax in axes:
        if all(any(_is(line, points) for line in ax["lines"]) for points in reference["given"]):
            return None
    if any(any(_holds(line, points) for line in ax["lines"]) for ax in axes for points in reference["given"]):
        return "Not every name has a line of its own through its ratios, from the shallowest network to the deepest."
    return "No line goes through the ratios: depths along x, the ratios themselves along y."


def axis_is_logarithmic(student, reference):
    """The axes with the lines have a logarithmic y axis and labels."""
    axes, problem = _axes(student)
    if problem:
        return problem
    busy = [ax for ax in axes if ax["lines"]]
    if not busy:
        return "No line was found: draw one for each name."
    for ax in busy:
        if ax["yscale"] != "log":
            return "The y axis is not logarithmic."
        if not ax["xlabel"].strip() or not ax["ylabel"].strip():
            return "The x axis or the y axis has no label: say what lies along it."
    return None


def legend_has_the_names(student, reference):
    """The legend has every name."""
    axes, problem = _axes(student)
    if problem:
        return problem
    entries = [entry for ax in axes for entry in ax["legend"]]
    missing = [name for name in reference["names"] if name not in entries]
    return (
        f"The legend has no entry {missing[0]!r}: give each line its name as label and call `legend()`."
        if missing
        else None
    )


def new_figure_is_not_shown(student, reference):
    """Two calls gave two figures, nothing was shown, and the argument stayed."""
    if list(student["type"]) != ["Figure", "Figure"]:
        return "A matplotlib Figure should come back."
    if student["shown"] != 0:
        return "The figure is shown inside the function: return it, and leave `plt.show()` to whoever called."
    if student["new"] is not True:
        return "Every call should make a figure of its own."
    return (
        None if student["kept"] is True else "The results that were given are changed; they should stay as they were."
    )


def _axes(student):
    figure = student["figure"]
    if figure.get("type") != "Figure":
        return [], "A matplotlib Figure should come back."
    return [ax for ax in figure["axes"] if ax["visible"] and not ax["colorbar"]], None


def _points(line):
    return torch.as_tensor(line["xy"]).double().reshape(-1, 2)


def _is(line, points):
    """Return whether a line has exactly these points, in this order."""
    found, wanted = _points(line), torch.tensor(points, dtype=torch.float64)
    return found.shape == wanted.shape and bool(torch.allclose(found, wanted, rtol=1e-4, atol=0))


def _holds(line, points):
    """Return whether a line has these points in any order."""
    found = _points(line)
    return len(found) == len(points) and _is({"xy": found[found[:, 0].argsort()]}, points)
