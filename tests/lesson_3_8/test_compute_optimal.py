"""Hidden scenarios of `compute_optimal`."""

import pytest


@pytest.mark.exercise("compute_optimal")
@pytest.mark.parametrize("flops", [120.0, 1.0, 5.88e23, 3.7e19], ids=["by hand", "tiny", "large", "odd"])
def test_params_and_tokens(lesson, flops):
    """Twenty tokens a parameter; together they spend the budget."""
    params, tokens = lesson.compute_optimal(flops)
    return float(params), float(tokens)


@pytest.mark.exercise("compute_optimal")
def test_two_floats_not_rounded(lesson):
    """The result is a tuple of two floats, also where they are not whole."""
    pair = lesson.compute_optimal(1000)
    return isinstance(pair, tuple), [type(number) is float for number in pair], list(pair)
