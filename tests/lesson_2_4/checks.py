"""The checks of lesson 2.4: averages of norms, a bound on a loss, and figures as data. Each returns None, or a sentence."""

import math

import torch

# Averages of ten logarithms of norms spread by 0.04 (tanh) and by up to 0.1 (sigmoid's first layer): five and more
# standard errors of the difference of two such averages.
NEAR = (0.7, 0.5, 0.4, 0.3)
WIDEST_GAP = 0.2501  # between neighbouring points of a curve, over -4 to 4
CURVES = {
    "relu": (lambda z: z.clamp(min=0), lambda z: (z > 0).double()),
    "leaky_relu": (lambda z: torch.where(z > 0, z, 0.01 * z), lambda z: torch.where(z > 0, 1.0, 0.01).double()),
    "sigmoid": (torch.sigmoid, lambda z: torch.sigmoid(z) * torch.sigmoid(-z)),
    "tanh": (torch.tanh, lambda z: 1 - torch.tanh(z) ** 2),
    "gelu": (
        lambda z: z * torch.special.ndtr(z),
        lambda z: torch.special.ndtr(z) + z * torch.exp(-(z**2) / 2) / math.sqrt(2 * math.pi),
    ),
}


def norms_are_the_lessons(student, reference):
    """The averages of the logarithms of the norms lie near the reference's, layer by layer."""
    if len(student) != len(reference):
        return "The list should have one norm for each layer."
    if not all(math.isfinite(found) for found in student):
        return "Some of the norms are not finite."
    gaps = [found - wanted for found, wanted in zip(student, reference, strict=True)]
    if all(abs(gap) < near for gap, near in zip(gaps, NEAR, strict=True)):
        return None
    turned = [found - wanted for found, wanted in zip(reversed(student), reference, strict=True)]
    if all(abs(gap) < near for gap, near in zip(turned, NEAR, strict=True)):
        return "The norms are right, but the last layer comes first: start with the layer next to the data."
    if max(gaps) - min(gaps) < 0.5:
        side = "large" if gaps[0] > 0 else "small"
        return f"All norms are too {side} by about the same factor: look at the loss and at the norm."
    return "The norms do not fall from layer to layer as in the lesson's network: look at the batch, the weights and the loss."


def only_the_line_stays_high(student, reference):
    """ReLU ends at 0.03 or less, and the identity between 0.15 and 0.5."""
    for name in ("identity", "relu"):
        if student[name]["length"] != reference[name]["length"]:
            return "Each history should have one loss for each epoch."
        if not math.isfinite(student[name]["last"]):
            return "A loss is not finite at the end."
    if student["relu"]["last"] > 0.03:
        return "With ReLU the loss on a sine should fall to 0.03 or less in 500 epochs."
    if student["identity"]["last"] < 0.15:
        return "Without an activation the model is a line and cannot get this near to a sine."
    if student["identity"]["last"] > 0.5:
        return "Without an activation the loss should still fall to that of the best line."
    return None


def curve_and_slope_are_drawn(student, reference):
    """Some line is the activation and some line is its derivative."""
    problem = _no_figure(student["figure"])
    if problem:
        return problem
    lines = [points for ax in _axes(student["figure"]) for points in _curves(ax)]
    curve, slope = _found(lines, student, reference)
    if curve and slope:
        return None
    if curve:
        return "The derivative is missing, or it is not drawn right, finely and from -4 to 4."
    if slope:
        return "The activation is missing, or it is not drawn right, finely and from -4 to 4."
    return (
        "Neither the activation nor its derivative is drawn right, finely and from -4 to 4: look for lines of `plot`."
    )


def panels_are_labelled(student, reference):
    """Panels with a curve have both labels; one with two curves has a legend with two entries."""
    problem = _no_figure(student["figure"])
    if problem:
        return problem
    panels = [ax for ax in _axes(student["figure"]) if _curves(ax)]
    if not panels:
        return "No curve was found: draw both with `plot`."
    for ax in panels:
        if not ax["xlabel"].strip() or not ax["ylabel"].strip():
            return "The x axis or the y axis of a panel has no label: say what lies along it."
        if all(_found(_curves(ax), student, reference)) and len([entry for entry in ax["legend"] if entry.strip()]) < 2:
            return "Two curves share a panel and no legend says which is which: give each a label and call `legend()`."
    return None


def new_figure_is_not_shown(student, reference):
    """Two calls gave two figures, and nothing was shown."""
    if list(student["type"]) != ["Figure", "Figure"]:
        return "A matplotlib Figure should come back."
    if student["shown"] != 0:
        return "The figure is shown inside the function: return it, and leave `plt.show()` to whoever called."
    return None if student["new"] is True else "Every call should make a figure of its own."


def _no_figure(figure):
    return None if figure.get("type") == "Figure" else "A matplotlib Figure should come back."


def _axes(figure):
    return [ax for ax in figure["axes"] if ax["visible"] and not ax["colorbar"] and ax["projection"] == "rectilinear"]


def _curves(ax):
    """Return the finite points of each line, sorted along x; lines of two points or fewer are guides, not curves."""
    curves = []
    for line in ax["lines"]:
        points = torch.as_tensor(line["xy"]).double().reshape(-1, 2)
        points = points[torch.isfinite(points).all(dim=1)]
        if len(points) > 2:
            curves.append(points[points[:, 0].argsort()])
    return curves


def _found(lines, student, reference):
    """Return whether the activation, and whether its derivative, is among the lines."""
    wanted = zip(CURVES[reference["name"]], student["own"], strict=True)
    return [any(_follows(points, f) or _follows_own(points, own) for points in lines) for f, own in wanted]


def _covers(z):
    """Return whether values of z, in order, cover -4 to 4 without a wide gap."""
    inside = z[(z >= -4.3) & (z <= 4.3)]
    return bool(z[0] <= -3.999 and z[-1] >= 3.999) and len(inside) > 1 and float(inside.diff().max()) <= WIDEST_GAP


def _follows(points, f):
    """Return whether the points lie on f all the way. A corner at 0 may be drawn as one likes."""
    z, value = points[:, 0], points[:, 1]
    off_corner = z.abs() > 1e-3
    return _covers(z) and bool(((value - f(z)).abs()[off_corner] < 1e-3 * (1 + z[off_corner].abs())).all())


def _follows_own(points, own):
    """Return whether the points lie, from -4 to 4, on the student's own function, which comes in steps of 0.01."""
    z, value = points[:, 0], points[:, 1]
    if not isinstance(own, torch.Tensor) or own.shape != (861,) or not _covers(z):
        return False
    near = (z.abs() <= 4) & (z.abs() > 0.02)
    place = (z[near] + 4.3) * 100
    left = place.floor().long()
    between = own[left] + (place - left) * (own[left + 1] - own[left])
    return bool(((value[near] - between).abs() < 1e-3 * (1 + between.abs())).all())
