"""The checks of lesson 2.1: noise, starts, losses, grids, and a plot as data. Each returns None, or the student's sentence.

What is wanted (samples, classes, the model's probabilities) is always taken from the reference's run.
"""

import math

import torch

from autograder.grading.equality import close, difference, same

CLOSE = 1e-3  # of a feature's range: two places this near to each other are the same place
SLACK = 0.08  # a field has cells and bands: so far may its value be from the probability at a point

# --- generate_moons


def points_lie_on_the_moons(student, reference):
    """Sorted by class and feature 0, the rows are the reference's: without noise no two rows of a class share feature 0."""
    for name, wanted in reference.items():
        problem = _moons_problem(student[name], wanted)
        if problem:
            return problem
        pairs = zip("Xy", _in_order(*student[name]), _in_order(*wanted), strict=True)
        for letter, came, right in pairs:
            problem = difference(came, right, f"{letter} of {name}, with the rows in order")
            if problem:
                return problem
    return None


def noise_has_this_deviation(student, reference):
    """The distances from the moons of many samples have the mean 0 and the deviation that was asked for.

    The bounds are eight standard errors wide.
    """
    problem = _moons_problem(student, reference)
    if problem:
        return problem
    found, wanted = _distances(*student), _distances(*reference)
    if not bool(torch.isfinite(found).all()):
        return "Some of the numbers are not finite."
    deviation, right = float(found.std()), float(wanted.std())
    if deviation < 0.2 * right:
        return "The points lie on the moons with hardly any noise: hand `noise` on to `make_moons`."
    if not 0.87 < deviation / right < 1.13:
        return "The noise has another standard deviation than was asked for."
    if abs(float(found.mean())) > 0.05:
        return "The points do not lie around the two moons."
    return None


def seed_decides(student, reference):
    """The seed alone decides about the noise, and the global generators are left alone."""
    calls = ("first call", "with the same seed", "with another seed")
    for name in calls:
        problem = _moons_problem(student[name], reference[name])
        if problem:
            return problem
        if not bool((_distances(*student[name]).abs() < 2).all()):
            return "The points do not lie around the two moons."
    if not all(same(student[name], reference[name]) for name in reference if name.startswith("global")):
        return "It changed a global random state."
    first, again, other = (student[name] for name in calls)
    if not (torch.equal(first[0], again[0]) and torch.equal(first[1], again[1])):
        return "The same seed should give the same data again."
    if float(((first[0] - other[0]).abs() > 1e-4).double().mean()) <= 0.5:
        return "Another seed should give other noise."
    return None


def _moons_problem(moons, wanted):
    """Return the sentence for what is no pair of tensors with as many samples as were asked for."""
    if not isinstance(moons, (tuple, list)) or len(moons) != 2:
        return "It should return the pair `(X, y)`."
    X, y = moons
    if not all(isinstance(part, torch.Tensor) for part in moons):
        return "X and y should be tensors."
    if X.shape != wanted[0].shape:
        return "X should have a row of two features for each sample."
    if y.numel() != len(X):
        return "y should have one class for each sample."
    return None


def _in_order(X, y):
    order = (1000 * y.flatten().double() + X[:, 0].double()).argsort()
    return X[order], y[order]


def _distances(X, y):
    """Return how far each sample lies outside of its class's half circle, `(N,)`."""
    lower = (y.reshape(-1, 1) == 1).double()
    return (X.double() - lower * torch.tensor([1.0, 0.5]).double()).norm(dim=1) - 1


# --- collapse_linear


def it_does_what_the_two_layers_do(student, reference):
    """With the scenario's own X, the single layer gives what the reference's gives."""
    came = student["W and b"]
    if (
        not isinstance(came, (tuple, list))
        or len(came) != 2
        or not all(isinstance(part, torch.Tensor) for part in came)
    ):
        return "It should return the pair `(W, b)`."
    X = reference["X"]
    (W, b), (right_W, right_b) = came, reference["W and b"]
    if (W.shape, b.shape, W.dtype, b.dtype) != (right_W.shape, right_b.shape, right_W.dtype, right_b.dtype):
        return "W should be `(O, D)` and b `(O,)`, both of the dtype of W1."
    if not close(X @ W.T + b, X @ right_W.T + right_b):
        return "The single layer does not give what the two layers give, one after the other."
    return None


# --- LinearModel and MLP


def start_is_random(student, reference):
    """The global seed fixes the start; two models differ, and so do the hidden neurons of one."""
    first, second, again = (student[name] for name in reference)
    sizes = sorted(tuple(parameter.shape) for parameter in reference["first model"])
    for parameters in (first, second, again):
        if sorted(tuple(parameter.shape) for parameter in parameters) != sizes:
            return "The model has other parameter tensors than it should have."
    if not same(first, again):
        return "After `torch.manual_seed` with the same number the same start should come again."
    if max(float((one - other).abs().max()) for one, other in zip(first, second, strict=True)) <= 1e-4:
        return "Two models that are made one after the other should start with different weights."
    hidden = tuple(reference["first model"][0].shape)
    weights = next(parameter for parameter in first if tuple(parameter.shape) == hidden)
    gaps = (weights.unsqueeze(0) - weights.unsqueeze(1)).abs().amax(dim=-1) + torch.eye(len(weights))
    if float(gaps.min()) <= 1e-6:
        return "The hidden neurons should start different from each other."
    return None


# --- train_classifier


def the_network_beats_the_line(student, reference):
    """The network's loss ends at 0.1 or less, and the line's between 0.2 and 0.5, also on samples that neither has seen."""
    after = {}
    for name in ("network", "line"):
        found, wanted = student[name], reference[name]
        history = found["history"]
        if not isinstance(history, list) or len(history) != len(wanted["history"]):
            return "The history should have one loss for each epoch."
        after[name] = _cross_entropy(found["probabilities"], reference["classes"])
        last = _number(history[-1])
        if last is None or not all(math.isfinite(loss) for loss in (last, after[name])):
            return "The loss is not finite at the end."
        if abs(last - after[name]) > 0.05:
            return (
                "The last loss of the history is not that of the model which was given, or not its mean cross-entropy."
            )
    if after["network"] > 0.1:
        return "With 16 tanh units and 1,000 epochs the loss on 200 moons should fall to 0.1 or less."
    if after["line"] < 0.2:
        return "A linear model cannot get this far on the moons: is it really the mean cross-entropy?"
    if after["line"] > 0.5:
        return "After 200 epochs a linear model should have learned more than this."
    others = reference["classes of other samples"]
    if _cross_entropy(student["network"]["of other samples"], others) > 0.2:
        return "What the network learned should hold for other samples of the same moons as well."
    return None


def _cross_entropy(probabilities, classes):
    """Return the mean binary cross-entropy; infinity for what are no probabilities of these classes."""
    if not isinstance(probabilities, torch.Tensor) or probabilities.shape != classes.shape:
        return math.inf
    p = probabilities.double()
    if not bool(((p >= 0) & (p <= 1)).all()):
        return math.inf
    return float(torch.nn.functional.binary_cross_entropy(p, classes.double()))


# --- accuracy


def fractions_are_right(student, reference):
    """Each fraction is the reference's, as a float or as a 0-D tensor, and what was given is as it was."""
    for name, wanted in reference.items():
        if name.endswith(" afterwards"):
            if not same(student[name], wanted):
                return f"It changed its argument `{name.removesuffix(' afterwards')}`."
            continue
        found = _number(student[name])
        if found is None:
            return f"`{name}`: It should return a Python float, or a 0-D tensor."
        if not close(found, _number(wanted)):
            return f"`{name}`: it is not the fraction of the rows that are right."
    return None


def _number(value):
    """Return a number that came as a float, an int, or a 0-D tensor; None for anything else."""
    if isinstance(value, torch.Tensor) and value.dim() == 0 and not value.is_complex():
        return float(value)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


# --- decision_grid

GRIDS = "A, B and P"
LEFT_ALONE = {
    "X afterwards": "It changed its argument `X`.",
    "the model's buffers": "The model's running means moved: it should be asked in eval mode.",
}


def grids_are_right(student, reference):
    """A, B and P are the reference's, whichever way feature 0 runs, and what else was seen is the same."""
    problem = _grids_problem(student[GRIDS], reference[GRIDS])
    if problem:
        return problem
    pairs = zip("ABP", _along_rows(*student[GRIDS]), _along_rows(*reference[GRIDS]), strict=True)
    for letter, came, wanted in pairs:
        problem = difference(came, wanted, f"{letter}, with feature 0 along the rows")
        if problem:
            return problem
    return next(
        (says for name, says in LEFT_ALONE.items() if name in reference and not same(student[name], reference[name])),
        None,
    )


def mode_is_restored(student, reference):
    """All layers are in the mode in which they were."""
    problem = _grids_problem(student[GRIDS], reference[GRIDS]) or _elsewhere(student[GRIDS], reference[GRIDS])
    if problem:
        return problem
    if student["training modes afterwards"] != reference["training modes afterwards"]:
        return "The model, with all its layers, should be afterwards in the mode in which it was before."
    return None


def gradients_are_off(student, reference):
    """Gradients are off while the model works, the results have no graph, and afterwards gradients are on again."""
    problem = _grids_problem(student[GRIDS], reference[GRIDS]) or _elsewhere(student[GRIDS], reference[GRIDS])
    if problem:
        return problem
    if not student["tracked while the model works"]:
        return "The model should be called, so that its hooks run: `model(points)`."
    if any(student["tracked while the model works"]):
        return "Gradients should be off while the model works: use `torch.no_grad()`."
    if any(student["with a graph"]):
        return "A, B and P should have no graph."
    if not student["tracked afterwards"]:
        return "Gradients should be on again afterwards."
    return None


def _grids_problem(grids, wanted):
    """Return the sentence for what are not three tensors."""
    if not isinstance(grids, (tuple, list)) or len(grids) != len(wanted):
        return "It should return three tensors: `(A, B, P)`."
    if not all(isinstance(grid, torch.Tensor) and grid.dim() == 2 and grid.numel() for grid in grids):
        return "A, B and P should be tensors of the shape `(R, R)`."
    return None


def _along_rows(A, B, P):
    """Return the grids with feature 0 along the rows, whichever way it ran."""
    return (A, B, P) if bool((A[:, :1] == A).all()) else (A.T, B.T, P.T)


def _elsewhere(grids, wanted):
    """Return the sentence for a grid of other samples: neither feature's middle is where it should be, margin or not."""
    middles, right = ([float(one.min() + one.max()) / 2 for one in three[:2]] for three in (grids, wanted))
    if any(abs(a - b) < CLOSE * max(1.0, abs(b)) for a in middles for b in right):
        return None
    return "The grid does not lie over the samples."


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
    """The axes with the samples (or with the field, if none has samples) have a label along x and one along y."""
    problem = _no_figure(student) or _of_other_samples(student, reference)
    if problem:
        return problem
    axes = [ax for ax in student["axes"] if bool(_at(ax, reference["X"]).any())] or student["axes"]
    if any(all(label.strip() for label in ax["labels"]) for ax in axes):
        return None
    return "The axes need labels, one along x and one along y."


def new_figure_and_nothing_else(student, reference):
    """Two calls gave two figures; nothing was shown or changed; more resolution asked the model more."""
    if student["what came back"] != reference["what came back"]:
        return "A matplotlib Figure should come back."
    few, many = student["rows asked at resolution 6"], student["rows asked by default"]
    if not few or not many or not all(rows.dim() == 2 and rows.shape[1:] == (2,) for rows in (*few, *many)):
        return "The model should be asked about points of two features: `model(points)`."
    few, many, wanted = torch.cat(few), torch.cat(many), torch.cat(reference["rows asked at resolution 6"])
    middles = [(rows.amin(dim=0) + rows.amax(dim=0)) / 2 for rows in (few, wanted)]
    if bool(((middles[0].unsqueeze(0) - middles[1].unsqueeze(1)).abs() > 0.01 * wanted.abs().max()).all()):
        return "The model should be asked about points all over the samples."
    if student["shown"] != 0:
        return "The figure is shown inside the function: return it, and leave `plt.show()` to whoever called."
    if student["the same figure twice"]:
        return "Every call should make a figure of its own."
    for name in ("X", "y"):
        if not same(student[f"{name} afterwards"], reference[f"{name} afterwards"]):
            return f"It changed its argument `{name}`."
    for mode, wanted in reference["training modes afterwards"].items():
        if student["training modes afterwards"][mode] != wanted:
            return f"A model that was in {mode} mode should be in {mode} mode afterwards."
    if len(many) <= len(few):
        return "A larger resolution should ask the model about more points."
    return None


def _of_other_samples(student, reference):
    """Return the sentence for a figure with fewer than half of the samples, either way around, and without the field."""
    X, P = reference["X"], reference["P"]
    for ax in student["axes"]:
        drawn = _at(ax, X).any(dim=1) | _at(ax, X.flip(1)).any(dim=1)
        if 2 * int(drawn.sum()) >= len(X) or any(_shows(field, P) for field in ax["fields"]):
            return None
    return "Neither the samples nor the model's probabilities are drawn."


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
