"""The reference of lesson 3.7 equals PyTorch's own, over whole trajectories."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torchvision.transforms import v2

from solutions.lesson_3_7.exercises import EarlyStopping, augment, ema_update_, label_smoothing_loss, mixup, norm_noise

BOUNDS = {torch.float64: 1e-6, torch.float32: 1e-4}


def network(dtype: torch.dtype) -> nn.Module:
    """A classifier with batch normalization, the same each time."""
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3)).to(dtype)


def samples(dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """Twelve rows and their classes."""
    gen = torch.Generator().manual_seed(1)
    return torch.randn(12, 4, generator=gen, dtype=torch.float64).to(dtype), torch.randint(3, (12,), generator=gen)


@pytest.mark.parametrize("dtype", BOUNDS)
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.7, 1.0])
def test_label_smoothing_is_pytorchs_along_a_training(dtype: torch.dtype, smoothing: float) -> None:
    ours, theirs = network(dtype), network(dtype)
    x, y = samples(dtype)
    loss_fn = nn.CrossEntropyLoss(label_smoothing=smoothing)
    for model in (ours, theirs):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        for _ in range(15):
            logits = model(x)
            loss = label_smoothing_loss(logits, y, smoothing) if model is ours else loss_fn(logits, y)
            torch.testing.assert_close(loss, loss_fn(logits, y), rtol=BOUNDS[dtype], atol=BOUNDS[dtype])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=BOUNDS[dtype], atol=BOUNDS[dtype])


@pytest.mark.parametrize("dtype", BOUNDS)
@pytest.mark.parametrize("decay", [0.0, 0.6, 0.99, 1.0])
def test_moving_average_is_pytorchs_along_a_training_with_a_break(dtype: torch.dtype, decay: float) -> None:
    model = network(dtype)
    x, y = samples(dtype)
    theirs = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))
    theirs.update_parameters(model)  # the first of its updates is a copy
    ours = copy.deepcopy(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for step in range(20):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        if step == 10:
            saved = copy.deepcopy(ours.state_dict())
            ours = network(dtype)
            ours.load_state_dict(saved)
        ema_update_(ours, model, decay)
        theirs.update_parameters(model)
        for name, tensor in theirs.module.state_dict().items():
            torch.testing.assert_close(ours.state_dict()[name], tensor, rtol=BOUNDS[dtype], atol=BOUNDS[dtype])


def test_plateau_scheduler_and_early_stopping_agree_on_bad_epochs() -> None:
    """A rate that falls after more than patience - 1 bad epochs falls exactly where we stop."""
    model = nn.Linear(1, 1)
    losses = (torch.rand(60, generator=torch.Generator().manual_seed(2)) * 64).round() / 64
    for patience in (1, 2, 5):
        for min_delta in (0.0, 0.125):
            stopper = EarlyStopping(patience, min_delta)
            optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
            plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
                optimizer, patience=patience - 1, threshold=min_delta, threshold_mode="abs"
            )
            for loss in losses.tolist():
                plateau.step(loss)
                stop = stopper.step(loss, model)
                assert stop == (optimizer.param_groups[0]["lr"] < 1.0)
                if stop:
                    break


@pytest.mark.parametrize("alpha", [0.2, 1.0, 3.0])
def test_lam_has_the_moments_of_torchs_beta(alpha: float) -> None:
    gen = torch.Generator().manual_seed(4)
    x, y = torch.zeros(1, 1), torch.ones(1, 1)
    lam = torch.tensor([mixup(x, y, alpha, gen)[2] for _ in range(3000)], dtype=torch.float64)
    beta = torch.distributions.Beta(torch.tensor(alpha, dtype=torch.float64), alpha)
    assert abs(float(lam.mean() - beta.mean)) < 0.04
    assert abs(float(lam.var() - beta.variance)) < 0.015


def test_augment_is_random_crop_with_the_same_corners(monkeypatch: pytest.MonkeyPatch) -> None:
    images = torch.rand(6, 3, 7, 9)
    corners = torch.randint(9, (6, 2), generator=torch.Generator().manual_seed(8)).tolist()
    places = iter(corners)
    monkeypatch.setattr(
        v2.RandomCrop,
        "make_params",
        lambda *_: {
            **dict.fromkeys(("needs_crop", "needs_pad"), True),
            "padding": [4, 4, 4, 4],
            **dict(zip(("top", "left"), next(places), strict=True)),
            "height": 7,
            "width": 9,
        },
    )
    crop = v2.RandomCrop((7, 9), padding=4)
    wanted = torch.stack([crop(image) for image in images])
    assert torch.equal(augment(images, torch.Generator().manual_seed(8)), wanted)


def test_noise_falls_with_the_batch_and_layer_normalization_has_none() -> None:
    X = torch.randn(64, 5, generator=torch.Generator().manual_seed(9))
    gen = torch.Generator().manual_seed(10)
    noises = [norm_noise(nn.BatchNorm1d(5), X, size, 200, gen) for size in (4, 16, 64)]
    assert noises[0] > 1.5 * noises[1] > 3 * noises[2]
    assert noises[2] < 1e-5
    assert norm_noise(nn.LayerNorm(5), X, 16, 20, gen) < 1e-6
