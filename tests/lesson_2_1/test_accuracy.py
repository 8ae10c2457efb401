"""Hidden scenarios of `accuracy`. Half of the targets are 1, so that a table of N times N comparisons says 0.5."""

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


@pytest.mark.exercise("accuracy")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("pairs", "wrong"), [(4, 1), (10, 6), (25, 38)])
def test_fraction_of_right_rows(lesson, device, rng, dtype, pairs, wrong):
    """The share of the rows whose class is right, row by row."""
    return float(lesson.accuracy(*rows(rng, device, dtype, pairs, wrong)))


@pytest.mark.exercise("accuracy")
def test_all_right_and_all_wrong(lesson, device, rng):
    """All right is 1, all wrong is 0."""
    return [float(lesson.accuracy(*rows(rng, device, torch.float32, 5, wrong))) for wrong in (0, 10)]


@pytest.mark.exercise("accuracy")
def test_one_row(lesson, device):
    """One row is right or wrong."""
    pairs = [(0.9, 1.0), (0.9, 0.0), (0.1, 1.0), (0.1, 0.0)]
    return [
        float(lesson.accuracy(torch.tensor([[p]], device=device), torch.tensor([[y]], device=device))) for p, y in pairs
    ]


@pytest.mark.exercise("accuracy")
def test_exactly_one_half_is_class_0(lesson, device):
    """A probability of exactly 0.5 says class 0."""
    probs = torch.tensor([[0.5], [0.5], [0.5], [0.75], [0.25]], device=device)
    y = torch.tensor([[0.0], [0.0], [1.0], [1.0], [0.0]], device=device)
    return float(lesson.accuracy(probs, y))


@pytest.mark.exercise("accuracy")
def test_no_argument_is_changed(lesson, device, rng):
    """Probabilities and classes stay as they were."""
    probs, y = rows(rng, device, torch.float32, 3, 2)
    value, unchanged = probes.unchanged(lambda: lesson.accuracy(probs, y), probs=probs, y=y)
    return float(value), unchanged
