"""Hidden scenarios of `train`."""

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def data(rng, n, d, k, device, dtype=torch.float32):
    """Return n samples with d features and k targets."""
    X = torch.randn(n, d, generator=rng, dtype=dtype)
    y = torch.randn(n, k, generator=rng, dtype=dtype) + 0.5 * X.sum(dim=1, keepdim=True) + 1
    return TensorDataset(X.to(device), y.to(device))


def fill(model, rng, device, dtype=torch.float32):
    """Give a model known weights, without the global generator."""
    model = model.to(dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.5 * torch.randn(parameter.shape, generator=rng, dtype=dtype))
    return model.to(device)


def outcome(history, model, dtype=torch.float32):
    """The history as a tensor (in the model's precision) where it holds numbers, and the weights after training."""
    return {"history": numbers(history, dtype), "weights after training": weights(model)}


def numbers(history, dtype):
    """Return a list of numbers as a tensor, and anything else as what it is."""
    try:
        return torch.tensor([float(value) for value in history], dtype=dtype)
    except (TypeError, ValueError, RuntimeError):
        return history


def weights(model):
    """Return a model's weights as they are now."""
    return [parameter.detach().clone() for parameter in model.parameters()]


@pytest.mark.exercise("train")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.weight(2)
def test_short_last_batch_counts_for_its_samples(lesson, device, rng, dtype):
    """The loss of an epoch is the mean over its samples, also when the last batch is short."""
    loader = DataLoader(data(rng, 10, 3, 1, device, dtype), batch_size=4)
    model = fill(nn.Linear(3, 1), rng, device, dtype)
    return outcome(lesson.train(loader, model, 0.05, 4), model, dtype)


@pytest.mark.exercise("train")
def test_one_whole_batch_gives_the_loss_before_its_update(lesson, device, rng):
    """One batch with all samples: each epoch is one update, and its loss was taken before."""
    loader = DataLoader(data(rng, 6, 2, 1, device), batch_size=6)
    model = fill(nn.Linear(2, 1), rng, device)
    return outcome(lesson.train(loader, model, 0.1, 5), model)


@pytest.mark.exercise("train")
def test_one_sample_a_batch(lesson, device, rng):
    """Batches of one: an update for every sample."""
    loader = DataLoader(data(rng, 5, 2, 1, device), batch_size=1)
    model = fill(nn.Linear(2, 1), rng, device)
    return outcome(lesson.train(loader, model, 0.04, 2), model)


@pytest.mark.exercise("train")
@pytest.mark.weight(2)
def test_a_network_with_several_outputs(lesson, device, rng):
    """A network of several layers: every parameter is updated once a batch; the loss is the mean over all elements."""
    loader = DataLoader(data(rng, 9, 3, 2, device, torch.float64), batch_size=4)
    model = fill(nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)), rng, device, torch.float64)
    return outcome(lesson.train(loader, model, 0.1, 3), model, torch.float64)


@pytest.mark.exercise("train")
def test_the_loader_is_walked_through_once_an_epoch(lesson, device, rng):
    """A shuffled loader is walked through once an epoch, so its orders are used one after the other."""
    order = torch.Generator().manual_seed(5)
    loader = DataLoader(data(rng, 11, 2, 1, device), batch_size=3, shuffle=True, generator=order)
    model = fill(nn.Linear(2, 1), rng, device)
    return outcome(lesson.train(loader, model, 0.05, 3), model)


@pytest.mark.exercise("train")
@pytest.mark.parametrize("epochs", [0, 1, 3])
def test_the_history_is_a_list_of_floats(lesson, device, rng, epochs):
    """The history is a list of `epochs` Python floats, not of tensors; without an epoch it is empty."""
    loader = DataLoader(data(rng, 7, 2, 1, device), batch_size=3)
    model = fill(nn.Linear(2, 1), rng, device)
    history = lesson.train(loader, model, 0.05, epochs)
    return {"history": history, "weights after training": weights(model)}
