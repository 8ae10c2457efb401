"""Hidden scenarios of `batch_step`."""

import pytest
import torch

from autograder.worker import probes


def _problem(rng, device, n_samples, n_features, dtype=torch.float32):
    """Features of either sign between 0.5 and 1.5 in size, so that no epoch overshoots; targets far from the start."""
    X = torch.rand(n_samples, n_features, generator=rng) + 0.5
    X = X * (1 - 2 * torch.randint(0, 2, X.shape, generator=rng))
    y = 4 * torch.rand(n_samples, generator=rng) + 2.0
    w = torch.randn(n_features, generator=rng)
    b = torch.rand((), generator=rng) - 1.5
    return tuple(values.to(device=device, dtype=dtype) for values in (X, y, w, b))


@pytest.mark.exercise("batch_step")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_one_step_on_all_rows(lesson, device, rng, dtype):
    """One step against the gradient of the mean squared error over all rows; nothing is changed in place."""
    X, y, w, b = _problem(rng, device, 6, 3, dtype)
    moved, kept = probes.unchanged(lambda: lesson.batch_step(X, y, w, b, 0.05), X=X, y=y, w=w, b=b)
    return {"w and b": moved, **kept}


@pytest.mark.exercise("batch_step")
def test_as_many_features_as_rows(lesson, device, rng):
    """The shapes also fit the wrong way round where N is D."""
    return lesson.batch_step(*_problem(rng, device, 4, 4), 0.1)


@pytest.mark.exercise("batch_step")
def test_other_sizes_and_learning_rates(lesson, device, rng):
    """Many rows, one feature; few rows, many features; w and b move together also where the step is large."""
    sizes = ((40, 1, 0.02), (2, 7, 0.3), (5, 2, 1.5))
    return {
        f"{n} rows of {d}, lr {lr}": lesson.batch_step(*_problem(rng, device, n, d, torch.float64), lr)
        for n, d, lr in sizes
    }


@pytest.mark.exercise("batch_step")
def test_one_row(lesson, device, rng):
    """N may be 1, also together with D of 1."""
    return {f"D = {d}": lesson.batch_step(*_problem(rng, device, 1, d), 0.1) for d in (3, 1)}
