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


@pytest.mark.exercise("create_data")
def test_inputs_are_evenly_spaced(lesson, device, rng):
    """x is evenly spaced on [-3, 3], both ends included, float32, on the generator's device; y has its shape and dtype."""
    results = []
    for n_samples in (2, 3, 41):
        x, y = lesson.create_data(n_samples, _generator(device, _seed(rng)))
        results.append({"x": x, "y_shape": tuple(y.shape), "y_dtype": str(y.dtype), "y_device": y.device.type})
    return results


@pytest.mark.exercise("create_data")
@pytest.mark.weight(2)
@pytest.mark.check("line_with_gaussian_noise")
def test_targets_are_the_line_and_gaussian_noise(lesson, device, rng):
    """y is 2x + 1 plus Gaussian noise of standard deviation 0.5, drawn for every sample."""
    x, y = lesson.create_data(4000, _generator(device, _seed(rng)))
    return {"x": x, "y": y}


@pytest.mark.exercise("create_data")
@pytest.mark.check("generator_decides")
def test_generator_decides(lesson, device, rng):
    """The same seed gives the same data, another seed or a second call other data, and the global generator stays."""
    seed = _seed(rng)
    generator = _generator(device, seed)
    torch.manual_seed(seed + 2)
    (_, first), untouched = probes.global_rng_untouched(lambda: lesson.create_data(16, generator))
    _, second = lesson.create_data(16, generator)
    torch.manual_seed(seed + 3)
    _, again = lesson.create_data(16, _generator(device, seed))
    _, other = lesson.create_data(16, _generator(device, seed + 1))
    return {
        "same seed, same data": torch.equal(first, again),
        "another seed, other data": not torch.equal(first, other),
        "second call, new noise": not torch.equal(first, second),
        "global generator untouched": untouched,
    }
