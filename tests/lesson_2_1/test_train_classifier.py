"""Hidden scenarios of `train_classifier`. Models and starts are made here, so histories and weights are fixed."""

import pytest
import torch
from sklearn.datasets import make_moons
from torch import nn

from autograder.worker import probes


def fill(model, rng, device, dtype=torch.float32):
    """Give a model known weights, without the global generator."""
    model = model.to(dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.7 * torch.randn(parameter.shape, generator=rng, dtype=dtype))
    return model.to(device)


def network(rng, device, dtype=torch.float32, d=2, h=5, o=1):
    return fill(nn.Sequential(nn.Linear(d, h), nn.Tanh(), nn.Linear(h, o), nn.Sigmoid()), rng, device, dtype)


def samples(rng, device, n, d=2, o=1, dtype=torch.float32):
    X = torch.randn(n, d, generator=rng)
    y = (torch.rand(n, o, generator=rng) < 0.4).float()
    y[0] = 1.0
    return X.to(device, dtype), y.to(device, dtype)


def moons(rng, device):
    points, classes = make_moons(200, noise=0.1, random_state=int(torch.randint(0, 1000, (1,), generator=rng)))
    return torch.tensor(points).float().to(device), torch.tensor(classes).float().unsqueeze(1).to(device)


def outcome(history, model):
    """The losses and the weights after training, in float32: a tiny number inside of a logarithm may have shifted them."""
    return {"history": numbers(history), "weights after training": weights(model)}


def numbers(history):
    """Return a list of numbers as a tensor, and anything else as what it is."""
    try:
        return torch.tensor([float(loss) for loss in history])
    except (TypeError, ValueError, RuntimeError):
        return history


def weights(model):
    """Return a model's weights as they are now, in float32."""
    return [parameter.detach().float().clone() for parameter in model.parameters()]


@pytest.mark.exercise("train_classifier")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_losses_and_weights_of_a_network(lesson, device, rng, dtype):
    """Each epoch is one plain step on the mean cross-entropy of all rows, and its loss is taken before."""
    model = network(rng, device, dtype)
    X, y = samples(rng, device, 9, dtype=dtype)
    return outcome(lesson.train_classifier(model, X, y, 6, 0.4), model)


@pytest.mark.exercise("train_classifier")
def test_one_row(lesson, device, rng):
    """A linear model and a single row: the model that was given is trained in place."""
    model = fill(nn.Sequential(nn.Linear(3, 1), nn.Sigmoid()), rng, device)
    X, y = samples(rng, device, 1, d=3)
    return outcome(lesson.train_classifier(model, X, y, 3, 0.25), model)


@pytest.mark.exercise("train_classifier")
def test_several_outputs(lesson, device, rng):
    """With several outputs the mean goes over all elements."""
    model = network(rng, device, torch.float64, d=3, h=4, o=3)
    X, y = samples(rng, device, 8, d=3, o=3, dtype=torch.float64)
    return outcome(lesson.train_classifier(model, X, y, 4, 0.6), model)


@pytest.mark.exercise("train_classifier")
def test_old_gradients_play_no_part(lesson, device, rng):
    """What lies in `.grad` before the call does not enter the first step."""
    model = network(rng, device)
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=rng).to(device) + 2
    X, y = samples(rng, device, 6)
    return outcome(lesson.train_classifier(model, X, y, 2, 0.3), model)


@pytest.mark.exercise("train_classifier")
@pytest.mark.parametrize("epochs", [0, 1, 4])
def test_the_history_is_a_list_of_floats(lesson, device, rng, epochs):
    """The history is a list of `epochs` Python floats; without an epoch it is empty and nothing moves."""
    model = network(rng, device)
    X, y = samples(rng, device, 5)
    history = lesson.train_classifier(model, X, y, epochs, 0.2)
    return {"history": history, "weights after training": weights(model)}


@pytest.mark.exercise("train_classifier")
def test_with_a_rate_of_zero_nothing_moves_and_it_goes_on(lesson, device, rng):
    """With `lr` 0 every epoch has the same loss, and there are as many as were asked for; the data stay as they were."""
    model = network(rng, device)
    X, y = samples(rng, device, 7)
    history, kept = probes.unchanged(lambda: lesson.train_classifier(model, X, y, 5, 0.0), X=X, y=y)
    return {**outcome(history, model), **kept}


@pytest.mark.exercise("train_classifier")
@pytest.mark.weight(2)
@pytest.mark.check("the_network_beats_the_line")
def test_a_network_learns_the_moons_and_a_line_does_not(lesson, device, rng):
    """200 moons, 16 tanh units, 1,000 epochs, lr 1: the loss falls to 0.1 or less. A linear model stays above 0.2."""
    X, y = moons(rng, device)
    others, classes = moons(rng, device)
    found = {"classes": y, "classes of other samples": classes}
    for name, model, epochs in (
        ("network", network(rng, device, h=16), 1000),
        ("line", fill(nn.Sequential(nn.Linear(2, 1), nn.Sigmoid()), rng, device), 200),
    ):
        history = lesson.train_classifier(model, X, y, epochs, 1.0)
        with torch.no_grad():
            found[name] = {"history": history, "probabilities": model(X), "of other samples": model(others)}
    return found
