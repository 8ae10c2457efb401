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
            values = W if parameter.dim() == 2 else b
            if parameter.shape == values.shape:  # others are another scenario's
                parameter.copy_(values)
    return layer


@pytest.mark.exercise("LayerWithActivation")
@pytest.mark.parametrize("case", ["more outputs", "more inputs", "one output"])
def test_two_parameter_tensors(lesson, rng, case):
    """The layer has the trained parameters (out, in) and (out,), and no others."""
    few, many = (int(torch.randint(*bounds, (1,), generator=rng)) for bounds in ((2, 20), (20, 60)))
    n_in, n_out = {"more outputs": (few, many), "more inputs": (many, few), "one output": (many, 1)}[case]
    layer = lesson.LayerWithActivation(n_in, n_out, torch.tanh)
    return {"parameters": sorted(probes.parameters(layer), key=lambda one: one["shape"])}


@pytest.mark.exercise("LayerWithActivation")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("samples", "n_in", "n_out"), [(7, 3, 4), (5, 6, 2)])
def test_linear_first_then_the_activation(lesson, device, rng, dtype, samples, n_in, n_out):
    """The output is activation(x @ W.T + b), (N, out), of x's dtype, whichever activation was given."""
    x = normal(rng, device, dtype, samples, n_in)
    activations = {
        "torch.tanh": torch.tanh,
        "nn.ReLU()": nn.ReLU(),
        "torch.sigmoid": torch.sigmoid,
        "a function of our own": lambda z: 2 * z + 1,
    }
    return {
        f"with {name}": made(lesson, rng, device, dtype, n_in, n_out, activation)(x)
        for name, activation in activations.items()
    }


@pytest.mark.exercise("LayerWithActivation")
def test_square_weights_are_not_transposed(lesson, device, rng):
    """With N = in = out the rows of W are still the neurons."""
    layer = made(lesson, rng, device, torch.float64, 4, 4, torch.tanh)
    return layer(normal(rng, device, torch.float64, 4, 4))


@pytest.mark.exercise("LayerWithActivation")
@pytest.mark.parametrize(("n_in", "n_out"), [(3, 2), (1, 1)])
def test_batch_of_one(lesson, device, rng, n_in, n_out):
    """One sample gives (1, out); x is left as it was."""
    layer = made(lesson, rng, device, torch.float32, n_in, n_out, torch.sigmoid)
    x = normal(rng, device, torch.float32, 1, n_in)
    out, kept = probes.unchanged(lambda: layer(x), x=x)
    return {"out": out, **kept}


@pytest.mark.exercise("LayerWithActivation")
@pytest.mark.weight(2)
def test_gradients_reach_both_parameters(lesson, device, rng):
    """Back-propagation through a chain of two layers reaches the weights and the bias of each."""
    first = made(lesson, rng, device, torch.float64, 3, 4, torch.tanh)
    chain = nn.Sequential(first, made(lesson, rng, device, torch.float64, 4, 2, torch.sigmoid))
    x, scale = normal(rng, device, torch.float64, 6, 3), normal(rng, device, torch.float64, 6, 2)
    (chain(x) * scale).sum().backward()
    gradients = [[p.grad for p in sorted(layer.parameters(), key=lambda p: p.dim())] for layer in chain]
    return {"gradients of the first layer": gradients[0], "gradients of the second layer": gradients[1]}
