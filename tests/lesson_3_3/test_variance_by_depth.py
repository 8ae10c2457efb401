"""Hidden scenarios of `variance_by_depth`. All is random, so logarithms of variances are averaged over seeds.

They go out in bfloat16 with a number added, which is compared to about 2 per cent: that many times the standard error of
the difference of two correct averages is more than six.
"""

import itertools
import math

import pytest
import torch

from autograder.worker import probes


def seed_from(rng):
    return int(torch.randint(1, 1_000_000, (1,), generator=rng))


@pytest.mark.exercise("variance_by_depth")
@pytest.mark.weight(3)
@pytest.mark.parametrize(
    ("name", "added"), [("linear", (4, 6, 9)), ("relu", (5, 15, 30)), ("small", (11, 20, 30))], ids=lambda name: name
)
def test_variances_of_the_first_layers(lesson, rng, name, added):
    """After each layer and its activation the variance is what the lesson's network makes it (an average of draws)."""
    seed = seed_from(rng)
    runs = [lesson.variance_by_depth(name, 3, 64, seed + i) for i in range(30)]
    logs = [[math.log(max(float(variance), 1e-30)) for variance in run] for run in runs]
    layers = [sum(layer) / len(layer) for layer in zip(*logs, strict=True)]
    return torch.tensor([a + b for a, b in zip(layers, added, strict=True)], dtype=torch.bfloat16)


@pytest.mark.exercise("variance_by_depth")
def test_tanh_of_a_wide_network(lesson, rng):
    """With 1,000 features the scores of "small" are large enough for tanh to take something off their variance."""
    seed = seed_from(rng)
    logs = [math.log(max(float(lesson.variance_by_depth("small", 1, 1000, seed + i)[0]), 1e-30)) for i in range(2)]
    return torch.tensor(sum(logs) / 2 + 3.5, dtype=torch.bfloat16)


@pytest.mark.exercise("variance_by_depth")
@pytest.mark.weight(3)
def test_each_layer_has_its_own_weights(lesson, rng):
    """With one feature a linear layer multiplies the variance by its squared weight: each layer by another number."""
    seed = seed_from(rng)
    found = []
    for i in range(3):
        variances = lesson.variance_by_depth("linear", 5, 1, seed + i)
        factors = [b / a for a, b in itertools.pairwise(variances)]
        found.append(max(factors) < 1.001 * min(factors))
    return {"number of variances": len(variances), "one factor for all layers": all(found)}


@pytest.mark.exercise("variance_by_depth")
def test_a_list_of_floats_one_a_layer(lesson, rng):
    """There are `depth` Python floats in a list, for every network; none for no layers."""
    calls = [(name, depth, 3) for name in ("linear", "relu", "small") for depth in (0, 1, 7)]
    runs = [lesson.variance_by_depth(*call, seed_from(rng)) for call in calls]
    return [[isinstance(variance, float) and variance >= 0 for variance in run] for run in runs]


@pytest.mark.exercise("variance_by_depth")
@pytest.mark.weight(2)
def test_the_seed_alone_decides(lesson, rng):
    """The same seed gives the same variances, another seed gives others; the global generator stays."""
    seed, found = seed_from(rng), {}
    for name in ("linear", "relu", "small"):
        torch.manual_seed(seed + 2)
        run = [lesson.variance_by_depth, name, 2, 16]
        first, untouched = probes.global_rng_untouched(lambda run=run: run[0](*run[1:], seed))
        torch.manual_seed(seed + 3)
        again, other = run[0](*run[1:], seed), run[0](*run[1:], seed + 1)
        found[name] = {
            "same seed, same variances": [math.isclose(a, b, rel_tol=1e-5) for a, b in zip(first, again, strict=True)],
            "another seed, the same": [math.isclose(a, b, rel_tol=1e-6) for a, b in zip(first, other, strict=True)],
            "global states untouched": untouched,
        }
    return found


@pytest.mark.exercise("variance_by_depth")
def test_another_name_is_refused(lesson):
    """A name that is none of the three raises a ValueError, also without layers."""
    calls = [(name, depth) for name in ("tanh", "kaiming", "") for depth in (0, 2)]
    return [probes.raised(ValueError, lambda c=c: lesson.variance_by_depth(*c, 4, 0)) for c in calls]
