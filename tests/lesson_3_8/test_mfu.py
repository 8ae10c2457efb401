"""Hidden scenarios of `mfu`."""

import pytest


@pytest.mark.exercise("mfu")
@pytest.mark.parametrize(
    ("n_params", "rate", "peak"),
    [(10, 5.0, 600.0), (124_439_808, 150_000.0, 312e12), (7e9, 2e6, 4e17), (100, 10.0, 2000.0)],
    ids=["by hand", "one device", "many devices", "above 1"],
)
def test_share_of_the_peak(lesson, n_params, rate, peak):
    """Operations a second that training needs over those that the hardware could do; not clipped."""
    return float(lesson.mfu(n_params, rate, peak))
