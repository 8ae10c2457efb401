"""Hidden scenarios of `exponential_decay`. Each asks for a whole trajectory."""

import pytest
import torch


def number(rate):
    """Return a rate in double precision, of whatever kind of number it is; anything else as it is."""
    return torch.tensor(float(rate), dtype=torch.float64) if isinstance(rate, int | float | torch.Tensor) else rate


def trajectory(schedule, steps):
    """Return the rates of the given steps."""
    return {f"step {step}": number(schedule(int(step))) for step in steps}


def between(rng, low, high):
    return low + (high - low) * float(torch.rand((), generator=rng, dtype=torch.float64))


@pytest.mark.exercise("exponential_decay")
@pytest.mark.parametrize("gamma", [0.9, 0.5, 1.1])
def test_the_rate_falls_at_every_step(lesson, rng, gamma):
    """Step 0 has the rate lr, and each step gamma times the rate of the one before."""
    lr = between(rng, 0.5, 3.0)
    return trajectory(lambda step: lesson.exponential_decay(step, lr, gamma), range(12))


@pytest.mark.exercise("exponential_decay")
@pytest.mark.weight(0.5)
def test_small_rates(lesson, rng):
    """Small rates are as exact as large ones: nothing keeps them above a lowest rate that nobody asked for."""
    lr, unit = between(rng, 1.0, 3.0), 1e-7
    return trajectory(lambda step: lesson.exponential_decay(step, lr * unit, 0.6) / unit, range(12))


@pytest.mark.exercise("exponential_decay")
@pytest.mark.weight(0.5)
def test_steps_in_any_order_give_floats(lesson, rng):
    """The schedule is pure: steps may be asked for in any order. Rates are floats."""
    lr = between(rng, 0.5, 3.0)
    order = torch.randperm(25, generator=rng).tolist()
    rates = trajectory(lambda step: lesson.exponential_decay(step, lr, 0.8), order)
    return {
        **rates,
        **{f"step {step} again, as a float": lesson.exponential_decay(step, lr, 0.8) for step in (0, 1, 50)},
    }
