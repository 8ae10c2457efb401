"""Hidden scenarios of `backward`.

Features and weights lie on a grid of quarters and biases 1/32 beside a multiple of 1/16, so that pre-activations are
exact in float32 and never near 0, except where a scenario puts one exactly there. Each neuron's bias is such that it is
active for about half of the samples, and for at least one.
"""

import pytest
import torch

from autograder.worker import probes


def problem(rng, device, dtype, samples, features, neurons):
    X = torch.randint(-8, 9, (samples, features), generator=rng) / 4
    W = torch.randint(-8, 9, (neurons, features), generator=rng) / 4
    b = 1 / 32 - (X @ W.T).median(dim=0).values.unsqueeze(1)
    y = torch.randn(samples, neurons, generator=rng) * 2 + 1
    return X.to(device, dtype), torch.cat([b, W], dim=1).to(device, dtype), y.to(device, dtype)


@pytest.mark.exercise("backward")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("samples", "features", "neurons"), [(7, 3, 1), (9, 2, 5), (40, 4, 3)])
def test_gradient_of_the_mean_squared_error(lesson, device, rng, dtype, samples, features, neurons):
    """The result is the gradient of the mean over all N·H elements, (H, 1 + D), of W_aug's dtype."""
    return lesson.backward(*problem(rng, device, dtype, samples, features, neurons))


@pytest.mark.exercise("backward")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_square_cases_are_not_transposed(lesson, device, rng, dtype):
    """With N = H = 1 + D rows and columns keep their meaning."""
    return lesson.backward(*problem(rng, device, dtype, 5, 4, 5))


@pytest.mark.exercise("backward")
@pytest.mark.weight(2)
def test_slope_is_zero_at_exactly_zero(lesson, device, rng):
    """ReLU's slope is 0 where its input is exactly 0."""
    X, W_aug, y = problem(rng, device, torch.float32, 9, 3, 2)
    W_aug[:, 0] -= 1 / 32  # each neuron's median sample is now at 0, exactly
    return lesson.backward(X, W_aug, y)


@pytest.mark.exercise("backward")
def test_silent_neuron_gets_a_row_of_zeros(lesson, device, rng):
    """A neuron that is silent for all samples gets zeros; one that is never silent gets all errors."""
    X, W_aug, y = problem(rng, device, torch.float32, 8, 3, 3)
    W_aug[0, 0], W_aug[1, 0] = -60.0, 60.0
    return lesson.backward(X, W_aug, y)


@pytest.mark.exercise("backward")
@pytest.mark.parametrize(("features", "neurons"), [(3, 4), (1, 1)])
def test_batch_of_one(lesson, device, rng, features, neurons):
    """One sample gives a gradient of the same shape, (H, 1 + D)."""
    X, W_aug, y = problem(rng, device, torch.float64, 1, features, neurons)
    W_aug[0, 0] += 20
    return lesson.backward(X, W_aug, y)


@pytest.mark.exercise("backward")
def test_arguments_are_left_alone(lesson, device, rng):
    """No argument is changed."""
    X, W_aug, y = problem(rng, device, torch.float64, 6, 2, 3)
    dW, untouched = probes.unchanged(lambda: lesson.backward(X, W_aug, y), X=X, W_aug=W_aug, y=y)
    return {"dW": dW, "untouched": untouched}
