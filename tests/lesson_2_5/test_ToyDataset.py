"""Hidden scenarios of `ToyDataset`."""

import pytest
import torch
from torch.utils.data import Dataset

from autograder.worker import probes


def targets(dataset, n):
    """Return the targets of the first n samples, `(n, 1)`."""
    return torch.stack([torch.as_tensor(dataset[i][1], dtype=torch.float32).reshape(1) for i in range(n)])


@pytest.mark.exercise("ToyDataset")
@pytest.mark.parametrize("n", [2, 5, 12])
def test_features_are_evenly_spaced_from_minus_two_to_two(lesson, n):
    """The features are evenly spaced on [-2, 2], both ends included; `len` counts the samples."""
    dataset = lesson.ToyDataset(n, 3)
    return {"length": len(dataset), "x": [dataset[i][0] for i in range(n)]}


@pytest.mark.exercise("ToyDataset")
def test_a_sample_is_a_tuple_of_two_float32_tensors_of_one_element(lesson):
    """A sample is the tuple `(x, y)` of float32 tensors of shape `(1,)` on the CPU, from a `Dataset`."""
    dataset = lesson.ToyDataset(9, 1)
    sample = dataset[4]
    return {
        "dataset": isinstance(dataset, Dataset),
        "tuple": isinstance(sample, tuple),
        "parts": [(str(part.dtype), tuple(part.shape), part.device.type, part.requires_grad) for part in sample],
    }


@pytest.mark.exercise("ToyDataset")
@pytest.mark.check("noise_is_normal")
@pytest.mark.weight(2)
def test_targets_lie_on_the_line_plus_half_a_standard_normal(lesson, rng):
    """The targets are `3x + 1 + 0.5 * z` with z standard normal."""
    n = 2000
    seed = int(torch.randint(0, 10_000, (1,), generator=rng))
    x = torch.linspace(-2, 2, n).unsqueeze(1)
    return targets(lesson.ToyDataset(n, seed), n) - (3 * x + 1)


@pytest.mark.exercise("ToyDataset")
@pytest.mark.weight(2)
def test_a_sample_stays_the_same_however_often_it_is_read(lesson):
    """Reading a sample twice, in any order, gives the same numbers."""
    dataset = lesson.ToyDataset(8, 5)
    forwards = [dataset[i] for i in range(8)]
    backwards = [dataset[i] for i in reversed(range(8))][::-1]
    pairs = zip(forwards, backwards, strict=True)
    return [(float(a[0]) == float(b[0]), float(a[1]) == float(b[1])) for a, b in pairs]


@pytest.mark.exercise("ToyDataset")
def test_seed_fixes_the_noise_and_the_global_generator_stays_as_it_was(lesson):
    """The same seed gives the same targets, another seed gives others, and the global generator stays as it was."""
    torch.manual_seed(11)
    first, untouched = probes.global_rng_untouched(lambda: targets(lesson.ToyDataset(20, 7), 20))
    torch.manual_seed(12)
    again = targets(lesson.ToyDataset(20, 7), 20)
    other = targets(lesson.ToyDataset(20, 8), 20)
    return {
        "same": torch.equal(first, again),
        "other": bool(((first - other).abs() > 1e-6).sum() >= 18),
        "untouched": untouched,
    }


@pytest.mark.exercise("ToyDataset")
def test_negative_indices_count_from_the_end(lesson):
    """The index -1 is the last sample and `-len(self)` the first."""
    dataset = lesson.ToyDataset(6, 2)

    def same(i, j):
        return [float(a) == float(b) for a, b in zip(dataset[i], dataset[j], strict=True)]

    return same(-1, 5), same(-6, 0), same(-3, 3), float(dataset[-2][0])


@pytest.mark.exercise("ToyDataset")
@pytest.mark.parametrize("index", [6, 7, 60, -7, -12])
@pytest.mark.weight(0.4)
def test_an_index_out_of_range_raises_an_index_error(lesson, index):
    """Any index outside -len … len - 1 raises an IndexError."""
    dataset = lesson.ToyDataset(6, 2)
    return probes.raised(IndexError, lambda: dataset[index])
