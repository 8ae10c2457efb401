"""Hidden scenarios of `cosine`. Each asks for a whole trajectory, past `total` too."""

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


@pytest.mark.exercise("cosine")
@pytest.mark.parametrize("total", [10, 7])
def test_half_a_cosine_down_to_the_floor(lesson, rng, total):
    """Up to `total` the rate falls from lr to the floor along half a cosine."""
    lr, floor = between(rng, 1.0, 3.0), between(rng, 0.2, 0.6)
    return trajectory(lambda step: lesson.cosine(step, lr, total, floor), range(total + 1))


@pytest.mark.exercise("cosine")
def test_without_a_floor(lesson, rng):
    """The floor is 0 unless another one is given."""
    lr = between(rng, 1.0, 3.0)
    return trajectory(lambda step: lesson.cosine(step, lr, 8), range(9))


@pytest.mark.exercise("cosine")
@pytest.mark.parametrize("floor", [0.0, 0.3])
def test_past_total_the_floor_stays(lesson, rng, floor):
    """At `total` and after it the rate is the floor, however late; just before it is not."""
    lr = between(rng, 1.0, 3.0)
    steps = [5, 6, 7, 8, 9, 11, 12, 13, 18, 24, 1000]
    return trajectory(lambda step: lesson.cosine(step, lr, 6, floor=floor), steps)


@pytest.mark.exercise("cosine")
@pytest.mark.weight(0.5)
def test_a_total_of_one_or_two(lesson, rng):
    """With `total` 1 step 0 has lr and step 1 the floor; with 2 their mean lies between. A floor of lr is a constant rate."""
    lr, floor = between(rng, 1.0, 3.0), between(rng, 0.2, 0.6)
    short = {
        f"total = {total}": trajectory(lambda step, t=total: lesson.cosine(step, lr, t, floor), range(5))
        for total in (1, 2)
    }
    return {**short, "a floor of lr": trajectory(lambda step: lesson.cosine(step, lr, 5, lr), range(7))}


@pytest.mark.exercise("cosine")
@pytest.mark.weight(0.5)
def test_small_rates(lesson, rng):
    """Small rates are as exact as large ones: nothing keeps them above a lowest rate that nobody asked for."""
    lr, unit = between(rng, 1.0, 3.0), 1e-7
    return trajectory(lambda step: lesson.cosine(step, lr * unit, 7) / unit, range(10))


@pytest.mark.exercise("cosine")
@pytest.mark.weight(0.5)
def test_steps_in_any_order_give_floats(lesson, rng):
    """The schedule is pure: steps may be asked for in any order. Rates are floats, before and after `total`."""
    lr = between(rng, 1.0, 3.0)
    order = torch.randperm(30, generator=rng).tolist()
    rates = trajectory(lambda step: lesson.cosine(step, lr, 20, 0.1), order)
    return {**rates, **{f"step {step} again, as a float": lesson.cosine(step, lr, 20, 0.1) for step in (0, 10, 20, 25)}}
