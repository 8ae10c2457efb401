"""Hidden scenarios of `dead_fraction`. Some neurons are silenced; others are made sure to speak for one sample at least."""

import pytest
import torch

from autograder.worker import probes


def number(found):
    """Return a fraction as a float, of whatever kind of number it is; anything else as it is."""
    return float(found) if isinstance(found, int | float | torch.Tensor) else found


def between(rng, low, high):
    """Return a whole number from low to high."""
    return int(torch.randint(low, high + 1, (), generator=rng))


def layer(rng, device, dtype, samples, neurons, dead):
    """Return what a ReLU layer might hand on, with `dead` neurons that are 0 for all samples, in random places."""
    activations = torch.randn(samples, neurons, generator=rng, dtype=torch.float64).clamp(min=0)
    speaks = torch.randint(samples, (neurons,), generator=rng)
    activations[speaks, torch.arange(neurons)] = 0.5 + torch.rand(neurons, generator=rng, dtype=torch.float64)
    activations[:, torch.randperm(neurons, generator=rng)[:dead]] = 0
    return activations.to(device, dtype)


@pytest.mark.exercise("dead_fraction")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("samples", "neurons"), [(6, 10), (9, 4), (6, 6)])
def test_neurons_are_columns(lesson, device, rng, dtype, samples, neurons):
    """The fraction of columns that are 0 in every row, also where there are as many samples as neurons."""
    found = {}
    for place in range(1, 6):
        activations = layer(rng, device, dtype, samples, neurons, between(rng, 1, neurons - 1))
        found[f"layer {place}"] = number(lesson.dead_fraction(activations))
    return found


@pytest.mark.exercise("dead_fraction")
def test_all_or_none(lesson, device, rng):
    """All neurons may be dead, or none, although each is 0 for most samples."""
    diagonal = torch.eye(5, device=device) * (0.5 + torch.rand(5, generator=rng)).to(device)
    layers = {
        "all dead": torch.zeros(4, 3, device=device),
        "a diagonal": diagonal,
        "a diagonal twice": diagonal.repeat(2, 1),
        "some dead": layer(rng, device, torch.float32, 5, between(rng, 20, 90), 7),
    }
    return {name: number(lesson.dead_fraction(a)) for name, a in layers.items()}


@pytest.mark.exercise("dead_fraction")
def test_negative_numbers_are_alive(lesson, device, rng):
    """A neuron with negative numbers is not dead, nor is one whose numbers cancel."""
    size = 0.5 + torch.rand(4, generator=rng)
    zero = torch.zeros(4)
    columns = [zero, -size, torch.stack([size[0], -size[0], size[1], -size[1]]), -zero, zero - 0.001]
    columns += [zero] * between(rng, 0, 60)
    return number(lesson.dead_fraction(torch.stack(columns, dim=1).to(device)))


@pytest.mark.exercise("dead_fraction")
def test_one_sample_and_one_neuron(lesson, device, rng):
    """With one sample each zero is a dead neuron; with one neuron the fraction is 0 or 1."""
    row = layer(rng, device, torch.float32, 1, between(rng, 8, 70), 3)
    layers = {"one sample": row, "one neuron": row.T, "one dead neuron": torch.zeros(5, 1, device=device)}
    return {name: number(lesson.dead_fraction(a)) for name, a in layers.items()}


@pytest.mark.exercise("dead_fraction")
def test_activations_are_left_alone(lesson, device, rng):
    """Nothing in the activations is changed."""
    activations = layer(rng, device, torch.float64, 5, between(rng, 8, 70), 2)
    fraction, kept = probes.unchanged(lambda: lesson.dead_fraction(activations), activations=activations)
    return {"fraction": number(fraction), **kept}
