"""Hidden scenarios of `fine_tune`."""

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


def accuracy(model, X, y):
    """Return the share of rows with the right class."""
    model.eval()
    with torch.no_grad():
        return float((model(X).argmax(dim=1) == y).float().mean())


@pytest.mark.exercise("fine_tune")
@pytest.mark.check("beats_scratch")
@pytest.mark.weight(3)
def test_twenty_labels_are_enough(lesson, device, rng):
    """With 20 labels of x0·x1 > 0 the fine-tuned model is at least 0.1 more accurate than one from scratch."""
    model = pretrained(rng, device)
    X = rows(rng, 820).to(device)
    y = (X[:, 0] * X[:, 1] > 0).long()
    tuned = lesson.fine_tune(model, X[:20], y[:20], 2, 100, 0.05, 0)
    return {"accuracy": accuracy(tuned, X[20:], y[20:]), "classes": tuple(tuned(X[:3]).shape)}


@pytest.mark.exercise("fine_tune")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_backbone_stays_and_the_argument_too(lesson, device, rng, dtype):
    """Neither the copy's backbone with its buffers nor anything of the model that was given changes."""
    model = network(device, dtype)
    before = {name: value.detach().clone() for name, value in model.state_dict().items()}
    X, y = data(rng, 9, 3, device, dtype)
    tuned = lesson.fine_tune(model, X, y, 3, 4, 0.1, 1)
    of_head = [name for name in before if name.startswith("4.")]
    copied = [
        bool(torch.equal(value, before[name])) for name, value in tuned.state_dict().items() if name not in of_head
    ]
    return {
        "another": tuned is not model,
        "copied": copied,
        "argument": [bool(torch.equal(value, before[name])) for name, value in model.state_dict().items()],
        "mode": [part.training for part in model.modules()],
        "trainable": [parameter.requires_grad for parameter in model.parameters()],
        "no gradients": [parameter.grad is None for parameter in model.parameters()],
        "of the copy": [parameter.requires_grad for parameter in tuned.parameters()],
        "head": probes.parameters(tuned[4]),
        "logits": torch.zeros_like(tuned(X)),
    }


@pytest.mark.exercise("fine_tune")
@pytest.mark.check("loss_falls")
def test_the_head_learns(lesson, device, rng):
    """On its own rows the loss of the trained head is well below that of the fresh one."""
    model = network(device)
    X, y = data(rng, 12, 3, device)
    y = (X[:, 0] > 0).long() + (X[:, 0] > 0.7).long()
    losses = []
    for epochs in (0, 60):
        tuned = lesson.fine_tune(model, X, y, 3, epochs, 0.1, 3)
        tuned.eval()
        losses.append(nn.functional.cross_entropy(tuned(X), y).item())
    return losses


@pytest.mark.exercise("fine_tune")
@pytest.mark.check("one_step_of_adam")
def test_an_epoch_is_one_step_of_adam(lesson, device, rng):
    """From the fresh head on, each epoch is one step of Adam at the given rate on the mean cross-entropy of all rows."""
    model = network(device, torch.float64)
    X, y = data(rng, 7, 3, device, torch.float64)
    gaps = []
    for epochs in (1, 3):
        own = lesson.fine_tune(model, X, y, 3, 0, 0.05, 5)
        own.eval()
        head = own[4]
        optimizer = torch.optim.Adam(head.parameters(), lr=0.05)
        for _ in range(epochs):
            loss = nn.functional.cross_entropy(own(X), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        tuned = lesson.fine_tune(model, X, y, 3, epochs, 0.05, 5)
        gaps += [
            float((a - b).detach().abs().max()) for a, b in zip(tuned[4].parameters(), head.parameters(), strict=True)
        ]
    return gaps


@pytest.mark.exercise("fine_tune")
def test_the_seed_fixes_the_head_and_nothing_else(lesson, device, rng):
    """The same seed gives the same head, another one another; the global state is as before, whatever it was."""
    model = network(device)
    X, y = data(rng, 6, 2, device)
    heads, quiet = [], []
    for seed in (4, 4, 5):
        torch.rand(1)  # the global state is another one each time
        tuned, untouched = probes.global_rng_untouched(lambda seed=seed: lesson.fine_tune(model, X, y, 2, 0, 0.1, seed))
        heads.append(tuned[4].weight.detach().clone())
        quiet.append(untouched)
    return bool(torch.equal(heads[0], heads[1])), bool(torch.equal(heads[0], heads[2])), quiet


@pytest.mark.exercise("fine_tune")
def test_a_single_row(lesson, device, rng):
    """One row is enough: the frozen batch normalization uses its running statistics."""
    model = network(device)
    X, y = data(rng, 1, 2, device)
    tuned = lesson.fine_tune(model, X, y, 2, 30, 0.1, 0)
    tuned.eval()
    return int(tuned(X).argmax()) == int(y[0]), tuple(tuned(X).shape)
