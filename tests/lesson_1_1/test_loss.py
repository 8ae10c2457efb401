"""Hidden scenarios of `loss`."""

import pytest
import torch

from autograder.worker import probes


def targets_and_predictions(rng, device, dtype, samples):
    """Errors between 1.5 and 3.5, the first two of opposite signs, the others of either."""
    y = 4 * torch.randn(samples, generator=rng, dtype=torch.float64)
    size = 2 * torch.rand(samples, generator=rng, dtype=torch.float64) + 1.5
    sign = torch.where(torch.rand(samples, generator=rng) < 0.3, -1.0, 1.0).double()
    sign[:2] = torch.tensor([1.0, -1.0])[:samples]
    return y.to(device, dtype), (y + size * sign).to(device, dtype)


@pytest.mark.exercise("loss")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_squares_are_averaged(lesson, device, rng, dtype):
    """The loss is the mean of the squared errors over the N samples, 0-D, of y's dtype."""
    return {
        f"{samples} samples": lesson.loss(*targets_and_predictions(rng, device, dtype, samples))
        for samples in (2, 3, 5, 80)
    }


@pytest.mark.exercise("loss")
def test_one_sample(lesson, device, rng):
    """For N = 1 the loss is that one squared error, and still 0-D."""
    y, y_hat = targets_and_predictions(rng, device, torch.float32, 1)
    return {
        "the error": lesson.loss(y, y_hat),
        "the same error, the other way": lesson.loss(y_hat, y),
        "half the error": lesson.loss(y, (y + y_hat) / 2),
    }


@pytest.mark.exercise("loss")
def test_right_predictions_cost_nothing(lesson, device, rng):
    """The loss is 0 where every prediction is right, not where errors cancel; no argument is changed."""
    y, y_hat = targets_and_predictions(rng, device, torch.float64, 6)
    cancel = torch.tensor([2.0, -2.0, 1.0, -1.0, 0.25, -0.25], dtype=torch.float64, device=device)
    losses, untouched = probes.unchanged(
        lambda: {
            "every prediction right": lesson.loss(y, y.clone()),
            "errors that cancel": lesson.loss(y, y + cancel),
            "errors": lesson.loss(y, y_hat),
        },
        y=y,
        y_hat=y_hat,
    )
    return {**losses, "untouched": untouched}
