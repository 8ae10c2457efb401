"""Hidden scenarios of `predict`."""

import pytest
import torch

from autograder.worker import probes


def line(rng, device, dtype, samples):
    """Inputs of both signs; w about -2 and b about 3, so that neither could be left out, nor take the other's place."""
    x = 3 * torch.randn(samples, generator=rng, dtype=torch.float64)
    w = -1.5 - torch.rand((), generator=rng, dtype=torch.float64)
    b = 2.5 + torch.rand((), generator=rng, dtype=torch.float64)
    return x.to(device, dtype), w.to(device, dtype), b.to(device, dtype)


@pytest.mark.exercise("predict")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_one_prediction_for_each_input(lesson, device, rng, dtype):
    """The predictions are w * x + b, (N,), of x's dtype, for few inputs and for many."""
    return {f"{samples} inputs": lesson.predict(*line(rng, device, dtype, samples)) for samples in (2, 5, 100)}


@pytest.mark.exercise("predict")
def test_one_input_keeps_its_dimension(lesson, device, rng):
    """For N = 1 the result is (1,)."""
    x, w, b = line(rng, device, torch.float32, 1)
    return lesson.predict(x + 4, w, b)


@pytest.mark.exercise("predict")
def test_weight_or_bias_of_zero(lesson, device, rng):
    """With w = 0 every prediction is b, and there are still N of them; with b = 0 they are w * x."""
    x, w, b = line(rng, device, torch.float64, 6)
    zero = torch.zeros_like(w)
    return {
        "w = 0": lesson.predict(x, zero, b),
        "b = 0": lesson.predict(x, w, zero),
        "w = b = 0": lesson.predict(x, zero, zero),
    }


@pytest.mark.exercise("predict")
def test_arguments_are_left_alone(lesson, device, rng):
    """No argument is changed, and the predictions are a new tensor, also for w = 1 and b = 0."""
    x, w, b = line(rng, device, torch.float32, 4)
    y_hat, untouched = probes.unchanged(lambda: lesson.predict(x, w, b), x=x, w=w, b=b)
    same = lesson.predict(x, torch.ones_like(w), torch.zeros_like(b))
    same += 1  # of a new tensor, or else x moves as well
    return {"y_hat": y_hat, "untouched": untouched, "x": probes.kept("its argument `x`", x)}
