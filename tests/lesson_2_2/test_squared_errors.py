"""Hidden scenarios of `squared_errors`."""

import pytest
import torch

from autograder.worker import probes


def targets_and_predictions(rng, device, dtype, *shape):
    """Errors of 0.5 and more, mostly of one sign."""
    y = torch.randn(shape, generator=rng, dtype=torch.float64)
    errors = torch.rand(shape, generator=rng, dtype=torch.float64) * 2 + 0.5
    errors = errors * torch.where(torch.rand(shape, generator=rng) < 0.2, -1.0, 1.0)
    return y.to(device, dtype), (y + errors).to(device, dtype)


@pytest.mark.exercise("squared_errors")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(7, 1), (4, 3), (3, 3), (2, 3, 4)])
def test_every_shape(lesson, device, rng, dtype, shape):
    """Each element of the result is (y_hat - y)², in the shape and dtype given."""
    return lesson.squared_errors(*targets_and_predictions(rng, device, dtype, *shape))


@pytest.mark.exercise("squared_errors")
@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (6,), ()])
def test_small_and_flat_shapes(lesson, device, rng, shape):
    """One sample, flat and 0-D tensors are treated like all others."""
    return lesson.squared_errors(*targets_and_predictions(rng, device, torch.float32, *shape))


@pytest.mark.exercise("squared_errors")
def test_perfect_predictions_cost_nothing(lesson, device, rng):
    """Where the predictions equal the targets there is no error, and no argument is changed."""
    y, y_hat = targets_and_predictions(rng, device, torch.float64, 3, 2)
    (some, none), untouched = probes.unchanged(
        lambda: (lesson.squared_errors(y, y_hat), lesson.squared_errors(y, y)), y=y, y_hat=y_hat
    )
    return {"some": some, "none": none, "untouched": untouched}
