"""Hidden scenarios of `l2_penalty`. Biases are large and weights unequal, so that each of them shows."""

import pytest
import torch
from torch import nn

from autograder.worker import probes


def fill(model, rng, device, dtype=torch.float32):
    """Give a model known parameters, without the global generator."""
    model = model.to(dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            values = 0.8 * torch.randn(parameter.shape, generator=rng, dtype=dtype)
            parameter.copy_(values if parameter.dim() > 1 else values + 2)
    return model.to(device)


@pytest.mark.exercise("l2_penalty")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_sum_of_squares_of_a_network(lesson, device, rng, dtype):
    """The penalty is the sum of the squares of all weights, biases left out: 0-D, in the weights' dtype."""
    model = fill(nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)), rng, device, dtype)
    return lesson.l2_penalty(model)


@pytest.mark.exercise("l2_penalty")
def test_a_layer_alone(lesson, device, rng):
    """The model may be a single layer, with a bias or without."""
    layers = {
        "a linear layer": nn.Linear(5, 1),
        "a linear layer without a bias": nn.Linear(3, 3, bias=False),
        "a convolution": nn.Conv2d(1, 2, 3),
    }
    return {name: lesson.l2_penalty(fill(layer, rng, device)) for name, layer in layers.items()}


@pytest.mark.exercise("l2_penalty")
@pytest.mark.weight(2)
def test_layers_at_any_depth(lesson, device, rng):
    """Layers count at any depth, in any container."""
    deep = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Linear(4, 3), nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 2))))
    model = nn.ModuleDict({"front": nn.Linear(2, 4), "back": nn.ModuleList([deep, nn.Tanh()])})
    return lesson.l2_penalty(fill(model, rng, device, torch.float64))


@pytest.mark.exercise("l2_penalty")
@pytest.mark.weight(2)
def test_convolutions_count(lesson, device, rng):
    """Convolutions in one, two and three dimensions count as linear layers do, in any mode."""
    plain = nn.Sequential(nn.Conv2d(1, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(12, 2)).eval()
    others = nn.Sequential(nn.Conv1d(2, 3, 2), nn.Sequential(nn.Conv3d(1, 2, 2, bias=False)))
    models = {"Conv2d and Linear": plain, "Conv1d and Conv3d": others}
    return {name: lesson.l2_penalty(fill(model, rng, device)) for name, model in models.items()}


@pytest.mark.exercise("l2_penalty")
@pytest.mark.weight(3)
@pytest.mark.check("gradient_reaches_the_weights")
def test_gradient_reaches_the_weights(lesson, device, rng):
    """`backward` gives each weight the gradient of its square, and the biases none."""
    model = fill(nn.Sequential(nn.Conv1d(2, 3, 2), nn.Sequential(nn.Linear(3, 2), nn.ReLU())), rng, device)
    penalty = lesson.l2_penalty(model)
    if getattr(penalty, "requires_grad", False):
        (3 * penalty).sum().backward()
    return {name: parameter.grad for name, parameter in model.named_parameters()}


@pytest.mark.exercise("l2_penalty")
def test_model_stays_as_it_was(lesson, device, rng):
    """Computing the penalty changes neither the parameters nor their gradients."""
    model = fill(nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2)), rng, device)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    penalty, kept = probes.unchanged(lambda: lesson.l2_penalty(model), model=model)
    return {"penalty": penalty, **kept}


@pytest.mark.exercise("l2_penalty")
@pytest.mark.check("no_weights_cost_nothing")
def test_no_weights_cost_nothing(lesson):
    """Without weights the penalty is a 0-D tensor that holds 0."""
    models = {"a chain of ReLU and Flatten": nn.Sequential(nn.ReLU(), nn.Flatten()), "Tanh alone": nn.Tanh()}
    return {name: lesson.l2_penalty(model) for name, model in models.items()}
