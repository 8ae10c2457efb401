"""Hidden scenarios of `train`."""

import itertools
import math

import pytest
import torch

from autograder.worker import probes


def normal(rng, device, dtype, *shape):
    return torch.randn(shape, generator=rng, dtype=torch.float64).to(device, dtype)


def network(rng, device, dtype, sizes):
    return [
        (normal(rng, device, dtype, n_out, n_in) / n_in**0.5, 0.5 * normal(rng, device, dtype, n_out))
        for n_in, n_out in itertools.pairwise(sizes)
    ]


def problem(rng, device, dtype, samples, sizes):
    X = normal(rng, device, dtype, samples, sizes[0])
    y = normal(rng, device, dtype, samples, sizes[-1]) + 1
    return X, y, network(rng, device, dtype, sizes)


def predict(X, params):
    for W, b in params[:-1]:
        X = torch.tanh(X @ W.T + b)
    return X @ params[-1][0].T + params[-1][1]


def losses(history, dtype):
    """The losses (floats or 0-D tensors) as one tensor in the params' precision; what are no losses as it is."""
    try:
        return torch.tensor([float(loss) for loss in history], dtype=dtype)
    except (TypeError, ValueError, RuntimeError):
        return history


def outcome(result, dtype):
    """The new params and the losses; what is no pair as it is."""
    if not isinstance(result, (list, tuple)) or len(result) != 2:
        return result
    params, history = result
    pairs = [tuple(p) if isinstance(p, list) else p for p in params] if isinstance(params, (list, tuple)) else params
    return pairs, losses(history, dtype)


@pytest.mark.exercise("train")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("samples", "sizes"), [(8, [2, 5, 1]), (6, [3, 4, 6, 2])])
def test_a_few_steps(lesson, device, rng, dtype, samples, sizes):
    """Plain gradient descent on the whole batch; each loss is the mean over all N·O elements before its step."""
    X, y, params = problem(rng, device, dtype, samples, sizes)
    return outcome(lesson.train(X, y, params, 0.1, 5), dtype)


@pytest.mark.exercise("train")
@pytest.mark.weight(2)
def test_all_gradients_belong_to_the_weights_before_the_step(lesson, device, rng):
    """One large step: no layer's gradient is taken at another layer's new weights."""
    X, y, params = problem(rng, device, torch.float64, 7, [3, 4, 4, 2])
    return outcome(lesson.train(X, y, params, 0.7, 1), torch.float64)


@pytest.mark.exercise("train")
def test_no_epoch_changes_nothing(lesson, device, rng):
    """With 0 epochs the params come back with equal values, and the history is empty."""
    X, y, params = problem(rng, device, torch.float32, 5, [2, 3, 1])
    return outcome(lesson.train(X, y, params, 0.1, 0), torch.float32)


@pytest.mark.exercise("train")
def test_a_single_layer(lesson, device, rng):
    """With L = 1 the loop is that of linear regression."""
    X, y, params = problem(rng, device, torch.float64, 6, [3, 2])
    return outcome(lesson.train(X, y, params, 0.1, 4), torch.float64)


@pytest.mark.exercise("train")
def test_batch_of_one(lesson, device, rng):
    """One sample is a batch, too."""
    X, y, params = problem(rng, device, torch.float64, 1, [2, 3, 2])
    return outcome(lesson.train(X, y, params, 0.05, 3), torch.float64)


@pytest.mark.exercise("train")
@pytest.mark.parametrize("case", ["perfect", "rising"])
def test_the_loop_never_stops_early(lesson, device, rng, case):
    """All epochs are made, also where the loss is zero from the start or goes up."""
    X, y, params = problem(rng, device, torch.float64, 5, [2, 3, 1])
    if case == "perfect":
        return outcome(lesson.train(X, predict(X, params), params, 0.1, 6), torch.float64)
    # Without hidden layers, and with a learning rate far too high, each loss is larger than the one before.
    return outcome(lesson.train(4 * X, y, network(rng, device, torch.float64, [2, 1]), 0.5, 4), torch.float64)


@pytest.mark.exercise("train")
@pytest.mark.parametrize("epochs", [1, 3])
def test_the_start_is_left_alone(lesson, device, rng, epochs):
    """New tensors come back: X, y, the list params and its tensors stay as they were."""
    X, y, params = problem(rng, device, torch.float64, 6, [2, 4, 1])
    result, kept = probes.unchanged(lambda: lesson.train(X, y, params, 0.1, epochs), X=X, y=y, params=params)
    return {"params and history": outcome(result, torch.float64), **kept}


@pytest.mark.exercise("train")
@pytest.mark.weight(2)
@pytest.mark.check("sine_is_learned")
def test_a_sine_is_learned(lesson, device, rng):
    """On the sine on 64 points the loss falls to 0.05 or less in 2,000 epochs."""
    X = torch.linspace(-math.pi, math.pi, 64, device=device).unsqueeze(1)
    y = torch.sin(X)
    params = [(W, 0 * b) for W, b in network(rng, device, torch.float32, [1, 16, 16, 1])]
    facts = {"X": X.clone(), "y": y.clone(), "start": [(W.clone(), b.clone()) for W, b in params]}
    return {"params and history": outcome(lesson.train(X, y, params, 0.1, 2000), torch.float32), **facts}
