"""Hidden scenarios of `init_params`."""

import pytest
import torch

from autograder.worker import probes


def seed_from(rng):
    return int(torch.randint(1, 1_000_000, (1,), generator=rng))


def make(device, seed):
    return torch.Generator(device=device).manual_seed(seed)


def numbers(rng, low, high, count):
    """Return so many different sizes from low up to high, high left out."""
    return (low + torch.randperm(high - low, generator=rng)[:count]).tolist()


def pairs(params):
    """Return params with a tuple for each layer; what is no list of pairs as it is."""
    if not isinstance(params, (list, tuple)):
        return params
    return [tuple(pair) if isinstance(pair, list) else pair for pair in params]


def part(params, place):
    """Return the W (0) or the b (1) of each layer; what is no list of pairs as it is."""
    if not isinstance(params, (list, tuple)):
        return params
    return [pair[place] if isinstance(pair, (list, tuple)) and len(pair) > place else pair for pair in params]


@pytest.mark.exercise("init_params")
@pytest.mark.weight(2)
@pytest.mark.parametrize("layers", [2, 3, 1, 4])
def test_shapes_of_weights_and_biases(lesson, device, rng, layers):
    """L pairs (W, b): W is (n_out, n_in), b is (n_out,) and zero; float32 on the generator's device; sizes stays."""
    sizes = numbers(rng, 2, 40, layers + 1)
    if layers == 3:
        sizes = [1, sizes[0], sizes[0], 1]
    params, kept = probes.unchanged(lambda: lesson.init_params(sizes, make(device, seed_from(rng))), sizes=sizes)
    return {"params": probes.form(pairs(params)), "biases": part(params, 1), **kept}


@pytest.mark.exercise("init_params")
@pytest.mark.weight(3)
@pytest.mark.check("weights_are_scaled")
@pytest.mark.parametrize(("low", "high", "count"), [(40, 121, 4), (120, 301, 3)], ids=["narrow", "wide"])
def test_weights_are_scaled_by_the_number_of_inputs(lesson, device, rng, low, high, count):
    """Each W has mean 0 and a deviation between 0.4/√n_in and 2.5/√n_in, and every entry is drawn on its own."""
    params = lesson.init_params(numbers(rng, low, high, count), make(device, seed_from(rng)))
    return {"weights": part(params, 0)}


@pytest.mark.exercise("init_params")
@pytest.mark.check("layers_differ")
def test_layers_of_one_size_differ(lesson, device, rng):
    """Two layers of the same size have different weights."""
    (size,) = numbers(rng, 8, 30, 1)
    return {"weights": part(lesson.init_params([size, size, size], make(device, seed_from(rng))), 0)}


@pytest.mark.exercise("init_params")
@pytest.mark.weight(2)
@pytest.mark.check("the_generator_alone_decides")
def test_the_generator_alone_decides(lesson, device, rng):
    """The same seed gives the same weights, another seed or a second call gives others; global states stay."""
    sizes, seed = numbers(rng, 3, 30, 3), seed_from(rng)
    generator = make(device, seed)

    def drawn(source):
        return part(lesson.init_params(list(sizes), source), 0)

    torch.manual_seed(seed + 2)
    first, untouched = probes.global_rng_untouched(lambda: drawn(generator))
    second = drawn(generator)
    torch.manual_seed(seed + 3)
    again, other = drawn(make(device, seed)), drawn(make(device, seed + 1))
    calls = {"first": first, "second call": second, "the same seed again": again, "another seed": other}
    return {**calls, "the global generator": untouched}
