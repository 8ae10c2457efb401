"""Hidden scenarios of `reduce_on_plateau`. Each asks for a whole history of rates."""

import math

import pytest
import torch

from autograder.worker import probes


def numbers(values):
    """Return a list of numbers in double precision, of whatever kind they are; anything else as it is."""
    counted = isinstance(values, list | tuple) and all(isinstance(v, int | float | torch.Tensor) for v in values)
    return torch.tensor([float(v) for v in values], dtype=torch.float64) if counted else values


def rates(lesson, losses, lr, factor, patience, *threshold):
    """Return the rates in double precision."""
    return numbers(lesson.reduce_on_plateau(list(losses), lr, factor, patience, *threshold))


def between(rng, low, high):
    return low + (high - low) * float(torch.rand((), generator=rng, dtype=torch.float64))


def wobbling(rng, n):
    """Losses that fall for a while, with much noise."""
    noise = torch.rand(n, generator=rng, dtype=torch.float64)
    return (1 / (1 + 0.1 * torch.arange(n, dtype=torch.float64)) + 0.4 * noise).tolist()


@pytest.mark.exercise("reduce_on_plateau")
@pytest.mark.weight(2)
@pytest.mark.parametrize("patience", [0, 1, 2, 4])
def test_a_loss_that_wobbles(lesson, rng, patience):
    """After more than `patience` bad epochs in a row the rate falls, and the count begins anew."""
    return rates(lesson, wobbling(rng, 60), between(rng, 1.0, 3.0), 0.85, patience)


@pytest.mark.exercise("reduce_on_plateau")
def test_a_loss_that_stands_still(lesson, rng):
    """Equal losses are no improvement: after the first epoch, every patience + 1 epochs reduce the rate."""
    lr = between(rng, 1.0, 3.0)
    return {f"patience {patience}": rates(lesson, [0.8] * 12, lr, 0.5, patience, 0.0) for patience in (0, 2, 3)}


@pytest.mark.exercise("reduce_on_plateau")
def test_good_epochs_forgive_and_bad_ones_are_measured_by_the_best(lesson, rng):
    """A good epoch resets the count; a loss is compared with the best, not with the one before."""
    lr = between(rng, 1.0, 3.0)
    losses = [5.0, 4.0, 4.5, 4.4, 3.9, 6.0, 4.2, 3.8, 7.0, 6.0, 5.0, 4.0, 3.9, 3.7, 8.0, 8.1, 8.2, 3.6, 3.5]
    return rates(lesson, losses, lr, 0.4, 2)


@pytest.mark.exercise("reduce_on_plateau")
@pytest.mark.parametrize("scale", [100.0, 0.001])
def test_the_threshold_is_a_share_of_the_best_loss(lesson, rng, scale):
    """A loss has to be below best·(1 - threshold), be the losses large or small."""
    lr = between(rng, 1.0, 3.0)
    losses = [scale * value for value in (1.0, 0.95, 0.91, 0.88, 0.85, 0.83, 0.80, 0.70, 0.66, 0.64, 0.62, 0.60, 0.5)]
    return rates(lesson, losses, lr, 0.5, 1, 0.1)


@pytest.mark.exercise("reduce_on_plateau")
def test_the_threshold_by_itself(lesson, rng):
    """The threshold is one in ten thousand unless another one is given."""
    lr = between(rng, 1.0, 3.0)
    return {
        f"losses that fall by a share of {gain}": rates(lesson, [2 * (1 - gain) ** k for k in range(10)], lr, 0.5, 1)
        for gain in (4e-5, 0.8e-4, 1.3e-4, 1e-3)
    }


@pytest.mark.exercise("reduce_on_plateau")
@pytest.mark.weight(0.5)
def test_exactly_at_the_bound_is_bad(lesson, rng):
    """A loss of exactly best·(1 - threshold) is not below it."""
    lr = between(rng, 1.0, 3.0)
    return rates(lesson, [8.0, 4.0, 2.0, 4.0, 1.0, 0.5, 0.25, 0.0, 0.0], lr, 0.5, 0, 0.5)


@pytest.mark.exercise("reduce_on_plateau")
@pytest.mark.weight(1)
def test_losses_that_are_not_finite_are_bad(lesson, rng):
    """NaN and infinity count as bad epochs, also as the very first ones."""
    lr = between(rng, 1.0, 3.0)
    losses = [math.nan, math.inf, 3.0, math.nan, 2.0, math.inf, math.nan, math.nan, 1.0, 1.5, math.inf, 0.5]
    return {f"patience {patience}": rates(lesson, losses, lr, 0.6, patience) for patience in (0, 1)}


@pytest.mark.exercise("reduce_on_plateau")
@pytest.mark.weight(0.5)
def test_small_rates(lesson, rng):
    """The rate is reduced however small it has become."""
    lr, unit = between(rng, 1.0, 3.0), 1e-7
    found = rates(lesson, wobbling(rng, 20), lr * unit, 0.7, 1)
    return {"rates, in units of 1e-7": found / unit}


@pytest.mark.exercise("reduce_on_plateau")
@pytest.mark.weight(0.5)
def test_a_list_of_floats(lesson, rng):
    """A list of floats comes back, as long as `losses`, which stay as they were; none or one is possible."""
    lr = between(rng, 1.0, 3.0)
    losses = wobbling(rng, 9)
    found, kept = probes.unchanged(lambda: lesson.reduce_on_plateau(losses, lr, 0.5, 1), losses=losses)
    return {
        "9 losses": found,
        "no losses": lesson.reduce_on_plateau([], lr, 0.5, 0),
        "one loss": rates(lesson, [0.7], lr, 0.5, 0),
        **kept,
    }
