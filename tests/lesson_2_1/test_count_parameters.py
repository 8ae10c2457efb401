"""Hidden scenarios of `count_parameters`. The models are made here, of PyTorch's layers."""

import pytest
import torch
from torch import nn

from autograder.worker import probes


def sizes(rng, count):
    """Return different whole numbers from 2 to 20."""
    return (torch.randperm(19, generator=rng)[:count] + 2).tolist()


@pytest.mark.exercise("count_parameters")
def test_weights_and_biases_of_a_layer(lesson, rng):
    """Every number counts, in the weights and in the biases; the result is an int."""
    d, h = sizes(rng, 2)
    return {
        "a layer": lesson.count_parameters(nn.Linear(d, h)),
        "a layer without biases": lesson.count_parameters(nn.Linear(h, d, bias=False)),
    }


@pytest.mark.exercise("count_parameters")
@pytest.mark.weight(2)
def test_nested_layers(lesson, rng):
    """Layers count however deeply they are nested; activations have no parameters."""
    d, h, o = sizes(rng, 3)
    inner = nn.Sequential(nn.Linear(h, o), nn.Tanh(), nn.ModuleList([nn.Conv2d(d, h, 3)]))
    return lesson.count_parameters(nn.Sequential(nn.Linear(d, h), nn.ReLU(), inner))


@pytest.mark.exercise("count_parameters")
@pytest.mark.weight(2)
def test_frozen_tensors_do_not_count(lesson, rng):
    """A tensor with `requires_grad=False` does not count; its neighbours do, and stay as they were."""
    d, h, o = sizes(rng, 3)
    model = nn.Sequential(nn.Linear(d, h), nn.Linear(h, o))
    model[0].weight.requires_grad_(False)
    model[1].bias.requires_grad_(False)
    count = lesson.count_parameters(model)
    flags = [parameter.requires_grad for parameter in model.parameters()]
    return {"count": count, "afterwards": probes.kept("what is trainable in its argument `model`", flags)}


@pytest.mark.exercise("count_parameters")
@pytest.mark.weight(2)
def test_shared_parameters_count_once(lesson, rng):
    """A layer, or a weight, that is used in two places counts once."""
    d, h = sizes(rng, 2)
    layer = nn.Linear(d, d)
    tied = nn.Sequential(nn.Linear(d, h), nn.Linear(h, d), nn.Linear(d, h))
    tied[2].weight = tied[0].weight
    return {
        "a layer used twice": lesson.count_parameters(nn.Sequential(layer, nn.Tanh(), layer)),
        "a weight used twice": lesson.count_parameters(tied),
    }


@pytest.mark.exercise("count_parameters")
def test_buffers_do_not_count(lesson, rng):
    """Batch normalization's running means are no parameters; its scale and shift are."""
    d, h = sizes(rng, 2)
    return lesson.count_parameters(nn.Sequential(nn.Linear(d, h), nn.BatchNorm1d(h)))


@pytest.mark.exercise("count_parameters")
def test_a_parameter_that_is_a_single_number_counts(lesson, rng):
    """A 0-D parameter is one number."""
    model = nn.Linear(*sizes(rng, 2))
    model.scale = nn.Parameter(torch.tensor(2.0))
    return lesson.count_parameters(model)


@pytest.mark.exercise("count_parameters")
@pytest.mark.weight(0.5)
def test_a_model_without_trainable_parameters_has_none(lesson, rng):
    """Without parameters, or with frozen ones alone, the count is 0."""
    layer = nn.Linear(*sizes(rng, 2))
    return {
        "a trainable layer": lesson.count_parameters(layer),
        "the same layer, frozen": lesson.count_parameters(layer.requires_grad_(False)),
        "an activation": lesson.count_parameters(nn.Tanh()),
    }
