"""Hidden scenarios of `LayerWithActivation`. Parameters are known by their shapes, for their names are open."""

import pytest
import torch
from torch import nn

from autograder.worker import probes


def normal(rng, device, dtype, *shape):
    return torch.randn(shape, generator=rng, dtype=torch.float64).to(device, dtype)


def made(lesson, rng, device, dtype, n_in, n_out, activation):
    """A layer with known weights, on the device and in the dtype."""
    layer = lesson.LayerWithActivation(n_in, n_out, activation).to(device, dtype)
    W, b = normal(rng, device, dtype, n_out, n_in), normal(rng, device, dtype, n_out)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(W if parameter.dim() == 2 else b)
    return layer


@pytest.mark.exercise("LayerWithActivation")
@pytest.mark.parametrize(("n_in", "n_out"), [(3, 4), (10, 5), (6, 1)])
def test_two_parameter_tensors(lesson, n_in, n_out):
    """The layer is a module with the trained parameters (out, in) and (out,), and no others."""
    layer = lesson.LayerWithActivation(n_in, n_out, torch.tanh)
    described = sorted(probes.parameters(layer), key=lambda one: one["shape"])
    return {"module": isinstance(layer, nn.Module), "parameters": described}


@pytest.mark.exercise("LayerWithActivation")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("samples", "n_in", "n_out"), [(7, 3, 4), (5, 6, 2)])
def test_linear_first_then_the_activation(lesson, device, rng, dtype, samples, n_in, n_out):
    """The output is activation(x @ W.T + b), (N, out), of x's dtype, whichever activation was given."""
    x = normal(rng, device, dtype, samples, n_in)
    activations = (torch.tanh, nn.ReLU(), torch.sigmoid, lambda z: 2 * z + 1)
    return [made(lesson, rng, device, dtype, n_in, n_out, activation)(x).detach() for activation in activations]


@pytest.mark.exercise("LayerWithActivation")
def test_square_weights_are_not_transposed(lesson, device, rng):
    """With N = in = out the rows of W are still the neurons."""
    layer = made(lesson, rng, device, torch.float64, 4, 4, torch.tanh)
    return layer(normal(rng, device, torch.float64, 4, 4)).detach()


@pytest.mark.exercise("LayerWithActivation")
@pytest.mark.parametrize(("n_in", "n_out"), [(3, 2), (1, 1)])
def test_batch_of_one(lesson, device, rng, n_in, n_out):
    """One sample gives (1, out); x is left as it was."""
    layer = made(lesson, rng, device, torch.float32, n_in, n_out, torch.sigmoid)
    x = normal(rng, device, torch.float32, 1, n_in)
    out, untouched = probes.unchanged(lambda: layer(x).detach(), x=x)
    return {"out": out, "untouched": untouched}


@pytest.mark.exercise("LayerWithActivation")
@pytest.mark.weight(2)
def test_gradients_reach_both_parameters(lesson, device, rng):
    """Back-propagation through a chain of two layers reaches the weights and the bias of each."""
    first = made(lesson, rng, device, torch.float64, 3, 4, torch.tanh)
    chain = nn.Sequential(first, made(lesson, rng, device, torch.float64, 4, 2, torch.sigmoid))
    x, scale = normal(rng, device, torch.float64, 6, 3), normal(rng, device, torch.float64, 6, 2)
    (chain(x) * scale).sum().backward()
    return [sorted(([*p.shape], p.grad) for p in layer.parameters()) for layer in chain]
