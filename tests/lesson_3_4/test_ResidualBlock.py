"""Hidden scenarios of `ResidualBlock`. Names are open: the linear layers are found by their kind, in their order."""

import pytest
import torch
from torch import nn

from autograder.worker import probes


def linear_layers(block):
    return [module for module in block.modules() if isinstance(module, nn.Linear)]


def made(lesson, rng, device, dtype, dim):
    """Return a block with known parameters, of which both layers matter and neither sign of the scores is rare."""
    block = lesson.ResidualBlock(dim).to(device, dtype)
    with torch.no_grad():
        for layer in linear_layers(block):
            layer.weight.copy_(torch.randn(dim, dim, generator=rng))
            layer.bias.copy_(torch.randn(dim, generator=rng) / 2)
    return block


def batch(rng, device, dtype, n, dim):
    return (2 * torch.randn(n, dim, generator=rng)).to(device, dtype)


@pytest.mark.exercise("ResidualBlock")
@pytest.mark.parametrize("largest", [60, 1], ids=["several", "one"])
def test_two_linear_layers_and_nothing_else(lesson, rng, largest):
    """The two weights and two biases of two linear layers are all the block's parameters."""
    dim = int(torch.randint(min(2, largest), largest + 1, (1,), generator=rng))
    block = lesson.ResidualBlock(dim)
    return {"parameters": sorted(probes.parameters(block), key=lambda one: len(one["shape"]))}


@pytest.mark.exercise("ResidualBlock")
@pytest.mark.weight(3)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("n", "dim"), [(12, 3), (4, 4), (1, 8)])
def test_x_plus_correction(lesson, device, rng, dtype, n, dim):
    """The block gives x + W2 relu(W1 x + b1) + b2, and leaves x as it was."""
    block = made(lesson, rng, device, dtype, dim)
    x = batch(rng, device, dtype, n, dim)
    result, kept = probes.unchanged(lambda: block(x), x=x)
    return {"result": result, **kept}


@pytest.mark.exercise("ResidualBlock")
def test_identity_where_the_second_layer_is_zero(lesson, device, rng):
    """Where W2 and b2 are 0 the block is the identity, for numbers of either sign."""
    block = made(lesson, rng, device, torch.float32, 4)
    x = batch(rng, device, torch.float32, 9, 4)
    with torch.no_grad():
        for parameter in linear_layers(block)[-1].parameters():
            parameter.zero_()
    return block(x)


@pytest.mark.exercise("ResidualBlock")
def test_gradients_of_all_parts(lesson, device, rng):
    """Gradients reach x, by the way around and through the layers, and all four parameters."""
    block = made(lesson, rng, device, torch.float64, 3)
    x = batch(rng, device, torch.float64, 7, 3).requires_grad_()
    (block(x) * batch(rng, device, torch.float64, 7, 3)).sum().backward()
    layers = [[layer.weight.grad, layer.bias.grad] for layer in linear_layers(block)]
    return {"gradient of x": x.grad, "gradients of the linear layers": layers}
