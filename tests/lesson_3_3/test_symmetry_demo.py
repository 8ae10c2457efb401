"""Hidden scenarios of `symmetry_demo`. From zeros and constants all is fixed; a random start is judged by facts.

A deviation goes out in bfloat16, which is compared coarsely.
"""

import pytest
import torch

from autograder.worker import probes


def seed_from(rng):
    return int(torch.randint(1, 1_000_000, (1,), generator=rng))


def farthest(W):
    """Return how far rows are from the first one."""
    return float((W - W[:1]).abs().max())


def row(W):
    """Return the row that all rows are; where they differ, that alone is said, whatever they are."""
    W = W.detach()
    return "rows differ" if farthest(W) > 1e-5 else W[0]


def facts(W):
    return {
        "shape": tuple(W.shape),
        "dtype": str(W.dtype),
        "device": W.device.type,
        "requires_grad": W.requires_grad,
        "rows": "equal" if farthest(W.detach()) < 1e-5 else "different",
    }


@pytest.mark.exercise("symmetry_demo")
@pytest.mark.weight(2)
@pytest.mark.parametrize("init", ["zeros", "constant"])
def test_rows_stay_equal(lesson, rng, init):
    """From zeros or constants all rows are equal after any number of updates; float32 `(4, 2)` without gradients."""
    return [facts(lesson.symmetry_demo(init, steps, seed_from(rng))) for steps in (0, 1, 30)]


@pytest.mark.exercise("symmetry_demo")
@pytest.mark.weight(2)
def test_rows_differ_from_a_random_start(lesson, rng):
    """From a random start no two rows are equal, before and after training."""
    found = []
    for steps in (0, 30):
        W = lesson.symmetry_demo("random", steps, seed_from(rng)).detach()
        distances = [float((W[i] - W[j]).abs().max()) for i in range(len(W)) for j in range(i)]
        found.append({**facts(W), "pairs": [distance > 1e-5 for distance in distances]})
    return found


@pytest.mark.exercise("symmetry_demo")
@pytest.mark.weight(3)
@pytest.mark.parametrize("steps", [0, 12, 50, 200])
def test_training_from_constants(lesson, steps):
    """From constants the weights move as plain gradient descent moves them: each row is where theirs is then."""
    return row(lesson.symmetry_demo("constant", steps=steps))


@pytest.mark.exercise("symmetry_demo")
def test_zeros_do_not_move(lesson):
    """From zeros the first layer gets no gradient: it is still where it was after 50 updates, the usual number."""
    return row(lesson.symmetry_demo("zeros"))


@pytest.mark.exercise("symmetry_demo")
@pytest.mark.weight(2)
def test_a_random_start_is_trained(lesson, rng):
    """A random start moves; the same seed gives the same start, and so does a second call."""
    seed = seed_from(rng)
    start, again = (lesson.symmetry_demo("random", 0, seed).detach() for _ in range(2))
    end, end_again = (lesson.symmetry_demo("random", seed=seed).detach() for _ in range(2))
    return {
        "moves": float((end - start).abs().max()) > 1e-3,
        "same start": torch.equal(start, again),
        "same end": torch.equal(end, end_again),
        "finite": bool(end.isfinite().all()),
    }


@pytest.mark.exercise("symmetry_demo")
def test_a_random_start_is_xaviers(lesson, rng):
    """Over 150 seeds the random start has mean 0 and Xavier's deviation, and no two starts are the same."""
    seed = seed_from(rng)
    starts = torch.stack([lesson.symmetry_demo("random", 0, seed + i).detach() for i in range(150)])
    deviation = float(starts.std())
    return {
        # log2 of a ratio; two correct deviations differ by 0.04 (a standard error), and bfloat16 allows for 0.3 at 16.
        "deviation": torch.tensor(16 + float(starts.std().log2()), dtype=torch.bfloat16),
        "mean is near 0": abs(float(starts.mean())) <= 6 * deviation / starts.numel() ** 0.5,
        "all different": len({tuple(start.flatten().tolist()) for start in starts}) == len(starts),
    }


@pytest.mark.exercise("symmetry_demo")
def test_the_global_generator_stays(lesson, rng):
    """The global generator ends as it was before, and it does not decide what comes out."""
    seed = seed_from(rng)
    found = {}
    for init in ("zeros", "constant", "random"):
        torch.manual_seed(seed + 1)
        first, untouched = probes.global_rng_untouched(lambda init=init: lesson.symmetry_demo(init, 2, seed).detach())
        torch.manual_seed(seed + 2)
        second = lesson.symmetry_demo(init, 2, seed).detach()
        found[init] = {"untouched": untouched, "same": torch.equal(first, second)}
    return found


@pytest.mark.exercise("symmetry_demo")
def test_another_start_is_refused(lesson):
    """A start that is none of the three raises a ValueError, with and without updates."""
    calls = [(name, steps) for name in ("ones", "xavier", "") for steps in (0, 5)]
    return [probes.raised(ValueError, lambda c=c: lesson.symmetry_demo(*c)) for c in calls]
