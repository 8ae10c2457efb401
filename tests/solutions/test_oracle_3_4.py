"""Lesson 3.4's reference against PyTorch's own: batch and layer normalization, their gradients, and clipping, over whole runs."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from solutions.lesson_3_4.exercises import (
    ResidualBlock,
    batch_norm,
    batch_norm_backward,
    clip_by_global_norm_,
    gradient_norms,
    layer_norm,
    layer_norm_backward,
)

BOUNDS = {torch.float64: 1e-6, torch.float32: 1e-4}
DTYPES = pytest.mark.parametrize("dtype", list(BOUNDS))


def same(one: torch.Tensor, other: torch.Tensor | None) -> None:
    """The two agree within the bound of their dtype."""
    assert other is not None
    bound = BOUNDS[other.dtype]
    torch.testing.assert_close(one.detach(), other.detach(), rtol=bound, atol=bound)


def normal(gen: torch.Generator, dtype: torch.dtype, *shape: int) -> torch.Tensor:
    """Return numbers drawn in float64 and rounded to the dtype."""
    return torch.randn(shape, generator=gen, dtype=torch.float64).to(dtype)


@DTYPES
@pytest.mark.parametrize(("momentum", "eps"), [(0.1, 1e-5), (0.3, 0.5)])
def test_batch_norm_follows_torch_through_training_and_a_saved_state(
    dtype: torch.dtype, momentum: float, eps: float
) -> None:
    """Outputs, running statistics and gradients stay those of BatchNorm1d, step after step, and from a saved state on."""
    gen = torch.Generator().manual_seed(0)
    module = nn.BatchNorm1d(4, eps=eps, momentum=momentum).to(dtype)
    gamma, beta = normal(gen, dtype, 4) + 1, normal(gen, dtype, 4)
    running = torch.zeros(4, dtype=dtype), torch.ones(4, dtype=dtype)
    with torch.no_grad():
        module.weight.copy_(gamma)
        module.bias.copy_(beta)
    for step in range(12):
        if step == 6:  # saved, and restored in a fresh module
            state = {name: value.clone() for name, value in module.state_dict().items()}
            module = nn.BatchNorm1d(4, eps=eps, momentum=momentum).to(dtype)
            module.load_state_dict(state)
        x = normal(gen, dtype, 2 + step, 4) * 2 + 3
        dy = normal(gen, dtype, 2 + step, 4)
        training = step % 4 != 3
        module.train(training)
        module.zero_grad()
        leaf = x.clone().requires_grad_()
        wanted = module(leaf)
        wanted.backward(dy)
        y, running, cache = batch_norm(x, gamma, beta, running, training, momentum, eps)
        same(y, wanted)
        same(running[0], module.running_mean)
        same(running[1], module.running_var)
        if training:
            dx, dgamma, dbeta = batch_norm_backward(dy, cache)
            same(dx, leaf.grad)
            same(dgamma, module.weight.grad)
            same(dbeta, module.bias.grad)
            gamma, beta = gamma - 0.1 * dgamma, beta - 0.1 * dbeta
            torch.optim.SGD(module.parameters(), lr=0.1).step()


@pytest.mark.parametrize("rows", [1])
def test_both_refuse_one_row_in_training(rows: int) -> None:
    """BatchNorm1d raises a ValueError for one row in training, and so does the reference."""
    x, ones = torch.ones(rows, 3), torch.ones(3)
    with pytest.raises(ValueError, match=r"[Ee]xpected more than 1 value"):
        nn.BatchNorm1d(3)(x)
    with pytest.raises(ValueError, match="one row"):
        batch_norm(x, ones, ones, (ones, ones), True)


@DTYPES
@pytest.mark.parametrize(("n", "d"), [(5, 7), (4, 4), (1, 6), (3, 1)])
def test_layer_norm_follows_torch_over_a_run(dtype: torch.dtype, n: int, d: int) -> None:
    """Outputs and gradients stay those of LayerNorm over steps of descent."""
    gen = torch.Generator().manual_seed(1)
    module = nn.LayerNorm(d).to(dtype)
    gamma, beta = normal(gen, dtype, d) + 1, normal(gen, dtype, d)
    with torch.no_grad():
        module.weight.copy_(gamma)
        module.bias.copy_(beta)
    for _ in range(8):
        x, dy = normal(gen, dtype, n, d) * 2 + 3, normal(gen, dtype, n, d)
        leaf = x.clone().requires_grad_()
        module.zero_grad()
        wanted = module(leaf)
        wanted.backward(dy)
        y, cache = layer_norm(x, gamma, beta)
        same(y, wanted)
        dx, dgamma, dbeta = layer_norm_backward(dy, cache)
        same(dx, leaf.grad)
        same(dgamma, module.weight.grad)
        same(dbeta, module.bias.grad)
        gamma, beta = gamma - 0.1 * dgamma, beta - 0.1 * dbeta
        torch.optim.SGD(module.parameters(), lr=0.1).step()


@DTYPES
@pytest.mark.parametrize("max_norm", [0.05, 0.7, 4.0, float("inf")])
def test_clipping_follows_torch_over_a_run(dtype: torch.dtype, max_norm: float) -> None:
    """Norms and weights of a run with momentum and two groups stay those of a run with clip_grad_norm_."""
    gen = torch.Generator().manual_seed(2)
    X, y = normal(gen, dtype, 20, 3), normal(gen, dtype, 20, 2)
    mine = nn.Sequential(nn.Linear(3, 8), ResidualBlock(8), nn.Linear(8, 2)).to(dtype)
    theirs = nn.Sequential(nn.Linear(3, 8), ResidualBlock(8), nn.Linear(8, 2)).to(dtype)
    theirs.load_state_dict(mine.state_dict())

    def optimizer(model: nn.Sequential) -> torch.optim.SGD:
        groups: list[dict[str, Any]] = [
            {"params": list(model[:2].parameters())},
            {"params": list(model[2].parameters()), "lr": 0.05},
        ]
        return torch.optim.SGD(groups, lr=0.3, momentum=0.5)

    optimizers = optimizer(mine), optimizer(theirs)
    for step in range(15):
        for model, stepping in zip((mine, theirs), optimizers, strict=True):
            stepping.zero_grad()
            next(model.parameters()).requires_grad_(step > 4)  # before that its gradient is None
            ((model(X) - y) ** 2).mean().backward()
        norms = (
            clip_by_global_norm_(mine.parameters(), max_norm),
            nn.utils.clip_grad_norm_(theirs.parameters(), max_norm),
        )
        for stepping in optimizers:
            stepping.step()
        same(norms[0], norms[1])
        for one, other in zip(mine.parameters(), theirs.parameters(), strict=True):
            same(one, other)
        total = sum(norm**2 for norm in gradient_norms(mine).values()) ** 0.5
        assert total <= max_norm * (1 + 1e-4)
