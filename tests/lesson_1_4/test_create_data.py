"""Hidden scenarios of `create_data`."""

import pytest
import torch

from autograder.worker import probes


def _seed(rng):
    return int(torch.randint(1, 1_000_000, (1,), generator=rng))


def _generator(device, seed):
    generator = torch.Generator(device=device)
    generator.manual_seed(seed)
    return generator


def _parts(pair):
    """Return x, and of y only the form: its numbers are drawn."""
    if isinstance(pair, tuple | list) and len(pair) == 2:
        return {"x": pair[0], "y": probes.form(pair[1])}
    return pair


@pytest.mark.exercise("create_data")
def test_inputs_are_evenly_spaced(lesson, device, rng):
    """x is evenly spaced on [-3, 3], both ends included, float32, on the generator's device; y has its shape and dtype."""
    few, many = int(torch.randint(3, 9, (), generator=rng)), int(torch.randint(20, 90, (), generator=rng))
    return {f"{n} samples": _parts(lesson.create_data(n, _generator(device, _seed(rng)))) for n in (2, few, many)}


@pytest.mark.exercise("create_data")
@pytest.mark.weight(2)
@pytest.mark.check("line_with_gaussian_noise")
def test_targets_are_the_line_and_gaussian_noise(lesson, device, rng):
    """y is 2x + 1 plus Gaussian noise of standard deviation 0.5, drawn for every sample."""
    n_samples = int(torch.randint(3900, 4400, (), generator=rng))
    return {"data": lesson.create_data(n_samples, _generator(device, _seed(rng)))}


@pytest.mark.exercise("create_data")
@pytest.mark.check("generator_decides")
def test_generator_decides(lesson, device, rng):
    """The same seed gives the same data, another seed or a second call other data, and the global generator stays."""
    seed = _seed(rng)
    generator = _generator(device, seed)
    torch.manual_seed(seed + 2)
    first, untouched = probes.global_rng_untouched(lambda: lesson.create_data(16, generator))
    second = lesson.create_data(16, generator)
    torch.manual_seed(seed + 3)
    return {
        "first": first,
        "second": second,
        "the same seed again": lesson.create_data(16, _generator(device, seed)),
        "another seed": lesson.create_data(16, _generator(device, seed + 1)),
        "the global generator": untouched,
    }
