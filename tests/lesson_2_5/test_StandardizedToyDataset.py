"""Hidden scenarios of `StandardizedToyDataset`."""

import pytest
import torch
from torch.utils.data import Dataset

from autograder.worker import probes


def residuals(dataset, n):
    """The targets without the line on which they lie: the noise."""
    y = torch.stack([torch.as_tensor(dataset[i][1], dtype=torch.float32).reshape(1) for i in range(n)])
    return y - (3 * torch.linspace(-2, 2, n).unsqueeze(1) + 1)


@pytest.mark.exercise("StandardizedToyDataset")
@pytest.mark.parametrize("n", [2, 5, 40])
def test_features_have_mean_zero_and_unbiased_deviation_one(lesson, n):
    """All features together have mean 0 and unbiased standard deviation 1."""
    dataset = lesson.StandardizedToyDataset(n, 3)
    return {"length": len(dataset), "x": [dataset[i][0] for i in range(n)]}


@pytest.mark.exercise("StandardizedToyDataset")
def test_statistics_and_inverse(lesson, rng):
    """`x_mean` and `x_std` are those of the features before; `inverse` returns to the old units and changes nothing."""
    dataset = lesson.StandardizedToyDataset(31, 3)
    standardized = torch.stack([dataset[i][0] for i in range(31)])
    others = torch.randn(4, 1, generator=rng)
    column, unchanged = probes.unchanged(lambda: dataset.inverse(others), others=others)
    return {
        "x_mean": torch.tensor(float(dataset.x_mean)),
        "x_std": torch.tensor(float(dataset.x_std)),
        "column": column,
        "unchanged": unchanged,
        "one": dataset.inverse(others[0]),
        "own": dataset.inverse(standardized),
    }


@pytest.mark.exercise("StandardizedToyDataset")
@pytest.mark.check("noise_is_normal")
def test_targets_are_left_as_they_are(lesson, rng):
    """The targets are `3x + 1 + 0.5 * z` with the x before it was standardized."""
    seed = int(torch.randint(0, 10_000, (1,), generator=rng))
    return residuals(lesson.StandardizedToyDataset(600, seed), 600)


@pytest.mark.exercise("StandardizedToyDataset")
def test_noise_is_that_of_the_toy_dataset(lesson):
    """The targets are exactly those of `ToyDataset(n_samples, seed)`; another seed has other targets."""
    noise = residuals(lesson.StandardizedToyDataset(50, 8), 50)
    other = residuals(lesson.StandardizedToyDataset(50, 9), 50)
    try:
        plain = lesson.ToyDataset(50, 8)
        toy = residuals(plain, 50)
        kept = torch.equal(toy, residuals(plain, 50)) and torch.equal(toy, residuals(lesson.ToyDataset(50, 8), 50))
        usable = kept and float(toy.std()) > 0
    except Exception:  # whatever it raises, it cannot be compared with
        usable = False
    # A toy dataset that is missing, or that changes from read to read, is another exercise's matter.
    return {
        "same as the toy dataset": alike(noise, toy) if usable else True,
        "fixed by the seed": not alike(noise, other),
    }


def alike(a, b):
    """Whether two columns are the same noise, up to a factor."""
    return float(torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1]) > 0.999


@pytest.mark.exercise("StandardizedToyDataset")
def test_samples_are_those_of_a_dataset(lesson):
    """Length, indices, dtype and shapes are as in `ToyDataset`; the global generator stays as it was."""
    torch.manual_seed(1234)
    dataset, untouched = probes.global_rng_untouched(lambda: lesson.StandardizedToyDataset(7, 4))
    sample = dataset[2]

    def same(i, j):
        return [float(a) == float(b) for a, b in zip(dataset[i], dataset[j], strict=True)]

    return {
        "dataset": isinstance(dataset, Dataset),
        "untouched": untouched,
        "tuple": isinstance(sample, tuple),
        "parts": [(str(part.dtype), tuple(part.shape), part.device.type) for part in sample],
        "negative": [same(-1, 6), same(-7, 0), same(2, 2)],
        "out of range": [probes.raised(IndexError, lambda i=i: dataset[i]) for i in (7, 70, -8)],
    }
