"""Hidden scenarios of `training_flops`."""

import pytest
import torch


def as_float(number):
    """Return an int as the float of its value, for either is right; anything else as it came."""
    return float(number) if isinstance(number, int) else number


@pytest.mark.exercise("training_flops")
@pytest.mark.parametrize(
    ("n_params", "n_tokens"),
    [(1, 1), (10, 7), (124_439_808, 300_000_000), (7e9, 2e12)],
    ids=["one", "few", "ints", "large"],
)
def test_six_for_each_pair(lesson, rng, n_params, n_tokens):
    """There are six operations for each parameter and each token, whether the numbers are small or large."""
    times, more = torch.randint(2, 1000, (2,), generator=rng).tolist()
    return {
        "so many parameters": as_float(lesson.training_flops(n_params, n_tokens * times)),
        "times as many": as_float(lesson.training_flops(n_params * more, n_tokens)),
    }
