"""Hidden scenarios of `fit_ridge`. Features and targets are far from the mean 0, so that a penalized bias shows."""

import pytest
import torch

from autograder.worker import probes


def problem(rng, device, n, d, dtype=torch.float64):
    """Return features around 1.5 and targets around 6, with some noise."""
    X = torch.randn(n, d, generator=rng, dtype=torch.float64) + 1.5
    slopes = 1 + torch.rand(d, 1, generator=rng, dtype=torch.float64)
    y = X @ slopes + 6 + 0.5 * torch.randn(n, 1, generator=rng, dtype=torch.float64)
    return X.to(device, dtype), y.to(device, dtype)


@pytest.mark.exercise("fit_ridge")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("n", "d", "strength"), [(20, 3, 2.5), (30, 1, 9.0)])
def test_more_rows_than_features(lesson, device, rng, n, d, strength):
    """The sum of the squared errors plus strength times the squares of w is as small as can be; the bias is free."""
    return lesson.fit_ridge(*problem(rng, device, n, d), strength)


@pytest.mark.exercise("fit_ridge")
def test_float32(lesson, device, rng):
    """In float32, too, the penalized sum of squares is as small as can be."""
    return lesson.fit_ridge(*problem(rng, device, 25, 2, torch.float32), 4.0)


@pytest.mark.exercise("fit_ridge")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("n", "d"), [(3, 7), (5, 5)])
def test_more_features_than_rows(lesson, device, rng, n, d):
    """With a strength above 0 there may be more features than rows, or as many."""
    return lesson.fit_ridge(*problem(rng, device, n, d), 0.8)


@pytest.mark.exercise("fit_ridge")
def test_one_row(lesson, device, rng):
    """With a single row the weights are 0 and the bias is its target."""
    return lesson.fit_ridge(*problem(rng, device, 1, 2), 1.5)


@pytest.mark.exercise("fit_ridge")
def test_without_strength(lesson, device, rng):
    """With strength 0 it is ordinary least squares; X and y stay as they were."""
    X, y = problem(rng, device, 24, 2)
    result, kept = probes.unchanged(lambda: lesson.fit_ridge(X, y, 0.0), X=X, y=y)
    return {"w and b": result, **kept}


@pytest.mark.exercise("fit_ridge")
@pytest.mark.tolerance(1e-6, 1e-10)
def test_strong_penalty(lesson, device, rng):
    """A very strong penalty leaves small weights, and a bias near the mean of the targets, not near 0."""
    return lesson.fit_ridge(*problem(rng, device, 12, 3), 5000.0)
