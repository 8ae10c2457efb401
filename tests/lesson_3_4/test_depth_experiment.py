"""Hidden scenarios of `depth_experiment`. Which numbers are drawn first is open, so ratios are judged by their averages."""

import math

import pytest
import torch

from autograder.worker import probes

DRAWS = 10


def seed_from(rng):
    return int(torch.randint(1, 1_000_000, (1,), generator=rng))


def averages(lesson, rng, depths, residual, norm, draws=DRAWS):
    """Return for each depth the average of the logarithms (base 10) of the ratios of several seeds."""
    seed = seed_from(rng)
    runs = [lesson.depth_experiment(list(depths), residual, norm, seed + i) for i in range(draws)]
    logs = {depth: [math.log10(max(float(run[depth]), 1e-300)) for run in runs] for depth in depths}
    found = [sum(logs[depth]) / draws for depth in depths]
    return {"depths": list(depths), "averages": found, "residual": residual, "norm": norm}


@pytest.mark.exercise("depth_experiment")
@pytest.mark.weight(2)
@pytest.mark.check("ratios_are_the_lessons")
@pytest.mark.parametrize("norm", [None, "batch", "layer"])
@pytest.mark.parametrize("residual", [False, True])
def test_ratios_by_depth(lesson, rng, residual, norm):
    """First over last gradient, by depth, is what the lesson's network gives (an average of draws)."""
    return averages(lesson, rng, (2, 5, 9), residual, norm)


@pytest.mark.exercise("depth_experiment")
@pytest.mark.check("ratios_are_the_lessons")
def test_deep_networks_and_depths_in_any_order(lesson, rng):
    """The depths may come in any order, and a deep plain network loses its blame."""
    return averages(lesson, rng, (16, 3), False, None)


@pytest.mark.exercise("depth_experiment")
@pytest.mark.check("fine_average_is_the_lessons")
def test_the_loss_is_the_mean_of_the_squares(lesson, rng):
    """A finer average, of 48 draws: with residual connections the loss shows in the ratio, and it is the mean of squares."""
    return averages(lesson, rng, (5,), True, None, draws=48)


@pytest.mark.exercise("depth_experiment")
def test_a_dict_of_floats(lesson, rng):
    """Each depth leads to a Python float; one layer has the ratio 1; no depths give an empty dict; the list stays."""
    depths = [4, 1, 2]
    ratios = lesson.depth_experiment(depths, True, "layer", seed_from(rng))
    return {
        "dict": isinstance(ratios, dict),
        "depths": sorted(ratios),
        "floats": all(isinstance(ratio, float) and ratio > 0 for ratio in ratios.values()),
        "one layer": ratios[1],
        "list kept": depths == [4, 1, 2],
        "none": lesson.depth_experiment([], False, None, 0),
    }


@pytest.mark.exercise("depth_experiment")
@pytest.mark.weight(2)
@pytest.mark.parametrize("norm", [None, "batch"])
def test_the_seed_alone_decides(lesson, rng, norm):
    """The same seed gives the same ratios, another seed others; the global state neither moves nor matters."""
    seed = seed_from(rng)
    torch.manual_seed(seed + 2)
    first, untouched = probes.global_rng_untouched(lambda: lesson.depth_experiment([3, 4], False, norm, seed))
    torch.manual_seed(seed + 3)
    again = lesson.depth_experiment([3, 4], False, norm, seed)
    other = lesson.depth_experiment([3, 4], False, norm, seed + 1)
    return {
        "same seed, same ratios": math.isclose(first[3], again[3], rel_tol=1e-4),
        "another seed, the same ratios": math.isclose(first[3], other[3], rel_tol=1e-4),
        "global states untouched": untouched,
    }


@pytest.mark.exercise("depth_experiment")
def test_unknown_norms_are_refused(lesson):
    """Any other norm is a ValueError, also where there is no depth to try."""
    calls = [(depths, norm) for depths in ([2], []) for norm in ("none", "group")]
    return [probes.raised(ValueError, lambda d=d, n=n: lesson.depth_experiment(d, False, n, 0)) for d, n in calls]
