"""Hidden scenarios of `ToyDataset`."""

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


@pytest.mark.exercise("ToyDataset")
@pytest.mark.parametrize(("fewest", "most"), [(3, 40), (41, 120), (121, 300)])
def test_features_are_evenly_spaced_from_minus_two_to_two(lesson, rng, fewest, most):
    """The features are evenly spaced on [-2, 2], both ends included; `len` counts the samples, which may be two."""
    n = number(rng, fewest, most)
    return {
        "many samples": features(lesson.ToyDataset(n, 3), n),
        "two samples": features(lesson.ToyDataset(2, 3), 2),
    }


@pytest.mark.exercise("ToyDataset")
def test_a_sample_is_a_tuple_of_two_float32_tensors_of_one_element(lesson, rng):
    """A sample is the tuple `(x, y)` of float32 tensors of shape `(1,)` on the CPU, from a `Dataset`."""
    n = number(rng, 30, 300)
    dataset = lesson.ToyDataset(n, 1)
    sample = dataset[4]
    return {
        "what the dataset is": probes.kind(dataset, Dataset),
        "a sample": probes.form(sample),
        "requires_grad of its parts": [getattr(part, "requires_grad", None) for part in sample],
        "its x": sample[0],
    }


@pytest.mark.exercise("ToyDataset")
@pytest.mark.check("noise_is_normal")
@pytest.mark.weight(2)
def test_targets_lie_on_the_line_plus_half_a_standard_normal(lesson, rng):
    """The targets are `3x + 1 + 0.5 * z` with z standard normal."""
    n, seed = number(rng, 1800, 2400), number(rng, 0, 10_000)
    return targets(lesson.ToyDataset(n, seed), n)


@pytest.mark.exercise("ToyDataset")
@pytest.mark.check("samples_stay_the_same")
@pytest.mark.weight(2)
def test_a_sample_stays_the_same_however_often_it_is_read(lesson, rng):
    """Reading a sample twice, in any order, gives the same numbers."""
    n = number(rng, 8, 60)
    dataset = lesson.ToyDataset(n, number(rng, 0, 10_000))
    return {
        "forwards": [dataset[i] for i in range(n)],
        "backwards": [dataset[i] for i in reversed(range(n))],
    }


@pytest.mark.exercise("ToyDataset")
@pytest.mark.check("seed_fixes_the_noise")
def test_seed_fixes_the_noise_and_the_global_generator_stays_as_it_was(lesson, rng):
    """The same seed gives the same targets, another seed gives others, and the global generator stays as it was."""
    n, seed = number(rng, 20, 80), number(rng, 0, 10_000)
    torch.manual_seed(number(rng, 0, 10_000))
    first, untouched = probes.global_rng_untouched(lambda: targets(lesson.ToyDataset(n, seed), n))
    drawn = torch.rand(3)
    torch.manual_seed(number(rng, 0, 10_000))
    return {
        "targets": first,
        "global random state": untouched,
        "global random numbers afterwards": drawn,
        "with the same seed": targets(lesson.ToyDataset(n, seed), n),
        "with another seed": targets(lesson.ToyDataset(n, seed + 1), n),
    }


@pytest.mark.exercise("ToyDataset")
@pytest.mark.check("negative_indices_count_from_the_end")
def test_negative_indices_count_from_the_end(lesson, rng):
    """The index -1 is the last sample and `-len(self)` the first."""
    n = number(rng, 6, 60)
    dataset = lesson.ToyDataset(n, number(rng, 0, 10_000))
    return {
        "from 0 to len - 1": [dataset[i] for i in range(n)],
        "from -len to -1": [dataset[i] for i in range(-n, 0)],
    }


@pytest.mark.exercise("ToyDataset")
@pytest.mark.parametrize(
    ("index", "lengths", "more"),
    [("len", 1, 0), ("len + 1", 1, 1), ("10 * len", 10, 0), ("-len - 1", -1, -1), ("-2 * len", -2, 0)],
)
@pytest.mark.weight(0.4)
def test_an_index_out_of_range_raises_an_index_error(lesson, rng, index, lengths, more):
    """Any index outside -len … len - 1 raises an IndexError, which is where a loop over the dataset ends."""
    n = number(rng, 6, 200)
    dataset = lesson.ToyDataset(n, 2)
    return {
        f"index {index}": probes.raised(IndexError, lambda: dataset[lengths * n + more]),
        "x of the samples of a `for` loop": [sample[0] for sample in islice(iter(dataset), n + 3)],
    }
