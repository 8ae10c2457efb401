"""Hidden scenarios of `replace_head`."""

import pytest
import torch
from torch import nn

from autograder.worker import probes


def filled(model, rng, device, dtype=torch.float32):
    """Give a model's parameters drawn values, without the global generator."""
    model = model.to(dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=rng, dtype=dtype))
    return model.to(device)


def network(rng, device, dtype=torch.float32):
    """Return a model whose head lies in a Sequential inside a Sequential, with something after it."""
    body = nn.Sequential(nn.Linear(3, 6), nn.ReLU())
    top = nn.Sequential(nn.LayerNorm(6), nn.Linear(6, 4))
    return filled(nn.Sequential(body, nn.Sequential(top, nn.Identity())), rng, device, dtype)


def drawn(rng, low, high):
    """Return a whole number from low to high."""
    return int(torch.randint(low, high + 1, (1,), generator=rng))


def parameters_of(module):
    """Return the values of a module's parameters; none where it is no module."""
    return [parameter.detach().clone() for parameter in getattr(module, "parameters", list)()]


@pytest.mark.exercise("replace_head")
@pytest.mark.check("a_new_head")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_outputs_have_the_new_number_of_classes(lesson, device, rng, dtype):
    """The model itself comes back; its head has the old inputs, the new outputs and a bias, in the old dtype."""
    model = network(rng, device, dtype)
    n_classes = drawn(rng, 5, 30)
    x = torch.randn(2, 3, generator=rng, dtype=dtype).to(device)
    into_the_head = model[1][0][0](model[0](x)).detach()
    back = lesson.replace_head(model, n_classes)
    head = model[1][0][1]
    found = {
        "into the head": into_the_head,
        "output": model(x).detach(),
        "head": {name: parameter.detach().clone() for name, parameter in head.named_parameters()},
        "requires_grad": [parameter.requires_grad for parameter in head.parameters()],
        "in_features and out_features": [head.in_features, head.out_features],
    }
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 1
    # A copy would not have followed the model that was given.
    written_to = {"given": parameters_of(model), "returned": parameters_of(back)}
    return {**found, "written to": written_to}


@pytest.mark.exercise("replace_head")
def test_everything_else_stays(lesson, device, rng):
    """All other modules are the same objects with the same values, settings and modes."""
    model = network(rng, device)
    model[0][0].weight.requires_grad_(False)
    model.eval()
    others = [part for part in model.modules() if part is not model[1][0][1]]
    layers = [model[0][0], model[1][0][0]]
    lesson.replace_head(model, 2)
    found = {
        "parameters of the other layers": [parameters_of(part) for part in (model[0], model[1][0][0])],
        "requires_grad of the other layers": [
            p.requires_grad for p in [*model[0].parameters(), *layers[1].parameters()]
        ],
        "modes of the other layers": [part.training for part in others],
    }
    with torch.no_grad():
        for part in layers:
            part.bias += 1
    # Layers that are others now have not followed those that the model had.
    now = [parameters_of(part) for part in (model[0], model[1][0][0])]
    return {**found, "parameters of the other layers, when the old ones are written to": now}


@pytest.mark.exercise("replace_head")
def test_an_attribute_of_a_class(lesson, device, rng):
    """The head may be an attribute, and modules that come after it in the model may have no linear layer."""
    model = nn.Module()
    model.first = nn.Linear(2, 5)
    model.classifier = nn.Linear(5, 3)
    model.out = nn.Sequential(nn.Tanh())
    filled(model, rng, device)
    lesson.replace_head(model, drawn(rng, 4, 30))
    x = torch.randn(4, 2, generator=rng).to(device)
    return {
        "parameters": probes.parameters(model),
        "the layer before the head": model.first(x).detach(),
        "the part after the head": model.out(x).detach(),
    }


@pytest.mark.exercise("replace_head")
def test_a_head_of_another_class(lesson, device, rng):
    """A layer of a class that is made from `nn.Linear` is a linear layer, too, and may be the head."""
    kind = nn.modules.linear.NonDynamicallyQuantizableLinear
    model = filled(nn.Sequential(nn.Linear(2, 5), nn.Tanh(), kind(5, 3)), rng, device)
    lesson.replace_head(model, drawn(rng, 4, 30))
    x = torch.randn(4, 2, generator=rng).to(device)
    return {"parameters": probes.parameters(model), "the layers before the head": model[:2](x).detach()}


@pytest.mark.exercise("replace_head")
def test_the_new_head_is_trainable_after_freezing(lesson, device, rng):
    """Also in a model without any gradients the new head requires them."""
    model = network(rng, device).requires_grad_(False)
    lesson.replace_head(model, 3)
    return {
        "requires_grad": [parameter.requires_grad for parameter in model.parameters()],
        "parameters before the head": parameters_of(model[0]),
    }


@pytest.mark.exercise("replace_head")
def test_a_head_without_a_bias_gets_one(lesson, device, rng):
    """The new head has a bias, whatever the old one had."""
    width = drawn(rng, 4, 60)
    model = nn.Sequential(nn.Linear(3, width), nn.ReLU(), nn.Linear(width, 2, bias=False)).to(device)
    back = lesson.replace_head(model, drawn(rng, 3, 30))
    return {"parameters of what comes back": [probes.form(value) for value in parameters_of(back)]}


@pytest.mark.exercise("replace_head")
@pytest.mark.check("fresh_every_time")
def test_weights_are_fresh(lesson, device, rng):
    """Weights are drawn as those of any linear layer: other ones each time, all within 1 over the root of the inputs."""
    inputs, outputs = drawn(rng, 80, 240), drawn(rng, 40, 60)
    weights = []
    for _ in range(2):
        model = nn.Sequential(nn.Linear(3, inputs), nn.ReLU(), nn.Linear(inputs, outputs)).to(device)
        with torch.no_grad():
            model[2].weight.fill_(5.0)
        lesson.replace_head(model, outputs)
        weights.append(model[2].weight.detach().clone())
    return {"one new head's weight": weights[0], "another new head's weight": weights[1]}


@pytest.mark.exercise("replace_head")
@pytest.mark.parametrize("case", ["no linear layer", "a linear layer itself"])
def test_without_a_place_for_a_head(lesson, device, rng, case):
    """A model without a linear layer inside is refused; one that has a head is not."""
    right = filled(nn.Sequential(nn.LayerNorm(3), nn.Linear(3, 4)), rng, device)
    lesson.replace_head(right, 2)
    x = torch.randn(4, 3, generator=rng).to(device)
    model = nn.Sequential(nn.ReLU(), nn.LayerNorm(3)) if case == "no linear layer" else nn.Linear(3, 2)
    model.to(device)
    return {
        "before the head, in a model that has one": right[0](x).detach(),
        case: probes.raised(ValueError, lambda: lesson.replace_head(model, 2)),
    }
