"""Hidden scenarios of `compute_optimal`."""

import pytest
import torch


def as_floats(pair):
    """Return the numbers of a pair as floats, for here an int is as good; anything else as it came."""
    if not isinstance(pair, tuple | list):
        return pair
    return [float(number) if isinstance(number, int) else number for number in pair]


@pytest.mark.exercise("compute_optimal")
@pytest.mark.parametrize("flops", [120.0, 1.0, 5.88e23, 3.7e19], ids=["by hand", "tiny", "large", "odd"])
def test_params_and_tokens(lesson, rng, flops):
    """Each parameter gets 20 tokens, and both numbers together spend the whole budget."""
    times = int(torch.randint(2, 100, (), generator=rng)) ** 2
    return {
        "the budget": as_floats(lesson.compute_optimal(flops)),
        "a larger budget": as_floats(lesson.compute_optimal(flops * times)),
    }


@pytest.mark.exercise("compute_optimal")
def test_two_floats_not_rounded(lesson, rng):
    """The result is a tuple of two floats, also where they are not whole."""
    return lesson.compute_optimal(1000 + int(torch.randint(1, 5000, (), generator=rng)))
