"""Hidden scenarios of `collapse_linear`."""

import pytest
import torch

from autograder.worker import probes


def two_layers(rng, device, dtype, d, h, o):
    """Return W1, b1, W2, b2 of random numbers, the biases well away from 0."""
    W1, W2 = torch.randn(h, d, generator=rng), torch.randn(o, h, generator=rng)
    b1, b2 = torch.randn(h, generator=rng) + 3, torch.randn(o, generator=rng) - 3
    return tuple(values.to(device, dtype) for values in (W1, b1, W2, b2))


@pytest.mark.exercise("collapse_linear")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("d", "h", "o"), [(3, 4, 2), (2, 16, 1), (5, 3, 5)])
def test_one_layer_for_two(lesson, device, rng, dtype, d, h, o):
    """W is `(O, D)` and b is `(O,)`: the two layers' weights multiplied, and both biases accounted for."""
    return lesson.collapse_linear(*two_layers(rng, device, dtype, d, h, o))


@pytest.mark.exercise("collapse_linear")
@pytest.mark.weight(2)
def test_square_weights_are_multiplied_in_the_right_order(lesson, device, rng):
    """With D = H = O every order of the product fits, and one of them is right."""
    return lesson.collapse_linear(*two_layers(rng, device, torch.float32, 3, 3, 3))


@pytest.mark.exercise("collapse_linear")
@pytest.mark.parametrize(("d", "h", "o"), [(1, 1, 3), (3, 1, 1), (1, 4, 1), (1, 1, 1)])
@pytest.mark.weight(0.5)
def test_smallest_sizes(lesson, device, rng, d, h, o):
    """D, H and O may be 1."""
    return lesson.collapse_linear(*two_layers(rng, device, torch.float64, d, h, o))


@pytest.mark.exercise("collapse_linear")
@pytest.mark.check("it_does_what_the_two_layers_do")
def test_it_does_what_the_two_layers_do(lesson, device, rng):
    """For a batch X, `X @ W.T + b` is what comes out of the second layer."""
    layers = two_layers(rng, device, torch.float64, 4, 6, 2)
    X = torch.randn(5, 4, generator=rng).to(device, torch.float64)
    return {"W and b": lesson.collapse_linear(*layers), "X": X}


@pytest.mark.exercise("collapse_linear")
def test_new_tensors_and_no_argument_changed(lesson, device, rng):
    """The arguments stay as they were, also when the results are changed afterwards."""
    W1, b1, W2, b2 = two_layers(rng, device, torch.float32, 2, 3, 2)

    def collapse_and_spoil():
        results = lesson.collapse_linear(W1, b1, W2, b2)
        copies = [values.clone() for values in results]
        for values in results:
            values += 1
        return copies

    copies, kept = probes.unchanged(collapse_and_spoil, W1=W1, b1=b1, W2=W2, b2=b2)
    return {"W and b": copies, **kept}
