"""Hidden scenarios of `depth_experiment`. Which numbers are drawn first is open, so ratios are judged by their averages."""

import pytest
import torch

from autograder.worker import probes

DRAWS = 10


def seed_from(rng):
    return int(torch.randint(1, 1_000_000, (1,), generator=rng))


def one_of(rng, *numbers):
    return numbers[int(torch.randint(len(numbers), (1,), generator=rng))]


def ratios(lesson, rng, depths, residual, norm, draws=DRAWS):
    """Return the ratios of several seeds, and what was asked for."""
    seed = seed_from(rng)
    runs = [lesson.depth_experiment(list(depths), residual, norm, seed + i) for i in range(draws)]
    return {"ratios": runs, "depths": list(depths), "residual": residual, "norm": norm}


@pytest.mark.exercise("depth_experiment")
@pytest.mark.weight(2)
@pytest.mark.check("ratios_are_the_lessons")
@pytest.mark.parametrize("norm", [None, "batch", "layer"])
@pytest.mark.parametrize("residual", [False, True])
def test_ratios_by_depth(lesson, rng, residual, norm):
    """The ratios are, on average over several seeds, those of the lesson's network, depth by depth."""
    depths = [one_of(rng, 2, 3), one_of(rng, 4, 5, 6), one_of(rng, 7, 8, 9)]
    return ratios(lesson, rng, depths, residual, norm)


@pytest.mark.exercise("depth_experiment")
@pytest.mark.check("ratios_are_the_lessons")
def test_deep_networks_and_depths_in_any_order(lesson, rng):
    """The depths may come in any order, and in a deep plain network the gradient vanishes."""
    return ratios(lesson, rng, [one_of(rng, 13, 14, 15, 16), one_of(rng, 2, 3, 4)], False, None)


@pytest.mark.exercise("depth_experiment")
@pytest.mark.check("fine_average_is_the_lessons")
def test_the_loss_is_the_mean_of_the_squares(lesson, rng):
    """The loss is the mean of the squares, and a gradient's norm is the root of the sum of its squares."""
    return ratios(lesson, rng, [3, one_of(rng, 4, 5, 6)], True, None, draws=48)


@pytest.mark.exercise("depth_experiment")
@pytest.mark.check("a_dict_of_floats")
def test_a_dict_of_floats(lesson, rng):
    """Each depth leads to a Python float; one layer has the ratio 1; no depths give an empty dict; the list stays."""
    depths = [one_of(rng, 5, 6, 7), 1, one_of(rng, 2, 3, 4)]
    facts = {"depths": list(depths)}
    found, kept = probes.unchanged(
        lambda: lesson.depth_experiment(depths, True, "layer", seed_from(rng)), depths=depths
    )
    return {"ratios": found, "no depths": lesson.depth_experiment([], False, None, 0), **facts, **kept}


@pytest.mark.exercise("depth_experiment")
@pytest.mark.weight(2)
@pytest.mark.check("the_seed_alone_decides")
@pytest.mark.parametrize("norm", [None, "batch"])
def test_the_seed_alone_decides(lesson, rng, norm):
    """The same seed gives the same ratios, another seed others; the global state neither moves nor matters."""
    seed = seed_from(rng)
    depths = (2 + torch.randperm(6, generator=rng)[:2]).tolist()
    torch.manual_seed(seed + 2)
    first, untouched = probes.global_rng_untouched(lambda: lesson.depth_experiment(list(depths), False, norm, seed))
    torch.manual_seed(seed + 3)
    again = lesson.depth_experiment(list(depths), False, norm, seed)
    other = lesson.depth_experiment(list(depths), False, norm, seed + 1)
    calls = {"first": first, "the same seed again": again, "another seed": other}
    return {**calls, "depths": depths, "the global generator": untouched}


@pytest.mark.exercise("depth_experiment")
@pytest.mark.check("unknown_norms_are_refused")
def test_unknown_norms_are_refused(lesson, rng):
    """Any other norm is a ValueError, also where there is no depth to try; None is none."""
    depth = one_of(rng, *range(2, 20))
    calls = [(depths, norm) for depths in ([2], []) for norm in ("none", "group")]
    refused = {
        f"depths {depths}, norm {norm!r}": probes.raised(
            ValueError, lambda d=depths, n=norm: lesson.depth_experiment(d, False, n, 0)
        )
        for depths, norm in calls
    }
    return {"refused": refused, "norm None": lesson.depth_experiment([depth], False, None, 0), "depths": [depth]}
