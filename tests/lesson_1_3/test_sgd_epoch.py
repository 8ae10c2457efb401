"""Hidden scenarios of `sgd_epoch`. No order is sorted, nor its own inverse, so that a lost or inverted order shows."""

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


@pytest.mark.exercise("sgd_epoch")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_order_as_a_tensor(lesson, device, rng, dtype):
    """One update a row, in the order of a tensor, each from what the one before it left; nothing is changed in place."""
    X, y, w, b = _problem(rng, device, 7, 3, dtype)
    order = torch.tensor([2, 5, 1, 4, 0, 3, 6], device=device)
    moved, kept = probes.unchanged(lambda: lesson.sgd_epoch(X, y, w, b, 0.05, order), X=X, y=y, w=w, b=b, order=order)
    return {"w and b": moved, **kept}


@pytest.mark.exercise("sgd_epoch")
def test_order_as_a_list(lesson, device, rng):
    """The order may be a list of ints, and stays as it was; N may be D."""
    X, y, w, b = _problem(rng, device, 5, 5)
    order = [3, 0, 4, 1, 2]
    moved, kept = probes.unchanged(lambda: lesson.sgd_epoch(X, y, w, b, 0.04, order), X=X, y=y, w=w, b=b, order=order)
    return {"w and b": moved, **kept}


@pytest.mark.exercise("sgd_epoch")
def test_other_orders_of_the_same_rows(lesson, device, rng):
    """Another order of the same rows ends elsewhere; an order may leave the rows as they lie."""
    problem = _problem(rng, device, 4, 2, torch.float64)
    orders = ([1, 3, 0, 2], [3, 0, 1, 2], [0, 1, 2, 3])
    return {f"the order {order}": lesson.sgd_epoch(*problem, 0.1, order) for order in orders}


@pytest.mark.exercise("sgd_epoch")
def test_many_rows_of_one_feature(lesson, device, rng):
    """A long epoch with D of 1."""
    problem = _problem(rng, device, 50, 1, torch.float64)
    return lesson.sgd_epoch(*problem, 0.03, torch.randperm(50, generator=rng).to(device))


@pytest.mark.exercise("sgd_epoch")
def test_one_row(lesson, device, rng):
    """N may be 1: a single update."""
    orders = {"a list": [0], "a tensor": torch.tensor([0], device=device)}
    return {
        f"the order as {name}": lesson.sgd_epoch(*_problem(rng, device, 1, 3), 0.1, order)
        for name, order in orders.items()
    }
