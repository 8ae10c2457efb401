"""The reference of lesson 3.9 against PyTorch's own: evaluation mode, clipping, resumed runs; and the digits above 95 %."""

from __future__ import annotations

import copy
import time
from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from solutions.lesson_3_9.exercises import (
    Autoencoder,
    Trainer,
    fine_tune,
    freeze,
    masked_reconstruction_loss,
    parameter_groups,
    replace_head,
)

BOUNDS = {torch.float64: 1e-6, torch.float32: 1e-4}


def network(dtype: torch.dtype, seed: int = 5) -> nn.Sequential:
    """A backbone with batch normalization and dropout, and a head; the same for the same seed."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        backbone = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Sequential(nn.Dropout(0.5)))
        return nn.Sequential(backbone, nn.Linear(8, 3)).to(dtype)


def samples(dtype: torch.dtype, n: int = 22) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows and their classes."""
    gen = torch.Generator().manual_seed(1)
    return torch.randn(n, 4, generator=gen, dtype=torch.float64).to(dtype), torch.randint(3, (n,), generator=gen)


def batches(dtype: torch.dtype, n: int = 22) -> DataLoader[tuple[torch.Tensor, ...]]:
    """The rows in batches of eight, the last one short."""
    return DataLoader(TensorDataset(*samples(dtype, n)), batch_size=8)


def cross_entropy(y: torch.Tensor, y_hat: torch.Tensor) -> torch.Tensor:
    """Targets first, as in the lesson."""
    return nn.functional.cross_entropy(y_hat, y)


def same(ours: nn.Module, theirs: nn.Module, dtype: torch.dtype) -> None:
    """All parameters and buffers are equal up to rounding."""
    wanted = theirs.state_dict()
    for name, tensor in ours.state_dict().items():
        torch.testing.assert_close(tensor, wanted[name], rtol=BOUNDS[dtype], atol=BOUNDS[dtype])


@pytest.mark.parametrize("dtype", BOUNDS)
def test_a_frozen_backbone_computes_as_in_torchs_evaluation_mode_along_a_training(dtype: torch.dtype) -> None:
    ours, theirs = network(dtype), network(dtype)
    assert freeze(ours[0]) is ours[0]
    theirs[0].requires_grad_(False)
    x, y = samples(dtype)
    optimizers = [torch.optim.SGD(model[1].parameters(), lr=0.1, momentum=0.9) for model in (ours, theirs)]
    for _ in range(10):
        ours.train()
        theirs.train()
        theirs[0].eval()  # what a careful loop without freeze has to do in each epoch
        for model, optimizer in zip((ours, theirs), optimizers, strict=True):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        same(ours, theirs, dtype)
        torch.testing.assert_close(ours(x), theirs(x), rtol=BOUNDS[dtype], atol=BOUNDS[dtype])
    for name, tensor in network(dtype)[0].state_dict().items():
        assert torch.equal(tensor, ours[0].state_dict()[name])


def test_a_copy_of_a_frozen_model_is_frozen_itself_and_leaves_the_first_alone() -> None:
    first = freeze(network(torch.float32))
    second = copy.deepcopy(first)
    assert second.train() is second
    assert not any(part.training for part in second.modules())


@pytest.mark.parametrize("dtype", BOUNDS)
@pytest.mark.parametrize("max_norm", [0.05, 1.0, 1e6])
@pytest.mark.parametrize("optimize", [torch.optim.SGD, torch.optim.Adam])
def test_trainer_clips_as_pytorch_does(dtype: torch.dtype, max_norm: float, optimize: type) -> None:
    ours, theirs = (nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3)).to(dtype) for _ in range(2))
    theirs.load_state_dict(ours.state_dict())
    trainer = Trainer(ours, optimize(ours.parameters(), lr=0.1), cross_entropy, max_norm=max_norm)
    history = trainer.fit(batches(dtype), batches(dtype), 4)
    optimizer = optimize(theirs.parameters(), lr=0.1)
    for epoch in range(4):
        losses = torch.zeros((), dtype=torch.float64)
        for x, y in batches(dtype):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(theirs(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(theirs.parameters(), max_norm)
            optimizer.step()
            losses += loss.detach().double() * len(x)
        assert history["train"][epoch] == pytest.approx(losses.item() / 22, rel=BOUNDS[dtype])
    same(ours, theirs, dtype)
    x, y = samples(dtype)
    assert history["validation"][-1] == pytest.approx(
        nn.functional.cross_entropy(theirs(x), y).item(), rel=BOUNDS[dtype]
    )


@pytest.mark.parametrize(
    "kind",
    [lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), lambda p: torch.optim.Adam(p, lr=0.02)],
    ids=["SGD", "Adam"],
)
def test_a_resumed_run_ends_bit_for_bit_where_the_undisturbed_one_does(kind, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    def trainer(seed: int) -> Trainer:
        model = network(torch.float32, seed)
        freeze(model[0].get_submodule("3"))  # dropout would draw other numbers after the break
        optimizer = kind(parameter_groups(model, 0.01, 0.1))
        return Trainer(
            model, optimizer, cross_entropy, torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.3), max_norm=0.5
        )

    whole = trainer(5)
    undisturbed = whole.fit(batches(torch.float32), batches(torch.float32), 7)
    first = trainer(5)
    history = first.fit(batches(torch.float32), batches(torch.float32), 3)
    first.save(tmp_path / "run.pt")
    second = trainer(6)
    second.load(tmp_path / "run.pt")
    rest = second.fit(batches(torch.float32), batches(torch.float32), 4)
    assert {name: history[name] + rest[name] for name in rest} == undisturbed
    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(tensor, second.model.state_dict()[name])
    assert second.scheduler is not None
    assert second.scheduler.get_last_lr() == pytest.approx([0.01 * 0.3**3, 0.1 * 0.3**3])


@pytest.mark.parametrize("dtype", BOUNDS)
def test_masked_loss_is_mse_loss_of_what_counts(dtype: torch.dtype) -> None:
    gen = torch.Generator().manual_seed(3)
    x, x_hat = (torch.randn(6, 5, generator=gen, dtype=dtype) for _ in range(2))
    mask = torch.rand(6, 5, generator=gen) < 0.4
    x_hat.requires_grad_(True)
    ours = masked_reconstruction_loss(x, x_hat, mask)
    theirs = nn.functional.mse_loss(x_hat[mask], x[mask])
    torch.testing.assert_close(ours, theirs, rtol=BOUNDS[dtype], atol=BOUNDS[dtype])
    gradients = [torch.autograd.grad(loss, x_hat)[0] for loss in (ours, theirs)]
    torch.testing.assert_close(*gradients, rtol=BOUNDS[dtype], atol=BOUNDS[dtype])


@pytest.mark.parametrize("dtype", BOUNDS)
def test_fine_tuning_is_a_logistic_regression_on_the_features(dtype: torch.dtype) -> None:
    model = network(dtype)
    x, y = samples(dtype)
    tuned = fine_tune(model, x, y, 3, 50, 0.05, 7)
    head = fine_tune(model, x, y, 3, 0, 0.05, 7).get_submodule("1")
    backbone = network(dtype)[0].eval()
    features = backbone(x).detach()
    optimizer = torch.optim.Adam(head.parameters(), lr=0.05)
    for _ in range(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(head(features), y).backward()
        optimizer.step()
    same(tuned.get_submodule("1"), head, dtype)


def test_a_new_head_is_drawn_as_any_linear_layer() -> None:
    model = network(torch.float64)
    with torch.random.fork_rng():
        torch.manual_seed(11)
        replace_head(model, 6)
        torch.manual_seed(11)
        same(model[1], nn.Linear(8, 6, dtype=torch.float64), torch.float64)


def test_the_autoencoder_rebuilds_about_as_well_as_principal_components() -> None:
    gen = torch.Generator().manual_seed(2)
    directions = torch.linalg.qr(torch.randn(8, 2, generator=gen))[0]
    x = 3 * torch.randn(64, 2, generator=gen) @ directions.T + 0.1 * torch.randn(64, 8, generator=gen)
    with torch.random.fork_rng():
        torch.manual_seed(2)
        model = Autoencoder(8, 2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(400):
        optimizer.zero_grad()
        loss = (model(x) - x).square().mean()
        loss.backward()
        optimizer.step()
    centred = x - x.mean(dim=0)
    best = torch.linalg.svdvals(centred)[2:].square().sum() / x.numel()  # what two principal components leave over
    assert loss.item() < 2 * best.item()
    assert best < 0.01 * centred.square().mean()


@pytest.mark.parametrize("name", ["SGD with momentum", "Adam"])
def test_the_digits_are_learned_within_two_cpu_seconds(name: str) -> None:
    features, labels = load_digits(return_X_y=True)
    gen = torch.Generator().manual_seed(0)
    order = torch.randperm(len(features), generator=gen)
    x, y = torch.tensor(features, dtype=torch.float32)[order] / 16, torch.tensor(labels)[order]
    train = DataLoader(TensorDataset(x[:1197], y[:1197]), batch_size=32, shuffle=True, generator=gen)
    validation, test = (
        DataLoader(TensorDataset(x[a:b], y[a:b]), batch_size=450) for a, b in ((1197, 1347), (1347, 1797))
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, 10))
    parameters = model.parameters()
    if name == "Adam":
        optimizer: torch.optim.Optimizer = torch.optim.Adam(parameters, lr=0.01)
    else:
        optimizer = torch.optim.SGD(parameters, lr=0.1, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 12)
    trainer = Trainer(model, optimizer, cross_entropy, scheduler, max_norm=1.0, patience=6)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        began = time.process_time()
        trainer.fit(train, validation, 12)
        spent = time.process_time() - began
    finally:
        torch.set_num_threads(threads)
    assert spent < 2
    with torch.no_grad():
        right = torch.cat([model(images).argmax(dim=1) == classes for images, classes in test])
    assert right.float().mean() > 0.95
