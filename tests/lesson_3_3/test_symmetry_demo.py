"""Hidden scenarios of `symmetry_demo`. From zeros and constants all is fixed; a random start is judged by checks."""

import pytest
import torch

from autograder.worker import probes


def seed_from(rng):
    return int(torch.randint(1, 1_000_000, (1,), generator=rng))


def steps_from(rng, least, most):
    return int(torch.randint(least, most + 1, (1,), generator=rng))


def weights(result):
    """Return what came back, and whether it requires gradients."""
    return {"W": result, "requires gradients": getattr(result, "requires_grad", None)}


@pytest.mark.exercise("symmetry_demo")
@pytest.mark.weight(2)
@pytest.mark.check("rows_are_equal")
@pytest.mark.parametrize("most", [20, 60], ids=["few updates", "many updates"])
def test_rows_stay_equal(lesson, rng, most):
    """From zeros or constants all rows are equal after any number of updates; float32 `(4, 2)` without gradients."""
    return {
        f"{init}, {steps} updates": weights(lesson.symmetry_demo(init, steps, seed_from(rng)))
        for init in ("zeros", "constant")
        for steps in (0, 1, steps_from(rng, 2, most))
    }


@pytest.mark.exercise("symmetry_demo")
@pytest.mark.weight(2)
@pytest.mark.check("rows_differ")
def test_rows_differ_from_a_random_start(lesson, rng):
    """From a random start no two rows are equal, before and after training."""
    calls = {f"{steps} updates, seed {n}": (steps, n) for steps in (0, 30) for n in (seed_from(rng), seed_from(rng))}
    return {what: weights(lesson.symmetry_demo("random", *call)) for what, call in calls.items()}


@pytest.mark.exercise("symmetry_demo")
@pytest.mark.weight(3)
@pytest.mark.parametrize("most", [15, 30, 80, 200])
def test_training_from_constants(lesson, rng, most):
    """From constants the weights move as plain gradient descent moves them: each row is where theirs is then."""
    steps = steps_from(rng, most // 5, most)
    return {
        "the start": lesson.symmetry_demo("constant", steps=0),
        f"after {steps} updates": lesson.symmetry_demo("constant", steps=steps),
    }


@pytest.mark.exercise("symmetry_demo")
def test_zeros_do_not_move(lesson):
    """From zeros the first layer gets no gradient: it is still where it was after 50 updates, the usual number."""
    return lesson.symmetry_demo("zeros")


@pytest.mark.exercise("symmetry_demo")
@pytest.mark.weight(2)
@pytest.mark.check("random_start_is_trained")
def test_a_random_start_is_trained(lesson, rng):
    """A random start moves; the same seed gives the same start, and so does a second call."""
    seed = seed_from(rng)
    return {
        f"start, seed {seed}": lesson.symmetry_demo("random", 0, seed),
        "the start again": lesson.symmetry_demo("random", 0, seed),
        "end": lesson.symmetry_demo("random", seed=seed),
        "the end again": lesson.symmetry_demo("random", seed=seed),
    }


@pytest.mark.exercise("symmetry_demo")
@pytest.mark.check("starts_are_xaviers")
def test_a_random_start_is_xaviers(lesson, rng):
    """Over 150 seeds or more the random start has mean 0 and Xavier's deviation, and no two starts are the same."""
    seed, seeds = seed_from(rng), steps_from(rng, 150, 180)
    return [lesson.symmetry_demo("random", 0, seed + i) for i in range(seeds)]


@pytest.mark.exercise("symmetry_demo")
@pytest.mark.check("global_generator_stays")
def test_the_global_generator_stays(lesson, rng):
    """The global generator ends as it was before, and it does not decide what comes out."""
    seed = seed_from(rng)
    found = {}
    for init in ("zeros", "constant", "random"):
        torch.manual_seed(seed + 1)
        first, untouched = probes.global_rng_untouched(lambda init=init: lesson.symmetry_demo(init, 2, seed))
        torch.manual_seed(seed + 2)
        second = lesson.symmetry_demo(init, 2, seed)
        found[init] = {"first": first, "second": second, "the global generator": untouched}
    return found


@pytest.mark.exercise("symmetry_demo")
def test_another_start_is_refused(lesson):
    """A start that is none of the three raises a ValueError, with and without updates."""
    calls = {
        f"the start {name!r}, {steps} updates": (name, steps) for name in ("ones", "xavier", "") for steps in (0, 5)
    }
    return {
        what: probes.raised(ValueError, lambda call=call: lesson.symmetry_demo(*call)) for what, call in calls.items()
    }
