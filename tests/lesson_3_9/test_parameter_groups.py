"""Hidden scenarios of `parameter_groups`."""

import pytest
import torch
from torch import nn

from autograder.worker import probes


def told(lesson, model, rng):
    """Return the groups for two drawn rates; the parameters in them have the values that the model's were given afterwards."""
    lr_backbone, lr_head = (float(lr) for lr in torch.rand(2, generator=rng) + 0.01)
    groups = lesson.parameter_groups(model, lr_backbone, lr_head)
    fill(model, rng)
    return [
        {key: [part.detach().clone() for part in value] if key == "params" else value for key, value in group.items()}
        for group in groups
    ]


def fill(model, rng):
    """Write drawn numbers into the parameters; a copy that was made before keeps its own."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=rng))


def network(device):
    """Return a network of three linear layers and a norm."""
    return nn.Sequential(
        nn.Sequential(nn.Linear(3, 5), nn.LayerNorm(5), nn.ReLU()), nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 2)
    ).to(device)


@pytest.mark.exercise("parameter_groups")
@pytest.mark.weight(2)
def test_backbone_first_then_the_head(lesson, device, rng):
    """The backbone's parameters with their rate, then the head's with theirs, in the order of the model."""
    return told(lesson, network(device), rng)


@pytest.mark.exercise("parameter_groups")
def test_frozen_parameters_are_left_out(lesson, device, rng):
    """Parameters that require no gradients are in no group."""
    model = network(device)
    model[0].requires_grad_(False)
    model[3].bias.requires_grad_(False)
    return told(lesson, model, rng)


@pytest.mark.exercise("parameter_groups")
@pytest.mark.parametrize("frozen", ["the backbone", "the head", "everything"])
def test_no_empty_group(lesson, device, rng, frozen):
    """A group without parameters is left out."""
    model = network(device)
    for part in model if frozen == "everything" else [model[3]] if frozen == "the head" else list(model)[:3]:
        part.requires_grad_(False)
    without = told(lesson, model, rng)
    return {f"with {frozen} frozen": without, "with nothing frozen": told(lesson, model.requires_grad_(True), rng)}


@pytest.mark.exercise("parameter_groups")
def test_a_linear_layer_is_all_head(lesson, device, rng):
    """A model that is a linear layer has a head and no backbone."""
    return told(lesson, nn.Linear(3, 2).to(device), rng)


@pytest.mark.exercise("parameter_groups")
def test_the_last_linear_layer_is_the_head(lesson, device, rng):
    """The head is the last linear layer, also of a class that is made from `nn.Linear`, whatever comes after it."""
    kind = nn.modules.linear.NonDynamicallyQuantizableLinear  # a linear layer in all that matters here
    layers = [nn.Linear(3, 4), kind(4, 4), *(nn.Tanh() for _ in range(8)), nn.LayerNorm(4), nn.LayerNorm(4)]
    return told(lesson, nn.Sequential(*layers).to(device), rng)


@pytest.mark.exercise("parameter_groups")
def test_a_shared_parameter_is_the_heads(lesson, device, rng):
    """A parameter that the head shares with another layer is in the head's group, once."""
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4)).to(device)
    model[2].weight = model[0].weight
    return told(lesson, model, rng)


@pytest.mark.exercise("parameter_groups")
def test_an_optimizer_takes_them(lesson, device, rng):
    """An optimizer made of the groups moves each part at its own rate; the model itself was not changed."""
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)).to(device)
    fill(model, rng)
    groups, kept = probes.unchanged(lambda: lesson.parameter_groups(model, 0.01, 0.1), model=model)
    optimizer = torch.optim.SGD(groups)
    model(torch.randn(4, 2, generator=rng).to(device)).square().mean().backward()
    optimizer.step()
    after = [parameter.detach().clone() for parameter in model.parameters()]
    return {**kept, "the model's parameters after a step of the optimizer": after}
