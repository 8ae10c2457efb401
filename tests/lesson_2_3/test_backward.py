"""Hidden scenarios of `backward`. Each makes its own cache, as the lesson's forward pass does."""

import itertools

import pytest
import torch

from autograder.worker import probes


def normal(rng, device, dtype, *shape):
    return torch.randn(shape, generator=rng, dtype=torch.float64).to(device, dtype)


def problem(rng, device, dtype, samples, sizes, first=1):
    """Targets, cache and params of a network whose tanh bends and whose predictions are off by one or so.

    `first` multiplies the first layer's weights.
    """
    params = [
        (1.5 * normal(rng, device, dtype, n_out, n_in) / n_in**0.5, 0.5 * normal(rng, device, dtype, n_out))
        for n_in, n_out in itertools.pairwise(sizes)
    ]
    params[0] = first * params[0][0], params[0][1]
    cache = [normal(rng, device, dtype, samples, sizes[0])]
    for W, b in params[:-1]:
        cache.append(torch.tanh(cache[-1] @ W.T + b))
    cache.append(cache[-1] @ params[-1][0].T + params[-1][1])
    y = 2 * normal(rng, device, dtype, samples, sizes[-1]) + 1
    return y, cache, params


@pytest.mark.exercise("backward")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("samples", "sizes"), [(7, [3, 5, 1]), (6, [2, 6, 4, 3]), (12, [4, 3, 5, 3, 2])])
def test_gradients_of_the_mean_squared_error(lesson, device, rng, dtype, samples, sizes):
    """A pair (dW, db) for every layer, the first layer's first; the mean is over all N·O elements."""
    return lesson.backward(*problem(rng, device, dtype, samples, sizes))


@pytest.mark.exercise("backward")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_square_cases_are_not_transposed(lesson, device, rng, dtype):
    """With N and all sizes equal rows, columns and layers keep their meaning."""
    return lesson.backward(*problem(rng, device, dtype, 4, [4, 4, 4, 4]))


@pytest.mark.exercise("backward")
def test_a_single_layer_has_no_tanh(lesson, device, rng):
    """With L = 1 the gradient is that of linear regression."""
    return lesson.backward(*problem(rng, device, torch.float64, 6, [3, 2]))


@pytest.mark.exercise("backward")
@pytest.mark.parametrize("sizes", [[3, 4, 2], [1, 3, 1]], ids=["several", "one"])
def test_batch_of_one(lesson, device, rng, sizes):
    """One sample gives gradients of the same shapes as the params."""
    return lesson.backward(*problem(rng, device, torch.float64, 1, sizes))


@pytest.mark.exercise("backward")
def test_saturated_neurons_pass_no_blame(lesson, device, rng):
    """Where h is 1 or -1 tanh's slope is 0, so nothing goes further back."""
    return lesson.backward(*problem(rng, device, torch.float64, 5, [3, 4, 2], first=300))


@pytest.mark.exercise("backward")
def test_nothing_is_changed(lesson, device, rng):
    """The lists cache and params and all tensors in them stay as they were, and so does y."""
    y, cache, params = problem(rng, device, torch.float64, 5, [3, 4, 2])
    grads, kept = probes.unchanged(lambda: lesson.backward(y, cache, params), y=y, cache=cache, params=params)
    return {"grads": grads, **kept}
