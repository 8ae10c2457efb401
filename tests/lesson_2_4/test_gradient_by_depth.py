"""Hidden scenarios of `gradient_by_depth`. Which numbers are drawn first is open, so norms are judged by their averages."""

import pytest
import torch

from autograder.worker import probes


def seed_from(rng):
    return int(torch.randint(1, 1_000_000, (1,), generator=rng))


def between(rng, low, high):
    """Return a whole number from low to high."""
    return int(torch.randint(low, high + 1, (), generator=rng))


def make(device, seed):
    return torch.Generator(device=device).manual_seed(seed)


@pytest.mark.exercise("gradient_by_depth")
@pytest.mark.weight(3)
@pytest.mark.check("norms_are_the_lessons")
@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_norms_of_all_layers(lesson, device, rng, name):
    """Each layer's gradient is as large as the lesson's network makes it, the first layer first (an average of draws)."""
    found = {}
    for which in ("the first activation", "the second activation"):
        seed, high = seed_from(rng), 0.6 + float(torch.rand(1, generator=rng))

        def activation(z, high=high):
            return high * getattr(torch, name)(z)

        found[which] = [lesson.gradient_by_depth(activation, 4, 32, make(device, seed + i)) for i in range(10)]
    return found


@pytest.mark.exercise("gradient_by_depth")
@pytest.mark.weight(2)
@pytest.mark.check("last_norm_is_right")
@pytest.mark.parametrize(("depth", "width"), [(2, 6), (3, 4)])
def test_last_gradient_where_the_outputs_are_known(lesson, device, rng, depth, width):
    """With an activation whose outputs are all c and whose slope is 1, the last layer's gradient has the norm 2c²."""
    c = 0.5 + float(torch.rand(1, generator=rng))
    return lesson.gradient_by_depth(lambda z: z - z.detach() + c, depth, width, make(device, seed_from(rng)))


@pytest.mark.exercise("gradient_by_depth")
@pytest.mark.check("a_float_for_each_layer")
@pytest.mark.parametrize("kind", ["deep", "wide", "one layer", "one feature"])
def test_a_list_of_floats_one_a_layer(lesson, device, rng, kind):
    """There are `depth` Python floats in a list, none of them 0; the activation sees float32 `(64, width)` each time."""
    depth, width = {
        "deep": (between(rng, 4, 8), between(rng, 3, 12)),
        "wide": (between(rng, 2, 3), between(rng, 10, 30)),
        "one layer": (1, between(rng, 3, 30)),
        "one feature": (between(rng, 2, 12), 1),
    }[kind]
    seen = []

    def noticing(z):
        seen.append((tuple(z.shape), str(z.dtype), z.device.type))
        return torch.tanh(z)

    norms = lesson.gradient_by_depth(noticing, depth, width, make(device, seed_from(rng)))
    return {"norms": norms, "what the activation was given": sorted(set(seen))}


@pytest.mark.exercise("gradient_by_depth")
@pytest.mark.weight(2)
@pytest.mark.check("generator_decides")
def test_the_generator_alone_decides(lesson, device, rng):
    """The same seed gives the same norms, another seed or a second call gives others; global states stay."""
    seed, depth = seed_from(rng), between(rng, 2, 20)
    generator = make(device, seed)
    torch.manual_seed(seed + 2)
    first, untouched = probes.global_rng_untouched(lambda: lesson.gradient_by_depth(torch.tanh, depth, 5, generator))
    second = lesson.gradient_by_depth(torch.tanh, depth, 5, generator)
    torch.manual_seed(seed + 3)
    again = lesson.gradient_by_depth(torch.tanh, depth, 5, make(device, seed))
    other = lesson.gradient_by_depth(torch.tanh, depth, 5, make(device, seed + 1))
    calls = {"first": first, "second": second, "the same seed again": again, "another seed": other}
    return {"calls": calls, "global states": untouched}
