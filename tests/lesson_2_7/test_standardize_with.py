"""Hidden scenarios of `standardize_with`: the training rows decide, and nothing becomes NaN."""

import pytest
import torch

from autograder.worker import probes


def tables(rng, device, n, m, d, dtype=torch.float32):
    """Training and test rows with other means and other standard deviations, also from column to column."""
    scale, shift = 3 * torch.rand(d, generator=rng) + 0.5, 10 * torch.rand(d, generator=rng) - 5
    X_train = torch.randn(n, d, generator=rng) * scale + shift
    X_test = 2 * torch.randn(m, d, generator=rng) * scale + shift + 3
    return X_train.to(device, dtype), X_test.to(device, dtype)


@pytest.mark.exercise("standardize_with")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("n", "m", "d"), [(9, 5, 3), (4, 4, 4), (2, 7, 1)])
def test_both_by_the_training_statistics(lesson, device, rng, dtype, n, m, d):
    """Both tables are standardized by the training columns' mean and standard deviation (divided by N - 1); the arguments stay."""
    X_train, X_test = tables(rng, device, n, m, d, dtype)
    found, kept = probes.unchanged(lambda: lesson.standardize_with(X_train, X_test), X_train=X_train, X_test=X_test)
    return {"tables": found, **kept}


@pytest.mark.exercise("standardize_with")
@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_columns_of_any_scale(lesson, device, rng, scale):
    """The standard deviation itself is divided by, however small or large the numbers are."""
    X_train, X_test = tables(rng, device, 8, 3, 2, torch.float64)
    factors = torch.tensor([scale, 1.0], dtype=torch.float64, device=device)
    return lesson.standardize_with(X_train * factors, X_test * factors)


@pytest.mark.exercise("standardize_with")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_constant_column(lesson, device, rng, dtype):
    """A column that is constant in the training rows is divided by 1, in the test rows too; the others are as ever."""
    X_train, X_test = tables(rng, device, 8, 4, 3, dtype)
    X_train[:, 1] = 4.0
    return lesson.standardize_with(X_train, X_test)


@pytest.mark.exercise("standardize_with")
def test_single_training_row(lesson, device, rng):
    """With one training row every column is divided by 1."""
    X_train, X_test = tables(rng, device, 1, 4, 3)
    return lesson.standardize_with(X_train, X_test)


@pytest.mark.exercise("standardize_with")
def test_single_test_row(lesson, device, rng):
    """One test row is enough, and so is a test column that is constant: the test rows' own statistics do not count."""
    X_train, X_test = tables(rng, device, 6, 3, 2)
    X_test[:, 0] = 7.0
    return {
        "three test rows": lesson.standardize_with(X_train, X_test),
        "one test row": lesson.standardize_with(X_train, X_test[:1]),
    }
