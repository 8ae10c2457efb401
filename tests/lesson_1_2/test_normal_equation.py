"""Hidden scenarios of `normal_equation`.

The columns of X lie near multiples of columns that stand at right angles to each other (made by a QR decomposition), and
their means are away from 0: so every direct way is precise enough in float32, and the bias cannot be left out.
"""

import pytest
import torch

from autograder.worker import probes


def problem(rng, device, dtype, samples, features, noise=1.0):
    """Columns of mean 1 or -1 and deviation near 1; the noise of y is what no plane explains."""
    table = torch.randn(samples, features + 1, generator=rng, dtype=torch.float64)
    table[:, 0] = 1
    q, _ = torch.linalg.qr(table)
    means = torch.where(torch.rand(features, generator=rng) < 0.5, -1.0, 1.0)
    X = q[:, 1:] * samples**0.5 + means
    w = torch.randn(features, generator=rng, dtype=torch.float64)
    w = w + 2 * w.sign()
    y = X @ w + 5 + noise * (torch.rand(samples, generator=rng, dtype=torch.float64) - 0.5)
    return X.to(device, dtype), y.to(device, dtype)


def solve(lesson, X, y):
    w, b = lesson.normal_equation(X, y)
    return {"w": w, "b": b}


@pytest.mark.exercise("normal_equation")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("samples", "features"), [(12, 3), (30, 5)])
def test_lowest_loss_of_all(lesson, device, rng, dtype, samples, features):
    """`w` is (D,) in the order of the columns and `b` 0-D, of X's dtype: they have the lowest mean squared error."""
    return solve(lesson, *problem(rng, device, dtype, samples, features))


@pytest.mark.exercise("normal_equation")
def test_exact_plane_is_found(lesson, device, rng):
    """Where a plane goes through all the samples it is found."""
    return solve(lesson, *problem(rng, device, torch.float64, 10, 2, noise=0.0))


@pytest.mark.exercise("normal_equation")
@pytest.mark.parametrize("features", [1, 3])
def test_just_enough_samples(lesson, device, rng, features):
    """N may be D + 1: then a plane goes through all the samples."""
    return solve(lesson, *problem(rng, device, torch.float64, features + 1, features))


@pytest.mark.exercise("normal_equation")
def test_one_feature(lesson, device, rng):
    """With D = 1, `w` is still (1,) and `b` 0-D."""
    return solve(lesson, *problem(rng, device, torch.float32, 8, 1))


@pytest.mark.exercise("normal_equation")
def test_targets_without_a_slope(lesson, device, rng):
    """Where y is one number again and again, the weights are 0 and the bias is that number."""
    X, _ = problem(rng, device, torch.float64, 9, 2)
    return solve(lesson, X, X.new_full((9,), -7.5))


@pytest.mark.exercise("normal_equation")
def test_arguments_are_left_alone(lesson, device, rng):
    """No argument is changed."""
    X, y = problem(rng, device, torch.float64, 8, 3)
    answer, untouched = probes.unchanged(lambda: solve(lesson, X, y), X=X, y=y)
    return {"answer": answer, "untouched": untouched}
