"""Hidden scenarios of `MLP`. Parameters are found by their shapes, for their names are open; H and O always differ."""

import pytest
import torch
from torch import nn

from autograder.worker import probes


def bent(z):
    """An activation that no library has."""
    return torch.sin(z) + 0.4 * z


def sizes(rng, count):
    """Return different whole numbers from 2 to 40."""
    return (torch.randperm(39, generator=rng)[:count] + 2).tolist()


def shapes(model):
    return sorted((tuple(parameter.shape), parameter.requires_grad) for parameter in model.parameters())


def fill(model, *values):
    """Give the parameters of these shapes these values."""
    found = {tuple(parameter.shape): parameter for parameter in model.parameters()}
    for value in values:
        if tuple(value.shape) in found:
            found[tuple(value.shape)].data.copy_(value)
    return [found[tuple(value.shape)] for value in values if tuple(value.shape) in found]


def weights(rng, d, h, o):
    return (
        torch.randn(h, d, generator=rng),
        torch.randn(h, generator=rng) + 1,
        torch.randn(o, h, generator=rng),
        torch.randn(o, generator=rng) - 0.5,
    )


@pytest.mark.exercise("MLP")
@pytest.mark.parametrize("case", ["one output", "all sizes alike", "different sizes"])
@pytest.mark.weight(0.7)
def test_four_trainable_parameter_tensors(lesson, rng, case):
    """It has `(H, D)`, `(H,)`, `(O, H)` and `(O,)`, all trainable, float32 at first."""
    d, h, o = sizes(rng, 3)
    if case == "one output":
        o = 1
    elif case == "all sizes alike":
        d = h = o
    model = lesson.MLP(d, h, o, bent)
    return {"parameters": shapes(model), "dtypes": [str(parameter.dtype) for parameter in model.parameters()]}


@pytest.mark.exercise("MLP")
@pytest.mark.weight(0.7)
def test_it_is_a_module(lesson, rng):
    """It is an `nn.Module`."""
    model = lesson.MLP(*sizes(rng, 3), bent)
    return {"what the model is": probes.kind(model, nn.Module), "parameters": shapes(model)}


@pytest.mark.exercise("MLP")
@pytest.mark.weight(1.5)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("n", "d", "h", "o"), [(7, 2, 5, 1), (6, 4, 2, 3), (3, 3, 3, 2)])
def test_probabilities_of_each_row(lesson, device, rng, dtype, n, d, h, o):
    """The result is `sigmoid(activation(X @ W1.T + b1) @ W2.T + b2)`, `(N, O)`, the sigmoid element by element."""
    model = lesson.MLP(d, h, o, bent).to(device, dtype)
    fill(model, *weights(rng, d, h, o))
    X = torch.randn(n, d, generator=rng).to(device, dtype)
    return {"parameters": shapes(model), "probabilities": model(X)}


@pytest.mark.exercise("MLP")
@pytest.mark.parametrize("o", [1, 2])
def test_batch_of_one(lesson, device, rng, o):
    """One row gives `(1, O)`. The activation may be a module without parameters, such as `nn.Tanh()`."""
    model = lesson.MLP(3, 4, o, nn.Tanh()).to(device)
    fill(model, *weights(rng, 3, 4, o))
    return {"parameters": shapes(model), "probabilities": model(torch.randn(1, 3, generator=rng).to(device))}


@pytest.mark.exercise("MLP")
@pytest.mark.weight(2)
def test_the_activation_is_called_once_on_the_hidden_layer(lesson, device, rng):
    """Each forward pass calls the activation once, on the `(N, H)` that the first layer gives."""
    seen = []

    def noting(z):
        seen.append(z.detach().clone())
        return bent(z)

    model = lesson.MLP(3, 4, 2, noting).to(device)
    fill(model, *weights(rng, 3, 4, 2))
    for n in (5, 2):
        model(torch.randn(n, 3, generator=rng).to(device))
    return {"what the activation was given, call by call": seen}


@pytest.mark.exercise("MLP")
def test_gradients_reach_all_parameters(lesson, device, rng):
    """Autograd goes back from the probabilities to all four parameter tensors."""
    model = lesson.MLP(2, 3, 1, bent).to(device, torch.float64)
    parameters = fill(model, *weights(rng, 2, 3, 1))
    X = torch.randn(6, 2, generator=rng).to(device, torch.float64)
    loss = (model(X) ** 2).sum()
    gradients = torch.autograd.grad(loss, parameters) if parameters else []
    return {"gradients": [gradient.detach() for gradient in gradients]}


@pytest.mark.exercise("MLP")
@pytest.mark.check("start_is_random")
def test_the_start_is_random_and_fixed_by_the_global_seed(lesson, rng):
    """`torch.manual_seed` fixes the start; two models differ, and so do the hidden neurons of one."""
    (d, h), seed = sizes(rng, 2), int(torch.randint(0, 10_000, (1,), generator=rng))

    def start():
        return [parameter.detach().clone() for parameter in lesson.MLP(d, h, 1, torch.tanh).parameters()]

    torch.manual_seed(seed)
    first, second = start(), start()
    torch.manual_seed(seed)
    return {"first model": first, "second model": second, "first model with the same seed": start()}
