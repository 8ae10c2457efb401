"""Hidden scenarios of `error_rate`. No logit lies near 0 unless it is exactly 0."""

import pytest
import torch
from torch import nn

from autograder.worker import probes


def adder(device, dtype=torch.float32):
    """A model whose logit is the sum of the row."""
    model = nn.Linear(2, 1).to(device, dtype)
    with torch.no_grad():
        model.weight.fill_(1.0)
        model.bias.zero_()
    return model


def rows(rng, device, n, low, high, dtype=torch.float32):
    """Rows whose sums have an absolute value between low and high and either sign; returns rows and sums."""
    sums = (low + (high - low) * torch.rand(n, generator=rng)) * (1 - 2 * torch.randint(0, 2, (n,), generator=rng))
    part = torch.randint(-8, 9, (n,), generator=rng).float() / 4
    return torch.stack([part, sums - part], dim=1).to(device, dtype), sums.to(device, dtype)


def classes(sums, wrong):
    """Return a column of classes of which exactly the first `wrong` are not what the sums say."""
    y = (sums > 0).to(sums.dtype)
    y[:wrong] = 1 - y[:wrong]
    return y.unsqueeze(1)


def some_of(rng, n):
    """Return a drawn number of rows, neither none nor all of them."""
    return int(torch.randint(1, n, (), generator=rng))


@pytest.mark.exercise("error_rate")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("n", "wrong"), [(10, 3), (7, 0), (6, 6), (1, 1), (9, 2)])
def test_fraction_of_wrong_rows(lesson, device, rng, dtype, n, wrong):
    """The share of wrong rows, a Python float, from none to all, also of a single row; the data stay."""
    X, sums = rows(rng, device, n, 0.6, 5.0, dtype)
    y = classes(sums, wrong)
    model = adder(device, dtype)
    error, kept = probes.unchanged(lambda: lesson.error_rate(model, X, y), X=X, y=y, model=model)
    return {"error": error, **kept}


@pytest.mark.exercise("error_rate")
@pytest.mark.weight(5)
def test_the_boundary_is_a_logit_of_zero(lesson, device, rng):
    """A logit between 0 and 0.5 says class 1; exactly 0 says class 0."""
    X, sums = rows(rng, device, 40, 0.1, 0.45)
    some = lesson.error_rate(adder(device), X, classes(sums, some_of(rng, 40)))
    level = torch.tensor([[2.0, -2.0], [0.0, 0.0], [3.0, 1.0]], device=device)
    y = torch.tensor([[0.0], [0.0], [0.0]], device=device)
    return {
        "logits between -0.5 and 0.5": some,
        "logits of 0 and one of 4, class 0": lesson.error_rate(adder(device), level, y),
        "logits of 0, class 1": lesson.error_rate(adder(device), level[:2], 1 - y[:2]),
    }


@pytest.mark.exercise("error_rate")
@pytest.mark.weight(3)
@pytest.mark.parametrize("training", [True, False])
def test_eval_mode_inside_and_mode_restored(lesson, device, rng, training):
    """Dropout and batch normalization are asked in eval mode; the mode from before is restored, and nothing else changes."""
    X, sums = rows(rng, device, 40, 0.6, 5.0)
    y = classes(sums, some_of(rng, 40))
    model = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(0.7), adder(device)).to(device)
    with torch.no_grad():  # running statistics that leave the rows as they are, and a slope that eval mode alone keeps
        model[0].running_mean.zero_()
        model[0].running_var.fill_(1.0)
    model.train(training)
    torch.manual_seed(3)
    result = lesson.error_rate(model, X, y)
    return {
        "error": result,
        "the model afterwards": probes.kept("the model's mode, its buffers or its gradients", model),
    }


@pytest.mark.exercise("error_rate")
def test_old_gradients_stay(lesson, device, rng):
    """What lies in `.grad` is still there afterwards."""
    X, sums = rows(rng, device, 30, 0.6, 5.0)
    model = adder(device)
    model.weight.grad = torch.randn(1, 2, generator=rng).to(device)
    error = lesson.error_rate(model, X, classes(sums, some_of(rng, 30)))
    return {"error": error, "gradients afterwards": probes.kept("the model's gradients", model.weight.grad)}
