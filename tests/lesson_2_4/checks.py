"""The checks of lesson 2.4: averages of norms, a bound on a loss, and figures as data. Each returns None, or a sentence."""

import math

import torch

from autograder.grading.equality import close, same

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


NO_LIST = "The list should have one norm for each layer."


def norms_are_the_lessons(student, reference):
    """For each activation the averages of the logarithms of the norms lie near the reference's, layer by layer."""
    problems = (_other_norms(student[which], wanted) for which, wanted in reference.items())
    return next((problem for problem in problems if problem), None)


def _other_norms(student, reference):
    if not all(isinstance(norms, list) and len(norms) == len(reference[0]) for norms in student):
        return NO_LIST
    if not all(_is_number(norm) and math.isfinite(norm) for norms in student for norm in norms):
        return "Some of the norms are not finite."
    found, wanted = _mean_logs(student), _mean_logs(reference)
    gaps = [a - b for a, b in zip(found, wanted, strict=True)]
    if all(abs(gap) < near for gap, near in zip(gaps, NEAR, strict=True)):
        return None
    turned = [a - b for a, b in zip(reversed(found), wanted, strict=True)]
    if all(abs(gap) < near for gap, near in zip(turned, NEAR, strict=True)):
        return "The norms are right, but the last layer comes first: start with the layer next to the data."
    if max(gaps) - min(gaps) < 0.5:
        side = "large" if gaps[0] > 0 else "small"
        return f"All norms are too {side} by about the same factor: look at the loss and at the norm."
    return "The norms do not fall from layer to layer as in the lesson's network: look at the batch, the weights and the loss."


def last_norm_is_right(student, reference):
    """The last layer's norm, which does not depend on what was drawn, is the reference's."""
    if not isinstance(student, list) or len(student) != len(reference):
        return NO_LIST
    if _is_number(student[-1]) and close(float(student[-1]), reference[-1]):
        return None
    return "With an activation whose outputs are all c and whose slope is 1, the last norm should be 2c²."


def a_float_for_each_layer(student, reference):
    """There is a Python float above 0 for each layer, and the activation was given the whole batch, in float32."""
    norms, given = student["norms"], "what the activation was given"
    if not isinstance(norms, list) or len(norms) != len(reference["norms"]):
        return NO_LIST
    if not all(type(norm) is float for norm in norms):
        return "The norms should be Python floats."
    if not all(norm > 0 for norm in norms):
        return "Every norm should be above 0 here."
    return None if same(student[given], reference[given]) else "The activation should be given float32 `(64, width)`."


def generator_decides(student, reference):
    """The norms depend on the generator that the function was given, and on nothing else."""
    calls = student["calls"]
    if not all(isinstance(norms, list) and len(norms) == len(reference["calls"]["first"]) for norms in calls.values()):
        return NO_LIST
    if not all(_is_number(norm) for norms in calls.values() for norm in norms):
        return "The norms should be Python floats."
    first = calls["first"]
    if not _near(first, calls["the same seed again"]):
        return "With the same seed the norms should be the same again: draw from `generator` alone."
    if _near(first, calls["another seed"]):
        return "Another seed should give other norms: draw from `generator`, and do not seed it."
    if _near(first, calls["second"]):
        return "A second call on the same generator should give other norms: do not seed it."
    if not same(student["global states"], reference["global states"]):
        return "The global generator was used or seeded: draw from `generator` alone."
    return None


def no_history_depends_on_the_others(student, reference):
    """A name's history is the same in all calls, and two names have different ones."""
    for call, wanted in reference.items():
        found = student[call]
        if not isinstance(found, dict) or list(found) != list(wanted):
            return "The keys should be the names, in the order in which they were given."
        if not all(_is_history(found[name], len(losses)) for name, losses in wanted.items()):
            return "Each history should have one loss for each epoch."
    together, one, other = student["together"], *list(reference["together"])[:2]
    if not all(_near(losses, student["in another order"][name]) for name, losses in together.items()):
        return "A history depends on the order of the names: every model should have the same start."
    if not all(_near(losses, together[name]) for name, losses in student["alone"].items()):
        return "A history depends on the names beside it: every model should have the same start."
    if math.isclose(together[one][0], together[other][0], rel_tol=1e-4):
        return "Models with different activations have the same loss at the start: call the activation."
    return None


def only_the_line_stays_high(student, reference):
    """ReLU ends at 0.03 or less, and the identity between 0.15 and 0.5."""
    last = {}
    for name in ("identity", "relu"):
        found = student[name].get(name) if isinstance(student[name], dict) else None
        if not _is_history(found, len(reference[name][name])):
            return "Each history should have one loss for each epoch."
        last[name] = found[-1]
        if not math.isfinite(last[name]):
            return "A loss is not finite at the end."
    if last["relu"] > 0.03:
        return "With ReLU the loss on a sine should fall to 0.03 or less in 500 epochs."
    if last["identity"] < 0.15:
        return "Without an activation the model is a line and cannot get this near to a sine."
    if last["identity"] > 0.5:
        return "Without an activation the loss should still fall to that of the best line."
    return None


def _is_number(value):
    is_scalar = isinstance(value, torch.Tensor) and value.dim() == 0
    return is_scalar or (isinstance(value, int | float) and not isinstance(value, bool))


def _is_history(losses, length):
    return isinstance(losses, list) and len(losses) == length and all(map(_is_number, losses))


def _near(some, others):
    return all(math.isclose(a, b, rel_tol=1e-4) for a, b in zip(some, others, strict=True))


def _mean_logs(runs):
    logs = [[math.log(max(float(norm), 1e-30)) for norm in norms] for norms in runs]
    return [sum(layer) / len(layer) for layer in zip(*logs, strict=True)]


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
    problem = _nothing_of_it(student["figure"], student, reference)
    if problem:
        return problem
    panels = [ax for ax in _axes(student["figure"]) if _curves(ax)]
    for ax in panels:
        if not ax["xlabel"].strip() or not ax["ylabel"].strip():
            return "The x axis or the y axis of a panel has no label: say what lies along it."
        if all(_found(_curves(ax), student, reference)) and len([entry for entry in ax["legend"] if entry.strip()]) < 2:
            return "Two curves share a panel and no legend says which is which: give each a label and call `legend()`."
    return None


def new_figure_is_not_shown(student, reference):
    """Two calls gave two figures of the activation, and nothing was shown."""
    for call in ("first", "second"):
        problem = _no_figure(student[call]) or _nothing_of_it(student[call], student, reference)
        if problem:
            return problem
    if student["shown"] != 0:
        return "The figure is shown inside the function: return it, and leave `plt.show()` to whoever called."
    return None if student["one figure for both"] is False else "Every call should make a figure of its own."


def _nothing_of_it(figure, student, reference):
    """Return the sentence for a figure of which no line lies on the activation or its derivative, not even half of it."""
    pairs = list(zip(CURVES[reference["name"]], student["own"], strict=True))
    for points in (points for ax in _axes(figure) for points in _curves(ax)):
        z, value = points[:, 0], points[:, 1]
        for f, own in pairs:
            for wanted, where in ((f(z), torch.isfinite(z)), _own_at(own, z)):
                near = (value - wanted).abs() < 1e-3 * (1 + wanted.abs())
                if 2 * int((near & where).sum()) >= len(z):
                    return None
    return "Neither the activation nor its derivative is drawn: look for lines of `plot`."


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
    if not _covers(z):
        return False
    between, near = _own_at(own, z)
    off_corner = near & (z.abs() <= 4) & (z.abs() > 0.02)
    close_by = (value - between).abs() < 1e-3 * (1 + between.abs())
    return bool(off_corner.any()) and bool(close_by[off_corner].all())


def _own_at(own, z):
    """Return the student's own function at z, between steps of 0.01, and where z is within its steps."""
    if not isinstance(own, torch.Tensor) or own.shape != (861,):
        return z, torch.zeros_like(z, dtype=torch.bool)
    within = z.abs() < 4.29
    place = (z.clamp(-4.29, 4.29) + 4.3) * 100
    left = place.floor().long()
    return own[left] + (place - left) * (own[left + 1] - own[left]), within
