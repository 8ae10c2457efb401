"""Hidden scenarios of `layer`."""

import pytest
import torch

from autograder.worker import probes


def normal(rng, device, dtype, *shape):
    return torch.randn(shape, generator=rng, dtype=torch.float64).to(device, dtype)


def sample_and_weights(rng, device, dtype, neurons, features):
    """Biases that differ by one or more from neuron to neuron, in a random order."""
    steps = torch.randperm(neurons, generator=rng).to(device, dtype) - 0.4 * neurons
    return normal(rng, device, dtype, features), normal(rng, device, dtype, neurons, features), steps


@pytest.mark.exercise("layer")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("neurons", "features"), [(2, 5), (6, 3)])
def test_each_row_is_a_neuron_with_its_own_bias(lesson, device, rng, dtype, neurons, features):
    """Entry h is activation(W[h]·x + b[h]); (H,) from (D,), of x's dtype."""
    x, W, b = sample_and_weights(rng, device, dtype, neurons, features)
    return lesson.layer(x, W, b, lambda z: 2 * z + 1)


@pytest.mark.exercise("layer")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_square_weights_are_not_transposed(lesson, device, rng, dtype):
    """With H = D the rows of W are still the neurons."""
    x, W, b = sample_and_weights(rng, device, dtype, 4, 4)
    return lesson.layer(x, W, b, lambda z: z)


@pytest.mark.exercise("layer")
def test_biases_are_inside_the_activation(lesson, device, rng):
    """The biases are added before the activation, whichever activation it is."""
    x, W, b = sample_and_weights(rng, device, torch.float32, 5, 3)
    activations = {"torch.tanh": torch.tanh, "torch.relu": torch.relu, "torch.sigmoid": torch.sigmoid}
    return {f"with {name}": lesson.layer(x / 2, W / 2, b / 2, activation) for name, activation in activations.items()}


@pytest.mark.exercise("layer")
@pytest.mark.parametrize(("neurons", "features"), [(1, 4), (3, 1), (1, 1)])
def test_one_neuron_or_one_feature_keeps_the_shape(lesson, device, rng, neurons, features):
    """The result is (H,), also for H = 1 and for D = 1."""
    x, W, b = sample_and_weights(rng, device, torch.float32, neurons, features)
    return lesson.layer(x, W, b + 1, torch.tanh)


@pytest.mark.exercise("layer")
def test_arguments_are_left_alone(lesson, device, rng):
    """No argument is changed."""
    x, W, b = sample_and_weights(rng, device, torch.float64, 3, 4)
    output, untouched = probes.unchanged(lambda: lesson.layer(x, W, b, torch.sigmoid), x=x, W=W, b=b)
    return {"output": output, "untouched": untouched}
