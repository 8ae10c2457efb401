"""Hidden scenarios of `gradient_norms`."""

import pytest
import torch
from torch import nn

from autograder.worker import probes


def network(rng, device, dtype=torch.float32):
    """Return a nested network whose parameters and gradients have sizes of their own."""
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2, bias=False)))
    model = model.to(device, dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=rng).to(device, dtype))
            parameter.grad = (torch.randn(parameter.shape, generator=rng) * 3 - 1).to(device, dtype)
    return model


def outcome(call):
    """Return what a call gives, or that it stumbled over a None."""
    try:
        return call()
    except (AttributeError, TypeError) as error:
        return f"raised {type(error).__name__}"


@pytest.mark.exercise("gradient_norms")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_norms_by_name(lesson, device, rng, dtype):
    """Each parameter's name leads to the root of the sum of the squares of its gradient, a Python float."""
    return lesson.gradient_norms(network(rng, device, dtype))


@pytest.mark.exercise("gradient_norms")
@pytest.mark.weight(2)
@pytest.mark.check("none_is_no_obstacle")
def test_no_gradient_is_zero(lesson, device, rng):
    """A parameter whose `.grad` is None, frozen or not, has the norm 0.0, and its `.grad` stays None."""
    model = network(rng, device)
    model[0].bias.grad = None
    model[2][1].weight.grad = None
    model[2][1].weight.requires_grad_(False)
    model[2][0].bias.grad.zero_()
    norms = outcome(lambda: lesson.gradient_norms(model))
    return {"norms": norms, "gradients afterwards": [parameter.grad for parameter in model.parameters()]}


@pytest.mark.exercise("gradient_norms")
def test_after_a_real_backward(lesson, device, rng):
    """The gradients may come from a backward pass; a second one adds to them, and the norms say so."""
    model = network(rng, device, torch.float64)
    model.zero_grad()
    x = torch.randn(5, 3, generator=rng).to(device, torch.float64)
    (model(x) ** 2).mean().backward()
    once = lesson.gradient_norms(model)
    model(x).sum().backward()
    return {"after one backward pass": once, "after two": lesson.gradient_norms(model)}


@pytest.mark.exercise("gradient_norms")
def test_nothing_changes(lesson, device, rng):
    """Neither parameters nor gradients change, and a model without parameters gives an empty dict."""
    model = network(rng, device)
    norms, kept = probes.unchanged(lambda: lesson.gradient_norms(model), model=model)
    bare = lesson.gradient_norms(nn.Sequential(nn.ReLU(), nn.Flatten()))
    return {"norms": norms, "norms of a model without parameters": bare, **kept}
