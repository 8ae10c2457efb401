"""Hidden scenarios of `neuron`."""

import pytest
import torch

from autograder.worker import probes


def normal(rng, device, dtype, *shape):
    return torch.randn(shape, generator=rng, dtype=torch.float64).to(device, dtype)


@pytest.mark.exercise("neuron")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("features", [2, 5])
def test_products_are_summed_with_the_bias(lesson, device, rng, dtype, features):
    """The result is w·x + b, 0-D, of x's dtype (the activation here changes nothing)."""
    x, w = normal(rng, device, dtype, features), normal(rng, device, dtype, features)
    b = normal(rng, device, dtype) + 3
    return lesson.neuron(x, w, b, lambda z: z)


@pytest.mark.exercise("neuron")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_bias_is_inside_the_activation(lesson, device, rng, dtype):
    """The bias is added before the activation, whichever activation it is."""
    x, w = normal(rng, device, dtype, 4) / 2, normal(rng, device, dtype, 4) / 2
    b = normal(rng, device, dtype) / 4 + 0.75
    activations = {"torch.tanh": torch.tanh, "torch.sigmoid": torch.sigmoid, "z * z + 1": lambda z: z * z + 1}
    return {f"with {name}": lesson.neuron(x, w, b, activation) for name, activation in activations.items()}


@pytest.mark.exercise("neuron")
def test_bias_decides_whether_relu_is_silent(lesson, device, rng):
    """With ReLU, a negative bias silences a positive product and a positive one wakes a negative product."""
    x = normal(rng, device, torch.float32, 3).abs() + 0.5
    w = normal(rng, device, torch.float32, 3).abs() + 0.5
    large = torch.tensor(100.0, device=device)
    return {
        "a positive product, a negative bias": lesson.neuron(x, w, -large, torch.relu),
        "a negative product, a positive bias": lesson.neuron(x, -w, large, torch.relu),
        "both positive": lesson.neuron(x, w, large / 100, torch.relu),
    }


@pytest.mark.exercise("neuron")
def test_one_feature_gives_one_number_too(lesson, device, rng):
    """With D = 1 the result is still 0-D."""
    x, w = normal(rng, device, torch.float32, 1) + 2, normal(rng, device, torch.float32, 1) - 2
    return lesson.neuron(x, w, torch.tensor(0.7, device=device), torch.tanh)


@pytest.mark.exercise("neuron")
def test_as_many_calls_as_neurons_make_a_layer(lesson, device, rng):
    """Each neuron looks at the same sample with its own row and bias, and no argument is changed."""
    x, W = normal(rng, device, torch.float64, 3), normal(rng, device, torch.float64, 4, 3)
    b = normal(rng, device, torch.float64, 4) + 1
    outputs, untouched = probes.unchanged(
        lambda: [lesson.neuron(x, W[h], b[h], torch.sigmoid) for h in range(4)], x=x, W=W, b=b
    )
    return {"outputs": outputs, "untouched": untouched}
