"""Hidden scenarios of `saturation`. Sizes are multiples of 1/16, so that the limit is met exactly or clearly missed."""

import pytest
import torch

from autograder.worker import probes


def number(found):
    """Return a fraction as a float, of whatever kind of number it is; anything else as it is."""
    return float(found) if isinstance(found, int | float | torch.Tensor) else found


def between(rng, low, high):
    """Return a whole number from low to high."""
    return int(torch.randint(low, high + 1, (), generator=rng))


def sixteenths(rng, device, dtype, *shape):
    """Return multiples of 1/16 from -15/16 to 15/16 in random order; every one of them is there, some more often."""
    count = torch.Size(shape).numel()
    steps = torch.cat([torch.arange(31), torch.randint(31, (count - 31,), generator=rng)]) - 15
    return (steps[torch.randperm(count, generator=rng)].reshape(shape) / 16).to(device, dtype)


@pytest.mark.exercise("saturation")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(9, 7), (62,), (8, 8), (4, 3, 6)], ids=["table", "row", "square", "block"])
def test_fraction_of_large_elements(lesson, device, rng, dtype, shape):
    """The fraction of all elements whose absolute value is above the limit, for any shape; the limit lies between values."""
    activations = sixteenths(rng, device, dtype, *shape)
    return {f"limit {limit}": number(lesson.saturation(activations, limit)) for limit in (0.22, 0.72, 0.9)}


@pytest.mark.exercise("saturation")
def test_the_limit_itself_is_not_above(lesson, device, rng):
    """An element whose absolute value equals the limit does not count."""
    activations = sixteenths(rng, device, torch.float32, between(rng, 6, 20), between(rng, 6, 20))
    return {f"limit {limit}": number(lesson.saturation(activations, limit)) for limit in (0.0, 0.5, 0.9375)}


@pytest.mark.exercise("saturation")
def test_all_none_and_single_elements(lesson, device, rng):
    """All elements may be above the limit, or none; a single element, 0-D or not, gives 0 or 1."""
    stuck = torch.tensor([[-3.0, 2.5], [40.0, -2.0]], device=device)
    calls = {
        "all above": (stuck, 1.5),
        "none above": (stuck, 50.0),
        "a 0-D element above": (stuck[0, 0], 2.0),
        "a single element at the limit": (stuck[:1, 1:], 2.5),
        "three of four": (stuck, 2.25),
        "some of many": (sixteenths(rng, device, torch.float32, between(rng, 6, 40), 7), 0.4),
    }
    return {name: number(lesson.saturation(activations, limit)) for name, (activations, limit) in calls.items()}


@pytest.mark.exercise("saturation")
def test_activations_are_left_alone(lesson, device, rng):
    """Nothing in the activations is changed."""
    activations = sixteenths(rng, device, torch.float64, between(rng, 5, 40), 9)
    fraction, kept = probes.unchanged(lambda: lesson.saturation(activations, 0.7), activations=activations)
    return {"fraction": number(fraction), **kept}
