"""Scenarios for double."""

import pytest
import torch

from autograder.worker.probes import unchanged

HIDDEN = "SCENARIO-5hWx1GzRoA"


@pytest.mark.exercise("double")
def test_every_value_is_doubled(lesson, device, rng):
    """A tensor with every value of `x` doubled."""
    return lesson.double(torch.randn(3, 4, generator=rng).to(device))


@pytest.mark.exercise("double")
def test_argument_is_kept(lesson, device, rng):
    """`x` stays as it was."""
    x = torch.randn(5, generator=rng, dtype=torch.float64).to(device)
    return unchanged(lambda: lesson.double(x), x)
