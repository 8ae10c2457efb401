"""Hidden scenarios of `variance_by_depth`. All is random, so checks average logarithms of variances over seeds."""

import pytest
import torch

from autograder.worker import probes


def seed_from(rng):
    return int(torch.randint(1, 1_000_000, (1,), generator=rng))


@pytest.mark.exercise("variance_by_depth")
@pytest.mark.weight(3)
@pytest.mark.check("first_layers_vary_as_they_should")
@pytest.mark.parametrize("name", ["linear", "relu", "small"])
def test_variances_of_the_first_layers(lesson, rng, name):
    """After each layer and its activation the variance is what the lesson's network makes it (an average of draws)."""
    seed = seed_from(rng)
    runs = {f"seed {seed + i}": lesson.variance_by_depth(name, 3, 64, seed + i) for i in range(30)}
    return {"name": name, "runs": runs}


@pytest.mark.exercise("variance_by_depth")
@pytest.mark.check("first_layers_vary_as_they_should")
def test_tanh_of_a_wide_network(lesson, rng):
    """With 1,000 features the pre-activations of "small" are large enough for tanh to take something off their variance."""
    seed, width = seed_from(rng), 1000 + int(torch.randint(0, 50, (1,), generator=rng))
    runs = {f"seed {seed + i}": lesson.variance_by_depth("small", 1, width, seed + i) for i in range(2)}
    return {"name": "small and wide", "runs": runs}


@pytest.mark.exercise("variance_by_depth")
@pytest.mark.weight(4)
@pytest.mark.check("layers_have_their_own_weights")
def test_each_layer_has_its_own_weights(lesson, rng):
    """With one feature a linear layer multiplies the variance by its squared weight: each layer by another number."""
    seed = seed_from(rng)
    return {f"seed {seed + i}": lesson.variance_by_depth("linear", 5, 1, seed + i) for i in range(3)}


@pytest.mark.exercise("variance_by_depth")
@pytest.mark.check("a_float_for_each_layer")
def test_a_list_of_floats_one_a_layer(lesson, rng):
    """There are `depth` Python floats in a list, for every network; none for no layers."""
    depths = (0, 1, *(int(torch.randint(least, 3 * least, (1,), generator=rng)) for least in (3, 8)))
    calls = {f"{name}, {depth} layers": (name, depth, 3) for name in ("linear", "relu", "small") for depth in depths}
    return {what: lesson.variance_by_depth(*call, seed_from(rng)) for what, call in calls.items()}


@pytest.mark.exercise("variance_by_depth")
@pytest.mark.weight(4)
@pytest.mark.check("seed_alone_decides")
def test_the_seed_alone_decides(lesson, rng):
    """The same seed gives the same variances, another seed gives others; the global generator stays."""
    seed, found = seed_from(rng), {}
    for name in ("linear", "relu", "small"):
        torch.manual_seed(seed + 2)
        first, untouched = probes.global_rng_untouched(lambda name=name: lesson.variance_by_depth(name, 2, 16, seed))
        torch.manual_seed(seed + 3)
        again = lesson.variance_by_depth(name, 2, 16, seed)
        other = lesson.variance_by_depth(name, 2, 16, seed + 1)
        found[name] = {"first": first, "again": again, "another seed": other, "the global generator": untouched}
    return found


@pytest.mark.exercise("variance_by_depth")
def test_another_name_is_refused(lesson):
    """A name that is none of the three raises a ValueError, also without layers."""
    calls = {
        f"the name {name!r}, {depth} layers": (name, depth) for name in ("tanh", "kaiming", "") for depth in (0, 2)
    }
    return {
        what: probes.raised(ValueError, lambda call=call: lesson.variance_by_depth(*call, 4, 0))
        for what, call in calls.items()
    }
