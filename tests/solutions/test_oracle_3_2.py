"""The reference of lesson 3.2 against PyTorch's own schedulers, over whole trajectories and past their ends."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)
from torch.utils.data import DataLoader, TensorDataset

from solutions.lesson_3_2.exercises import (
    as_lambda_lr,
    cosine,
    exponential_decay,
    linear_warmup_cosine,
    load_state,
    lr_range_test,
    one_cycle,
    reduce_on_plateau,
    save_state,
    step_decay,
    train_scheduled,
)

EXACT = 1e-6
ROUGH = 1e-4
# One rate a group; the second has a fifth of the first one's.
RATES = (0.5, 0.1)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """PyTorch warns where a scheduler steps without its optimizer; here no optimizer needs to."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def optimizer_of_two(dtype: torch.dtype = torch.float64, momentum: float = 0.9) -> torch.optim.Optimizer:
    """Return an optimizer with two parameter groups, always the same."""
    start = torch.linspace(-1, 1, 5, dtype=dtype)
    groups = [{"params": [nn.Parameter(start * (i + 1))], "lr": lr} for i, lr in enumerate(RATES)]
    return torch.optim.SGD(groups, lr=0.1, momentum=momentum)


def parameters(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    """Return all that an optimizer trains."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def run(optimizer: torch.optim.Optimizer, scheduler: LRScheduler, steps: int) -> list[list[float]]:
    """Make real updates; return every group's rate at each of them, and once after."""
    rates = []
    for _ in range(steps):
        rates.append([group["lr"] for group in optimizer.param_groups])
        optimizer.zero_grad()
        torch.stack([((p - 0.3) ** 2).sum() * 0.1 for p in parameters(optimizer)]).sum().backward()
        optimizer.step()
        scheduler.step()
    rates.append([group["lr"] for group in optimizer.param_groups])
    return rates


def same_rates(found: list[list[float]], wanted: list[list[float]]) -> None:
    assert torch.allclose(
        torch.tensor(found, dtype=torch.float64), torch.tensor(wanted, dtype=torch.float64), rtol=EXACT, atol=0
    )


def of_the_first(schedule: Callable[[int, float], float], steps: int) -> list[list[float]]:
    """Return what a schedule gives for each group's own first rate."""
    return [[schedule(step, lr) for lr in RATES] for step in range(steps + 1)]


@pytest.mark.parametrize("size", [1, 3, 10])
@pytest.mark.parametrize("gamma", [0.1, 0.7])
def test_step_decay_is_step_lr(size: int, gamma: float) -> None:
    optimizer = optimizer_of_two()
    wanted = run(optimizer, StepLR(optimizer, size, gamma), 25)
    same_rates(of_the_first(lambda step, lr: step_decay(step, lr, size, gamma), 25), wanted)


@pytest.mark.parametrize("gamma", [0.5, 0.97])
def test_exponential_decay_is_exponential_lr(gamma: float) -> None:
    optimizer = optimizer_of_two()
    wanted = run(optimizer, ExponentialLR(optimizer, gamma), 40)
    same_rates(of_the_first(lambda step, lr: exponential_decay(step, lr, gamma), 40), wanted)


@pytest.mark.parametrize("total", [1, 2, 9, 50])
@pytest.mark.parametrize("floor", [0.0, 0.02])
def test_cosine_is_cosine_annealing_up_to_total_and_then_stays(total: int, floor: float) -> None:
    optimizer = optimizer_of_two()
    wanted = run(optimizer, CosineAnnealingLR(optimizer, total, floor), total)
    found = torch.tensor(of_the_first(lambda step, lr: cosine(step, lr, total, floor), total), dtype=torch.float64)
    assert torch.allclose(found, torch.tensor(wanted, dtype=torch.float64), rtol=EXACT, atol=1e-12)
    assert all(cosine(step, lr, total, floor) == floor for step in range(total, 3 * total + 5) for lr in RATES)


@pytest.mark.parametrize(("warmup", "total"), [(1, 7), (5, 20), (9, 10)])
def test_warmup_and_cosine_are_linear_lr_and_cosine_annealing_in_sequence(warmup: int, total: int) -> None:
    optimizer = optimizer_of_two()
    # A rise from 1/warmup to 1 in warmup - 1 steps; the sequence then starts the cosine at step `warmup`.
    rise = LinearLR(optimizer, start_factor=1 / warmup, total_iters=max(warmup - 1, 1))
    fall = CosineAnnealingLR(optimizer, total - warmup, eta_min=0.01)
    wanted = run(optimizer, SequentialLR(optimizer, [rise, fall], [warmup]), total)
    found = of_the_first(lambda step, lr: linear_warmup_cosine(step, lr, warmup, total, 0.01), total)
    same_rates(found, wanted)
    assert linear_warmup_cosine(5 * total, 0.5, warmup, total, 0.01) == 0.01


def test_no_warmup_is_cosine() -> None:
    assert [linear_warmup_cosine(k, 0.5, 0, 8, 0.1) for k in range(20)] == [cosine(k, 0.5, 8, 0.1) for k in range(20)]


@pytest.mark.parametrize(
    ("total", "options"),
    [
        (20, {}),
        (13, {}),
        (100, {"pct": 0.15}),
        (17, {"pct": 0.4, "div": 7.0, "final_div": 30.0}),
        (3, {"pct": 0.4}),
        (6, {"pct": 0.9, "div": 3.0}),
        (10, {"pct": 0.3}),
    ],
)
def test_one_cycle_is_one_cycle_lr_and_then_stays(total: int, options: dict[str, float]) -> None:
    optimizer = optimizer_of_two()
    names = {"pct": "pct_start", "div": "div_factor", "final_div": "final_div_factor"}
    given: dict[str, Any] = {names[name]: value for name, value in options.items()}
    wanted = run(optimizer, OneCycleLR(optimizer, list(RATES), total_steps=total, **given), total - 1)
    same_rates(of_the_first(lambda step, lr: one_cycle(step, lr, total, **options), total - 1), wanted)
    last = one_cycle(total - 1, 0.5, total, **options)
    assert all(math.isclose(one_cycle(step, 0.5, total, **options), last) for step in range(total, 3 * total))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_as_lambda_lr_drives_groups_as_pytorchs_own_scheduler(dtype: torch.dtype) -> None:
    theirs, ours = optimizer_of_two(dtype), optimizer_of_two(dtype)
    wanted = run(theirs, CosineAnnealingLR(theirs, 12), 12)
    scheduler = as_lambda_lr(ours, lambda step: cosine(step, RATES[0], 12))
    assert isinstance(scheduler, LambdaLR)
    found = run(ours, scheduler, 12)
    assert torch.allclose(torch.tensor(found), torch.tensor(wanted), rtol=ROUGH, atol=1e-12)
    bound = EXACT if dtype is torch.float64 else ROUGH
    for p, q in zip(parameters(ours), parameters(theirs), strict=True):
        assert torch.allclose(p, q, rtol=bound, atol=bound)


def test_as_lambda_lr_replaces_the_optimizers_own_rate_and_keeps_ratios() -> None:
    optimizer = optimizer_of_two()
    found = run(optimizer, as_lambda_lr(optimizer, lambda step: one_cycle(step, 2.0, 10)), 15)
    same_rates(found, [[one_cycle(step, 2.0, 10), one_cycle(step, 2.0, 10) / 5] for step in range(16)])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("patience", [0, 1, 3])
@pytest.mark.parametrize("threshold", [0.0, 1e-4, 0.05])
def test_reduce_on_plateau_is_reduce_lr_on_plateau(seed: int, patience: int, threshold: float) -> None:
    gen = torch.Generator().manual_seed(seed)
    fall = 1 / (1 + 0.1 * torch.arange(80, dtype=torch.float64))
    losses: list[float] = (fall + 0.4 * torch.rand(80, generator=gen, dtype=torch.float64)).tolist()
    losses[7:7] = [losses[6], math.nan, math.inf]
    optimizer = optimizer_of_two()
    scheduler = ReduceLROnPlateau(optimizer, factor=0.9, patience=patience, threshold=threshold)
    wanted = []
    for loss in losses:
        scheduler.step(loss)
        wanted.append([group["lr"] for group in optimizer.param_groups])
    found = [reduce_on_plateau(losses, lr, 0.9, patience, threshold) for lr in RATES]
    same_rates([list(pair) for pair in zip(*found, strict=True)], wanted)


def wave(dtype: torch.dtype) -> DataLoader[Any]:
    """Return batches of a noisy line, the last one short, in file order."""
    gen = torch.Generator().manual_seed(3)
    X = torch.randn(11, 3, generator=gen, dtype=torch.float64)
    y = X.sum(dim=1, keepdim=True) + torch.randn(11, 2, generator=gen, dtype=torch.float64)
    return DataLoader(TensorDataset(X.to(dtype), y.to(dtype)), batch_size=4)


def network(dtype: torch.dtype) -> nn.Module:
    """Return a network, always the same one."""
    model = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)).to(dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.linspace(-0.7, 0.8, parameter.numel()).reshape(parameter.shape))
    return model


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("per", ["batch", "epoch"])
def test_train_scheduled_is_the_loop_with_pytorchs_own_schedule(dtype: torch.dtype, per: str) -> None:
    loader, epochs = wave(dtype), 4
    steps = epochs * (len(loader) if per == "batch" else 1)
    ours, theirs = network(dtype), network(dtype)
    optimizer = torch.optim.AdamW(ours.parameters(), lr=0.02)
    scheduler = as_lambda_lr(optimizer, lambda step: cosine(step, 0.02, steps))
    rates = train_scheduled(ours, loader, optimizer, scheduler, epochs, per)

    optimizer = torch.optim.AdamW(theirs.parameters(), lr=0.02)
    annealing = CosineAnnealingLR(optimizer, steps)
    wanted = []
    for _ in range(epochs):
        for i, (X, y) in enumerate(loader):
            optimizer.zero_grad()
            nn.functional.mse_loss(theirs(X), y).backward()
            wanted.append(annealing.get_last_lr()[0])
            optimizer.step()
            if per == "batch" or i == len(loader) - 1:
                annealing.step()
    assert torch.allclose(torch.tensor(rates), torch.tensor(wanted), rtol=ROUGH, atol=1e-12)
    bound = EXACT if dtype is torch.float64 else ROUGH
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(p, q, rtol=bound, atol=bound)


def make_lambda(optimizer: torch.optim.Optimizer) -> LRScheduler:
    return as_lambda_lr(optimizer, lambda step: linear_warmup_cosine(step, 0.4, 4, 14, 0.01))


@pytest.mark.parametrize(
    "make",
    [make_lambda, lambda o: CosineAnnealingLR(o, 9), lambda o: OneCycleLR(o, list(RATES), total_steps=20)],
    ids=["lambda", "cosine", "cycle"],
)
@pytest.mark.parametrize("stop", [0, 1, 6])
def test_a_resumed_training_is_the_undisturbed_one_bit_for_bit(
    make: Callable[[torch.optim.Optimizer], LRScheduler], stop: int
) -> None:
    whole = optimizer_of_two()
    wanted = run(whole, make(whole), 15)

    first = optimizer_of_two()
    scheduler = make(first)
    rates = run(first, scheduler, stop)
    state = save_state(first, scheduler)
    weights = [p.detach().clone() for p in parameters(first)]
    kept = copy.deepcopy(state)
    run(first, scheduler, 3)  # going on spoils nothing

    for _ in range(2):  # and a state can be loaded twice
        second = optimizer_of_two(momentum=0.1)
        again = make(second)
        with torch.no_grad():
            for p, old in zip(parameters(second), weights, strict=True):
                p.copy_(old)
        load_state(second, again, state)
        assert rates[:stop] + run(second, again, 15 - stop) == wanted
        for p, q in zip(parameters(second), parameters(whole), strict=True):
            assert torch.equal(p, q)
    assert str(state) == str(kept)


def test_the_range_test_is_sgd_with_an_exponential_schedule() -> None:
    loader, model = wave(torch.float64), network(torch.float64)
    rates, losses = lr_range_test(model, loader, 1e-3, 0.1, 7)

    theirs = network(torch.float64)
    for p, q in zip(model.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(p, q)
    optimizer = torch.optim.SGD(theirs.parameters(), lr=1e-3)
    scheduler = ExponentialLR(optimizer, 100 ** (1 / 6))
    wanted_rates, wanted = [], []
    for X, y in [*loader, *loader, *loader][:7]:
        loss = nn.functional.mse_loss(theirs(X), y)
        optimizer.zero_grad()
        loss.backward()
        wanted_rates.append(optimizer.param_groups[0]["lr"])
        wanted.append(loss.item())
        optimizer.step()
        scheduler.step()
    assert rates == pytest.approx(wanted_rates, rel=EXACT)
    assert losses == pytest.approx(wanted, rel=EXACT)
