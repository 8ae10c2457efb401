"""Hidden scenarios of `relu_derivative`. Elements lie 0.3 or more away from 0, on both sides, except where 0 itself is asked."""

import pytest
import torch

from autograder.worker import probes


def numbers(rng, device, dtype, *shape):
    """Return random numbers whose sizes are between 0.3 and 4, half of them negative."""
    size = 0.3 + 3.7 * torch.rand(shape, generator=rng, dtype=torch.float64)
    sign = 1 - 2 * (torch.randperm(size.numel(), generator=rng) % 2).reshape(shape)
    return (sign * size).to(device, dtype)


@pytest.mark.exercise("relu_derivative")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_element_alone(lesson, device, rng, dtype):
    """The slope, 1 above 0 and 0 below it, of each element, in a tensor of z's shape (0-D included) and dtype."""
    return {
        f"shape {shape}": lesson.relu_derivative(numbers(rng, device, dtype, *shape))
        for shape in ((), (2, 3, 5), (4, 4), (7,))
    }


@pytest.mark.exercise("relu_derivative")
@pytest.mark.weight(2)
def test_at_exactly_zero(lesson, device, rng):
    """At exactly 0 the slope is 0."""
    z = numbers(rng, device, torch.float32, 12)
    z[torch.randperm(12, generator=rng)[:4].to(device)] = 0
    return {
        "float32": lesson.relu_derivative(z),
        "float64": lesson.relu_derivative(z.double()),
        "0-D": lesson.relu_derivative(torch.zeros((), device=device)),
    }


@pytest.mark.exercise("relu_derivative")
def test_far_from_zero(lesson, device, rng):
    """Out to ±1000 the slopes are right, without NaN or infinity."""
    far = torch.tensor([1000.0, 720.0, 350.0, 100.0, 89.0, 30.0], dtype=torch.float64)
    z = torch.cat([far, -far])
    z = z[torch.randperm(len(z), generator=rng)].to(device)
    return {"float64": lesson.relu_derivative(z), "float32": lesson.relu_derivative(z.float())}


@pytest.mark.exercise("relu_derivative")
def test_z_is_left_alone(lesson, device, rng):
    """Nothing in z is changed."""
    z = numbers(rng, device, torch.float64, 3, 5)
    slope, kept = probes.unchanged(lambda: lesson.relu_derivative(z), z=z)
    return {"slope": slope, **kept}
