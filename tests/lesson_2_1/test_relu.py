"""Hidden scenarios of `relu`. Elements lie 0.3 or more away from 0, on both sides, except where 0 itself is asked."""

import pytest
import torch

from autograder.worker import probes


def numbers(rng, device, dtype, shape, low=0.3, high=5.0):
    """Return random numbers whose sizes are between low and high, every other one negative."""
    size = low + (high - low) * torch.rand(shape, generator=rng, dtype=torch.float64)
    sign = 1 - 2 * (torch.arange(size.numel()) % 2).reshape(shape)
    return (sign * size).to(device, dtype)


@pytest.mark.exercise("relu")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(7,), (4, 4), (2, 3, 5)], ids=["row", "table", "block"])
def test_every_element_alone(lesson, device, rng, dtype, shape):
    """Each element gives ReLU of itself, in a tensor of the same shape and dtype."""
    return lesson.relu(numbers(rng, device, dtype, shape))


@pytest.mark.exercise("relu")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_single_numbers(lesson, device, rng, dtype):
    """A 0-D tensor gives a 0-D tensor; at exactly 0 the value is 0."""
    z = numbers(rng, device, dtype, (4,))
    zero = torch.zeros((), dtype=dtype, device=device)
    return {"single numbers": [lesson.relu(one) for one in z], "exactly 0": lesson.relu(zero)}


@pytest.mark.exercise("relu")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_far_from_zero_the_values_stay_finite(lesson, device, rng, dtype):
    """From -1000 to 1000 there is neither NaN nor infinity, and other elements of the tensor are as ever."""
    far = torch.tensor([1000.0, 720.0, 350.0, 100.0, 89.0, 30.0], dtype=torch.float64)
    return lesson.relu(torch.cat([far, -far, numbers(rng, "cpu", torch.float64, (4,))]).to(device, dtype))


@pytest.mark.exercise("relu")
def test_the_argument_stays_as_it_was(lesson, device, rng):
    """The argument is not changed."""
    z = numbers(rng, device, torch.float32, (3, 4))
    values, kept = probes.unchanged(lambda: lesson.relu(z), z=z)
    return {"values": values, **kept}


@pytest.mark.exercise("relu")
def test_autograd_goes_back_through_it(lesson, device, rng):
    """The gradient is the slope of ReLU, at numbers that are not 0."""
    z = numbers(rng, device, torch.float64, (3, 5), high=5.0).requires_grad_()
    weights = 1 + torch.rand(3, 5, generator=rng, dtype=torch.float64).to(device)
    (gradient,) = torch.autograd.grad((weights * lesson.relu(z)).sum(), z)
    return gradient
