"""The reference of lesson 3.6 against others' programs: scikit-learn's metrics and TensorBoard's reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from sklearn.metrics import confusion_matrix, precision_score, recall_score
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn

from solutions.lesson_3_6 import exercises


def classes(seed: int, n: int, n_classes: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(n_classes, (n,), generator=generator)
    guess = torch.randint(n_classes, (n,), generator=generator)
    return y, torch.where(torch.rand(n, generator=generator) < 0.6, y, guess)


@pytest.mark.parametrize(("n", "n_classes"), [(1, 4), (7, 9), (50, 3), (500, 10)])
def test_counts_are_scikit_learns(n: int, n_classes: int) -> None:
    y, y_hat = classes(n, n, n_classes)
    wanted = torch.from_numpy(confusion_matrix(y.numpy(), y_hat.numpy(), labels=range(n_classes)))
    found = exercises.confusion_matrix(y, y_hat, n_classes)
    assert found.dtype == torch.int64
    assert torch.equal(found, wanted)


@pytest.mark.parametrize(("n", "n_classes"), [(1, 4), (7, 9), (50, 3), (500, 10)])
def test_precision_and_recall_are_scikit_learns(n: int, n_classes: int) -> None:
    y, y_hat = classes(n + 1, n, n_classes)
    found = exercises.precision_recall(exercises.confusion_matrix(y, y_hat, n_classes))
    for part, score in zip(found, (precision_score, recall_score), strict=True):
        wanted = score(y.numpy(), y_hat.numpy(), labels=range(n_classes), average=None, zero_division=0.0)
        assert torch.allclose(part.double(), torch.from_numpy(wanted), atol=1e-6)


def test_a_meter_is_the_mean_over_the_samples() -> None:
    losses = torch.rand(103, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    meter = exercises.AverageMeter()
    for part in losses.split(16):
        meter.update(part.mean(), len(part))
    assert meter.average == pytest.approx(losses.mean().item(), abs=1e-12)


def test_a_log_is_read_by_tensorboard(tmp_path: Path) -> None:
    with exercises.Logger(tmp_path / "run") as log:
        for step in range(25):
            log.scalar("loss/train", 1 / (step + 1), step)
            log.scalar("rate", torch.tensor(0.1), 10 * step)
    events = EventAccumulator(str(tmp_path / "run"))
    events.Reload()
    assert events.Tags()["scalars"] == ["loss/train", "rate"]
    assert [event.step for event in events.Scalars("rate")] == list(range(0, 250, 10))
    assert [event.value for event in events.Scalars("loss/train")] == pytest.approx([1 / n for n in range(1, 26)])


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop])
def test_usual_optimizers_learn_eight_separable_rows_with_room_to_spare(
    optimizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.optim, "Adam", optimizer)
    torch.manual_seed(0)
    y = torch.tensor([0, 1, 1, 0, 1, 0, 0, 1])
    X = (4 * y.unsqueeze(1) - 2) * torch.tensor([0.6, -0.8]) + 0.3 * torch.randn(8, 2).clamp(-2, 2)
    for model in (nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))):
        history = exercises.overfit_one_batch(model, (X, y), 200, 0.1)
        assert history[-1] < 0.06 * history[0]
