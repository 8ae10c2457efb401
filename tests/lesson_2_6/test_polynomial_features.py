"""Hidden scenarios of `polynomial_features`."""

import pytest
import torch

from autograder.worker import probes


def numbers(rng, n, device, dtype=torch.float32):
    """Return n numbers of either sign, none near 0, 1 or -1, where powers would look alike."""
    sizes = 0.3 + 0.4 * torch.rand(n, generator=rng) + torch.randint(0, 2, (n,), generator=rng)
    signs = 1 - 2 * torch.randint(0, 2, (n,), generator=rng)
    return (sizes * signs).to(device=device, dtype=dtype)


@pytest.mark.exercise("polynomial_features")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_powers_stand_side_by_side(lesson, device, rng, dtype):
    """The columns are x to x^degree, (N, degree), in x's dtype, without a column of ones."""
    return lesson.polynomial_features(numbers(rng, 7, device, dtype), 4)


@pytest.mark.exercise("polynomial_features")
def test_as_many_powers_as_numbers(lesson, device, rng):
    """Each power is a column, also where there are as many powers as numbers."""
    return lesson.polynomial_features(numbers(rng, 5, device), 5)


@pytest.mark.exercise("polynomial_features")
def test_smallest_sizes(lesson, device, rng):
    """One number, degree 1, or both, still give a table with two dimensions; a degree may be high."""
    cases = ((1, 3), (4, 1), (1, 1), (3, 12))
    return {
        f"N = {n}, degree {degree}": lesson.polynomial_features(numbers(rng, n, device), degree) for n, degree in cases
    }


@pytest.mark.exercise("polynomial_features")
def test_zero_and_negative_numbers(lesson, device, rng):
    """Powers of 0 are 0, and negative numbers have powers of either sign; x stays as it was."""
    x = torch.tensor([0.0, -1.0, 1.0, -1.0]) * numbers(rng, 4, torch.device("cpu")).abs()
    x = x.to(device, torch.float64)
    powers, kept = probes.unchanged(lambda: lesson.polynomial_features(x, 3), x=x)
    return {"powers": powers, **kept}


@pytest.mark.exercise("polynomial_features")
def test_degree_under_one_is_refused(lesson, device, rng):
    """A degree under 1 raises a ValueError; degree 1 does not."""
    x = numbers(rng, 1, device)
    refused = {
        f"degree {degree}": probes.raised(ValueError, lambda d=degree: lesson.polynomial_features(x, d))
        for degree in (0, -1, -4)
    }
    return {"degree 1": lesson.polynomial_features(x, 1), **refused}
