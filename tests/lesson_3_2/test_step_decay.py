"""Hidden scenarios of `step_decay`. Each asks for a whole trajectory."""

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


@pytest.mark.exercise("step_decay")
@pytest.mark.parametrize(("size", "gamma"), [(3, 0.5), (5, 0.1), (4, 0.83)])
def test_the_rate_falls_once_every_size_steps(lesson, rng, size, gamma):
    """The steps 0 to size - 1 have the rate lr, the next ones lr·gamma, and so on."""
    lr = between(rng, 0.5, 3.0)
    return trajectory(lambda step: lesson.step_decay(step, lr, size, gamma), range(4 * size + 2))


@pytest.mark.exercise("step_decay")
def test_stairs_of_one_step(lesson, rng):
    """With size 1 every step has a rate of its own; a gamma above 1 makes it rise."""
    lr = between(rng, 0.5, 3.0)
    return {
        f"gamma = {gamma}": trajectory(lambda step, g=gamma: lesson.step_decay(step, lr, 1, g), range(9))
        for gamma in (0.6, 1.5)
    }


@pytest.mark.exercise("step_decay")
@pytest.mark.weight(0.5)
def test_small_rates(lesson, rng):
    """Small rates are as exact as large ones: nothing keeps them above a lowest rate that nobody asked for."""
    lr, unit = between(rng, 1.0, 3.0), 1e-7
    return trajectory(lambda step: lesson.step_decay(step, lr * unit, 2, 0.3) / unit, range(12))


@pytest.mark.exercise("step_decay")
@pytest.mark.weight(0.5)
def test_steps_in_any_order_give_floats(lesson, rng):
    """The schedule is pure: steps may be asked for in any order. Rates are floats."""
    lr = between(rng, 0.5, 3.0)
    order = torch.randperm(30, generator=rng).tolist()
    rates = trajectory(lambda step: lesson.step_decay(step, lr, 7, 0.4), order)
    return {
        **rates,
        **{f"step {step} again, as a float": lesson.step_decay(step, lr, 7, 0.4) for step in (0, 6, 7, 100)},
    }
