"""Hidden scenarios of `layer_parameters`."""

import pytest
import torch


def number(rng, low, high):
    return int(torch.randint(low, high, (1,), generator=rng))


@pytest.mark.exercise("layer_parameters")
@pytest.mark.weight(2)
def test_a_weight_for_each_pair_and_a_bias_for_each_neuron(lesson, rng):
    """The count is n_out·n_in + n_out, an int, whichever of the two sizes is the larger."""
    wide, narrow = number(rng, 40, 900), number(rng, 3, 30)
    return [lesson.layer_parameters(n_in, n_out) for n_in, n_out in ((wide, narrow), (narrow, wide), (100, 50))]


@pytest.mark.exercise("layer_parameters")
def test_sizes_of_one_and_equal_sizes(lesson, rng):
    """One input, one neuron, and as many inputs as neurons are counted like any other layer."""
    size = number(rng, 5, 80)
    return [lesson.layer_parameters(n_in, n_out) for n_in, n_out in ((1, size), (size, 1), (size, size))]
