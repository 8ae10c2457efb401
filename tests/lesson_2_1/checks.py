"""The checks of lesson 2.1: noise, a bound on a loss, and a plot as data. Each returns None, or the student's sentence.

What is wanted (samples, classes, the model's probabilities) is always taken from the reference's run.
"""

import math

import torch

CLOSE = 1e-3  # of a feature's range: two places this near to each other are the same place
SLACK = 0.08  # a field has cells and bands: so far may its value be from the probability at a point

# --- generate_moons


def noise_has_this_deviation(student, reference):
    """The distances from the moons of 2,000 samples have the mean 0 and the deviation that was asked for.

    The bounds are eight standard errors wide.
    """
    if not isinstance(student, torch.Tensor) or student.shape != reference.shape:
        return "The data should have as many rows as were asked for."
    if not bool(torch.isfinite(student).all()):
        return "Some of the numbers are not finite."
    deviation, wanted = float(student.double().std()), float(reference.double().std())
    if deviation < 0.2 * wanted:
        return "The points lie on the moons with hardly any noise: hand `noise` on to `make_moons`."
    if not 0.87 < deviation / wanted < 1.13:
        return "The noise has another standard deviation than was asked for."
    if abs(float(student.double().mean())) > 0.05:
        return "The points do not lie around the two moons."
    return None


# --- train_classifier


def the_network_beats_the_line(student, reference):
    """The network's loss ends at 0.1 or less, and the line's between 0.2 and 0.5."""
    for name in ("network", "line"):
        found = student[name]
        if found["length"] != reference[name]["length"]:
            return "The history should have one loss for each epoch."
        if not all(math.isfinite(found[key]) for key in ("last", "after")):
            return "The loss is not finite at the end."
        if abs(found["last"] - found["after"]) > 0.05:
            return (
                "The last loss of the history is not that of the model which was given, or not its mean cross-entropy."
            )
    if student["network"]["after"] > 0.1:
        return "With 16 tanh units and 1,000 epochs the loss on 200 moons should fall to 0.1 or less."
    if student["line"]["after"] < 0.2:
        return "A linear model cannot get this far on the moons: is it really the mean cross-entropy?"
    if student["line"]["after"] > 0.5:
        return "After 200 epochs a linear model should have learned more than this."
    return None


# --- plot_decision_boundary


def the_field_is_the_models(student, reference):
    """In some axes some field has, at every point, the model's probability or its class."""
    problem = _no_figure(student)
    if problem:
        return problem
    P = reference["P"]
    fields = [field for ax in student["axes"] for field in ax["fields"]]
    if not fields:
        return "No field was found: draw the probabilities with `contourf`, `pcolormesh` or `imshow`."
    if not any(_shows(field, P) for field in fields):
        return (
            "The colours of the field do not fit the model: at (feature 0, feature 1) they should show its probability there, "
            "all over the grid."
        )
    return None


def every_sample_is_drawn(student, reference):
    """Every row of X is a point of some axes."""
    problem = _no_figure(student)
    if problem:
        return problem
    X, y = reference["X"], reference["y"]
    if not any(len(ax["places"]) for ax in student["axes"]):
        return "No samples were found: draw them with `scatter`, or with `plot` and a marker."
    seen = [_at(ax, X).any(dim=1) for ax in student["axes"]]
    if any(bool(found.all()) for found in seen):
        return None
    if any(bool(_at(ax, X.flip(1)).any(dim=1).all()) for ax in student["axes"]):
        return "The samples are drawn at (feature 1, feature 0): feature 0 belongs along x."
    best = max(seen, key=lambda found: int(found.sum()))
    for label in (0, 1):
        if not bool(best[y == label].any()) and bool(best[y != label].all()):
            return f"The samples of class {label} are missing."
    return "Some samples are missing: every row of X should be a point."


def classes_differ(student, reference):
    """No sample of class 0 looks like one of class 1."""
    problem = _no_figure(student)
    if problem:
        return problem
    X, y = reference["X"], reference["y"]
    for ax in student["axes"]:
        at = _at(ax, X)
        looks = [frozenset(look for look, here in zip(ax["looks"], row.tolist(), strict=True) if here) for row in at]
        zeros = {look for look, label in zip(looks, y.tolist(), strict=True) if label == 0}
        ones = {look for look, label in zip(looks, y.tolist(), strict=True) if label == 1}
        if frozenset() not in zeros | ones and not zeros & ones:
            return None
    return "The two classes cannot be told apart: give the points of each class a colour or a marker of their own."


def both_axes_have_labels(student, reference):
    """The axes with the samples (or any, if there are none) have a label along x and one along y."""
    problem = _no_figure(student)
    if problem:
        return problem
    axes = [ax for ax in student["axes"] if bool(_at(ax, reference["X"]).any())] or student["axes"]
    if any(all(label.strip() for label in ax["labels"]) for ax in axes):
        return None
    return "The axes need labels, one along x and one along y."


def new_figure_and_nothing_else(student, reference):
    """Two calls gave two figures; nothing was shown or changed; more resolution asked the model more."""
    if list(student["type"]) != ["Figure", "Figure"]:
        return "A matplotlib Figure should come back."
    if student["shown"] != 0:
        return "The figure is shown inside the function: return it, and leave `plt.show()` to whoever called."
    if student["new"] is not True:
        return "Every call should make a figure of its own."
    if student["kept"] is not True:
        return "The samples and their classes should stay as they were."
    if list(student["mode"]) != list(reference["mode"]):
        return "The model should be in the mode in which it was before."
    if student["finer"] is not True:
        return "A larger resolution should ask the model about more points."
    return None


def _no_figure(student):
    if student["type"] != "Figure":
        return "A matplotlib Figure should come back."
    return None if student["axes"] else "The figure has no axes."


def _at(ax, X):
    """Return which of the drawn points lies at which sample, `(samples, points)`."""
    places = ax["places"].double().reshape(-1, 2)
    scale = X.amax(dim=0) - X.amin(dim=0)
    return ((places.unsqueeze(0) - X.unsqueeze(1)) / scale).abs().amax(dim=-1) < CLOSE


def _shows(field, P):
    field = field.double().reshape(-1, 2)
    if len(field) != len(P) or not bool(torch.isfinite(field).all()):
        return False
    low, high = field[:, 0] - SLACK, field[:, 1] + SLACK
    probability = (low <= P) & (high >= P)
    label = (P > 0.5).double()
    return bool((probability | ((low <= label) & (high >= label))).all())
