"""Hidden scenarios of `StandardizedToyDataset`."""

from itertools import islice

import pytest
import torch
from torch.utils.data import Dataset

from autograder.worker import probes


def number(rng, low, high):
    """Return a whole number from `low` to `high`."""
    return int(torch.randint(low, high + 1, (1,), generator=rng))


def targets(dataset, n):
    """Return the targets of the first n samples, `(n, 1)`."""
    return torch.stack([torch.as_tensor(dataset[i][1], dtype=torch.float32).reshape(1) for i in range(n)])


def features(dataset, n):
    """Return what `len` says, and the features of the first n samples."""
    return {"length": len(dataset), "x": [dataset[i][0] for i in range(n)]}


@pytest.mark.exercise("StandardizedToyDataset")
@pytest.mark.parametrize(("fewest", "most"), [(3, 40), (41, 120), (121, 300)])
def test_features_have_mean_zero_and_unbiased_deviation_one(lesson, rng, fewest, most):
    """All features together have mean 0 and unbiased standard deviation 1; the samples may be two."""
    n = number(rng, fewest, most)
    return {
        "many samples": features(lesson.StandardizedToyDataset(n, 3), n),
        "two samples": features(lesson.StandardizedToyDataset(2, 3), 2),
    }


@pytest.mark.exercise("StandardizedToyDataset")
@pytest.mark.check("statistics_and_inverse_are_right")
def test_statistics_and_inverse(lesson, rng):
    """`x_mean` and `x_std` are those of the features before; `inverse` returns to the old units and changes nothing."""
    n = number(rng, 25, 80)
    dataset = lesson.StandardizedToyDataset(n, 3)
    others = torch.randn(4, 1, generator=rng)
    column, kept = probes.unchanged(lambda: dataset.inverse(others), x=others)
    return {
        "x_mean": dataset.x_mean,
        "x_std": dataset.x_std,
        "inverse of a column": column,
        **kept,
        "inverse of one": dataset.inverse(others[0]),
        "inverse of the dataset's own": [dataset.inverse(dataset[i][0]) for i in range(n)],
    }


@pytest.mark.exercise("StandardizedToyDataset")
@pytest.mark.check("noise_is_normal")
def test_targets_are_left_as_they_are(lesson, rng):
    """The targets are `3x + 1 + 0.5 * z` with the x before it was standardized."""
    n, seed = number(rng, 550, 750), number(rng, 0, 10_000)
    return targets(lesson.StandardizedToyDataset(n, seed), n)


@pytest.mark.exercise("StandardizedToyDataset")
@pytest.mark.check("noise_is_the_toy_datasets")
def test_noise_is_that_of_the_toy_dataset(lesson, rng):
    """The targets are exactly those of `ToyDataset(n_samples, seed)`; another seed has other targets."""
    n, seed = number(rng, 50, 150), number(rng, 0, 10_000)
    try:
        plain = lesson.ToyDataset(n, seed)
        toy = [targets(plain, n), targets(plain, n), targets(lesson.ToyDataset(n, seed), n)]
    except Exception:  # whatever it raises, it cannot be compared with: a toy dataset is another exercise's matter
        toy = []
    return {
        "targets": targets(lesson.StandardizedToyDataset(n, seed), n),
        "with another seed": targets(lesson.StandardizedToyDataset(n, seed + 1), n),
        "of the toy dataset": toy,
    }


@pytest.mark.exercise("StandardizedToyDataset")
@pytest.mark.check("samples_are_those_of_a_dataset")
@pytest.mark.weight(0.5)
def test_negative_indices_and_the_global_generator(lesson, rng):
    """Negative indices count from the end, as in `ToyDataset`; the global generator stays as it was."""
    n, seed = number(rng, 7, 60), number(rng, 0, 10_000)
    torch.manual_seed(number(rng, 0, 10_000))
    dataset, untouched = probes.global_rng_untouched(lambda: lesson.StandardizedToyDataset(n, seed))
    return {
        "global random state": untouched,
        "global random numbers afterwards": torch.rand(3),
        "from 0 to len - 1": [dataset[i] for i in range(n)],
        "from -len to -1": [dataset[i] for i in range(-n, 0)],
    }


@pytest.mark.exercise("StandardizedToyDataset")
@pytest.mark.weight(0.5)
def test_samples_are_those_of_a_dataset(lesson, rng):
    """Length, indices, dtype and shapes are as in `ToyDataset`; it is a `Dataset`."""
    n = number(rng, 7, 200)
    dataset = lesson.StandardizedToyDataset(n, 4)
    outside = {"len": n, "10 * len": 10 * n, "-len - 1": -n - 1}
    return {
        "what the dataset is": probes.kind(dataset, Dataset),
        "a sample": probes.form(dataset[2]),
        **{f"index {name}": probes.raised(IndexError, lambda i=i: dataset[i]) for name, i in outside.items()},
        "x of the samples of a `for` loop": [sample[0] for sample in islice(iter(dataset), n + 3)],
    }
