"""Lesson 3.3's reference against PyTorch's own: fans, gains, initializers, orthogonal weights, variances."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from solutions.lesson_3_3 import exercises as ours

SHAPES = [(400, 700), (900, 250), (64, 48, 3, 5), (50, 30, 160), (20, 15, 7, 8, 9)]


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("shape", [*SHAPES, (1, 1), (5, 1), (1, 2, 1, 1)])
def test_fans_are_pytorchs(shape: tuple[int, ...]) -> None:
    assert ours.fans(torch.zeros(shape)) == nn.init._calculate_fan_in_and_fan_out(torch.zeros(shape))


@pytest.mark.parametrize("shape", [(), (1,), (7,)])
def test_without_two_sides_both_refuse(shape: tuple[int, ...]) -> None:
    for function in (ours.fans, nn.init._calculate_fan_in_and_fan_out):
        with pytest.raises(ValueError, match="dimension"):
            function(torch.zeros(shape))


def test_gains_are_pytorchs() -> None:
    for name in ("linear", "sigmoid", "tanh", "relu", "leaky_relu"):
        assert ours.gain(name) == pytest.approx(nn.init.calculate_gain(name), rel=1e-12)
    for slope in (0.0, 0.2, 1.0, 3.5):
        assert ours.gain("leaky_relu", slope) == pytest.approx(nn.init.calculate_gain("leaky_relu", slope), rel=1e-12)
    for function in (ours.gain, nn.init.calculate_gain):
        with pytest.raises(ValueError, match="swish"):
            function("swish")  # type: ignore[arg-type]  # that is the mistake


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", SHAPES)
def test_normal_weights_are_pytorchs_number_for_number(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    rtol = 1e-4 if dtype == torch.float32 else 1e-6
    for factor in (1.0, 5 / 3):
        mine = ours.xavier_normal_(torch.empty(shape, dtype=dtype), factor, generator(3))
        theirs = nn.init.xavier_normal_(torch.empty(shape, dtype=dtype), factor, generator(3))
        torch.testing.assert_close(mine, theirs, rtol=rtol, atol=1e-9)
    for mode in ("fan_in", "fan_out"):
        for name in ("relu", "tanh", "leaky_relu"):
            mine = ours.kaiming_normal_(torch.empty(shape, dtype=dtype), mode, name, generator(4))
            theirs = torch.empty(shape, dtype=dtype)
            slope = 0.01 if name == "leaky_relu" else 0
            nn.init.kaiming_normal_(theirs, slope, mode, name, generator(4))
            torch.testing.assert_close(mine, theirs, rtol=rtol, atol=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_uniform_weights_have_pytorchs_bounds_and_moments(shape: tuple[int, ...]) -> None:
    pairs: list[tuple[Callable[[torch.Tensor], torch.Tensor], Callable[[torch.Tensor], torch.Tensor]]] = [
        (
            lambda w: ours.xavier_uniform_(w, 1.5, generator(5)),
            lambda w: nn.init.xavier_uniform_(w, 1.5, generator(6)),
        ),
        (
            lambda w: ours.kaiming_uniform_(w, "fan_out", "tanh", generator(5)),
            lambda w: nn.init.kaiming_uniform_(w, 0, "fan_out", "tanh", generator(6)),
        ),
        (
            lambda w: ours.kaiming_uniform_(w, gen=generator(5)),
            lambda w: nn.init.kaiming_uniform_(w, nonlinearity="relu", generator=generator(6)),
        ),
    ]
    for mine, theirs in pairs:
        a, b = mine(torch.empty(shape)), theirs(torch.empty(shape))
        assert a.max().item() == pytest.approx(b.max().item(), rel=1e-3)
        assert a.min().item() == pytest.approx(b.min().item(), rel=1e-3)
        assert a.std().item() == pytest.approx(b.std().item(), rel=0.02)
        assert abs(a.mean().item()) < 6 * a.std().item() / math.sqrt(a.numel())


@pytest.mark.parametrize("shape", [(6, 9), (9, 6), (5, 5), (8, 3, 2, 2), (13, 2, 2, 2), (1, 4), (4, 1)])
def test_orthogonal_weights_have_pytorchs_products(shape: tuple[int, ...]) -> None:
    mine = ours.orthogonal_(torch.empty(shape, dtype=torch.float64), 1.7, generator(1)).flatten(1)
    theirs = nn.init.orthogonal_(torch.empty(shape, dtype=torch.float64), 1.7, generator(2)).flatten(1)
    if mine.shape[0] > mine.shape[1]:
        mine, theirs = mine.T, theirs.T
    torch.testing.assert_close(mine @ mine.T, theirs @ theirs.T, rtol=1e-6, atol=1e-9)


def test_models_are_filled_as_pytorch_would_fill_them() -> None:
    model: Any = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Sequential(nn.Linear(5, 6), nn.Linear(6, 2)))
    for name in ("relu", "tanh"):
        ours.init_model_(model, name, generator(8))
        gen = generator(8)
        for layer in (model[0], model[2][0], model[2][1]):
            wanted = torch.empty_like(layer.weight)
            if name == "relu":
                nn.init.kaiming_uniform_(wanted, nonlinearity="relu", generator=gen)
            else:
                nn.init.xavier_uniform_(wanted, generator=gen)
            torch.testing.assert_close(layer.weight.detach(), wanted)
            assert not layer.bias.any()


def test_statistics_are_those_of_the_outputs() -> None:
    model: Any = nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.GELU(), nn.Dropout(0.5), nn.Linear(8, 1)).double()
    x = torch.randn(30, 5, dtype=torch.float64, generator=generator(0))
    found = ours.activation_stats(model, x)
    model.eval()
    for (name, layer), (called, mean, deviation) in zip(model.named_children(), found, strict=True):
        x = layer(x)
        assert called == name
        assert mean == pytest.approx(x.mean().item(), rel=1e-6)
        assert deviation == pytest.approx(torch.std(x, correction=0).item(), rel=1e-6)


@pytest.mark.parametrize("start", [0.0, 0.5])
def test_the_demonstration_follows_pytorchs_sgd(start: float) -> None:
    X, y = ours.demo_data()
    model: Any = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    for name, parameter in model.named_parameters():
        nn.init.constant_(parameter, start if name.endswith("weight") else 0.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for steps in range(60):
        found = ours.symmetry_demo("constant" if start else "zeros", steps)
        torch.testing.assert_close(found, model[0].weight.detach(), rtol=1e-4, atol=1e-5)
        optimizer.zero_grad()
        nn.functional.mse_loss(model(X), y).backward()
        optimizer.step()


def test_variances_follow_theory() -> None:
    """By the variance of a sum: 1 and 1 for Xavier, (1 - 1/π) of the mean square for Kaiming, 0.01²·n for small weights."""
    wanted = {"linear": 1.0, "relu": 1 - 1 / math.pi, "small": 0.0064}
    for name, first in wanted.items():
        runs = [ours.variance_by_depth(name, 2, 64, seed)[0] for seed in range(20)]
        assert sum(runs) / 20 == pytest.approx(first, rel=0.05)
