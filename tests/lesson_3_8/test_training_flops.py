"""Hidden scenarios of `training_flops`."""

import pytest


@pytest.mark.exercise("training_flops")
@pytest.mark.parametrize(
    ("n_params", "n_tokens"),
    [(1, 1), (10, 7), (124_439_808, 300_000_000), (7e9, 2e12)],
    ids=["one", "few", "ints", "large"],
)
def test_six_for_each_pair(lesson, n_params, n_tokens):
    """Six operations for each parameter and token, for numbers of any size."""
    return float(lesson.training_flops(n_params, n_tokens))
