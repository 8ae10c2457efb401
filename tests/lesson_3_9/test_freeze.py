"""Hidden scenarios of `freeze`."""

import pytest
import torch
from torch import nn


def fill(model, rng, device, dtype=torch.float32):
    """Give a model's parameters known values, without the global generator."""
    model = model.to(dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.6 * torch.randn(parameter.shape, generator=rng, dtype=dtype))
    return model.to(device)


def backbone():
    """Return a backbone with layers inside layers, batch normalization and dropout at the second level."""
    inner = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Dropout(0.5))
    return nn.Sequential(inner, nn.Linear(5, 4))


def parameters_of(module):
    """Return the values of a module's parameters; none where it is no module."""
    return [parameter.detach().clone() for parameter in getattr(module, "parameters", list)()]


@pytest.mark.exercise("freeze")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_nothing_inside_requires_gradients(lesson, device, rng, dtype):
    """No parameter at any depth requires a gradient; the values stay, and the same module comes back."""
    module = fill(backbone(), rng, device, dtype)
    back = lesson.freeze(module)
    found = {
        "requires_grad": [parameter.requires_grad for parameter in module.parameters()],
        "the module's parameters": parameters_of(module),
    }
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += 1
    # A copy would not have followed the module that was given.
    return {**found, "the returned module's parameters, when the given one's are written to": parameters_of(back)}


@pytest.mark.exercise("freeze")
def test_a_module_with_parameters_of_its_own(lesson, device, rng):
    """A single layer, whose parameters are its own, is frozen as well as a module with layers inside."""
    layer = fill(nn.Linear(3, 2), rng, device)
    x = torch.randn(4, 3, generator=rng).to(device)
    lesson.freeze(layer)
    return {"requires_grad": [parameter.requires_grad for parameter in layer.parameters()], "output": layer(x).detach()}


@pytest.mark.exercise("freeze")
@pytest.mark.weight(2)
@pytest.mark.parametrize("who", ["the model", "the module"])
def test_it_computes_as_in_evaluation_mode_after_train(lesson, device, rng, who):
    """After `train()` on the model around it, or on it, dropout drops nothing and batch normalization stays as it is."""
    model = fill(nn.Sequential(backbone(), nn.Linear(4, 2)), rng, device)
    model.train()
    lesson.freeze(model[0])
    x = torch.randn(6, 4, generator=rng).to(device)
    outputs = {}
    for time in ("first", "second"):
        (model if who == "the model" else model[0]).train()
        outputs[f"output the {time} time"] = model(x).detach()
    norm = model[0][0][1]
    return {**outputs, "running_mean": norm.running_mean.clone(), "running_var": norm.running_var.clone()}


@pytest.mark.exercise("freeze")
def test_the_rest_of_the_model_trains_as_before(lesson, device, rng):
    """What stands beside the frozen part changes its mode at `train()` and `eval()`, and its weights at an update."""
    model = fill(nn.Sequential(backbone(), nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout(0.5)), rng, device)
    model.eval()
    lesson.freeze(model[0])
    before = [part.training for part in (model[1], model[2], model[3])]
    model.train()
    during = [part.training for part in (model[1], model[2], model[3])]
    x = torch.randn(6, 4, generator=rng).to(device)
    model[3].p = 0.0
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    model(x).square().sum().backward()
    optimizer.step()
    return {
        "modes of the other parts after eval()": before,
        "modes of the other parts after train()": during,
        "weight of the linear layer beside it after an update": model[1].weight.detach().clone(),
        "running_mean of the batch normalization beside it": model[2].running_mean.clone(),
    }


@pytest.mark.exercise("freeze")
def test_gradients_flow_through_to_the_input(lesson, device, rng):
    """A frozen module passes gradients on to what stands before it, and keeps none."""
    module = fill(backbone(), rng, device, torch.float64)
    lesson.freeze(module)
    x = torch.randn(5, 4, generator=rng, dtype=torch.float64).to(device).requires_grad_(True)
    module(x).square().sum().backward()
    return {"the input's gradient": x.grad, "the parameters' gradients": [part.grad for part in module.parameters()]}


@pytest.mark.exercise("freeze")
def test_frozen_twice_is_frozen(lesson, device, rng):
    """Freezing what is frozen already changes nothing more, and the names in its state dict stay the same."""
    module = fill(backbone(), rng, device)
    lesson.freeze(lesson.freeze(module))
    module.train()
    x = torch.randn(3, 4, generator=rng).to(device)
    return {"names in the state dict": sorted(module.state_dict()), "output": module(x).detach()}
