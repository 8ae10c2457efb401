"""Hidden scenarios of `fine_tune`."""

import copy

import pytest
import torch
from torch import nn

from autograder.worker import probes


def network(device, dtype=torch.float32):
    """Return a small classifier with batch normalization and dropout in its backbone."""
    layers = [nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.4), nn.Linear(6, 2)]
    return nn.Sequential(*layers).to(device, dtype)


def data(rng, n, classes, device, dtype=torch.float32):
    """Return n rows with labels."""
    X = torch.randn(n, 4, generator=rng, dtype=dtype)
    return X.to(device), torch.randint(classes, (n,), generator=rng).to(device)


def rows(rng, n):
    """Return n rows between -1.15 and 1.15 of which no element is close to 0."""
    X = 2 * torch.rand(n, 4, generator=rng) - 1
    return X + 0.15 * torch.where(X < 0, -1.0, 1.0)


def pretrained(rng, device):
    """Return a network that has learned the signs of x0·x1 and of x2·x3 from 1,000 rows."""
    model = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 4), nn.Tanh(), nn.Linear(4, 2))
    with torch.no_grad():
        for layer in (model[0], model[2], model[4]):
            for parameter in layer.parameters():
                bound = 1 / layer.in_features**0.5
                parameter.copy_((2 * torch.rand(parameter.shape, generator=rng) - 1) * bound)
    X = rows(rng, 1000)
    signs = torch.stack([X[:, 0] * X[:, 1] > 0, X[:, 2] * X[:, 3] > 0], dim=1).float()
    model, X, signs = model.to(device), X.to(device), signs.to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(200):
        loss = nn.functional.binary_cross_entropy_with_logits(model(X), signs)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def logits(tuned, X):
    """Return what a fine-tuned model gives in eval mode; what is no model, as it is."""
    if not isinstance(tuned, nn.Module):
        return tuned
    tuned.eval()  # what this gives back is left open where the model is frozen
    with torch.no_grad():
        return tuned(X)


def features(model, X):
    """Return what goes into the head of a pretrained network in eval mode."""
    with torch.no_grad():
        return copy.deepcopy(model[:-1]).eval()(X)


def head(tuned):
    """Return weight and bias of a fine-tuned network's head, if it has one."""
    part = tuned[-1] if isinstance(tuned, nn.Sequential) else tuned
    return [value.detach().clone() for value in getattr(part, "parameters", list)()]


def backbone(tuned):
    """Return parameters and buffers of a fine-tuned network before its head; what is no network, as it is."""
    if not isinstance(tuned, nn.Sequential):
        return tuned
    return {name: value.clone() for name, value in tuned[:-1].state_dict().items()}


@pytest.mark.exercise("fine_tune")
@pytest.mark.check("beats_scratch")
@pytest.mark.weight(3)
def test_twenty_labels_are_enough(lesson, device, rng):
    """With few labels the fine-tuned model is right on most new rows, because the backbone knows the task's parts already."""
    model = pretrained(rng, device)
    X = rows(rng, 820).to(device)
    y = (X[:, 0] * X[:, 1] > 0).long()
    tuned = lesson.fine_tune(model, X[:20].clone(), y[:20].clone(), 2, 100, 0.05, 0)
    return {"logits": logits(tuned, X[20:]), "y": y[20:]}


@pytest.mark.exercise("fine_tune")
@pytest.mark.weight(3)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_backbone_stays_and_the_argument_too(lesson, device, rng, dtype):
    """Neither the copy's backbone with its buffers nor anything of the model that was given changes."""
    model = network(device, dtype)
    X, y = data(rng, 9, 3, device, dtype)
    tuned, kept = probes.unchanged(lambda: lesson.fine_tune(model, X, y, 3, 4, 0.1, 1), model=model, X=X, y=y)
    return {
        **kept,
        "the copy's backbone": backbone(tuned),
        "requires_grad in the copy": [part.requires_grad for part in getattr(tuned, "parameters", list)()],
        "the copy's head": probes.form(head(tuned)),
        "logits": probes.form(logits(tuned, X)),
    }


@pytest.mark.exercise("fine_tune")
@pytest.mark.check("loss_falls")
def test_the_head_learns(lesson, device, rng):
    """On its own rows the loss of the trained head is well below that of the fresh one."""
    model = network(device)
    X, y = data(rng, 12, 3, device)
    y = (X[:, 0] > 0).long() + (X[:, 0] > 0.7).long()
    outputs = {
        name: logits(lesson.fine_tune(model, X.clone(), y.clone(), 3, epochs, 0.1, 3), X)
        for name, epochs in {"fresh": 0, "trained": 60}.items()
    }
    return {**outputs, "y": y}


@pytest.mark.exercise("fine_tune")
@pytest.mark.check("one_step_of_adam")
def test_an_epoch_is_one_step_of_adam(lesson, device, rng):
    """From the fresh head on, each epoch is one step of Adam at the given rate on the mean cross-entropy of all rows."""
    model = network(device, torch.float64)
    X, y = data(rng, 7, 3, device, torch.float64)
    heads = {f"after {epochs} epochs": head(lesson.fine_tune(model, X, y, 3, epochs, 0.05, 5)) for epochs in (0, 1, 3)}
    return {"heads": heads, "features": features(model, X), "y": y}


@pytest.mark.exercise("fine_tune")
@pytest.mark.check("the_seed_decides")
@pytest.mark.weight(3)
def test_the_seed_fixes_the_head_and_nothing_else(lesson, device, rng):
    """The same seed gives the same head, and another one another; the global random state is as before, whatever it was."""
    model = network(device)
    X, y = data(rng, 6, 2, device)
    seeds = {"one seed": 4, "the same seed again": 4, "another seed": 5}
    models = {}
    for name, seed in seeds.items():
        torch.rand(1)  # the global state is another one each time
        tuned, state = probes.global_rng_untouched(lambda seed=seed: lesson.fine_tune(model, X, y, 2, 0, 0.1, seed))
        models[name] = {"head": head(tuned), "logits": logits(tuned, X), "the global random state": state}
    return {"models": models, "features": features(model, X)}


@pytest.mark.exercise("fine_tune")
@pytest.mark.check("learned_one_row")
def test_a_single_row(lesson, device, rng):
    """One row is enough: the frozen batch normalization uses its running statistics."""
    model = network(device)
    X, y = data(rng, 1, 2, device)
    tuned = lesson.fine_tune(model, X, y, 2, 30, 0.1, 0)
    return {"logits": logits(tuned, X), "head": head(tuned), "features": features(model, X), "y": y}
