"""The checks of lesson 3.2: lists of floats, and a plot as data. Each returns None, or the student's sentence."""

import math

import torch

from autograder.grading.equality import close, same

# --- train_scheduled


def a_float_for_every_update(student, reference):
    """Each call gave a list with the rate of every update, all of them floats."""
    for call, wanted in reference.items():
        rates = student[call]
        if not isinstance(rates, list) or len(rates) != len(wanted):
            return f"For {call} the list should have a rate for each update."
        if not all(type(rate) is float for rate in rates):
            return "The rates should be Python floats."
    first = next(call for call, wanted in reference.items() if wanted)
    if close(student[first][0], reference[first][0]):
        return None
    return "The first rate should be the one of the first update."


# --- lr_range_test


def ends_after_a_loss_that_is_not_finite(student, reference):
    """The rates are the reference's, the first losses too, all losses but the last are finite; the model is put back."""
    found, wanted = student["the test"], reference["the test"]
    if not isinstance(found, dict):
        return "A tuple of two lists should come back."
    rates, losses = found["rates"], found["losses"]
    if not isinstance(rates, torch.Tensor) or not isinstance(losses, torch.Tensor) or len(losses) != len(rates):
        return "There should be as many losses as rates, and numbers only."
    if not close(rates[:2], wanted["rates"][:2]):
        return "The rates should be geometric, each the same multiple of the one before, and begin at the lowest."
    finite = torch.isfinite(losses)
    if not bool(finite[:-1].all()):
        return "The test should end with the first loss that is not finite: nothing comes after it."
    if len(losses) and bool(finite[-1]):
        return "The loss that is not finite should be noted, too, with its rate, as the last one."
    if not close(losses[:2], wanted["losses"][:2]):
        return "The first losses are others: each is that of a batch before its update."
    if len(rates) != len(wanted["rates"]):
        return (
            "It comes to a loss that is not finite at another update: update once a batch, by plain gradient descent."
        )
    if not close(rates, wanted["rates"]):
        return "The rates should be geometric, each the same multiple of the one before."
    if not same(student["model afterwards"], reference["model afterwards"]):
        return "The model should be put back as it was, also after a loss that is not finite."
    return None


def two_lists_of_floats(student, reference):
    """A tuple of two lists of floats came back, as long as they should be, and global random states stayed."""
    found, wanted = student["rates and losses"], reference["rates and losses"]
    if not isinstance(found, tuple) or len(found) != 2 or not all(isinstance(part, list) for part in found):
        return "A tuple of two lists should come back."
    if not all(type(value) is float for part in found for value in part):
        return "Rates and losses should be Python floats."
    if [len(part) for part in found] != [len(part) for part in wanted]:
        return "There should be a rate and a loss for each update."
    if not close(found[0][0], wanted[0][0]):
        return "The first rate should be `low`."
    if not same(student["global random state"], reference["global random state"]):
        return "It changed the global random state."
    return None


# --- plot_range_test


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
    """The axes with the line (or any that show the numbers) have a logarithmic x axis."""
    problem = _no_figure(student) or _other_numbers(student, reference)
    if problem:
        return problem
    axes = _with_the_line(student, reference) or [ax for ax in student["axes"] if _has_half(ax, reference)]
    if any(ax["xscale"] in ("log", "symlog") for ax in axes):
        return None
    return "The x axis should be logarithmic: the rates are multiples of each other."


def both_axes_have_labels(student, reference):
    """The axes with the line (or any that show the numbers) have a label along x and one along y."""
    problem = _no_figure(student) or _other_numbers(student, reference)
    if problem:
        return problem
    axes = _with_the_line(student, reference) or [ax for ax in student["axes"] if _has_half(ax, reference)]
    if any(all(label.strip() for label in ax["labels"]) for ax in axes):
        return None
    return "The axes need labels, one along x and one along y."


def new_figure_is_not_shown(student, reference):
    """Two calls gave two figures of the numbers; nothing was shown or changed."""
    for call in ("first", "second"):
        problem = _no_figure(student[call]) or _other_numbers(student[call], reference)
        if problem:
            return problem
    if student["shown"] != 0:
        return "The figure is shown inside the function: return it, and leave `plt.show()` to whoever called."
    if student["one figure for both"] is not False:
        return "Every call should make a figure of its own."
    if not all(same(student[f"{name} afterwards"], reference[f"{name} afterwards"]) for name in ("rates", "losses")):
        return "The rates and losses should stay as they were."
    return None


def _no_figure(student):
    if student["type"] != "Figure":
        return "A matplotlib Figure should come back."
    return None if student["axes"] else "The figure has no axes."


def _other_numbers(figure, reference):
    if any(_has_half(ax, reference) for ax in figure["axes"]):
        return None
    return "The figure does not show the rates and losses that were given."


def _has_half(ax, reference):
    """Return whether half of the numbers given, or of their logarithms, are among the coordinates of the lines."""
    drawn = torch.tensor([n for line in ax["lines"] for n in (*line["x"], *line["y"])], dtype=torch.float64)
    given = [number for number in (*reference["rates"], *reference["losses"]) if math.isfinite(number)]
    for way in (given, [math.log10(number) for number in given], [math.log(number) for number in given]):
        wanted = torch.tensor(way, dtype=torch.float64)
        there = ((drawn.unsqueeze(1) - wanted).abs() <= 1e-5 * wanted.abs()).any(dim=0)
        if 2 * int(there.sum()) >= len(wanted):
            return True
    return False


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
