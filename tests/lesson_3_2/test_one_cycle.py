"""Hidden scenarios of `one_cycle`. Each asks for a whole trajectory, past `total` too; peaks are large, so that ends show."""

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


@pytest.mark.exercise("one_cycle")
@pytest.mark.weight(2)
@pytest.mark.parametrize("total", [20, 13])
def test_up_and_down_with_the_usual_numbers(lesson, rng, total):
    """With the default shares the rate rises from peak / 25, and falls to that over 10,000 at step total - 1."""
    peak = between(rng, 20.0, 50.0)
    return trajectory(lambda step: lesson.one_cycle(step, peak, total), range(total))


@pytest.mark.exercise("one_cycle")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("total", "pct"), [(17, 0.4), (10, 0.25), (12, 0.75)])
def test_other_shares(lesson, rng, total, pct):
    """`pct`, `div` and `final_div` are the caller's; the peak may lie between two steps."""
    peak, div, final_div = between(rng, 20.0, 50.0), between(rng, 3.0, 9.0), between(rng, 10.0, 40.0)
    return trajectory(lambda step: lesson.one_cycle(step, peak, total, pct, div, final_div), range(total))


@pytest.mark.exercise("one_cycle")
def test_past_the_end_the_last_rate_stays(lesson, rng):
    """From step total - 1 on the rate is peak / div / final_div, however late."""
    peak = between(rng, 20.0, 50.0)
    steps = [8, 9, 10, 11, 15, 16, 17, 24, 500]
    return trajectory(lambda step: lesson.one_cycle(step, peak, 10, pct=0.3, div=10.0, final_div=20.0), steps)


@pytest.mark.exercise("one_cycle")
@pytest.mark.weight(0.5)
@pytest.mark.parametrize(("total", "pct"), [(4, 0.5), (3, 0.4), (6, 0.9)])
def test_short_cycles(lesson, rng, total, pct):
    """A cycle may be a few steps long, and either phase shorter than a step or two."""
    peak = between(rng, 20.0, 50.0)
    return trajectory(lambda step: lesson.one_cycle(step, peak, total, pct, 5.0, 8.0), range(total + 3))


@pytest.mark.exercise("one_cycle")
@pytest.mark.weight(0.5)
def test_small_rates(lesson, rng):
    """Small rates are as exact as large ones: nothing keeps them above a lowest rate that nobody asked for."""
    peak, unit = between(rng, 1.0, 3.0), 1e-7
    return trajectory(lambda step: lesson.one_cycle(step, peak * unit, 9, 0.4, 5.0, 8.0) / unit, range(12))


@pytest.mark.exercise("one_cycle")
@pytest.mark.weight(0.5)
def test_steps_in_any_order_give_floats(lesson, rng):
    """The schedule is pure: steps may be asked for in any order. Rates are floats in both phases and after them."""
    peak = between(rng, 20.0, 50.0)
    order = torch.randperm(30, generator=rng).tolist()
    rates = trajectory(lambda step: lesson.one_cycle(step, peak, 22, 0.35), order)
    return {
        **rates,
        **{f"step {step} again, as a float": lesson.one_cycle(step, peak, 22, 0.35) for step in (0, 4, 12, 21, 40)},
    }
