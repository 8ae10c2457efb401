"""Lesson 3.5's reference against PyTorch's own: whole-batch training, `tensor_split`, DistributedDataParallel, autocast."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from torch import nn

from autograder.worker import probes
from solutions.lesson_3_5.exercises import (
    accumulate_gradients,
    all_reduce_mean,
    autocast_step,
    data_parallel_step,
    ddp_worker,
    ring_all_reduce_bytes,
    scaling_efficiency,
    shard,
)

TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-4}


def mse(y: torch.Tensor, y_hat: torch.Tensor) -> torch.Tensor:
    return ((y - y_hat) ** 2).mean()


def network(dtype: torch.dtype) -> nn.Module:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1)).to(dtype)


def rows(n: int, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(n)
    X = torch.randn(n, 3, generator=generator, dtype=dtype)
    return X, torch.randn(n, 1, generator=generator, dtype=dtype) + X.sum(dim=1, keepdim=True)


def assert_equal_models(one: nn.Module, other: nn.Module, dtype: torch.dtype) -> None:
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


def test_shards_are_those_of_tensor_split() -> None:
    for n in range(12):
        for world_size in range(1, 6):
            X = torch.arange(2 * n).reshape(n, 2)
            found = [shard({"x": [X]}, world_size, rank)["x"][0] for rank in range(world_size)]
            wanted = torch.tensor_split(X, world_size)
            assert all(torch.equal(a, b) for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("world_size", [1, 3, 9])
def test_data_parallel_training_is_whole_batch_training(world_size: int, dtype: torch.dtype) -> None:
    """Twenty steps on changing batches against `torch.optim.SGD` on all rows, uneven and empty shards included."""
    ours, theirs = network(dtype), network(dtype)
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.05)
    for step in range(20):
        X, y = rows(4 + step % 5, dtype)
        found = data_parallel_step(ours, mse, X, y, world_size, 0.05)
        loss = mse(y, theirs(X))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert found == pytest.approx(loss.item(), rel=TOLERANCE[dtype])
        assert_equal_models(ours, theirs, dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_accumulated_gradients_train_any_optimizer_as_the_whole_batch_does(dtype: torch.dtype) -> None:
    ours, theirs = network(dtype), network(dtype)
    our_optimizer = torch.optim.Adam(ours.parameters(), lr=0.02, eps=1e-4)
    their_optimizer = torch.optim.Adam(theirs.parameters(), lr=0.02, eps=1e-4)
    for step in range(20):
        X, y = rows(8 + step % 3, dtype)
        found = accumulate_gradients(ours, mse, [(X[:3], y[:3]), (X[3:4], y[3:4]), (X[4:], y[4:])])
        our_optimizer.step()
        loss = mse(y, theirs(X))
        their_optimizer.zero_grad()
        loss.backward()
        their_optimizer.step()
        assert found == pytest.approx(loss.item(), rel=TOLERANCE[dtype])
        assert_equal_models(ours, theirs, dtype)


def test_reduced_gradients_are_autograds_of_the_whole_batch() -> None:
    model = network(torch.float64)
    X, y = rows(10, torch.float64)
    parameters = list(model.parameters())
    sizes = [5, 1, 4]
    pieces = zip(X.split(sizes), y.split(sizes), strict=True)
    grads = [list(torch.autograd.grad(mse(t, model(x)), parameters)) for x, t in pieces]
    wanted = torch.autograd.grad(mse(y, model(X)), parameters)
    torch.testing.assert_close(all_reduce_mean(grads, sizes), list(wanted), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("world_size", "n"), [(1, 4), (2, 5), (3, 2)])
def test_real_processes_train_as_one_does(world_size: int, n: int) -> None:
    """All ranks end where `torch.optim.SGD` ends from rank 0's start, though each rank draws other weights."""
    X, y = rows(n, torch.float32)

    def call(rank: int, init_method: str) -> dict[str, torch.Tensor]:
        torch.manual_seed(40 + rank)
        return {name: value.clone() for name, value in ddp_worker(rank, world_size, init_method, X, y, 0.1, 5).items()}

    try:
        found = probes.ranks(world_size, call)
    except OSError as error:
        pytest.skip(f"no loopback interface here: {error}")
    torch.manual_seed(40)
    model = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(5):
        optimizer.zero_grad()
        mse(y, model(X)).backward()
        optimizer.step()
    for state in found:
        for name, value in model.state_dict().items():
            torch.testing.assert_close(state[name], value, rtol=1e-4, atol=1e-5)


def test_a_saved_and_restored_state_goes_on_exactly(tmp_path: Path) -> None:
    """Mixed precision with momentum: weights and optimizer saved half-way end where the undisturbed run ends."""
    X, y = rows(8, torch.float32)
    model = network(torch.float32)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for step in range(10):
        if step == 5:
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "state.pt")
        autocast_step(model, mse, X, y, optimizer)
    again = network(torch.float32)
    restored = torch.optim.SGD(again.parameters(), lr=0.9, momentum=0.1)
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    again.load_state_dict(state["model"])
    restored.load_state_dict(state["optimizer"])
    for _ in range(5):
        autocast_step(again, mse, X, y, restored)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))


def test_mixed_precision_stays_near_full_precision() -> None:
    X, y = rows(32, torch.float32)
    ours, theirs = network(torch.float32), network(torch.float32)
    optimizers = [torch.optim.SGD(model.parameters(), lr=0.05) for model in (ours, theirs)]
    for _ in range(20):
        found = autocast_step(ours, mse, X, y, optimizers[0])
        loss = mse(y, theirs(X))
        optimizers[1].zero_grad()
        loss.backward()
        optimizers[1].step()
        assert found == pytest.approx(loss.item(), rel=0.05)
    assert {parameter.dtype for parameter in ours.parameters()} == {torch.float32}
    start = copy.deepcopy(network(torch.float32))
    assert not any(torch.equal(a, b) for a, b in zip(ours.parameters(), start.parameters(), strict=True))


def test_the_figures_of_the_page() -> None:
    gradients = 124_439_808 * 4
    assert gradients == 497_759_232
    assert ring_all_reduce_bytes(8, gradients) == 871_078_656
    assert ring_all_reduce_bytes(40, gradients) == pytest.approx(970_630_502.4)
    assert scaling_efficiency({1: 29, 32: 1})[32] == 0.90625
    step = 0.576 / 5 + ring_all_reduce_bytes(40, gradients) / 12.5e9
    assert scaling_efficiency({1: 0.576, 5: step})[5] == pytest.approx(0.60, abs=0.005)


def test_the_ring_of_the_page_sends_what_the_formula_says() -> None:
    """Count what a ring really sends: two rounds of n - 1 steps, a piece each."""
    for n in (1, 2, 5, 8):
        pieces = [[rank * 100 + piece for piece in range(n)] for rank in range(n)]
        sent = [0] * n
        for step in range(2 * (n - 1)):
            parcels = [((rank - step) % n, pieces[rank][(rank - step) % n]) for rank in range(n)]
            for rank, (piece, value) in enumerate(parcels):
                neighbour = (rank + 1) % n
                pieces[neighbour][piece] = pieces[neighbour][piece] + value if step < n - 1 else value
                sent[rank] += 1
        assert all(row == pieces[0] for row in pieces)
        assert pieces[0] == [sum(rank * 100 + piece for rank in range(n)) for piece in range(n)]
        assert sent == [ring_all_reduce_bytes(n, n)] * n
