"""Hidden scenarios of `CustomLayer`. Its parts are known by their types, for their names are open."""

import pytest
import torch
from torch import nn

from autograder.worker import probes


def normal(rng, device, dtype, *shape):
    return torch.randn(shape, generator=rng, dtype=torch.float64).to(device, dtype)


def linears(layer):
    """The first linear layer of a custom layer; no layer where there is none."""
    return [module for module in layer.modules() if isinstance(module, nn.Linear)][:1]


def norms(layer):
    """The normalization of a custom layer; no layer where there is none."""
    return [module for module in layer.modules() if isinstance(module, nn.BatchNorm1d)][:1]


def parts(layer):
    """How many of its two parts a custom layer has: without them nobody can give it known parameters."""
    return {"nn.Linear": len(linears(layer)), "nn.BatchNorm1d": len(norms(layer))}


def made(lesson, rng, device, dtype, n_in, n_out, p):
    """A layer with known parameters and running statistics; scores and statistics are of about the same size."""
    layer = lesson.CustomLayer(n_in, n_out, p).to(device, dtype)
    with torch.no_grad():
        for linear in linears(layer):
            linear.weight.copy_(normal(rng, device, dtype, n_out, n_in) / n_in**0.5)
            linear.bias.copy_(normal(rng, device, dtype, n_out))
        for norm in norms(layer):
            features = norm.num_features
            norm.weight.copy_(1 + 0.3 * normal(rng, device, dtype, features))
            norm.bias.copy_(0.5 * normal(rng, device, dtype, features))
            if norm.running_mean is not None:
                norm.running_mean.copy_(normal(rng, device, dtype, features))
                norm.running_var.copy_(0.5 + normal(rng, device, dtype, features) ** 2)
    return layer


def copied(statistics):
    return None if statistics is None else statistics.clone()


@pytest.mark.exercise("CustomLayer")
@pytest.mark.parametrize("case", ["more inputs", "more outputs"])
def test_parameters_of_linear_and_norm_alone(lesson, rng, case):
    """The parameters are (out, in) and three of (out,), all trained."""
    few, many = (int(torch.randint(*bounds, (1,), generator=rng)) for bounds in ((4, 30), (30, 100)))
    layer = lesson.CustomLayer(*{"more inputs": (many, few), "more outputs": (few, many)}[case], 0.5)
    return {"parameters": sorted(probes.parameters(layer), key=lambda one: one["shape"])}


@pytest.mark.exercise("CustomLayer")
@pytest.mark.weight(3)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("samples", "n_in", "n_out"), [(9, 5, 8), (1, 6, 24), (5, 5, 5)])
def test_evaluation_is_deterministic(lesson, device, rng, dtype, samples, n_in, n_out):
    """In eval mode nothing is dropped and the running statistics are used, so every call gives the same."""
    layer = made(lesson, rng, device, dtype, n_in, n_out, 0.6).eval()
    x = normal(rng, device, dtype, samples, n_in)
    outputs, kept = probes.unchanged(lambda: [layer(x).detach() for _ in range(2)], x=x)
    return {"parts": parts(layer), "first call": outputs[0], "second call": outputs[1], **kept}


@pytest.mark.exercise("CustomLayer")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_evaluation_does_not_look_at_the_companions(lesson, device, rng, dtype):
    """In eval mode a sample's output is the same alone and in a batch."""
    layer = made(lesson, rng, device, dtype, 4, 16, 0.3).eval()
    x = normal(rng, device, dtype, 7, 4)
    return {"parts": parts(layer), "in a batch": layer(x)[2:3], "alone": layer(x[2:3])}


@pytest.mark.exercise("CustomLayer")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_training_normalizes_with_the_batch(lesson, device, rng, dtype):
    """In train mode the batch's own mean and variance count, and the running statistics follow; here with p = 0."""
    layer = made(lesson, rng, device, dtype, 5, 6, 0.0)
    x = 2 * normal(rng, device, dtype, 12, 5) + 1
    trained = layer(x).detach()
    return {
        "parts": parts(layer),
        "training": trained,
        "running mean": [copied(norm.running_mean) for norm in norms(layer)],
        "running variance": [copied(norm.running_var) for norm in norms(layer)],
        "evaluation": layer.eval()(x).detach(),
        "training again": layer.train()(x).detach(),
    }


@pytest.mark.exercise("CustomLayer")
@pytest.mark.weight(3)
@pytest.mark.check("training_drops_and_scales")
@pytest.mark.parametrize("p", [0.2, 0.7])
def test_training_drops_and_scales(lesson, device, rng, p):
    """In train mode each output is zeroed with probability p, anew in every call, and the others divided by 1 - p."""
    layer = made(lesson, rng, device, torch.float64, 5, 40, p)
    x = normal(rng, device, torch.float64, 250, 5)
    first, second = layer(x).detach(), layer(x).detach()
    plain = None
    with torch.no_grad():
        for linear, norm in zip(linears(layer), norms(layer), strict=False):
            z = linear(x)
            z = (z - z.mean(dim=0)) / (z.var(dim=0, unbiased=False) + norm.eps).sqrt()
            plain = torch.relu(z * norm.weight + norm.bias)
    return {"parts": parts(layer), "first call": first, "second call": second, "without dropout": plain, "p": p}


@pytest.mark.exercise("CustomLayer")
def test_gradients_reach_all_parameters(lesson, device, rng):
    """Back-propagation reaches the parameters of the linear layer and of the normalization."""
    layer = made(lesson, rng, device, torch.float64, 4, 5, 0.5).eval()
    x, scale = normal(rng, device, torch.float64, 8, 4), normal(rng, device, torch.float64, 8, 5)
    (layer(x) * scale).sum().backward()
    named = {"linear layer": linears(layer), "normalization": norms(layer)}
    gradients = {
        f"gradients of the {name}": [(p.weight.grad, p.bias.grad) for p in found] for name, found in named.items()
    }
    return {"parts": parts(layer), **gradients}
