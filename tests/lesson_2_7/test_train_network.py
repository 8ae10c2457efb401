"""Hidden scenarios of `train_network`. Models and starts are made here; where orders matter, the check tries them all."""

import pytest
import torch
from torch import nn

from autograder.worker import probes


def fill(model, rng, device, dtype=torch.float64):
    """Give a model known weights, biases well away from 0, without the global generator."""
    with torch.no_grad():
        for parameter in model.parameters():
            values = 0.7 * torch.randn(parameter.shape, generator=rng)
            parameter.copy_(values + (1.0 if parameter.dim() == 1 else 0.0))
    return model.to(device, dtype)


def network(rng, device, dtype=torch.float64, d=2, h=4):
    """Nested, so that the weights have to be looked for."""
    inner = nn.Sequential(nn.Linear(d, h), nn.Tanh())
    return fill(nn.Sequential(inner, nn.Sequential(nn.Linear(h, 1))), rng, device, dtype)


def neuron(rng, device, d=2):
    return fill(nn.Linear(d, 1), rng, device)


def samples(rng, device, n, d=2, dtype=torch.float64):
    """Rows of either sign between 0.5 and 1.5 in size, and both classes."""
    X = torch.rand(n, d, generator=rng) + 0.5
    X = X * (1 - 2 * torch.randint(0, 2, X.shape, generator=rng))
    y = torch.randint(0, 2, (n, 1), generator=rng).float()
    y[0] = 1.0
    if n > 1:
        y[-1] = 0.0
    return X.to(device, dtype), y.to(device, dtype)


def generator(rng):
    return torch.Generator().manual_seed(int(torch.randint(0, 100_000, (1,), generator=rng)))


def weights(model):
    return [parameter.detach().clone() for parameter in model.parameters()]


@pytest.mark.exercise("train_network")
@pytest.mark.parametrize(
    ("batch_size", "dtype"), [(None, torch.float32), (None, torch.float64), (8, torch.float64), (50, torch.float64)]
)
def test_all_rows_in_one_batch(lesson, device, rng, batch_size, dtype):
    """Each epoch is one plain step on cross-entropy plus penalty, its plain loss taken before; the data stay."""
    model = network(rng, device, dtype)
    X, y = samples(rng, device, 8, dtype=dtype)
    call = lambda: lesson.train_network(model, X, y, 0.3, 5, batch_size, 0.05, generator(rng))  # noqa: E731
    history, kept = probes.unchanged(call, X=X, y=y)
    return {"history": history, "weights": weights(model), **kept}


@pytest.mark.exercise("train_network")
@pytest.mark.parametrize("n", [1, 2])
def test_few_rows_and_no_penalty(lesson, device, rng, n):
    """One or two rows are enough, and a strength of 0 means no penalty."""
    model = network(rng, device, d=3)
    X, y = samples(rng, device, n, d=3)
    history = lesson.train_network(model, X, y, 0.5, 3, None, 0.0, generator(rng))
    return {"history": history, "weights": weights(model)}


@pytest.mark.exercise("train_network")
@pytest.mark.check("one_update_a_batch")
@pytest.mark.parametrize(("n", "batch_size", "strength"), [(5, 2, 0.1), (5, 3, 0.0), (4, 1, 0.1), (6, 3, 0.05)])
def test_every_batch_makes_an_update(lesson, device, rng, n, batch_size, strength):
    """One update a batch from what the one before left, the smaller last one kept; the plain loss is noted before it."""
    X, y = samples(rng, device, n)
    start = neuron(rng, device)
    found = []
    for _ in range(3):
        model = nn.Linear(2, 1).to(X)
        model.load_state_dict(start.state_dict())
        history = lesson.train_network(model, X, y, 0.4, 1, batch_size, strength, generator(rng))
        found.append({"history": history, "weights": weights(model)})
    return {
        "found": found, "start": weights(start), "X": X, "y": y, "lr": 0.4, "epochs": 1,
        "batch_size": batch_size, "strength": strength,
    }  # fmt: skip


@pytest.mark.exercise("train_network")
@pytest.mark.weight(6)
@pytest.mark.check("new_orders")
def test_new_permutation_in_every_epoch(lesson, device, rng):
    """Every epoch has a random order of its own, and other generators give other orders, with other rows in a batch."""
    X, y = samples(rng, device, 5)
    start = neuron(rng, device)
    found = []
    for _ in range(12):
        model = nn.Linear(2, 1).to(X)
        model.load_state_dict(start.state_dict())
        history = lesson.train_network(model, X, y, 0.4, 2, 2, 0.02, generator(rng))
        found.append({"history": history, "weights": weights(model)})
    return {
        "found": found, "start": weights(start), "X": X, "y": y, "lr": 0.4, "epochs": 2,
        "batch_size": 2, "strength": 0.02,
    }  # fmt: skip


@pytest.mark.exercise("train_network")
@pytest.mark.weight(3)
@pytest.mark.check("the_generator_decides")
def test_the_generator_decides(lesson, device, rng):
    """The same generator state gives the same weights, another gives others, and the global generators stay."""
    X, y = samples(rng, device, 12)
    start = neuron(rng, device)
    seed, other, world = (int(n) for n in torch.randperm(10_000, generator=rng)[:3])

    def learned(seed):
        model = nn.Linear(2, 1).to(X)
        model.load_state_dict(start.state_dict())
        lesson.train_network(model, X, y, 0.4, 2, 5, 0.01, torch.Generator().manual_seed(seed))
        return torch.cat([part.flatten() for part in weights(model)])

    torch.manual_seed(world)
    first, untouched = probes.global_rng_untouched(lambda: learned(seed))
    torch.manual_seed(world + 1)
    again, another = learned(seed), learned(other)
    return {"first": first, "again": again, "another seed": another, "global random state": untouched}


@pytest.mark.exercise("train_network")
@pytest.mark.parametrize(("n", "batch_size"), [(7, 3), (7, 6), (5, 1), (6, 2)])
def test_the_history_is_a_mean_over_the_rows_without_the_penalty(lesson, device, rng, n, batch_size):
    """With a learning rate of 0 every epoch has the plain cross-entropy of all rows, whatever the batches and the penalty."""
    model = network(rng, device)
    X, y = samples(rng, device, n)
    return lesson.train_network(model, 3 * X, y, 0.0, 3, batch_size, 0.7, generator(rng))


@pytest.mark.exercise("train_network")
def test_old_gradients_play_no_part(lesson, device, rng):
    """What lies in `.grad` before the call does not enter the first step."""
    model = network(rng, device)
    for parameter in model.parameters():
        parameter.grad = (torch.randn(parameter.shape, generator=rng) + 2).to(parameter)
    X, y = samples(rng, device, 6)
    lesson.train_network(model, X, y, 0.3, 2, None, 0.05, generator(rng))
    return weights(model)


@pytest.mark.exercise("train_network")
def test_large_logits(lesson, device, rng):
    """The cross-entropy stays finite, and right, for logits of hundreds."""
    model = neuron(rng, device)
    with torch.no_grad():
        model.weight.fill_(400.0)
        model.bias.zero_()
    X, y = samples(rng, device, 6)
    X = X.abs() * torch.where(torch.arange(6, device=device) % 2 == 0, 1.0, -1.0).unsqueeze(1)
    history = lesson.train_network(model, X, y, 0.5, 3, None, 0.0, generator(rng))
    return {"history": history, "weights": weights(model)}


@pytest.mark.exercise("train_network")
@pytest.mark.check("the_history_is_a_list_of_floats")
@pytest.mark.parametrize("epochs", [0, 1, 4])
def test_the_history_is_a_list_of_floats(lesson, device, rng, epochs):
    """The history is a list of `epochs` Python floats; without an epoch it is empty and nothing moves."""
    model = network(rng, device)
    X, y = samples(rng, device, 5)
    history = lesson.train_network(model, X, y, 0.2, epochs, None, 0.01, generator(rng))
    return {"history": history, "weights": weights(model)}
