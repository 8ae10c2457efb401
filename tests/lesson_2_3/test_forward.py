"""Hidden scenarios of `forward`."""

import itertools

import pytest
import torch

from autograder.worker import probes


def normal(rng, device, dtype, *shape):
    return torch.randn(shape, generator=rng, dtype=torch.float64).to(device, dtype)


def network(rng, device, dtype, sizes):
    """Weights large enough for tanh to bend, and biases that are not zero."""
    return [
        (1.5 * normal(rng, device, dtype, n_out, n_in) / n_in**0.5, normal(rng, device, dtype, n_out))
        for n_in, n_out in itertools.pairwise(sizes)
    ]


@pytest.mark.exercise("forward")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("samples", "sizes"), [(7, [3, 5, 2]), (6, [2, 8, 4, 1]), (3, [5, 2, 6, 3, 2])])
def test_tanh_after_every_layer_but_the_last(lesson, device, rng, dtype, samples, sizes):
    """The prediction, and the cache [X, h_1, …, y_hat] of what came out of tanh, all of X's dtype."""
    X = normal(rng, device, dtype, samples, sizes[0])
    return lesson.forward(X, network(rng, device, dtype, sizes))


@pytest.mark.exercise("forward")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_square_weights_are_not_transposed(lesson, device, rng, dtype):
    """With N and all sizes equal the rows of W are still the neurons."""
    return lesson.forward(normal(rng, device, dtype, 4, 4), network(rng, device, dtype, [4, 4, 4, 4]))


@pytest.mark.exercise("forward")
def test_predictions_leave_the_range_of_tanh(lesson, device, rng):
    """The last layer is linear: predictions may be far from 0, while hidden values lie between -1 and 1."""
    (W, b), (V, c) = network(rng, device, torch.float64, [3, 6, 2])
    return lesson.forward(5 * normal(rng, device, torch.float64, 5, 3), [(W, b), (10 * V, c + 40)])


@pytest.mark.exercise("forward")
def test_a_single_layer_has_no_tanh(lesson, device, rng):
    """With L = 1 the network is linear and the cache is [X, y_hat]."""
    return lesson.forward(3 * normal(rng, device, torch.float64, 5, 3), network(rng, device, torch.float64, [3, 2]))


@pytest.mark.exercise("forward")
@pytest.mark.parametrize("sizes", [[3, 4, 2], [1, 1, 1]], ids=["several", "ones"])
def test_batch_of_one(lesson, device, rng, sizes):
    """One sample gives (1, O), and every entry of the cache has one row."""
    X = normal(rng, device, torch.float32, 1, sizes[0])
    *hidden, (W, b) = network(rng, device, torch.float32, sizes)
    return lesson.forward(X, [*hidden, (W, b + 5)])


@pytest.mark.exercise("forward")
def test_arguments_are_left_alone(lesson, device, rng):
    """Neither X nor the list of params nor any of its tensors is changed."""
    X, params = normal(rng, device, torch.float64, 5, 3), network(rng, device, torch.float64, [3, 4, 2])
    result, kept = probes.unchanged(lambda: lesson.forward(X, params), X=X, params=params)
    return {"y_hat and cache": result, **kept}
