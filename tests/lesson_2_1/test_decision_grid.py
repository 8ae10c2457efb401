"""Hidden scenarios of `decision_grid`. The two features have different ranges, so that swapped ones show."""

import pytest
import torch
from torch import nn

from autograder.worker import probes


def samples(rng, device, n, dtype=torch.float32):
    X = torch.randn(n, 2, generator=rng) * torch.tensor([1.0, 2.5]) + torch.tensor([4.0, -3.0])
    return X.to(device, dtype)


def fill(model, rng, device, dtype=torch.float32):
    """Give a model known weights, without the global generator."""
    model = model.to(dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.5 * torch.randn(parameter.shape, generator=rng, dtype=dtype))
    return model.to(device)


def neuron(rng, device, dtype=torch.float32):
    return fill(nn.Sequential(nn.Linear(2, 1), nn.Sigmoid()), rng, device, dtype)


def with_dropout(rng, device):
    layers = nn.Linear(2, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Dropout(0.5), nn.Linear(6, 1), nn.Sigmoid()
    return fill(nn.Sequential(*layers), rng, device)


@pytest.mark.exercise("decision_grid")
@pytest.mark.check("grids_are_right")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("resolution", [2, 5, 9])
def test_probabilities_on_a_grid_with_a_margin(lesson, device, rng, dtype, resolution):
    """The values of each feature run evenly from its minimum - 0.5 to its maximum + 0.5, and P belongs to the points."""
    model, X = neuron(rng, device, dtype), samples(rng, device, 7, dtype)
    return {"A, B and P": lesson.decision_grid(model, X, resolution)}


@pytest.mark.exercise("decision_grid")
@pytest.mark.check("grids_are_right")
def test_as_many_samples_as_grid_points(lesson, device, rng):
    """The grid has R times R points, however many samples there are; `X` stays as it was."""
    model, X = neuron(rng, device), samples(rng, device, 4)
    grids, kept = probes.unchanged(lambda: lesson.decision_grid(model, X, 4), X=X)
    return {"A, B and P": grids, **kept}


@pytest.mark.exercise("decision_grid")
@pytest.mark.check("grids_are_right")
@pytest.mark.weight(2)
def test_the_model_is_asked_in_eval_mode(lesson, device, rng):
    """Dropout and batch normalization rest: the values are those of eval mode, and running means do not move."""
    model, X = with_dropout(rng, device), samples(rng, device, 6)
    grids = lesson.decision_grid(model, X, 5)
    return {"A, B and P": grids, "the model's buffers": [buffer.detach().clone() for buffer in model.buffers()]}


@pytest.mark.exercise("decision_grid")
@pytest.mark.check("mode_is_restored")
@pytest.mark.weight(3)
@pytest.mark.parametrize("training", [True, False])
def test_the_mode_is_restored(lesson, device, rng, training):
    """A model in train mode is in train mode afterwards, and one in eval mode in eval mode, with all its layers."""
    model, X = with_dropout(rng, device).train(training), samples(rng, device, 6)
    grids = lesson.decision_grid(model, X, 3)
    return {"A, B and P": grids, "training modes afterwards": [part.training for part in model.modules()]}


@pytest.mark.exercise("decision_grid")
@pytest.mark.check("gradients_are_off")
@pytest.mark.weight(2)
def test_gradients_are_off_while_the_model_works(lesson, device, rng):
    """While the model works gradients are off, the results have no graph, and afterwards gradients are on again."""
    model, X = neuron(rng, device), samples(rng, device, 6)
    tracked = []
    model[0].register_forward_pre_hook(lambda layer, _: tracked.append((layer.weight * 1).requires_grad))
    grids = lesson.decision_grid(model, X, 4)
    return {
        "A, B and P": grids,
        "tracked while the model works": tracked,
        "with a graph": [getattr(grid, "requires_grad", None) for grid in grids],
        "tracked afterwards": (model[0].weight * 1).requires_grad,
    }
