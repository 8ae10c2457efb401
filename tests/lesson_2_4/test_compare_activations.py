"""Hidden scenarios of `compare_activations`. The docstring fixes the start, so that a few epochs in float64 are exact."""

import math

import pytest
import torch

from autograder.worker import probes


def data(rng, device, dtype, samples, features, outputs):
    X = torch.randn(samples, features, generator=rng, dtype=torch.float64)
    y = 2 * torch.randn(samples, outputs, generator=rng, dtype=torch.float64) + 1
    return X.to(device, dtype), y.to(device, dtype)


@pytest.mark.exercise("compare_activations")
@pytest.mark.weight(3)
@pytest.mark.parametrize(
    "names",
    [["tanh", "identity", "relu"], ["leaky_relu", "gelu", "sigmoid"], ["sigmoid", "tanh"]],
    ids=["tanh-identity-relu", "leaky_relu-gelu-sigmoid", "sigmoid-tanh"],
)
def test_histories_from_the_same_start(lesson, device, rng, names):
    """Each name's history starts from the start that the docstring fixes, and lists the losses before each step."""
    X, y = data(rng, device, torch.float64, 9, 2, 3)
    histories = lesson.compare_activations(X, y, names, 6)
    return {"histories": histories, "order of the keys": list(histories) if isinstance(histories, dict) else None}


@pytest.mark.exercise("compare_activations")
@pytest.mark.weight(2)
@pytest.mark.check("no_history_depends_on_the_others")
def test_no_history_depends_on_the_others(lesson, device, rng):
    """A name's history is the same alone, in company and in another order, whatever the global seed was."""
    X, y = data(rng, device, torch.float32, 8, 3, 1)
    pool, epochs = ["relu", "tanh", "identity", "sigmoid", "gelu"], int(torch.randint(3, 9, (), generator=rng))
    names = [pool[place] for place in torch.randperm(5, generator=rng)[:3].tolist()]
    torch.manual_seed(11)
    together = lesson.compare_activations(X, y, names, epochs)
    torch.manual_seed(12)
    turned = lesson.compare_activations(X, y, names[::-1], epochs)
    alone = lesson.compare_activations(X, y, names[1:2], epochs)
    return {"together": together, "in another order": turned, "alone": alone}


@pytest.mark.exercise("compare_activations")
@pytest.mark.check("only_the_line_stays_high")
def test_a_sine_needs_an_activation(lesson, device):
    """On a sine the loss of ReLU is 0.03 or less after 500 epochs, and that of no activation stays above 0.15."""
    X = torch.linspace(-math.pi, math.pi, 64, device=device).unsqueeze(1)
    line = lesson.compare_activations(X, torch.sin(X), ["identity"], 250)  # the best line is long found
    bent = lesson.compare_activations(X, torch.sin(X), ["relu"], 500)
    return {"identity": line, "relu": bent}


@pytest.mark.exercise("compare_activations")
def test_edges(lesson, device, rng):
    """No epochs give empty lists, no names an empty dict, one sample and one epoch a single loss; the data stay."""
    X, y = data(rng, device, torch.float32, 1, 2, 1)

    def calls():
        return {
            "no epochs": lesson.compare_activations(X, y, ("gelu", "relu"), 0),
            "one sample, one epoch": lesson.compare_activations(X, y, ["leaky_relu"], 1),
            "no names": lesson.compare_activations(X, y, [], 3),
        }

    histories, kept = probes.unchanged(calls, X=X, y=y)
    return {**histories, **kept}
