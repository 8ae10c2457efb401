"""Hidden scenarios of `LinearModel`. Parameters are found by their shapes, for their names are open."""

import pytest
import torch
from torch import nn


def shapes(model):
    return sorted((tuple(parameter.shape), parameter.requires_grad) for parameter in model.parameters())


def fill(model, *values):
    """Give the parameters of these shapes these values."""
    found = {tuple(parameter.shape): parameter for parameter in model.parameters()}
    for value in values:
        if tuple(value.shape) in found:
            found[tuple(value.shape)].data.copy_(value)
    return [found[tuple(value.shape)] for value in values if tuple(value.shape) in found]


def known(lesson, rng, device, dtype, d):
    """Return a model with random weights that the scenario chooses."""
    model = lesson.LinearModel(d).to(device, dtype)
    fill(model, torch.randn(1, d, generator=rng), torch.randn(1, generator=rng) + 1)
    return model


@pytest.mark.exercise("LinearModel")
@pytest.mark.parametrize("d", [1, 2, 5])
@pytest.mark.weight(0.7)
def test_two_trainable_parameter_tensors(lesson, d):
    """It is an `nn.Module` with the weights `(1, D)` and the bias `(1,)`, both trainable, float32 at first."""
    model = lesson.LinearModel(d)
    dtypes = [str(parameter.dtype) for parameter in model.parameters()]
    return {"module": isinstance(model, nn.Module), "parameters": shapes(model), "dtypes": dtypes}


@pytest.mark.exercise("LinearModel")
@pytest.mark.weight(1.5)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("n", "d"), [(7, 3), (4, 4)])
def test_probability_of_each_row(lesson, device, rng, dtype, n, d):
    """The result is `sigmoid(X @ W.T + b)`, a column `(N, 1)` of X's dtype."""
    model = known(lesson, rng, device, dtype, d)
    X = torch.randn(n, d, generator=rng).to(device, dtype)
    return {"parameters": shapes(model), "probabilities": model(X).detach()}


@pytest.mark.exercise("LinearModel")
@pytest.mark.parametrize("d", [1, 4])
def test_batch_of_one(lesson, device, rng, d):
    """One row gives a column of one."""
    model = known(lesson, rng, device, torch.float32, d)
    return model(torch.randn(1, d, generator=rng).to(device)).detach()


@pytest.mark.exercise("LinearModel")
def test_gradients_reach_both_parameters(lesson, device, rng):
    """Autograd goes back from the probabilities to the weights and the bias."""
    model = lesson.LinearModel(3).to(device, torch.float64)
    parameters = fill(model, torch.randn(1, 3, generator=rng), torch.randn(1, generator=rng))
    X = torch.randn(6, 3, generator=rng).to(device, torch.float64)
    return [gradient.detach() for gradient in torch.autograd.grad((model(X) ** 2).sum(), parameters)]


@pytest.mark.exercise("LinearModel")
def test_the_start_is_random_and_fixed_by_the_global_seed(lesson):
    """`torch.manual_seed` fixes the start; two models made one after the other differ."""

    def start():
        return torch.cat([parameter.detach().flatten() for parameter in lesson.LinearModel(4).parameters()])

    torch.manual_seed(3)
    first, second = start(), start()
    torch.manual_seed(3)
    again = start()
    return {"same": torch.equal(first, again), "other": bool((first - second).abs().max() > 1e-4)}
