"""Hidden scenarios of `standardize`.

Constant columns have 4 or 8 rows of a multiple of 1/4, so that their mean is exact on every device. What `std` says of
them is open and left out.
"""

import pytest
import torch

from autograder.worker import probes


def table(rng, device, dtype, samples, features):
    """Columns that differ in mean and in deviation, none constant: neighbouring rows are 1 or more apart."""
    X = torch.rand(samples, features, generator=rng, dtype=torch.float64)
    X = X + 2 * torch.rand(samples, features, generator=rng).argsort(dim=0)
    X = X * (1 + torch.arange(features) / 2) + 3 * torch.arange(1, features + 1)
    return X.to(device, dtype)


def standardized(lesson, X):
    X_std, mean, std = lesson.standardize(X)
    return {"X_std": X_std, "mean": mean, "std": std}


@pytest.mark.exercise("standardize")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("samples", "features"), [(6, 3), (3, 6), (40, 2)])
def test_a_column_at_a_time(lesson, device, rng, dtype, samples, features):
    """Each column loses its mean and is divided by its unbiased deviation; `mean` and `std` are (D,), of X's dtype."""
    return standardized(lesson, table(rng, device, dtype, samples, features))


@pytest.mark.exercise("standardize")
@pytest.mark.weight(2)
def test_square_table(lesson, device, rng):
    """With N = D the features are still the columns."""
    return standardized(lesson, table(rng, device, torch.float64, 4, 4))


@pytest.mark.exercise("standardize")
@pytest.mark.weight(4)
@pytest.mark.parametrize(("dtype", "samples"), [(torch.float32, 8), (torch.float64, 4)])
def test_constant_column_becomes_zeros(lesson, device, rng, dtype, samples):
    """A constant column becomes zeros and stays finite, whatever its number; the others are standardized as always."""
    X = table(rng, device, dtype, samples, 5)
    X[:, 0], X[:, 2], X[:, 4] = 0.0, 1.0, -2.75
    X_std, mean, std = lesson.standardize(X)
    return {"X_std": X_std, "mean": mean, "std of the others": std[[1, 3]], "std has": tuple(std.shape)}


@pytest.mark.exercise("standardize")
@pytest.mark.weight(2)
def test_every_column_constant(lesson, device, rng):
    """A table of nothing but constant columns becomes zeros, also with one column."""
    numbers = torch.cat([torch.randint(-40, 41, (2,), generator=rng) / 8, torch.zeros(1)])
    X = numbers.to(device).repeat(4, 1)
    tables = {"three columns": X, "one column": X[:, :1].clone()}
    return {name: list(lesson.standardize(part)[:2]) for name, part in tables.items()}


@pytest.mark.exercise("standardize")
@pytest.mark.parametrize(("samples", "features"), [(2, 3), (5, 1), (2, 1)])
def test_two_samples_or_one_feature(lesson, device, rng, samples, features):
    """N may be 2 and D may be 1."""
    return standardized(lesson, table(rng, device, torch.float32, samples, features))


@pytest.mark.exercise("standardize")
@pytest.mark.weight(2)
def test_columns_of_any_scale(lesson, device, rng):
    """Columns of small and of large numbers are divided by their own deviation, with nothing added to it."""
    X = table(rng, device, torch.float64, 7, 3)
    return standardized(lesson, X * torch.tensor([1e-4, 1.0, 1e4], dtype=X.dtype, device=device))


@pytest.mark.exercise("standardize")
def test_arguments_are_left_alone(lesson, device, rng):
    """`X` keeps its values."""
    X = table(rng, device, torch.float64, 5, 2)
    answer, untouched = probes.unchanged(lambda: standardized(lesson, X), X=X)
    return {"answer": answer, "untouched": untouched}
