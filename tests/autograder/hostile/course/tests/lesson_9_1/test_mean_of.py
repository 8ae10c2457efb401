"""Scenarios for mean_of."""

import pytest
import torch

HIDDEN = "SCENARIO-5hWx1GzRoA"


@pytest.mark.exercise("mean_of")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_mean_of_all_values(lesson, device, rng, dtype):
    """The mean of all values, whatever the shape and dtype."""
    return lesson.mean_of(torch.randn(3, 4, generator=rng, dtype=dtype).to(device))
