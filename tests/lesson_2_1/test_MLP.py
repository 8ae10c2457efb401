"""Hidden scenarios of `MLP`. Parameters are found by their shapes, for their names are open; H and O always differ."""

import pytest
import torch
from torch import nn


def bent(z):
    """An activation that no library has."""
    return torch.sin(z) + 0.4 * z


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
@pytest.mark.parametrize(("d", "h", "o"), [(2, 16, 1), (3, 3, 3), (5, 4, 2)])
@pytest.mark.weight(0.7)
def test_four_trainable_parameter_tensors(lesson, d, h, o):
    """It is an `nn.Module` with `(H, D)`, `(H,)`, `(O, H)` and `(O,)`, all trainable, float32 at first."""
    model = lesson.MLP(d, h, o, bent)
    dtypes = [str(parameter.dtype) for parameter in model.parameters()]
    return {"module": isinstance(model, nn.Module), "parameters": shapes(model), "dtypes": dtypes}


@pytest.mark.exercise("MLP")
@pytest.mark.weight(1.5)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("n", "d", "h", "o"), [(7, 2, 5, 1), (6, 4, 2, 3), (3, 3, 3, 2)])
def test_probabilities_of_each_row(lesson, device, rng, dtype, n, d, h, o):
    """The result is `sigmoid(activation(X @ W1.T + b1) @ W2.T + b2)`, `(N, O)`, the sigmoid element by element."""
    model = lesson.MLP(d, h, o, bent).to(device, dtype)
    fill(model, *weights(rng, d, h, o))
    X = torch.randn(n, d, generator=rng).to(device, dtype)
    return {"parameters": shapes(model), "probabilities": model(X).detach()}


@pytest.mark.exercise("MLP")
@pytest.mark.parametrize("o", [1, 2])
def test_batch_of_one(lesson, device, rng, o):
    """One row gives `(1, O)`. The activation may be a module without parameters, such as `nn.Tanh()`."""
    model = lesson.MLP(3, 4, o, nn.Tanh()).to(device)
    fill(model, *weights(rng, 3, 4, o))
    return {"parameters": shapes(model), "probabilities": model(torch.randn(1, 3, generator=rng).to(device)).detach()}


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
    return seen


@pytest.mark.exercise("MLP")
def test_gradients_reach_all_parameters(lesson, device, rng):
    """Autograd goes back from the probabilities to all four parameter tensors."""
    model = lesson.MLP(2, 3, 1, bent).to(device, torch.float64)
    parameters = fill(model, *weights(rng, 2, 3, 1))
    X = torch.randn(6, 2, generator=rng).to(device, torch.float64)
    return [gradient.detach() for gradient in torch.autograd.grad((model(X) ** 2).sum(), parameters)]


@pytest.mark.exercise("MLP")
def test_the_start_is_random_and_fixed_by_the_global_seed(lesson):
    """`torch.manual_seed` fixes the start; two models differ, and so do the hidden neurons of one."""

    def start():
        model = lesson.MLP(2, 6, 1, torch.tanh)
        (first_layer,) = [parameter for parameter in model.parameters() if tuple(parameter.shape) == (6, 2)]
        return torch.cat([parameter.detach().flatten() for parameter in model.parameters()]), first_layer.detach()

    torch.manual_seed(5)
    (first, W1), (second, _) = start(), start()
    torch.manual_seed(5)
    again, _ = start()
    gaps = (W1.unsqueeze(0) - W1.unsqueeze(1)).abs().amax(dim=-1) + torch.eye(6)
    return {
        "same": torch.equal(first, again),
        "other": bool((first - second).abs().max() > 1e-4),
        "neurons differ": bool(gaps.min() > 1e-6),
    }
