"""Hidden scenarios of `mfu`."""

import pytest
import torch


@pytest.mark.exercise("mfu")
@pytest.mark.parametrize(
    ("n_params", "rate", "peak"),
    [(10, 5.0, 600.0), (124_439_808, 150_000.0, 312e12), (7e9, 2e6, 4e17), (100, 10.0, 2000.0)],
    ids=["by hand", "one device", "many devices", "above 1"],
)
def test_share_of_the_peak(lesson, rng, n_params, rate, peak):
    """The share is the operations that the tokens of one second take, over those that the hardware could do; not clipped."""
    faster = 1 + float(torch.rand((), generator=rng))
    return {
        "at this rate": lesson.mfu(n_params, rate, peak),
        "at a higher rate": lesson.mfu(n_params, rate * faster, peak),
    }
