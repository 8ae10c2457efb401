"""Hidden scenarios of `init_params`."""

import pytest
import torch

from autograder.worker import probes


def seed_from(rng):
    return int(torch.randint(1, 1_000_000, (1,), generator=rng))


def make(device, seed):
    return torch.Generator(device=device).manual_seed(seed)


def facts(W, n_in):
    """What there is to say of weights that are random: the docstring's bounds, with room for chance."""
    shape, dtype, W = tuple(W.shape), str(W.dtype), W.double()
    deviation = float(W.std())
    share = deviation * n_in**0.5
    return {
        "shape": shape,
        "dtype": dtype,
        "finite": bool(W.isfinite().all()),
        "deviation": "below" if share < 0.4 * 0.93 else "above" if share > 2.5 * 1.07 else "within",
        # Six standard errors: less than one correct draw in a hundred million is further off.
        "mean is near 0": abs(float(W.mean())) <= 6 * deviation / W.numel() ** 0.5,
        "rows and columns vary": min(float(W.std(dim=0).mean()), float(W.std(dim=1).mean())) >= 0.8 * deviation,
    }


@pytest.mark.exercise("init_params")
@pytest.mark.weight(2)
@pytest.mark.parametrize("sizes", [[3, 5, 2], [1, 16, 16, 1], [6, 2], [2, 7, 3, 4, 1]], ids=["3", "4", "2", "5"])
def test_shapes_of_weights_and_biases(lesson, device, rng, sizes):
    """L pairs (W, b): W is (n_out, n_in), b is (n_out,) and zero; float32 on the generator's device; sizes stays."""
    kept = list(sizes)
    params = lesson.init_params(sizes, make(device, seed_from(rng)))
    return {"params": [(torch.zeros_like(W), b) for W, b in params], "sizes": sizes == kept}


@pytest.mark.exercise("init_params")
@pytest.mark.weight(3)
@pytest.mark.check("weights_are_scaled")
@pytest.mark.parametrize("sizes", [[60, 90, 40, 100], [400, 120, 300]], ids=["narrow", "wide"])
def test_weights_are_scaled_by_the_number_of_inputs(lesson, device, rng, sizes):
    """Each W has mean 0 and a deviation between 0.4/√n_in and 2.5/√n_in, and every entry is drawn on its own."""
    params = lesson.init_params(sizes, make(device, seed_from(rng)))
    return [facts(W, n_in) for (W, _), n_in in zip(params, sizes, strict=False)]


@pytest.mark.exercise("init_params")
def test_layers_of_one_size_differ(lesson, device, rng):
    """Two layers of the same size have different weights."""
    params = lesson.init_params([12, 12, 12], make(device, seed_from(rng)))
    return torch.equal(params[0][0], params[1][0])


@pytest.mark.exercise("init_params")
@pytest.mark.weight(2)
def test_the_generator_alone_decides(lesson, device, rng):
    """The same seed gives the same weights, another seed or a second call gives others; global states stay."""
    seed = seed_from(rng)
    generator = make(device, seed)
    torch.manual_seed(seed + 2)
    first, untouched = probes.global_rng_untouched(lambda: lesson.init_params([4, 6, 3], generator)[0][0])
    second = lesson.init_params([4, 6, 3], generator)[0][0]
    torch.manual_seed(seed + 3)
    again = lesson.init_params([4, 6, 3], make(device, seed))[0][0]
    other = lesson.init_params([4, 6, 3], make(device, seed + 1))[0][0]
    return {
        "same seed, same weights": torch.equal(first, again),
        "another seed, the same weights": torch.equal(first, other),
        "second call, the same weights": torch.equal(first, second),
        "global states untouched": untouched,
    }
