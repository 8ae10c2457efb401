"""Hidden scenarios of `lr_range_test`. The order of the batches is fixed, so rates and losses are, too."""

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from autograder.worker import probes


def data(rng, device, n, d, k, dtype):
    """Return n samples with d features and k targets."""
    X = torch.randn(n, d, generator=rng, dtype=torch.float64)
    y = torch.randn(n, k, generator=rng, dtype=torch.float64) + 0.5 * X.sum(dim=1, keepdim=True) + 1
    return TensorDataset(X.to(device, dtype), y.to(device, dtype))


def fill(model, rng, device, dtype):
    """Give a model known weights, without the global generator."""
    model = model.to(dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.5 * torch.randn(parameter.shape, generator=rng, dtype=torch.float64))
    return model.to(device)


def network(rng, device, dtype=torch.float64, d=3, k=1):
    return fill(nn.Sequential(nn.Linear(d, 4), nn.Tanh(), nn.Linear(4, k)), rng, device, dtype)


def numbers(values, dtype):
    """Return a list of numbers as a tensor, of whatever kind they are; anything else as it is."""
    counted = isinstance(values, list | tuple) and all(isinstance(v, int | float | torch.Tensor) for v in values)
    return torch.tensor([float(v) for v in values], dtype=dtype) if counted else values


def pair(found, dtype=torch.float64):
    """Return rates in double precision and losses in the model's; what is no pair comes back as it is."""
    two = isinstance(found, list | tuple) and len(found) == 2
    return {"rates": numbers(found[0], torch.float64), "losses": numbers(found[1], dtype)} if two else found


def state(model):
    """All that the test has to leave as it was."""
    return probes.kept("the model", {"state": dict(model.state_dict()), "training": model.training})


@pytest.mark.exercise("lr_range_test")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_more_updates_than_batches(lesson, device, rng, dtype):
    """The rates are geometric with both ends; at its end the loader begins anew; losses come before their updates."""
    loader = DataLoader(data(rng, device, 10, 3, 1, dtype), batch_size=4)
    model = network(rng, device, dtype)
    return pair(lesson.lr_range_test(model, loader, 0.01, 0.4, 8), dtype)


@pytest.mark.exercise("lr_range_test")
@pytest.mark.parametrize("steps", [2, 3])
def test_fewer_updates_than_batches(lesson, device, rng, steps):
    """The test ends after `steps` updates, in the middle of the loader; the loss is the mean over all elements."""
    loader = DataLoader(data(rng, device, 9, 3, 2, torch.float64), batch_size=2)
    model = network(rng, device, k=2)
    return pair(lesson.lr_range_test(model, loader, 0.05, 0.5, steps))


@pytest.mark.exercise("lr_range_test")
def test_a_loader_of_one_sample(lesson, device, rng):
    """A loader of one batch, even of one sample, is walked through again and again."""
    loader = DataLoader(data(rng, device, 1, 2, 1, torch.float64), batch_size=3)
    model = fill(nn.Linear(2, 1), rng, device, torch.float64)
    return pair(lesson.lr_range_test(model, loader, 0.001, 0.02, 5))


@pytest.mark.exercise("lr_range_test")
@pytest.mark.weight(0.5)
def test_a_shuffled_loader_has_a_new_order_each_time(lesson, device, rng):
    """Walked through anew, a loader that shuffles has a new order."""
    order = torch.Generator().manual_seed(int(torch.randint(1, 10_000, (1,), generator=rng)))
    loader = DataLoader(data(rng, device, 7, 3, 1, torch.float64), batch_size=2, shuffle=True, generator=order)
    model = network(rng, device)
    return pair(lesson.lr_range_test(model, loader, 0.01, 0.2, 11))


@pytest.mark.exercise("lr_range_test")
@pytest.mark.weight(2)
@pytest.mark.parametrize("training", [True, False])
def test_the_model_is_left_as_it_was(lesson, device, rng, training):
    """Parameters and mode are what they were, and a second test finds the same."""
    loader = DataLoader(data(rng, device, 8, 3, 1, torch.float64), batch_size=3)
    model = network(rng, device).train(training)
    first = pair(lesson.lr_range_test(model, loader, 0.02, 0.3, 5))
    left = state(model)
    again = pair(lesson.lr_range_test(model, loader, 0.02, 0.3, 5))
    return {"model afterwards": left, "the first test": first, "the second test": again}


@pytest.mark.exercise("lr_range_test")
@pytest.mark.parametrize("training", [True, False])
def test_buffers_are_left_as_they_were(lesson, device, rng, training):
    """Batch normalization works in the mode that the model is in; its running statistics are buffers, and put back, too."""
    loader = DataLoader(data(rng, device, 8, 3, 1, torch.float64), batch_size=4)
    layers = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    model = fill(layers, rng, device, torch.float64).train(training)
    with torch.no_grad():
        model[1].running_var.add_(torch.rand(4, generator=rng, dtype=torch.float64).to(device))
    found = pair(lesson.lr_range_test(model, loader, 0.02, 0.2, 5))
    return {"model afterwards": state(model), "the test": found}


@pytest.mark.exercise("lr_range_test")
@pytest.mark.weight(2)
@pytest.mark.check("ends_after_a_loss_that_is_not_finite")
def test_it_ends_after_a_loss_that_is_not_finite(lesson, device, rng):
    """A loss that is not finite is noted with its rate, and nothing after it; the model is put back all the same."""
    loader = DataLoader(data(rng, device, 6, 2, 1, torch.float32), batch_size=3)
    model = fill(nn.Linear(2, 1), rng, device, torch.float32)
    with torch.no_grad():
        model.weight += 3  # far from any answer, so that the first steps go astray
    found = pair(lesson.lr_range_test(model, loader, 1e3, 1e9, 20), torch.float32)
    return {"the test": found, "model afterwards": state(model)}


@pytest.mark.exercise("lr_range_test")
def test_it_ends_after_a_loss_that_is_nan(lesson, device, rng):
    """A loss of NaN ends the test as an infinite one does."""
    X = torch.randn(8, 2, generator=rng, dtype=torch.float64)
    y = X.sum(dim=1, keepdim=True) + 1
    y[5] = torch.nan
    loader = DataLoader(TensorDataset(X.to(device), y.to(device)), batch_size=2)
    model = fill(nn.Linear(2, 1), rng, device, torch.float64)
    found = pair(lesson.lr_range_test(model, loader, 0.01, 0.2, 6))
    return {"the test": found, "model afterwards": state(model)}


@pytest.mark.exercise("lr_range_test")
@pytest.mark.weight(0.5)
def test_small_rates(lesson, device, rng):
    """The test begins at `low`, however small it is."""
    loader = DataLoader(data(rng, device, 6, 2, 1, torch.float64), batch_size=3)
    model = fill(nn.Linear(2, 1), rng, device, torch.float64)
    unit = 1e-7
    found = pair(lesson.lr_range_test(model, loader, unit, 50 * unit, 4))
    return {"rates, in units of 1e-7": found["rates"] / unit, "losses": found["losses"]}


@pytest.mark.exercise("lr_range_test")
@pytest.mark.weight(0.5)
@pytest.mark.check("two_lists_of_floats")
def test_two_lists_of_floats(lesson, device, rng):
    """A tuple of two lists of floats comes back; the global random numbers stay where they were."""
    loader = DataLoader(data(rng, device, 6, 2, 1, torch.float64), batch_size=3, generator=torch.Generator())
    model = fill(nn.Linear(2, 1), rng, device, torch.float64)
    low = 0.01 + 0.01 * float(torch.rand((), generator=rng, dtype=torch.float64))
    found, untouched = probes.global_rng_untouched(lambda: lesson.lr_range_test(model, loader, low, 0.1, 4))
    return {"rates and losses": found, "global random state": untouched}
