"""The optimizers of lesson 3.1's reference walk the very paths of torch's own, over whole trajectories."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch

from solutions.lesson_3_1 import exercises as ours

SHAPES = [(3, 2), (2,), (), (4, 1)]
# Ours, torch's, and the options of the optimizer and of its second group.
PAIRS: dict[str, tuple[Any, Any, dict[str, Any], dict[str, Any]]] = {
    "sgd": (ours.SGD, torch.optim.SGD, {"lr": 0.1}, {"lr": 0.02}),
    "decayed sgd": (ours.SGD, torch.optim.SGD, {"lr": 0.1, "weight_decay": 0.3}, {"weight_decay": 0.0}),
    "momentum": (ours.SGD, torch.optim.SGD, {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.2}, {"momentum": 0.5}),
    "nesterov": (ours.SGD, torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True}, {"nesterov": False}),
    "rmsprop": (ours.RMSProp, torch.optim.RMSprop, {}, {"lr": 0.1, "alpha": 0.5, "eps": 0.1}),
    "adam": (ours.Adam, torch.optim.Adam, {}, {"lr": 0.1, "betas": (0.5, 0.7), "eps": 0.1}),
    "decayed adam": (ours.Adam, torch.optim.Adam, {"lr": 0.1, "weight_decay": 0.3}, {"weight_decay": 0.0}),
    "adamw": (ours.AdamW, torch.optim.AdamW, {"lr": 0.1}, {"lr": 0.05, "betas": (0.5, 0.7), "weight_decay": 0.4}),
}


def parameters(dtype: torch.dtype) -> list[torch.Tensor]:
    """Return parameters of several shapes, always the same."""
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype).requires_grad_() for shape in SHAPES]


def grouped(kind: Any, params: list[torch.Tensor], options: dict[str, Any], others: dict[str, Any]) -> Any:
    """Return an optimizer with two groups."""
    return kind([{"params": params[:2]}, {"params": params[2:], **others}], **options)


def walk(optimizer: Any, params: list[torch.Tensor], seed: int, steps: int, *, reused: bool = False) -> list[Any]:
    """Make steps on random gradients, one of them None at times, and return all parameters after each."""
    generator = torch.Generator().manual_seed(seed)
    seen = []
    for step in range(steps):
        for place, p in enumerate(params):
            gradient = torch.randn(p.shape, generator=generator, dtype=torch.float64).to(p.dtype) + 0.2
            if (step + place) % 4 == 3:
                p.grad = None
            elif reused and p.grad is not None:
                p.grad.copy_(gradient)
            else:
                p.grad = gradient
        assert optimizer.step() is None
        seen.append([p.detach().clone() for p in params])
    return seen


def assert_same(found: list[Any], wanted: list[Any], dtype: torch.dtype) -> None:
    """Assert that two walks are the same, as far as the dtype's rounding allows."""
    near = 1e-6 if dtype == torch.float64 else 1e-4
    for one, other in zip(found, wanted, strict=True):
        for a, b in zip(one, other, strict=True):
            assert a.dtype == b.dtype == dtype
            torch.testing.assert_close(a, b, rtol=near, atol=near * 1e-2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name", PAIRS)
def test_walks_groups_and_restored_states_are_torchs_own(name: str, dtype: torch.dtype) -> None:
    mine, theirs, options, others = PAIRS[name]
    walks = []
    for kind in (mine, theirs):
        params = parameters(dtype)
        optimizer = grouped(kind, params, options, others)
        seen = walk(optimizer, params, 2, 8)
        optimizer.param_groups[0]["lr"] *= 0.5
        seen += walk(optimizer, params, 3, 6, reused=True)
        state = copy.deepcopy(optimizer.state_dict())
        fresh = [p.detach().clone().requires_grad_() for p in params]
        restored = grouped(kind, fresh, {"lr": 3.0}, {})
        restored.load_state_dict(state)
        on = walk(optimizer, params, 4, 6)
        again = walk(restored, fresh, 4, 6)
        assert all(torch.equal(a, b) for x, y in zip(on, again, strict=True) for a, b in zip(x, y, strict=True))
        walks.append(seen + again)
    assert_same(walks[0], walks[1], dtype)


@pytest.mark.parametrize("name", PAIRS)
def test_closures_and_real_models_are_as_with_torchs_own(name: str) -> None:
    mine, theirs, options, _ = PAIRS[name]
    X = torch.randn(12, 3, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    y = X.prod(dim=1, keepdim=True)
    histories, weights = [], []
    for kind in (mine, theirs):
        torch.manual_seed(6)
        model = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Linear(5, 1)).double()
        optimizer = kind(model.parameters(), **{"lr": 0.01, **options})

        def closure(model: torch.nn.Module = model, optimizer: Any = optimizer) -> float:
            optimizer.zero_grad()
            loss = (model(X) - y).square().mean()
            loss.backward()
            return float(loss.item())

        histories.append([optimizer.step(closure) for _ in range(20)])
        weights.append([p.detach() for p in model.parameters()])
    assert histories[0] == pytest.approx(histories[1], rel=1e-6)
    assert_same(weights[:1], weights[1:], torch.float64)


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"])
def test_optimize_walks_as_with_torchs_own(name: str) -> None:
    kinds: dict[str, Any] = {
        "sgd": lambda p: torch.optim.SGD(p, lr=1e-3),
        "momentum": lambda p: torch.optim.SGD(p, lr=1e-3, momentum=0.9),
        "nesterov": lambda p: torch.optim.SGD(p, lr=1e-3, momentum=0.9, nesterov=True),
        "rmsprop": lambda p: torch.optim.RMSprop(p, lr=1e-3),
        "adam": lambda p: torch.optim.Adam(p, lr=1e-3),
        "adamw": lambda p: torch.optim.AdamW(p, lr=1e-3),
    }
    p = torch.tensor([-1.2, 1.0], dtype=torch.float64, requires_grad=True)
    optimizer, path = kinds[name]([p]), [p.detach().clone()]
    for _ in range(200):
        optimizer.zero_grad()
        ((1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2).backward()
        optimizer.step()
        path.append(p.detach().clone())
    found = ours.optimize(name, torch.tensor([-1.2, 1.0], dtype=torch.float64), 200, 1e-3)
    torch.testing.assert_close(found, torch.stack(path), rtol=1e-6, atol=1e-8)
