"""Hidden scenarios of `sigmoid_derivative`. Elements lie 0.3 or more away from 0, on both sides, except where 0 itself is asked."""

import pytest
import torch

from autograder.worker import probes


def numbers(rng, device, dtype, *shape):
    """Return random numbers whose sizes are between 0.3 and 4, half of them negative."""
    size = 0.3 + 3.7 * torch.rand(shape, generator=rng, dtype=torch.float64)
    sign = 1 - 2 * (torch.randperm(size.numel(), generator=rng) % 2).reshape(shape)
    return (sign * size).to(device, dtype)


@pytest.mark.exercise("sigmoid_derivative")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_element_alone(lesson, device, rng, dtype):
    """The slope of the sigmoid at the input z of each element, in a tensor of z's shape (0-D included) and dtype."""
    return {
        f"shape {shape}": lesson.sigmoid_derivative(numbers(rng, device, dtype, *shape))
        for shape in ((), (2, 3, 5), (4, 4), (7,))
    }


@pytest.mark.exercise("sigmoid_derivative")
@pytest.mark.weight(2)
def test_at_zero_and_far_from_it(lesson, device, rng):
    """At 0 and out to ±1000 the values are right, without NaN or infinity, whatever stands beside them."""
    far = torch.tensor([1000.0, 720.0, 350.0, 100.0, 89.0, 30.0], dtype=torch.float64)
    ordinary = numbers(rng, "cpu", torch.float64, 6)
    z = torch.cat([far, torch.zeros(1, dtype=torch.float64), -far, ordinary])
    z = z[torch.randperm(len(z), generator=rng)].to(device)
    return {"float64": lesson.sigmoid_derivative(z), "float32": lesson.sigmoid_derivative(z.float())}


@pytest.mark.exercise("sigmoid_derivative")
def test_z_is_left_alone(lesson, device, rng):
    """Nothing in z is changed."""
    z = numbers(rng, device, torch.float64, 3, 5)
    slope, kept = probes.unchanged(lambda: lesson.sigmoid_derivative(z), z=z)
    return {"slope": slope, **kept}
