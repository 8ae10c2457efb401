"""Hidden scenarios of `LinearModel`. Parameters are found by their shapes, for their names are open."""

import pytest
import torch
from torch import nn

from autograder.worker import probes


def number(rng, low, high):
    """Return a whole number from `low` to `high`."""
    return int(torch.randint(low, high + 1, (1,), generator=rng))


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
@pytest.mark.parametrize(("fewest", "most"), [(2, 30), (31, 100), (101, 300)])
@pytest.mark.weight(0.7)
def test_two_trainable_parameter_tensors(lesson, rng, fewest, most):
    """It has the weights `(1, D)` and the bias `(1,)`, both trainable, float32 at first."""
    models = {"one feature": lesson.LinearModel(1), "D features": lesson.LinearModel(number(rng, fewest, most))}
    dtypes = [str(parameter.dtype) for model in models.values() for parameter in model.parameters()]
    return {**{f"parameters, {name}": shapes(model) for name, model in models.items()}, "dtypes": dtypes}


@pytest.mark.exercise("LinearModel")
@pytest.mark.weight(0.5)
def test_it_is_a_module(lesson, rng):
    """It is an `nn.Module`."""
    model = lesson.LinearModel(number(rng, 2, 300))
    return {"what the model is": probes.kind(model, nn.Module), "parameters": shapes(model)}


@pytest.mark.exercise("LinearModel")
@pytest.mark.weight(1.5)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("n", "d"), [(7, 3), (4, 4)])
def test_probability_of_each_row(lesson, device, rng, dtype, n, d):
    """The result is `sigmoid(X @ W.T + b)`, a column `(N, 1)` of X's dtype."""
    model = known(lesson, rng, device, dtype, d)
    X = torch.randn(n, d, generator=rng).to(device, dtype)
    return {"parameters": shapes(model), "probabilities": model(X)}


@pytest.mark.exercise("LinearModel")
@pytest.mark.parametrize("d", [1, 4])
def test_batch_of_one(lesson, device, rng, d):
    """One row gives a column of one."""
    model = known(lesson, rng, device, torch.float32, d)
    return model(torch.randn(1, d, generator=rng).to(device))


@pytest.mark.exercise("LinearModel")
def test_gradients_reach_both_parameters(lesson, device, rng):
    """Autograd goes back from the probabilities to the weights and the bias."""
    model = lesson.LinearModel(3).to(device, torch.float64)
    parameters = fill(model, torch.randn(1, 3, generator=rng), torch.randn(1, generator=rng))
    X = torch.randn(6, 3, generator=rng).to(device, torch.float64)
    loss = (model(X) ** 2).sum()
    gradients = torch.autograd.grad(loss, parameters) if parameters else []
    return {"gradients": [gradient.detach() for gradient in gradients]}


@pytest.mark.exercise("LinearModel")
@pytest.mark.check("start_is_random")
def test_the_start_is_random_and_fixed_by_the_global_seed(lesson, rng):
    """`torch.manual_seed` fixes the start; two models made one after the other differ."""
    d, seed = number(rng, 4, 100), number(rng, 0, 10_000)

    def start():
        return [parameter.detach().clone() for parameter in lesson.LinearModel(d).parameters()]

    torch.manual_seed(seed)
    first, second = start(), start()
    torch.manual_seed(seed)
    return {"first model": first, "second model": second, "first model with the same seed": start()}
