"""Hidden scenarios of `accuracy`. Half of the targets are 1, so that a table of N times N comparisons says 0.5.

The fractions are judged by a check, for a Python float is as good as a 0-D tensor.
"""

import pytest
import torch

from autograder.worker import probes


def rows(rng, device, dtype, pairs, wrong):
    """Return probabilities and classes of twice as many rows as pairs, mixed; so many of the rows are wrong."""
    n = 2 * pairs
    y = torch.arange(n) % 2
    says = torch.where(torch.arange(n) < wrong, 1 - y, y)
    probs = 0.5 + (2 * says - 1) * (0.05 + 0.4 * torch.rand(n, generator=rng))
    order = torch.randperm(n, generator=rng)
    return probs[order].unsqueeze(1).to(device, dtype), y[order].unsqueeze(1).to(device, dtype)


def number(rng, low, high):
    """Return a whole number from `low` to `high`."""
    return int(torch.randint(low, high + 1, (1,), generator=rng))


def mostly(rng, device, dtype, pairs, *, right):
    """Return rows as above of which fewer than half are wrong, or more; how many is drawn."""
    wrong = number(rng, 1, pairs - 1)
    return rows(rng, device, dtype, pairs, wrong if right else 2 * pairs - wrong)


@pytest.mark.exercise("accuracy")
@pytest.mark.check("fractions_are_right")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("fewest", "most"), [(4, 9), (10, 24), (25, 50)])
def test_fraction_of_right_rows(lesson, device, rng, dtype, fewest, most):
    """The share of the rows whose class is right, row by row."""
    return {
        f"{name} rows right": lesson.accuracy(*mostly(rng, device, dtype, number(rng, fewest, most), right=right))
        for name, right in (("most", True), ("few", False))
    }


@pytest.mark.exercise("accuracy")
@pytest.mark.check("fractions_are_right")
def test_all_right_and_all_wrong(lesson, device, rng):
    """All right is 1, all wrong is 0."""
    pairs = number(rng, 5, 30)
    return {
        "all right": lesson.accuracy(*rows(rng, device, torch.float32, pairs, 0)),
        "all wrong": lesson.accuracy(*rows(rng, device, torch.float32, pairs, 2 * pairs)),
        "most right": lesson.accuracy(*mostly(rng, device, torch.float32, pairs, right=True)),
    }


@pytest.mark.exercise("accuracy")
@pytest.mark.check("fractions_are_right")
def test_one_row(lesson, device, rng):
    """One row is right or wrong."""
    cases = {"one row, right": (0.9, 1.0), "one row, wrong": (0.9, 0.0)}
    cases |= {"one row of class 1, wrong": (0.1, 1.0), "one row of class 0, right": (0.1, 0.0)}
    alone = {
        name: lesson.accuracy(torch.tensor([[p]], device=device), torch.tensor([[y]], device=device))
        for name, (p, y) in cases.items()
    }
    return {
        **alone,
        "many rows": lesson.accuracy(*mostly(rng, device, torch.float32, number(rng, 5, 30), right=True)),
    }


@pytest.mark.exercise("accuracy")
@pytest.mark.check("fractions_are_right")
def test_exactly_one_half_is_class_0(lesson, device, rng):
    """A probability of exactly 0.5 says class 0."""
    fractions = {}
    for name in ("with some of exactly 0.5", "with others of exactly 0.5"):
        zeros, ones = number(rng, 5, 20), number(rng, 1, 4)
        probs, y = mostly(rng, device, torch.float32, number(rng, 4, 20), right=True)
        halves = torch.full((zeros + ones, 1), 0.5, device=device)
        classes = torch.cat([torch.zeros(zeros, 1), torch.ones(ones, 1)]).to(device)
        fractions[name] = lesson.accuracy(torch.cat([probs, halves]), torch.cat([y, classes]))
    return fractions


@pytest.mark.exercise("accuracy")
@pytest.mark.check("fractions_are_right")
def test_no_argument_is_changed(lesson, device, rng):
    """Probabilities and classes stay as they were."""
    probs, y = mostly(rng, device, torch.float32, number(rng, 3, 30), right=True)
    value, kept = probes.unchanged(lambda: lesson.accuracy(probs, y), probs=probs, y=y)
    return {"the fraction": value, **kept}
