"""Hidden scenarios of `penalized_epoch`. The order of the rows is fixed, so loss and weights are, too."""

import pytest
import torch
from torch import nn

from autograder.worker import probes


def samples(rng, device, n, d, k=1, dtype=torch.float32):
    X = torch.randn(n, d, generator=rng)
    y = torch.randn(n, k, generator=rng) + 0.5 * X.sum(dim=1, keepdim=True) + 1
    return X.to(device, dtype), y.to(device, dtype)


def fill(model, rng, device, dtype=torch.float32):
    """Give a model known parameters, none of them small, without the global generator."""
    model = model.to(dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            values = 0.4 * torch.randn(parameter.shape, generator=rng, dtype=dtype)
            parameter.copy_(values + 0.4 * values.sign())
    return model.to(device)


def network(rng, device, dtype=torch.float32, d=3, k=1):
    return fill(nn.Sequential(nn.Linear(d, 4), nn.Tanh(), nn.Sequential(nn.Linear(4, k))), rng, device, dtype)


def number(value, dtype):
    """Return a number of any kind as a tensor in the model's precision; what is no number as it is."""
    try:
        return torch.tensor(float(value), dtype=dtype)
    except (TypeError, ValueError, RuntimeError):
        return value


def weights(model):
    return {f"{name} afterwards": parameter.detach().clone() for name, parameter in model.named_parameters()}


def outcome(error, model, dtype=torch.float32):
    """The error that was returned, and the weights after the epoch."""
    return {"error": number(error, dtype), **weights(model)}


@pytest.mark.exercise("penalized_epoch")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_short_last_batch(lesson, device, rng, dtype):
    """Every batch has the same penalty and its own update; the error is the mean a sample, without penalty."""
    X, y = samples(rng, device, 10, 3, dtype=dtype)
    model = network(rng, device, dtype)
    return outcome(lesson.penalized_epoch(model, X, y, 0.1, 0.3, 4), model, dtype)


@pytest.mark.exercise("penalized_epoch")
@pytest.mark.weight(2)
def test_linear_model_in_file_order(lesson, device, rng):
    """The batches come in file order; a linear layer alone is a model, too."""
    X, y = samples(rng, device, 9, 2)
    model = fill(nn.Linear(2, 1), rng, device)
    return outcome(lesson.penalized_epoch(model, X, y, 0.15, 0.2, 2), model)


@pytest.mark.exercise("penalized_epoch")
@pytest.mark.parametrize("batch_size", [1, 6, 50])
def test_sizes_of_batches(lesson, device, rng, batch_size):
    """The batch size may be 1, N, or larger than N."""
    X, y = samples(rng, device, 6, 3)
    model = network(rng, device)
    return outcome(lesson.penalized_epoch(model, X, y, 0.05, 0.5, batch_size), model)


@pytest.mark.exercise("penalized_epoch")
def test_several_outputs(lesson, device, rng):
    """With several targets the error is the mean over all elements of a batch."""
    X, y = samples(rng, device, 7, 3, k=3, dtype=torch.float64)
    model = network(rng, device, torch.float64, k=3)
    return outcome(lesson.penalized_epoch(model, X, y, 0.2, 0.1, 3), model, torch.float64)


@pytest.mark.exercise("penalized_epoch")
def test_old_gradients_play_no_part(lesson, device, rng):
    """What lies in `.grad` before the call does not enter the first update; a second epoch goes on from the first."""
    X, y = samples(rng, device, 5, 3)
    model = network(rng, device)
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=rng).to(device) + 2
    return {
        name: outcome(lesson.penalized_epoch(model, X, y, 0.1, 0.2, 2), model)
        for name in ("first epoch", "second epoch")
    }


@pytest.mark.exercise("penalized_epoch")
def test_one_row_or_no_penalty(lesson, device, rng):
    """A single row is an epoch of one update; with strength 0 it is plain descent; with lr 0 nothing moves."""
    found = {}
    for n, lr, strength in ((1, 0.1, 0.4), (5, 0.1, 0.0), (5, 0.0, 0.4)):
        X, y = samples(rng, device, n, 3)
        model = network(rng, device)
        what = f"N = {n}, lr = {lr}, strength = {strength}"
        found[what] = outcome(lesson.penalized_epoch(model, X, y, lr, strength, 3), model)
    return found


@pytest.mark.exercise("penalized_epoch")
def test_a_float_is_returned_and_the_data_stay(lesson, device, rng):
    """The error is a Python float; X and y stay as they were."""
    X, y = samples(rng, device, 6, 3)
    model = network(rng, device)
    error, kept = probes.unchanged(lambda: lesson.penalized_epoch(model, X, y, 0.1, 0.1, 4), X=X, y=y)
    return {"error": error, **weights(model), **kept}
