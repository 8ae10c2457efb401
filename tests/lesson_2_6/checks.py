"""The checks of lesson 2.6: sizes, random choices, a plot as data. Each returns None, or the student's sentence.

What is wanted (numbers of rows, probabilities, losses) is always taken from the reference's run.
"""

import math
from itertools import pairwise

import torch

# --- train_validation_split


def sizes_are_rounded(student, reference):
    """In each case the four parts have sizes that fit, and the rows held out are `fraction * N`, rounded somehow."""
    for found, wanted in zip(student, reference, strict=True):
        n, fraction = wanted["n"], wanted["fraction"]
        train, y_train, validation, y_validation = found["sizes"]
        if (train, validation) != (y_train, y_validation):
            return "Features and targets of a part should have equally many rows."
        if train + validation != n:
            return "The two parts together should have as many rows as X."
        allowed = {min(max(size, 1), n - 1) for size in (math.floor(fraction * n), math.ceil(fraction * n))}
        if validation not in allowed:
            if not 0 < validation < n:
                return "A part is empty: at least 1 row and at most N - 1 rows should be held out."
            return (
                f"Of {n} rows, {validation} are held out; with the fraction {fraction} it should be {_either(allowed)}."
            )
    return None


def _either(sizes):
    return " or ".join(str(size) for size in sorted(sizes))


def every_choice_is_as_likely(student, reference):
    """Each row was held out in about a quarter of the 400 splits, and nearly all of the 28 pairs came up.

    A row's count has the standard deviation 8.7, so the bounds are more than five of them wide; a pair is expected 14 times.
    """
    if not isinstance(student, torch.Tensor) or student.shape != reference.shape:
        return "The rows that are held out should be rows of X."
    counts = student.diagonal()
    if int(counts.sum()) != int(reference.diagonal().sum()):
        return "Each split of 8 rows with the fraction 0.25 should hold out 2 different rows of X."
    if int(counts.max()) == 400 or int(counts.min()) == 0:
        return "Some rows are always held out, or never: draw at random which rows they are."
    if int(counts.min()) < 52 or int(counts.max()) > 148:
        return "Some rows are held out much more often than others: every row should have the same chance."
    pairs = int((student.triu(1) > 0).sum())
    if pairs < 24:
        return "Some rows are never held out together: shuffle the rows, do not just shift them."
    return None


# --- dropout


def a_share_of_p_is_dropped(student, reference):
    """Of 6,000 elements the share p is 0; the bounds are more than six standard errors wide."""
    p, dropped = reference["p"], student["dropped"]
    if abs(dropped - p) <= 0.04:
        return None
    if abs(dropped - (1 - p)) <= 0.04:
        return (
            f"With p = {p} the share {1 - p:.1f} of the elements is 0: p is the chance of becoming 0, not of staying."
        )
    return f"With p = {p} about that share of the elements should become 0, and it is {dropped:.2f}."


def each_element_for_itself(student, reference):
    """Means of the zeros along each dimension scatter as those of independent draws do.

    The deviation of a mean of m draws is 0.5 / sqrt(m). Over 300 means or more it is measured to about 4 per cent.
    """
    if len(student) != 3:
        return "The output should have the shape of x."
    for found, wanted, size in zip(student, reference, (15, 20, 25), strict=True):
        if found.shape != wanted.shape:
            return "The output should have the shape of x."
        if not 0.75 < float(found.std()) * 2 * math.sqrt(size) < 1.3:
            return "Elements share their draws, or depend on each other: each element should have a draw of its own."
    return None


# --- plot_learning_curves


def both_curves_are_drawn(student, reference):
    """Some axes have both curves, over epochs from 0 or from 1."""
    problem = _no_figure(student)
    if problem:
        return problem
    history = reference["history"]
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
    problem = _no_figure(student)
    if problem:
        return problem
    history = reference["history"]
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
    problem = _no_figure(student)
    if problem:
        return problem
    axes = _with_both(student, reference["history"]) or student["axes"]
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
    if student["history kept"] is not True:
        return "The history should stay as it was."
    return None


def _no_figure(student):
    if student["type"] != "Figure":
        return "A matplotlib Figure should come back."
    return None if student["axes"] else "The figure has no axes."


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
