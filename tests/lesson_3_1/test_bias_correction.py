"""Hidden scenarios of `bias_correction`."""

import pytest
import torch

from autograder.worker import probes


def moments(rng, device, shape, dtype=torch.float32):
    return (torch.randn(shape, generator=rng, dtype=torch.float64) + 2).to(device, dtype)


@pytest.mark.exercise("bias_correction")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_several_steps(lesson, device, rng, dtype):
    """The moment is divided by 1 - beta**step, in its shape and dtype."""
    moment = moments(rng, device, (3, 2), dtype)
    return {
        f"beta {beta}, step {step}": lesson.bias_correction(moment, beta, step)
        for beta in (0.9, 0.999)
        for step in (1, 2, 5, 40)
    }


@pytest.mark.exercise("bias_correction")
def test_long_after_the_start(lesson, device, rng):
    """After many steps there is nothing left to correct."""
    moment = moments(rng, device, (2,), torch.float64)
    return {
        "beta 0.5, step 2,000": lesson.bias_correction(moment, 0.5, 2000),
        "beta 0.999, step 100,000": lesson.bias_correction(moment, 0.999, 100_000),
    }


@pytest.mark.exercise("bias_correction")
@pytest.mark.parametrize("shape", [(), (1,), (2, 1, 3)], ids=str)
def test_any_shape(lesson, device, rng, shape):
    """Any shape goes, 0-D included; a beta of 0 corrects nothing."""
    moment = moments(rng, device, shape)
    return {
        "beta 0.8, step 3": lesson.bias_correction(moment, 0.8, 3),
        "beta 0, step 1": lesson.bias_correction(moment, 0.0, 1),
    }


@pytest.mark.exercise("bias_correction")
def test_the_moment_stays(lesson, device, rng):
    """The moment stays as it is, and the result does not share its memory."""
    moment = moments(rng, device, (4,))
    first, kept = probes.unchanged(lambda: lesson.bias_correction(moment, 0.9, 2), moment=moment)
    with torch.no_grad():
        lesson.bias_correction(moment, 0.0, 1).add_(1)  # what shares memory moves along
    apart = probes.kept("its argument `moment`, whose memory the result shares", moment)
    return {"value": first, **kept, "moment after the result was changed": apart}


@pytest.mark.exercise("bias_correction")
@pytest.mark.weight(2)
def test_steps_under_one(lesson, device, rng):
    """A step under 1 is a ValueError; step 1 is not."""
    moment = moments(rng, device, (2,))
    refused = {
        f"step {step}": probes.raised(ValueError, lambda step=step: lesson.bias_correction(moment, 0.9, step))
        for step in (0, -1, -7)
    }
    return {"step 1": lesson.bias_correction(moment, 0.9, 1), **refused}
