"""Hidden scenarios of `minibatch_epoch`. No order is sorted, nor its own inverse, so that a lost one shows."""

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


@pytest.mark.exercise("minibatch_epoch")
@pytest.mark.parametrize(("n_samples", "batch_size"), [(7, 3), (11, 4)])
def test_smaller_last_batch(lesson, device, rng, n_samples, batch_size):
    """The smaller last batch is used, and averaged over the rows that it has."""
    problem = _problem(rng, device, n_samples, 3)
    order = torch.tensor([(4 * i + 2) % n_samples for i in range(n_samples)], device=device)
    return lesson.minibatch_epoch(*problem, 0.08, order, batch_size)


@pytest.mark.exercise("minibatch_epoch")
@pytest.mark.parametrize("batch_size", [2, 3])
def test_batches_that_come_out_even(lesson, device, rng, batch_size):
    """Where the batch size divides N, all batches have that size; the order is a list, which stays as it was."""
    X, y, w, b = _problem(rng, device, 6, 2, torch.float64)
    order = [3, 5, 0, 2, 4, 1]
    moved, kept = probes.unchanged(
        lambda: lesson.minibatch_epoch(X, y, w, b, 0.1, order, batch_size), X=X, y=y, w=w, b=b, order=order
    )
    return {"w and b": moved, **kept}


@pytest.mark.exercise("minibatch_epoch")
def test_batches_of_one(lesson, device, rng):
    """Batches of one row are stochastic gradient descent; no argument is changed in place."""
    X, y, w, b = _problem(rng, device, 5, 3, torch.float64)
    order = torch.tensor([3, 0, 4, 1, 2], device=device)
    moved, kept = probes.unchanged(
        lambda: lesson.minibatch_epoch(X, y, w, b, 0.05, order, 1), X=X, y=y, w=w, b=b, order=order
    )
    return {"w and b": moved, **kept}


@pytest.mark.exercise("minibatch_epoch")
@pytest.mark.parametrize("batch_size", [5, 6, 100])
def test_one_batch_of_all_rows(lesson, device, rng, batch_size):
    """A batch size of N, or more than N, makes one update with all rows, averaged over N."""
    return lesson.minibatch_epoch(*_problem(rng, device, 5, 3), 0.1, [3, 0, 4, 1, 2], batch_size)


@pytest.mark.exercise("minibatch_epoch")
def test_batches_as_wide_as_long(lesson, device, rng):
    """The shapes also fit the wrong way round where a batch has D rows."""
    problem = _problem(rng, device, 8, 3, torch.float64)
    return lesson.minibatch_epoch(*problem, 0.05, torch.tensor([3, 6, 1, 4, 7, 2, 5, 0], device=device), 3)


@pytest.mark.exercise("minibatch_epoch")
def test_one_row(lesson, device, rng):
    """N may be 1, whatever the batch size."""
    return {
        f"D = {d}, batch_size = {size}": lesson.minibatch_epoch(*_problem(rng, device, 1, d), 0.1, [0], size)
        for d, size in ((3, 1), (1, 4))
    }
