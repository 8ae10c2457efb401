"""Hidden scenarios of `train_scheduled`. The order of the batches is fixed, so rates and weights are, too."""

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, LambdaLR, OneCycleLR, StepLR
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


def weights(model):
    return [parameter.detach().clone() for parameter in model.parameters()]


def numbers(values):
    """Return a list of numbers in double precision, of whatever kind they are; anything else as it is."""
    counted = isinstance(values, list | tuple) and all(isinstance(v, int | float | torch.Tensor) for v in values)
    return torch.tensor([float(v) for v in values], dtype=torch.float64) if counted else values


def outcome(rates, model):
    """The rates in double precision, and the weights."""
    return {"rates": numbers(rates), "weights afterwards": weights(model)}


@pytest.mark.exercise("train_scheduled")
@pytest.mark.weight(2)
@pytest.mark.parametrize(
    ("per", "dtype"), [("batch", torch.float64), ("epoch", torch.float64), ("batch", torch.float32)]
)
def test_a_step_a_batch_or_a_step_an_epoch(lesson, device, rng, per, dtype):
    """The scheduler steps after every update, or after every epoch; the first update has the first rate."""
    loader = DataLoader(data(rng, device, 10, 3, 1, dtype), batch_size=4)
    model = network(rng, device, dtype)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = ExponentialLR(optimizer, gamma=0.8)
    return outcome(lesson.train_scheduled(model, loader, optimizer, scheduler, 3, per), model)


@pytest.mark.exercise("train_scheduled")
@pytest.mark.weight(2)
def test_several_groups_and_momentum(lesson, device, rng):
    """Any optimizer and scheduler will do; noted is the first group's rate; the loss is the mean over all elements."""
    loader = DataLoader(data(rng, device, 9, 3, 2, torch.float64), batch_size=4)
    model = network(rng, device, k=2)
    groups = [{"params": model[2].parameters(), "lr": 0.02}, {"params": model[0].parameters()}]
    optimizer = torch.optim.SGD(groups, lr=0.2, momentum=0.9)
    scheduler = CosineAnnealingLR(optimizer, T_max=5)
    return outcome(lesson.train_scheduled(model, loader, optimizer, scheduler, 2, "batch"), model)


@pytest.mark.exercise("train_scheduled")
def test_one_cycle_with_adam(lesson, device, rng):
    """A schedule that rises and falls, a step a batch, as many as there are."""
    loader = DataLoader(data(rng, device, 8, 2, 1, torch.float64), batch_size=3)
    model = network(rng, device, d=2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    scheduler = OneCycleLR(optimizer, max_lr=0.1, total_steps=12, cycle_momentum=False)
    return outcome(lesson.train_scheduled(model, loader, optimizer, scheduler, 4, "batch"), model)


@pytest.mark.exercise("train_scheduled")
def test_a_scheduler_goes_on_from_where_it_is(lesson, device, rng):
    """Each call goes on with the schedule where the one before has left it; old gradients play no part."""
    loader = DataLoader(data(rng, device, 5, 3, 1, torch.float64), batch_size=2)
    model = network(rng, device)
    for parameter in model.parameters():
        parameter.grad = (torch.randn(parameter.shape, generator=rng, dtype=torch.float64) + 2).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = StepLR(optimizer, step_size=2, gamma=0.5)
    return {
        call: outcome(lesson.train_scheduled(model, loader, optimizer, scheduler, epochs, per), model)
        for call, epochs, per in (
            ("the first call", 1, "batch"),
            ("the second call", 3, "epoch"),
            ("the third call", 2, "batch"),
        )
    }


@pytest.mark.exercise("train_scheduled")
@pytest.mark.weight(0.5)
def test_one_sample_a_batch_in_a_shuffled_loader(lesson, device, rng):
    """The loader is walked through once an epoch, so its orders are used one after the other."""
    order = torch.Generator().manual_seed(int(torch.randint(1, 10_000, (1,), generator=rng)))
    loader = DataLoader(data(rng, device, 5, 2, 1, torch.float64), batch_size=1, shuffle=True, generator=order)
    model = fill(nn.Linear(2, 1), rng, device, torch.float64)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    scheduler = LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
    return outcome(lesson.train_scheduled(model, loader, optimizer, scheduler, 3, "epoch"), model)


@pytest.mark.exercise("train_scheduled")
@pytest.mark.weight(0.5)
def test_small_rates(lesson, device, rng):
    """Rates that the scheduler makes small are used and noted as they are."""
    loader = DataLoader(data(rng, device, 6, 2, 1, torch.float64), batch_size=3)
    model = fill(nn.Linear(2, 1), rng, device, torch.float64)
    unit = 1e-7
    optimizer = torch.optim.SGD(model.parameters(), lr=unit)
    rates = lesson.train_scheduled(model, loader, optimizer, ExponentialLR(optimizer, 0.7), 3, "batch")
    return {"rates, in units of 1e-7": numbers(rates) / unit, "weights afterwards": weights(model)}


@pytest.mark.exercise("train_scheduled")
@pytest.mark.check("a_float_for_every_update")
def test_a_list_of_floats_one_for_every_update(lesson, device, rng):
    """A list of floats comes back, one for each batch of each epoch; without an epoch it is empty."""
    loader = DataLoader(data(rng, device, 7, 2, 1, torch.float64), batch_size=3)
    model = fill(nn.Linear(2, 1), rng, device, torch.float64)
    found = {}
    lr = 0.03 + 0.04 * float(torch.rand((), generator=rng, dtype=torch.float64))
    for epochs, per in ((0, "batch"), (2, "batch"), (0, "epoch"), (2, "epoch")):
        optimizer = torch.optim.SGD(model.parameters(), lr=lr)
        scheduler = ExponentialLR(optimizer, 0.9)
        found[f"{epochs} epochs, a step a {per}"] = lesson.train_scheduled(
            model, loader, optimizer, scheduler, epochs, per
        )
    return found


@pytest.mark.exercise("train_scheduled")
@pytest.mark.weight(0.5)
def test_another_word_is_refused(lesson, device, rng):
    """Any other `per` is a ValueError, also with 0 epochs, and nothing has changed then."""
    loader = DataLoader(data(rng, device, 6, 2, 1, torch.float64), batch_size=3)
    model = fill(nn.Linear(2, 1), rng, device, torch.float64)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    scheduler = ExponentialLR(optimizer, 0.5)
    refused = {
        f"per = {per!r}, {epochs} epochs": probes.raised(
            ValueError,
            lambda e=epochs, p=per: lesson.train_scheduled(model, loader, optimizer, scheduler, e, p),
        )
        for epochs, per in ((2, "step"), (0, "epochs"), (1, ""))
    }
    return {
        **refused,
        "the rate afterwards": float(optimizer.param_groups[0]["lr"]),
        "weights afterwards": weights(model),
    }
