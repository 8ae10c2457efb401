"""Hidden scenarios of `fit`.

A history may hold floats or 0-D tensors, so each comes back as one tensor in the dtype of the run. The features have a mean
of about 1, or the gradient of b would not depend on w; all rates but one are so small that the loss falls.
"""

import pytest
import torch

from autograder.worker import probes


def uniform(rng, low, high, *shape):
    return low + (high - low) * torch.rand(shape, generator=rng, dtype=torch.float64)


def problem(rng, device, dtype, samples, features):
    X = uniform(rng, 0.25, 1.75, samples, features)
    y = X @ uniform(rng, 2, 4, features) + 3 + uniform(rng, -0.5, 0.5, samples)
    return X.to(device, dtype), y.to(device, dtype)


def run(lesson, X, y, lr, steps):
    w, b, history = lesson.fit(X, y, lr, steps)
    return {"w": w, "b": b, "history": torch.tensor([float(value) for value in history], dtype=X.dtype)}


@pytest.mark.exercise("fit")
@pytest.mark.weight(3)
@pytest.mark.parametrize(
    ("dtype", "samples", "features", "lr", "steps"),
    [(torch.float32, 6, 3, 0.08, 4), (torch.float64, 9, 2, 0.05, 30), (torch.float32, 2, 4, 0.06, 7)],
)
def test_each_step_starts_where_the_last_one_ended(lesson, device, rng, dtype, samples, features, lr, steps):
    """Each step notes the loss, finds both gradients at the present place, and then moves w and b."""
    return run(lesson, *problem(rng, device, dtype, samples, features), lr, steps)


@pytest.mark.exercise("fit")
@pytest.mark.weight(2)
def test_square_table(lesson, device, rng):
    """With N = D the rows are still the samples."""
    return run(lesson, *problem(rng, device, torch.float64, 4, 4), 0.05, 5)


@pytest.mark.exercise("fit")
@pytest.mark.weight(2)
def test_one_step_from_zeros(lesson, device, rng):
    """One step has one loss, that of the zeros, and moves by the gradients there; also for N = 1 and for D = 1."""
    sizes = [(5, 3), (1, 2), (4, 1), (1, 1)]
    return {
        "{} samples of {}".format(*size): run(lesson, *problem(rng, device, torch.float32, *size), 0.1, 1)
        for size in sizes
    }


@pytest.mark.exercise("fit")
def test_no_steps(lesson, device, rng):
    """For 0 steps w and b are zeros, (D,) and 0-D, of X's dtype, and the history is empty."""
    return {
        name: run(lesson, *problem(rng, device, dtype, 4, 3), 0.1, 0)
        for name, dtype in {"float32": torch.float32, "float64": torch.float64}.items()
    }


@pytest.mark.exercise("fit")
@pytest.mark.weight(2)
def test_never_stops_early(lesson, device, rng):
    """All steps are made where the loss is 0 from the start, where it stays the same, and where it grows."""
    X, y = problem(rng, device, torch.float64, 4, 2)
    return {
        "perfect": run(lesson, X, torch.zeros_like(y), 0.1, 5),
        "still": run(lesson, X, y, 0.0, 4),
        "growing": run(lesson, X, y, 0.7, 6),
    }


@pytest.mark.exercise("fit")
def test_features_are_used_as_they_are(lesson, device, rng):
    """`X` is not standardized: features far from 0 and of another scale give the path that they give."""
    X, y = problem(rng, device, torch.float64, 6, 2)
    return run(lesson, X * torch.tensor([4.0, 0.5], dtype=X.dtype, device=device) + 1, y, 0.01, 6)


@pytest.mark.exercise("fit")
def test_second_run_starts_from_zeros_again(lesson, device, rng):
    """No argument is changed, and a second run gives the same again."""
    X, y = problem(rng, device, torch.float32, 5, 2)
    first, untouched = probes.unchanged(lambda: run(lesson, X, y, 0.1, 3), X=X, y=y)
    return {"first": first, "again": run(lesson, X, y, 0.1, 3), "untouched": untouched}
