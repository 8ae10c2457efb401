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
    cases = {"more inputs": (wide, narrow), "more neurons": (narrow, wide), "from 100 to 50": (100, 50)}
    return {name: lesson.layer_parameters(*sizes) for name, sizes in cases.items()}


@pytest.mark.exercise("layer_parameters")
def test_sizes_of_one_and_equal_sizes(lesson, rng):
    """One input, one neuron, and as many inputs as neurons are counted like any other layer."""
    size = number(rng, 5, 80)
    cases = {"one input": (1, size), "one neuron": (size, 1), "as many of both": (size, size)}
    return {name: lesson.layer_parameters(*sizes) for name, sizes in cases.items()}
