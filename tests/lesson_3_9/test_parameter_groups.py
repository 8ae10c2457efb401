"""Hidden scenarios of `parameter_groups`."""

import pytest
import torch
from torch import nn


def told(model, groups):
    """Return each group's rate, keys, and the names of its parameters; None for a tensor that is not the model's."""
    names = {id(parameter): name for name, parameter in model.named_parameters(remove_duplicate=True)}
    return [
        (float(group["lr"]), sorted(group), [names.get(id(parameter)) for parameter in group["params"]])
        for group in groups
    ]


def network(device):
    """Return a network of three linear layers and a norm."""
    return nn.Sequential(
        nn.Sequential(nn.Linear(3, 5), nn.LayerNorm(5), nn.ReLU()), nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 2)
    ).to(device)


@pytest.mark.exercise("parameter_groups")
@pytest.mark.weight(2)
def test_backbone_first_then_the_head(lesson, device):
    """The backbone's parameters with their rate, then the head's with theirs, in the order of the model."""
    model = network(device)
    return told(model, lesson.parameter_groups(model, 1e-4, 1e-2))


@pytest.mark.exercise("parameter_groups")
def test_frozen_parameters_are_left_out(lesson, device):
    """Parameters that require no gradients are in no group."""
    model = network(device)
    model[0].requires_grad_(False)
    model[3].bias.requires_grad_(False)
    return told(model, lesson.parameter_groups(model, 0.5, 0.25))


@pytest.mark.exercise("parameter_groups")
@pytest.mark.parametrize("frozen", ["the backbone", "the head", "everything"])
def test_no_empty_group(lesson, device, frozen):
    """A group without parameters is left out."""
    model = network(device)
    for part in model if frozen == "everything" else [model[3]] if frozen == "the head" else list(model)[:3]:
        part.requires_grad_(False)
    return told(model, lesson.parameter_groups(model, 0.1, 0.2))


@pytest.mark.exercise("parameter_groups")
def test_a_linear_layer_is_all_head(lesson, device):
    """A model that is a linear layer has a head and no backbone."""
    model = nn.Linear(3, 2).to(device)
    return told(model, lesson.parameter_groups(model, 0.1, 0.2))


@pytest.mark.exercise("parameter_groups")
def test_a_shared_parameter_is_the_heads(lesson, device):
    """A parameter that the head shares with another layer is in the head's group, once."""
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4)).to(device)
    model[2].weight = model[0].weight
    return told(model, lesson.parameter_groups(model, 0.1, 0.2))


@pytest.mark.exercise("parameter_groups")
def test_an_optimizer_takes_them(lesson, device, rng):
    """An optimizer made of the groups moves each part at its own rate; the model itself was not changed."""
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)).to(device)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=rng))
    before = [parameter.detach().clone() for parameter in model.parameters()]
    groups = lesson.parameter_groups(model, 0.01, 0.1)
    kept = [bool(torch.equal(a, b)) for a, b in zip(before, model.parameters(), strict=True)]
    optimizer = torch.optim.SGD(groups)
    model(torch.randn(4, 2, generator=rng).to(device)).square().mean().backward()
    optimizer.step()
    return kept, [parameter.detach().clone() for parameter in model.parameters()]
