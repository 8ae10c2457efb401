"""Hidden scenarios of `batched_forward`."""

import pytest
import torch

from autograder.worker import probes


def normal(rng, device, dtype, *shape):
    return torch.randn(shape, generator=rng, dtype=torch.float64).to(device, dtype)


@pytest.mark.exercise("batched_forward")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("samples", "features", "neurons"), [(7, 3, 1), (6, 2, 5), (40, 6, 3)])
def test_samples_are_rows_and_neurons_columns(lesson, device, rng, dtype, samples, features, neurons):
    """The result is relu(X_aug @ W_aug.T), (N, H), of X's dtype."""
    X, W_aug = normal(rng, device, dtype, samples, features), normal(rng, device, dtype, neurons, 1 + features)
    return lesson.batched_forward(X, W_aug)


@pytest.mark.exercise("batched_forward")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_square_cases_are_not_transposed(lesson, device, rng, dtype):
    """With N = H and with H = 1 + D the samples are still the rows and the neurons the columns."""
    four, W_four = normal(rng, device, dtype, 4, 3), normal(rng, device, dtype, 4, 4)
    W_four[:, 0] += 2
    return lesson.batched_forward(four, W_four)


@pytest.mark.exercise("batched_forward")
def test_column_zero_of_the_weights_is_the_bias(lesson, device, rng):
    """W_aug[:, 0] is the bias and counts once: a sample of zeros gets relu(W_aug[:, 0])."""
    W_aug = normal(rng, device, torch.float64, 6, 4)
    W_aug[:3, 0] = W_aug[:3, 0].abs() + 0.5
    return lesson.batched_forward(torch.zeros(2, 3, dtype=torch.float64, device=device), W_aug)


@pytest.mark.exercise("batched_forward")
def test_negative_scores_become_zero(lesson, device, rng):
    """ReLU lets what is above 0 through and turns the rest into 0."""
    X = normal(rng, device, torch.float32, 8, 2).abs() + 0.1
    W_aug = normal(rng, device, torch.float32, 3, 3).abs() + 0.1
    signs = torch.tensor([[1.0], [-1.0], [0.0]], device=device)
    return lesson.batched_forward(X, W_aug * signs)


@pytest.mark.exercise("batched_forward")
@pytest.mark.parametrize(("features", "neurons"), [(3, 2), (1, 1)])
def test_batch_of_one(lesson, device, rng, features, neurons):
    """One sample gives (1, H)."""
    X, W_aug = (
        normal(rng, device, torch.float32, 1, features),
        normal(rng, device, torch.float32, neurons, 1 + features),
    )
    W_aug[:, 0] += 3
    return lesson.batched_forward(X, W_aug)


@pytest.mark.exercise("batched_forward")
def test_arguments_are_left_alone(lesson, device, rng):
    """No argument is changed."""
    X, W_aug = normal(rng, device, torch.float64, 5, 3), normal(rng, device, torch.float64, 2, 4)
    y_hat, untouched = probes.unchanged(lambda: lesson.batched_forward(X, W_aug), X=X, W_aug=W_aug)
    return {"y_hat": y_hat, "untouched": untouched}
