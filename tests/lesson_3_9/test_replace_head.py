"""Hidden scenarios of `replace_head`."""

import pytest
import torch
from torch import nn

from autograder.worker import probes


def network():
    """Return a model whose head lies in a Sequential inside a Sequential, with something after it."""
    body = nn.Sequential(nn.Linear(3, 6), nn.ReLU())
    top = nn.Sequential(nn.LayerNorm(6), nn.Linear(6, 4))
    return nn.Sequential(body, nn.Sequential(top, nn.Identity()))


@pytest.mark.exercise("replace_head")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_outputs_have_the_new_number_of_classes(lesson, device, rng, dtype):
    """The model itself comes back; its head has the old inputs, the new outputs and a bias, in the old dtype."""
    model = network().to(device, dtype)
    back = lesson.replace_head(model, 7)
    head = model[1][0][1]
    x = torch.randn(2, 3, generator=rng, dtype=dtype).to(device)
    return (
        back is model,
        isinstance(head, nn.Linear),
        probes.parameters(head),
        tuple(model(x).shape),
        torch.zeros_like(model(x)),
        (head.in_features, head.out_features),
    )


@pytest.mark.exercise("replace_head")
def test_everything_else_stays(lesson, device):
    """All other modules are the same objects with the same values, settings and modes."""
    model = network().to(device)
    model[0][0].weight.requires_grad_(False)
    model.eval()
    kept = [part for part in model.modules() if part is not model[1][0][1]]
    values = [parameter.detach().clone() for part in (model[0], model[1][0][0]) for parameter in part.parameters()]
    lesson.replace_head(model, 2)
    now = [part for part in model.modules() if part is not model[1][0][1]]
    after = [parameter.detach().clone() for part in (model[0], model[1][0][0]) for parameter in part.parameters()]
    return (
        [a is b for a, b in zip(kept, now, strict=False)],
        [bool(torch.equal(a, b)) for a, b in zip(values, after, strict=True)],
        [parameter.requires_grad for parameter in model[0].parameters()],
        [part.training for part in kept],
    )


@pytest.mark.exercise("replace_head")
def test_an_attribute_of_a_class(lesson, device):
    """The head may be an attribute, and modules that come after it in the model may have no linear layer."""
    model = nn.Module()
    model.first = nn.Linear(2, 5)
    model.classifier = nn.Linear(5, 3)
    model.out = nn.Sequential(nn.Tanh())
    model.to(device)
    old = model.classifier
    lesson.replace_head(model, 1)
    return model.classifier is not old, probes.parameters(model), isinstance(model.out[0], nn.Tanh)


@pytest.mark.exercise("replace_head")
def test_the_new_head_is_trainable_after_freezing(lesson, device):
    """Also in a model without any gradients the new head requires them."""
    model = network().to(device).requires_grad_(False)
    lesson.replace_head(model, 3)
    return [parameter.requires_grad for parameter in model.parameters()]


@pytest.mark.exercise("replace_head")
def test_a_head_without_a_bias_gets_one(lesson, device):
    """The new head has a bias, whatever the old one had."""
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2, bias=False)).to(device)
    return probes.parameters(lesson.replace_head(model, 2)[2])


@pytest.mark.exercise("replace_head")
@pytest.mark.check("fresh_every_time")
def test_weights_are_fresh(lesson, device):
    """Weights are drawn as those of any linear layer: other ones each time, all within 1 over the root of the inputs."""
    drawn = []
    for _ in range(2):
        model = nn.Sequential(nn.Linear(3, 100), nn.ReLU(), nn.Linear(100, 40)).to(device)
        with torch.no_grad():
            model[2].weight.fill_(5.0)
        lesson.replace_head(model, 40)
        drawn.append(model[2].weight.detach().clone().cpu())
    return {
        "shape": tuple(drawn[0].shape),
        "same": bool(torch.equal(*drawn)),
        "largest": float(drawn[0].abs().max()),
        "deviation": float(drawn[0].std()),
    }


@pytest.mark.exercise("replace_head")
@pytest.mark.parametrize("case", ["no linear layer", "a linear layer itself"])
def test_without_a_place_for_a_head(lesson, device, case):
    """A model without a linear layer inside is refused."""
    model = nn.Sequential(nn.ReLU(), nn.LayerNorm(3)) if case == "no linear layer" else nn.Linear(3, 2)
    return probes.raised(ValueError, lambda: lesson.replace_head(model.to(device), 2))
