"""Hidden scenarios of `gradient_by_depth`. Which numbers are drawn first is open, so norms are judged by their averages."""

import math

import pytest
import torch

from autograder.worker import probes


def seed_from(rng):
    return int(torch.randint(1, 1_000_000, (1,), generator=rng))


def make(device, seed):
    return torch.Generator(device=device).manual_seed(seed)


@pytest.mark.exercise("gradient_by_depth")
@pytest.mark.weight(3)
@pytest.mark.check("norms_are_the_lessons")
@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_norms_of_all_layers(lesson, device, rng, name):
    """Each layer's gradient is as large as the lesson's network makes it, the first layer first (an average of draws)."""
    seed = seed_from(rng)
    runs = [lesson.gradient_by_depth(getattr(torch, name), 4, 32, make(device, seed + i)) for i in range(10)]
    logs = [[math.log(max(float(norm), 1e-30)) for norm in norms] for norms in runs]
    return [sum(layer) / len(layer) for layer in zip(*logs, strict=True)]


@pytest.mark.exercise("gradient_by_depth")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("depth", "width"), [(2, 6), (3, 4)])
def test_last_gradient_where_the_outputs_are_known(lesson, device, rng, depth, width):
    """With an activation whose outputs are all c and whose slope is 1, the last layer's gradient has the norm 2c²."""
    c = 0.5 + float(torch.rand(1, generator=rng))
    norms = lesson.gradient_by_depth(lambda z: z - z.detach() + c, depth, width, make(device, seed_from(rng)))
    return norms[-1]


@pytest.mark.exercise("gradient_by_depth")
@pytest.mark.parametrize(("depth", "width"), [(5, 8), (2, 16), (1, 3), (3, 1)])
def test_a_list_of_floats_one_a_layer(lesson, device, rng, depth, width):
    """There are `depth` Python floats in a list, none of them 0; the activation sees float32 `(64, width)` each time."""
    seen = []

    def noticing(z):
        seen.append((tuple(z.shape), str(z.dtype), z.device.type))
        return torch.tanh(z)

    norms = lesson.gradient_by_depth(noticing, depth, width, make(device, seed_from(rng)))
    return {
        "list": isinstance(norms, list),
        "floats": [isinstance(norm, float) and norm > 0 for norm in norms],
        "seen": sorted(set(seen)),
    }


@pytest.mark.exercise("gradient_by_depth")
@pytest.mark.weight(2)
def test_the_generator_alone_decides(lesson, device, rng):
    """The same seed gives the same norms, another seed or a second call gives others; global states stay."""
    seed = seed_from(rng)
    generator = make(device, seed)
    torch.manual_seed(seed + 2)
    first, untouched = probes.global_rng_untouched(lambda: lesson.gradient_by_depth(torch.tanh, 3, 5, generator))
    second = lesson.gradient_by_depth(torch.tanh, 3, 5, generator)
    torch.manual_seed(seed + 3)
    again = lesson.gradient_by_depth(torch.tanh, 3, 5, make(device, seed))
    other = lesson.gradient_by_depth(torch.tanh, 3, 5, make(device, seed + 1))
    return {
        "same seed, same norms": math.isclose(first[0], again[0], rel_tol=1e-4),
        "another seed, the same norms": math.isclose(first[0], other[0], rel_tol=1e-4),
        "second call, the same norms": math.isclose(first[0], second[0], rel_tol=1e-4),
        "global states untouched": untouched,
    }
