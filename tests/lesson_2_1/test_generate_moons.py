"""Hidden scenarios of `generate_moons`. The order of the samples is open, so rows are sorted or looked at together."""

import pytest
import torch

from autograder.worker import probes


def in_order(X, y):
    """Sort the rows by class, then by feature 0: without noise no two rows of a class share it."""
    if y.numel() != len(X):
        return X, y
    order = (1000 * y.flatten().double() + X[:, 0].double()).argsort()
    return X[order], y[order]


def whole_number(rng, low, high):
    return int(torch.randint(low, high, (1,), generator=rng))


@pytest.mark.exercise("generate_moons")
@pytest.mark.parametrize("n", [2, 9, 40])
def test_without_noise_the_points_lie_on_the_moons(lesson, rng, n):
    """With noise 0.0 the points are those of `make_moons`, each with its class, float32, `(N, 2)` and `(N, 1)`."""
    return in_order(*lesson.generate_moons(n, 0.0, whole_number(rng, 0, 1000)))


@pytest.mark.exercise("generate_moons")
@pytest.mark.check("noise_has_this_deviation")
@pytest.mark.parametrize("noise", [0.06, 0.18])
def test_noise_is_its_standard_deviation(lesson, rng, noise):
    """`noise` is the standard deviation: that of the distance from the moon, over many samples."""
    X, y = lesson.generate_moons(2000, noise, whole_number(rng, 0, 1000))
    X, lower = X.double(), y.flatten() == 1
    middles = torch.where(lower.unsqueeze(1), torch.tensor([1.0, 0.5]).double(), torch.zeros(2).double())
    return (X - middles).norm(dim=1) - 1


@pytest.mark.exercise("generate_moons")
def test_float32_columns_on_the_cpu(lesson, rng):
    """Both tensors are float32 on the CPU; the classes are a column of 0.0 and 1.0, also for an odd number of samples."""
    X, y = lesson.generate_moons(whole_number(rng, 7, 8), 0.1, whole_number(rng, 0, 1000))
    return {"X": torch.zeros_like(X), "y": torch.zeros_like(y), "classes": sorted(y.flatten().tolist())}


@pytest.mark.exercise("generate_moons")
@pytest.mark.weight(2)
@pytest.mark.parametrize("seed", [0, 7])
def test_seed_decides_and_the_global_generators_play_no_part(lesson, rng, seed):
    """The same seed gives the same data, another seed other noise; the global generators stay as they were."""
    n = whole_number(rng, 12, 20)
    (X, y), untouched = probes.global_rng_untouched(lambda: lesson.generate_moons(n, 0.2, seed))
    torch.manual_seed(1)
    X_again, y_again = lesson.generate_moons(n, 0.2, seed)
    X_other, _ = lesson.generate_moons(n, 0.2, seed + 1)
    return {
        "same": torch.equal(X, X_again) and torch.equal(y, y_again),
        "other": bool(((X - X_other).abs() > 1e-4).double().mean() > 0.5),
        "untouched": untouched,
    }
