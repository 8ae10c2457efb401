"""Hidden scenarios of `CustomLayer`. Its parts are known by their types, for their names are open."""

import pytest
import torch
from torch import nn

from autograder.worker import probes


def normal(rng, device, dtype, *shape):
    return torch.randn(shape, generator=rng, dtype=torch.float64).to(device, dtype)


def parts(layer):
    """The linear layer and the normalization of a custom layer."""
    (linear,) = (module for module in layer.modules() if isinstance(module, nn.Linear))
    (norm,) = (module for module in layer.modules() if isinstance(module, nn.BatchNorm1d))
    return linear, norm


def made(lesson, rng, device, dtype, n_in, n_out, p):
    """A layer with known parameters and running statistics; scores and statistics are of about the same size."""
    layer = lesson.CustomLayer(n_in, n_out, p).to(device, dtype)
    linear, norm = parts(layer)
    features = norm.num_features
    with torch.no_grad():
        linear.weight.copy_(normal(rng, device, dtype, n_out, n_in) / n_in**0.5)
        linear.bias.copy_(normal(rng, device, dtype, n_out))
        norm.weight.copy_(1 + 0.3 * normal(rng, device, dtype, features))
        norm.bias.copy_(0.5 * normal(rng, device, dtype, features))
        if norm.running_mean is not None:
            norm.running_mean.copy_(normal(rng, device, dtype, features))
            norm.running_var.copy_(0.5 + normal(rng, device, dtype, features) ** 2)
    return layer


@pytest.mark.exercise("CustomLayer")
@pytest.mark.parametrize(("n_in", "n_out"), [(100, 50), (4, 7)])
def test_parameters_of_linear_and_norm_alone(lesson, n_in, n_out):
    """The parameters are (out, in) and three of (out,); from 100 to 50 they are 5,150 numbers."""
    layer = lesson.CustomLayer(n_in, n_out, 0.5)
    described = sorted(probes.parameters(layer), key=lambda one: one["shape"])
    count = sum(parameter.numel() for parameter in layer.parameters())
    return {"module": isinstance(layer, nn.Module), "parameters": described, "count": count}


@pytest.mark.exercise("CustomLayer")
@pytest.mark.weight(3)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("samples", "n_in", "n_out"), [(9, 5, 8), (1, 6, 24), (5, 5, 5)])
def test_evaluation_is_deterministic(lesson, device, rng, dtype, samples, n_in, n_out):
    """In eval mode nothing is dropped and the running statistics are used, so every call gives the same."""
    layer = made(lesson, rng, device, dtype, n_in, n_out, 0.6).eval()
    x = normal(rng, device, dtype, samples, n_in)
    kept = x.clone()
    outputs = [layer(x).detach() for _ in range(2)]
    return {"outputs": outputs, "x untouched": torch.equal(x, kept)}


@pytest.mark.exercise("CustomLayer")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_evaluation_does_not_look_at_the_companions(lesson, device, rng, dtype):
    """In eval mode a sample's output is the same alone and in a batch."""
    layer = made(lesson, rng, device, dtype, 4, 16, 0.3).eval()
    x = normal(rng, device, dtype, 7, 4)
    return [layer(x)[2:3].detach(), layer(x[2:3]).detach()]


@pytest.mark.exercise("CustomLayer")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_training_normalizes_with_the_batch(lesson, device, rng, dtype):
    """In train mode the batch's own mean and variance count, and the running statistics follow; here with p = 0."""
    layer = made(lesson, rng, device, dtype, 5, 6, 0.0)
    x = 2 * normal(rng, device, dtype, 12, 5) + 1
    trained = layer(x).detach()
    _, norm = parts(layer)
    return {
        "training": trained,
        "mean": norm.running_mean.clone(),
        "variance": norm.running_var.clone(),
        "evaluation": layer.eval()(x).detach(),
        "training again": layer.train()(x).detach(),
    }


@pytest.mark.exercise("CustomLayer")
@pytest.mark.weight(3)
@pytest.mark.parametrize("p", [0.2, 0.7])
def test_training_drops_and_scales(lesson, device, rng, p):
    """In train mode each output is zeroed with probability p, anew in every call, and the others divided by 1 - p."""
    layer = made(lesson, rng, device, torch.float64, 5, 40, p)
    x = normal(rng, device, torch.float64, 250, 5)
    first, second = layer(x).detach(), layer(x).detach()
    linear, norm = parts(layer)
    with torch.no_grad():
        z = linear(x)
        z = (z - z.mean(dim=0)) / (z.var(dim=0, unbiased=False) + norm.eps).sqrt()
        plain = torch.relu(z * norm.weight + norm.bias)
    alive = plain > 0  # about half of the 10,000 elements
    dropped = alive & (first == 0)
    share = float(dropped.sum() / alive.sum())
    # Of each feature's some 100 elements a share is dropped, never all or none of them.
    counts = alive.sum(dim=0)
    by_feature = (dropped.sum(dim=0) / counts.clamp(min=1))[counts >= 60]
    wanted = torch.where(first == 0, torch.zeros_like(plain), plain / (1 - p))
    return {
        "the others are divided by 1 - p": torch.allclose(first, wanted, rtol=1e-5, atol=1e-9),
        "about the share p is dropped": abs(share - p) < 0.06,
        "each element is dropped on its own": bool(((by_feature > 0) & (by_feature < 1)).all()),
        "every call drops others": bool(((first == 0) != (second == 0)).any()),
    }


@pytest.mark.exercise("CustomLayer")
def test_gradients_reach_all_parameters(lesson, device, rng):
    """Back-propagation reaches the parameters of the linear layer and of the normalization."""
    layer = made(lesson, rng, device, torch.float64, 4, 5, 0.5).eval()
    x, scale = normal(rng, device, torch.float64, 8, 4), normal(rng, device, torch.float64, 8, 5)
    (layer(x) * scale).sum().backward()
    return [(part.weight.grad, part.bias.grad) for part in parts(layer)]
