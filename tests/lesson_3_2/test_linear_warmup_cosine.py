"""Hidden scenarios of `linear_warmup_cosine`. Each asks for a whole trajectory, past `total` too."""

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


@pytest.mark.exercise("linear_warmup_cosine")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("warmup", "total"), [(4, 14), (5, 11)])
def test_rise_and_fall(lesson, rng, warmup, total):
    """The rate rises in equal steps from lr / warmup to lr, then falls to the floor at `total`, where it stays."""
    lr, floor = between(rng, 1.0, 3.0), between(rng, 0.2, 0.6)
    return trajectory(lambda step: lesson.linear_warmup_cosine(step, lr, warmup, total, floor), range(2 * total + 4))


@pytest.mark.exercise("linear_warmup_cosine")
def test_without_a_floor(lesson, rng):
    """The floor is 0 unless another one is given."""
    lr = between(rng, 1.0, 3.0)
    return trajectory(lambda step: lesson.linear_warmup_cosine(step, lr, 3, 9), range(14))


@pytest.mark.exercise("linear_warmup_cosine")
def test_no_warmup_is_cosine(lesson, rng):
    """With `warmup` 0 it is a cosine over `total` steps from step 0 on."""
    lr, floor = between(rng, 1.0, 3.0), between(rng, 0.2, 0.6)
    return trajectory(lambda step: lesson.linear_warmup_cosine(step, lr, 0, 6, floor=floor), range(10))


@pytest.mark.exercise("linear_warmup_cosine")
@pytest.mark.parametrize(("warmup", "total"), [(1, 5), (5, 6)])
def test_a_warmup_of_one_step_or_of_all_but_one(lesson, rng, warmup, total):
    """A warm-up of one step has lr at once; one of total - 1 steps leaves one step for the fall."""
    lr, floor = between(rng, 1.0, 3.0), between(rng, 0.2, 0.6)
    return trajectory(lambda step: lesson.linear_warmup_cosine(step, lr, warmup, total, floor), range(total + 4))


@pytest.mark.exercise("linear_warmup_cosine")
@pytest.mark.weight(0.5)
def test_small_rates(lesson, rng):
    """Small rates are as exact as large ones: nothing keeps them above a lowest rate that nobody asked for."""
    lr, unit = between(rng, 1.0, 3.0), 1e-7
    return trajectory(lambda step: lesson.linear_warmup_cosine(step, lr * unit, 3, 8) / unit, range(12))


@pytest.mark.exercise("linear_warmup_cosine")
@pytest.mark.weight(0.5)
def test_steps_in_any_order_give_floats(lesson, rng):
    """The schedule is pure: steps may be asked for in any order. Rates are floats in all three parts."""
    lr = between(rng, 1.0, 3.0)
    order = torch.randperm(30, generator=rng).tolist()
    rates = trajectory(lambda step: lesson.linear_warmup_cosine(step, lr, 6, 20, 0.1), order)
    return {
        **rates,
        **{
            f"step {step} again, as a float": lesson.linear_warmup_cosine(step, lr, 6, 20, 0.1)
            for step in (0, 5, 6, 20, 25)
        },
    }
