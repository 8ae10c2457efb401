"""Hidden scenarios of `ema_update_`. Parameters and buffers of the two models are far apart, so that each step shows."""

import copy

import pytest
import torch
from torch import nn

from autograder.worker import probes


def filled(rng, device, dtype=torch.float32, centre=0.0):
    """Return a network with nested parts and with buffers of two dtypes, filled from `rng`."""
    deep = nn.Sequential(nn.BatchNorm1d(3), nn.Sequential(nn.Tanh(), nn.Linear(3, 3)))
    model = nn.Sequential(nn.Linear(2, 3), deep, nn.Linear(3, 1, bias=False)).to(dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=rng) + centre)
        deep[0].running_mean.copy_(torch.randn(3, generator=rng) + centre)
        deep[0].running_var.copy_(1 + torch.rand(3, generator=rng) + abs(centre))
        deep[0].num_batches_tracked.fill_(int(torch.randint(1, 90, (1,), generator=rng)))
    return model.to(device)


def state(model):
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def descend(model, optimizer, x, y):
    """Take one step of training."""
    optimizer.zero_grad()
    ((model(x) - y) ** 2).mean().backward()
    optimizer.step()


@pytest.mark.exercise("ema_update_")
@pytest.mark.weight(2)
@pytest.mark.parametrize(("decay", "dtype"), [(0.9, torch.float32), (0.3, torch.float64)])
def test_parameters_are_averaged_and_buffers_copied(lesson, device, rng, decay, dtype):
    """Each parameter keeps `decay` of itself and gets 1 - decay of the model's; each buffer is the model's."""
    ema, model = filled(rng, device, dtype), filled(rng, device, dtype, 5.0)
    lesson.ema_update_(ema, model, decay)
    return state(ema)


@pytest.mark.exercise("ema_update_")
@pytest.mark.parametrize("decay", [0.0, 1.0])
def test_the_ends(lesson, device, rng, decay):
    """With decay 0 the average becomes the model; with 1 its parameters stay, and its buffers are still copied."""
    ema, model = filled(rng, device), filled(rng, device, centre=-3.0)
    lesson.ema_update_(ema, model, decay)
    return state(ema)


@pytest.mark.exercise("ema_update_")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_along_a_training_run(lesson, device, rng, dtype):
    """Updated after each step of a training run, the average ends where it should, and so does the model."""
    x = torch.randn(10, 2, generator=rng).to(device, dtype)
    y = (x[:, :1] * x[:, 1:]).tanh()
    model = filled(rng, device, dtype)
    ema = copy.deepcopy(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.5)
    for _ in range(12):
        descend(model, optimizer, x, y)
        lesson.ema_update_(ema, model, 0.8)
    return {"the average": state(ema), "the model": state(model)}


@pytest.mark.exercise("ema_update_")
def test_goes_on_from_a_saved_state(lesson, device, rng):
    """An average that was saved half-way and loaded into a new copy goes on as if nothing had happened."""
    x = torch.randn(8, 2, generator=rng).to(device)
    y = x.sum(dim=1, keepdim=True)
    model = filled(rng, device)
    ema = copy.deepcopy(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for step in range(8):
        if step == 4:
            saved = copy.deepcopy(ema.state_dict())
            ema = filled(rng, device, centre=9.0)
            ema.load_state_dict(saved)
        descend(model, optimizer, x, y)
        lesson.ema_update_(ema, model, 0.6)
    return state(ema)


@pytest.mark.exercise("ema_update_")
@pytest.mark.weight(2)
@pytest.mark.parametrize("trainable", [True, False])
def test_no_graph_is_kept(lesson, device, rng, trainable):
    """The average's parameters stay leaves, the same objects, with `requires_grad` and `grad` as they were."""
    ema, model = filled(rng, device), filled(rng, device, centre=2.0)
    ema.requires_grad_(trainable)
    first = ema[0].weight
    first.grad = torch.full_like(first, 0.5)
    objects = [*ema.parameters(), *ema.buffers()]
    for _ in range(3):
        lesson.ema_update_(ema, model, 0.7)
    return {
        "the average": state(ema),
        # Where the average has other tensors now, the ones that it had are not the averaged ones.
        "the parameters and buffers that were there before": [tensor.detach().clone() for tensor in objects],
        "is_leaf": [p.is_leaf for p in ema.parameters()],
        "requires_grad": [p.requires_grad for p in ema.parameters()],
        "grad": [None if p.grad is None else p.grad.clone() for p in ema.parameters()],
    }


@pytest.mark.exercise("ema_update_")
def test_model_stays_as_it_was(lesson, device, rng):
    """The model's parameters, gradients, buffers and mode stay, and so does the mode of every part of the average."""
    ema, model = filled(rng, device), filled(rng, device, centre=2.0)
    model[1][1].eval()
    ema[1][0].eval()
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    _, kept = probes.unchanged(lambda: lesson.ema_update_(ema, model, 0.25), model=model)
    return {**kept, "the average's modes": [part.training for part in ema.modules()]}


@pytest.mark.exercise("ema_update_")
def test_buffers_that_are_not_saved_are_buffers_too(lesson, device, rng):
    """A buffer that is not in the `state_dict` is copied like any other."""
    models = []
    for _ in range(2):
        model = nn.Linear(2, 2)
        model.register_buffer("seen", torch.randn(3, generator=rng), persistent=False)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=rng))
        models.append(model.to(device))
    ema, model = models
    lesson.ema_update_(ema, model, 0.5)
    return {"the average": state(ema), "the buffer that is not saved": ema.seen}


@pytest.mark.exercise("ema_update_")
def test_average_stands_on_its_own(lesson, device, rng):
    """What the model does after an update does not reach the average: no memory is shared."""
    ema, model = filled(rng, device), filled(rng, device, centre=4.0)
    lesson.ema_update_(ema, model, 0.0)
    with torch.no_grad():
        for tensor in (*model.parameters(), *model.buffers()):
            tensor += 50
    return state(ema)


@pytest.mark.exercise("ema_update_")
def test_models_without_buffers_or_without_parameters(lesson, device, rng):
    """A model may be a single layer, without buffers; or a layer with buffers and no parameters."""
    pairs = {
        "a layer without buffers": (nn.Linear(3, 2), nn.Linear(3, 2)),
        "a layer without parameters": (nn.BatchNorm1d(3, affine=False), nn.BatchNorm1d(3, affine=False)),
    }
    found = {}
    for name, (ema, model) in pairs.items():
        for part in (ema, model):
            with torch.no_grad():
                for tensor in (*part.parameters(), *part.buffers()):
                    tensor.copy_(10 * torch.rand(tensor.shape, generator=rng) + 1)
            part.to(device)
        lesson.ema_update_(ema, model, 0.75)
        found[name] = state(ema)
    return found
