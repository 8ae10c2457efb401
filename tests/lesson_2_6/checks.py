"""The checks of lesson 2.6: random choices, gradients, a plot as data. Each returns None, or the student's sentence.

What is wanted (rows, probabilities, losses) is always taken from the reference's run: the inputs that it was given.
"""

import math
from itertools import pairwise

import torch

from autograder.grading.equality import close, difference, same

# --- train_validation_split

FOUR = "The tuple (X_train, y_train, X_validation, y_validation) should come back, four tensors."
ROWS_OF_X = "The rows that are held out should be rows of X."
GLOBAL = "The global generator was used or seeded: draw from `generator` alone."


def every_row_is_in_one_part(student, reference):
    """Both parts together hold every row once, with its targets; as many are held out as the fraction says; X and y stay."""
    parts, X, y = student["parts"], reference["X"], reference["y"]
    problem = _parts_problem(parts, X, y)
    if problem:
        return problem
    X_train, y_train, X_validation, y_validation = parts
    if len(X_train) + len(X_validation) != len(X):
        return "The two parts together should have as many rows as X."
    if len(X_validation) != len(reference["parts"][2]):
        return "`fraction` is the part of the rows that is held out: the two parts have other sizes."
    X_all, y_all = torch.cat([X_train, X_validation]), torch.cat([y_train, y_validation])
    order = X_all[:, 0].argsort()
    if not close(X_all[order], X):
        return "Every row of X should be in exactly one of the two parts."
    if not close(y_all[order], y):
        return "The targets of a row should stay with its features."
    for name in ("X", "y"):
        label = f"{name} afterwards"
        if label in reference and not same(student[label], reference[label]):
            return f"It changed its argument `{name}`."
    return None


def _parts_problem(parts, X, y):
    """Return the sentence for parts of a wrong kind, of other columns or dtypes, or whose features and targets do not fit."""
    if not isinstance(parts, tuple) or len(parts) != 4 or not all(isinstance(part, torch.Tensor) for part in parts):
        return FOUR
    for name, part, whole in zip(
        ("X_train", "y_train", "X_validation", "y_validation"), parts, (X, y, X, y), strict=True
    ):
        if part.dim() != 2 or part.shape[1] != whole.shape[1]:
            return f"`{name}` should have the columns of `{name[0]}`."
        if part.dtype != whole.dtype:
            return f"`{name}` should have the dtype of `{name[0]}`."
    if len(parts[0]) != len(parts[1]) or len(parts[2]) != len(parts[3]):
        return "Features and targets of a part should have equally many rows."
    return None


def sizes_are_rounded(student, reference):
    """In each case the four parts have sizes that fit, and the rows held out are `fraction * N`, rounded somehow."""
    for case, wanted in reference.items():
        parts, X, fraction = student[case]["parts"], wanted["X"], wanted["fraction"]
        if not isinstance(parts, tuple) or len(parts) != 4 or not all(_has_rows(part) for part in parts):
            return FOUR
        n, (train, y_train, validation, y_validation) = len(X), (len(part) for part in parts)
        if (train, validation) != (y_train, y_validation):
            return "Features and targets of a part should have equally many rows."
        if train + validation != n:
            return "The two parts together should have as many rows as X."
        allowed = {min(max(size, 1), n - 1) for size in (math.floor(fraction * n), math.ceil(fraction * n))}
        if validation not in allowed:
            if not 0 < validation < n:
                return "A part is empty: at least 1 row and at most N - 1 rows should be held out."
            return f"Of {n} rows and with the fraction {fraction}, {_either(allowed)} should be held out."
        if _places(parts[2], X) is None:
            return ROWS_OF_X
    return None


def _has_rows(part):
    return isinstance(part, torch.Tensor) and part.dim() > 0


def _either(sizes):
    return " or ".join(str(size) for size in sorted(sizes))


def _places(held_out, X):
    """Return the numbers of the rows of X that are held out, in order; None where some are no rows of X."""
    if not isinstance(held_out, torch.Tensor) or held_out.dim() != 2 or held_out.shape[1] != X.shape[1]:
        return None
    if held_out.dtype != X.dtype:
        return None
    equal = held_out[:, :1] == X[:, 0]
    return equal.double().argmax(dim=1).sort().values if bool(equal.any(dim=1).all()) else None


def every_choice_is_as_likely(student, reference):
    """Each row was held out in about a quarter of the 400 splits, and nearly all of the 28 pairs came up.

    A row's count has the standard deviation 8.7, so the bounds are more than five of them wide; a pair is expected 14 times.
    """
    splits = [_places(held_out, reference["X"]) for held_out in student["held out"]]
    if any(split is None for split in splits):
        return ROWS_OF_X
    if any(len(split.unique()) != 2 or len(split) != 2 for split in splits):
        return "Each split of 8 rows with the fraction 0.25 should hold out 2 different rows of X."
    drawn = torch.stack(splits)
    counts = torch.bincount(drawn.flatten(), minlength=8)
    if int(counts.max()) == 400 or int(counts.min()) == 0:
        return "Some rows are always held out, or never: draw at random which rows they are."
    if int(counts.min()) < 52 or int(counts.max()) > 148:
        return "Some rows are held out much more often than others: every row should have the same chance."
    if len(drawn.unique(dim=0)) < 24:
        return "Some rows are never held out together: shuffle the rows, do not just shift them."
    return None


def generator_decides_the_split(student, reference):
    """Equal seeds hold out equal rows, all else others, and the global generator stays as it was."""
    calls = ("first", "the same seed again", "second call", "another seed")
    rows = {call: _places(student[call], reference["X"]) for call in calls}
    if any(places is None for places in rows.values()):
        return ROWS_OF_X
    if not torch.equal(rows["first"], rows["the same seed again"]):
        return "With the same seed the same rows should be held out: draw from `generator` alone."
    if torch.equal(rows["first"], rows["another seed"]):
        return "With another seed other rows should be held out: draw from `generator`, and do not seed it."
    if torch.equal(rows["first"], rows["second call"]):
        return "A second call with the same generator should hold out other rows: do not seed it."
    return None if same(student["the global generator"], reference["the global generator"]) else GLOBAL


# --- l2_penalty


def gradient_reaches_the_weights(student, reference):
    """Each weight has the gradient of its square; a bias has none, or zeros."""
    weights = [name for name, gradient in reference.items() if gradient is not None]
    if all(student[name] is None for name in weights):
        return "`backward` does not reach the weights: make the sum of the weights themselves, not of detached ones or numbers."
    for name, wanted in reference.items():
        found = student[name]
        if wanted is None and found is not None and bool((found != 0).any()):
            return "A bias gets a gradient: biases do not count."
        if wanted is not None and found is None:
            return "`backward` does not reach all weights."
    return next((told for name in weights if (told := difference(student[name], reference[name], name))), None)


def no_weights_cost_nothing(student, reference):
    """Each penalty is a floating tensor, 0-D, that holds 0."""
    for model in reference:
        found = student[model]
        if not isinstance(found, torch.Tensor) or not found.is_floating_point():
            return f"`{model}`: the penalty of a model without weights should be a tensor with a floating dtype."
        if found.dim() != 0 or float(found) != 0:
            return f"`{model}`: the penalty of a model without weights should be a 0-D tensor that holds 0."
    return None


# --- dropout


def what_stays_is_rescaled(student, reference):
    """Elements are 0 or x / (1 - p), in x's shape and dtype, and there are both kinds."""
    problem = _dropout_problem(student["out"], reference)
    if problem:
        return problem
    if not bool((student["out"] != 0).any()):
        return "Every element is 0: with p below 1 some should stay."
    return None if bool((student["out"] == 0).any()) else "No element is 0: in training some should be dropped."


def any_shape_is_dropped(student, reference):
    """The same for each shape, and x is as it was; of many elements some are 0 and some stay."""
    for case, wanted in reference.items():
        problem = _dropout_problem(student[case]["out"], wanted)
        if problem:
            return f"`{case}`: {problem}"
        if not same(student[case]["x afterwards"], wanted["x afterwards"]):
            return "It changed its argument `x`."
    many = [case for case, wanted in reference.items() if wanted["x"].numel() > 100]
    return next((told for case in many if (told := what_stays_is_rescaled(student[case], reference[case]))), None)


def _dropout_problem(out, facts):
    """Return the sentence for an output of another form than x's, or for elements that are neither 0 nor x / (1 - p)."""
    x, p = facts["x"], facts["p"]
    problem = _form_problem(out, x)
    if problem:
        return problem
    stays = out != 0
    if close(out[stays], x[stays] / (1 - p)):
        return None
    if close(out[stays], x[stays]):
        return "The elements that stay are not rescaled: divide them by 1 - p."
    return "Each element should be 0, or the element of x divided by 1 - p."


def _form_problem(out, x):
    if not isinstance(out, torch.Tensor) or out.shape != x.shape or out.dtype != x.dtype:
        return "The output should be a tensor with the shape and dtype of x."
    return None


def _mask_problem(out, x):
    """Return the sentence for an output in which what is not 0 does not come from x, whatever it was multiplied by."""
    problem = _form_problem(out, x)
    if problem:
        return problem
    stays = out != 0
    return (
        None
        if bool((out[stays].sign() == x[stays].sign()).all())
        else "What is not 0 should come from x's own element."
    )


def a_fraction_of_p_is_dropped(student, reference):
    """Of 6,000 elements the fraction p is 0; the bounds are more than six standard errors wide."""
    out, p = student["out"], reference["p"]
    problem = _mask_problem(out, reference["x"])
    if problem:
        return problem
    dropped = float((out == 0).double().mean())
    if abs(dropped - p) <= 0.04:
        return None
    if abs(dropped - (1 - p)) <= 0.04:
        return f"With p = {p} the fraction {1 - p:.1f} of the elements is 0: p is the chance of becoming 0, not of staying."
    return f"With p = {p} about that fraction of the elements should become 0, and it is {dropped:.2f}."


def each_element_for_itself(student, reference):
    """Means of the zeros along each dimension scatter as those of independent draws do.

    The deviation of a mean of m draws is 0.5 / sqrt(m). Over 300 means or more it is measured to about 4 per cent.
    """
    out = student["out"]
    problem = _mask_problem(out, reference["x"])
    if problem:
        return problem
    dropped = (out == 0).double()
    for dim, size in enumerate(out.shape):
        if not 0.75 < float(dropped.mean(dim=dim).std()) * 2 * math.sqrt(size) < 1.3:
            return "Elements have draws in common, or depend on each other: each element should have a draw of its own."
    return None


def gradient_goes_where_the_element_stayed(student, reference):
    """The gradient is what arrives, divided by 1 - p, where the element stayed, and 0 where it was dropped."""
    out, gradient = student["out"], student["gradient of x"]
    problem = _mask_problem(out, reference["x"])
    if problem:
        return problem
    if gradient is None:
        return "No gradient reaches x: the output should be made of x itself, not of a detached copy."
    if not close(gradient, torch.where(out == 0, 0.0, reference["arriving"] / (1 - reference["p"]))):
        return "The gradient of a dropped element should be 0, and of one that stayed 1 / (1 - p) times what arrives."
    return None


def generator_decides_the_mask(student, reference):
    """Equal seeds drop equal elements, all else others, and the global generator stays as it was."""
    calls = ("first", "the same seed again", "second call", "another seed")
    problem = next((told for call in calls if (told := _mask_problem(student[call], reference["x"]))), None)
    if problem:
        return problem
    masks = {call: student[call] == 0 for call in calls}
    if not torch.equal(masks["first"], masks["the same seed again"]):
        return "With the same seed the same elements should be dropped: draw from `generator` alone."
    if torch.equal(masks["first"], masks["another seed"]):
        return "With another seed other elements should be dropped: draw from `generator`, and do not seed it."
    if torch.equal(masks["first"], masks["second call"]):
        return "A second call with the same generator should drop other elements: do not seed it."
    return None if same(student["the global generator"], reference["the global generator"]) else GLOBAL


# --- overfit_gap


def gap_and_epoch_are_right(student, reference):
    """Every pair has the right gap and the right epoch, as numbers of any kind; what should be refused is."""
    for case, wanted in reference.items():
        found = student[case]
        if isinstance(wanted, dict):
            if not found["raised"]:
                return f"`{case}`: It should raise a ValueError."
            continue
        if not isinstance(found, tuple) or len(found) != 2:
            return f"`{case}`: The tuple (gap, best_epoch) should come back."
        for name, one, other in zip(("gap", "best_epoch"), found, wanted, strict=True):
            if _number(one) is None:
                return f"`{case}`: `{name}` should be a number."
            if not close(_number(one), _number(other)):
                return f"`{case}`: the value of `{name}` differs."
    return None


def _number(value):
    """Return a number of any kind as a float; None for what is none."""
    if isinstance(value, torch.Tensor):
        return float(value) if value.numel() == 1 and not value.is_complex() else None
    return float(value) if isinstance(value, (int, float)) else None


# --- plot_learning_curves


def both_curves_are_drawn(student, reference):
    """Some axes have both curves, over epochs from 0 or from 1."""
    history = reference["history"]
    problem = _no_figure(student, history)
    if problem:
        return problem
    if _with_both(student, history):
        return None
    for name in ("train", "validation"):
        lines = [line for ax in student["axes"] for line in ax["lines"] if _close(line["y"], history[name])]
        if not lines:
            return f'There is no line with the losses of "{name}" along y.'
        if not any(_epochs(line["x"]) for line in lines):
            return "The epochs along x should go up in steps of 1, from 0 or from 1."
    return "Both curves should be in the same axes."


def legend_names_the_curves(student, reference):
    """The two curves differ in their looks, and a legend's entry with the right word looks like each."""
    history = reference["history"]
    problem = _no_figure(student, history)
    if problem:
        return problem
    axes = _with_both(student, history)
    if not axes:
        return "Both curves should be in the same axes."
    sentence = None
    for ax in axes:
        sentence = _named(ax, history)
        if sentence is None:
            return None
    return sentence


def _named(ax, history):
    if not ax["legend"]:
        return "There is no legend: give each line a label, and call `legend()`."
    looks = {name: {line["look"] for line in ax["lines"] if _is(line, history[name])} for name in history}
    if looks["train"] & looks["validation"]:
        return "The two curves look alike: give them different colours, styles or markers."
    for name, other in (("train", "validation"), ("validation", "train")):
        # An entry such as "validation (not trained on)" speaks of validation.
        told = [look for text, look in ax["legend"] if _speaks_of(text) == name]
        if not told:
            return f'No entry of the legend has the word "{name}" in it.'
        if not set(told) & looks[name]:
            if set(told) & looks[other]:
                return "The legend has the names of the two curves swapped."
            return f'The legend\'s entry for "{name}" does not belong to that curve.'
    return None


def _speaks_of(text):
    text = text.lower()
    return "validation" if "validation" in text else "train" if "train" in text else ""


def both_axes_have_labels(student, reference):
    """The axes with the curves (or any, if there are none) have a label along x and one along y."""
    problem = _no_figure(student, reference["history"])
    if problem:
        return problem
    axes = _with_both(student, reference["history"]) or student["axes"]
    if any(all(label.strip() for label in ax["labels"]) for ax in axes):
        return None
    return "The axes need labels, one along x and one along y."


def new_figure_is_not_shown(student, reference):
    """Two calls gave two figures, each with its own history's losses; nothing was shown or changed."""
    figures, histories = student["figures"], reference["histories"]
    if len(figures) != 2:
        return "A matplotlib Figure should come back."
    for figure, history in zip(figures, histories, strict=True):
        problem = _no_figure(figure, history)
        if problem:
            return problem
    if student["calls of plt.show"] != 0:
        return "The figure is shown inside the function: return it, and leave `plt.show()` to whoever called."
    if any(_has_losses(figures[n], histories[1 - n]) for n in range(2)):
        return "Every call should make a figure of its own."
    if not same(student["history afterwards"], reference["history afterwards"]):
        return "The history should stay as it was."
    return None


def _no_figure(student, history):
    """Return the sentence for what is no figure of these losses at all."""
    if student["type"] != "Figure":
        return "A matplotlib Figure should come back."
    if not student["axes"]:
        return "The figure has no axes."
    return None if _has_losses(student, history) else "The losses of the history are not drawn."


def _has_losses(figure, history):
    """Return whether at least half of the losses are among the heights that are drawn."""
    drawn = [y for ax in figure["axes"] for line in ax["lines"] for y in line["y"]]
    drawn += [y for ax in figure["axes"] for y in ax["points"]]
    losses = [loss for name in history for loss in history[name]]
    return 2 * sum(any(abs(loss - y) < 1e-5 for y in drawn) for loss in losses) >= len(losses)


def _with_both(student, history):
    """Return the axes that have a right line for both losses."""
    return [
        ax for ax in student["axes"] if all(any(_is(line, history[name]) for line in ax["lines"]) for name in history)
    ]


def _is(line, losses):
    return _close(line["y"], losses) and _epochs(line["x"])


def _close(found, wanted):
    return len(found) == len(wanted) and all(abs(a - b) < 1e-5 for a, b in zip(found, wanted, strict=True))


def _epochs(x):
    return bool(x) and x[0] in (0, 1) and all(abs(b - a - 1) < 1e-6 for a, b in pairwise(x))
