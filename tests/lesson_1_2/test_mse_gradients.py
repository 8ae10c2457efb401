"""Hidden scenarios of `mse_gradients`.

Half of the weight lies on float64 runs whose errors come in pairs of millions that nearly cancel, while the gradient stays
below a hundred. So a formula keeps nine digits of it, whatever its form, but the loss is of the order of 1e12 and is rounded
by about 1e-4: finite differences cannot give seven digits, with any sensible nudge.
"""

import pytest
import torch

from autograder.worker import probes


def uniform(rng, low, high, *shape):
    return low + (high - low) * torch.rand(shape, generator=rng, dtype=torch.float64)


def parameters(rng, features):
    """Weights of both signs and a bias, all away from 0 and from 1."""
    signs = torch.where(torch.arange(features) % 2 == 0, 1.0, -1.0)
    return uniform(rng, 1.5, 2.5, features) * signs, uniform(rng, 2.5, 3.5)


def problem(rng, device, dtype, samples, features):
    """Errors of one sign and features with a mean of about 1.5, so that no entry of the gradient is near 0."""
    X = uniform(rng, 0.5, 2.5, samples, features)
    w, b = parameters(rng, features)
    y = X @ w + b - uniform(rng, 0.5, 2, samples)
    return [tensor.to(device, dtype) for tensor in (X, y, w, b)]


def nearly_cancelling(rng, device, pairs, features):
    """Each sample twice, once far above the prediction and once as far below it, but for about 1."""
    X = uniform(rng, 0.5, 2.5, pairs, features).repeat_interleave(2, dim=0)
    w, b = parameters(rng, features)
    far = uniform(rng, 1e6, 2e6, pairs)
    errors = torch.stack([far, uniform(rng, 0.5, 2, pairs) - far], dim=1).flatten()
    return [tensor.to(device) for tensor in (X, X @ w + b - errors, w, b)]


def gradients(lesson, X, y, w, b):
    dw, db = lesson.mse_gradients(X, y, w, b)
    return {"dw": dw, "db": db}


@pytest.mark.exercise("mse_gradients")
@pytest.mark.parametrize(("samples", "features"), [(6, 3), (2, 5), (40, 4)])
def test_gradient_of_the_mean(lesson, device, rng, samples, features):
    """`dw` is (D,) and `db` 0-D, of X's dtype (float32): 2/N times what each column, and the bias, collects of the errors."""
    return gradients(lesson, *problem(rng, device, torch.float32, samples, features))


@pytest.mark.exercise("mse_gradients")
@pytest.mark.weight(3)
@pytest.mark.tolerance(1e-7, 1e-8)
@pytest.mark.parametrize(("pairs", "features"), [(2, 3), (5, 2)])
def test_formulas_keep_seven_digits(lesson, device, rng, pairs, features):
    """In float64 seven digits are right, also where huge errors nearly cancel: no finite differences."""
    return gradients(lesson, *nearly_cancelling(rng, device, pairs, features))


@pytest.mark.exercise("mse_gradients")
@pytest.mark.weight(2)
@pytest.mark.tolerance(1e-7, 1e-8)
def test_square_table_seven_digits(lesson, device, rng):
    """With N = D each entry of `dw` still belongs to a column, and seven digits are right."""
    return gradients(lesson, *nearly_cancelling(rng, device, 2, 4))


@pytest.mark.exercise("mse_gradients")
def test_square_table_is_transposed_once(lesson, device, rng):
    """With N = D each entry of `dw` belongs to a column of X, not to a row."""
    return {f"{size} samples": gradients(lesson, *problem(rng, device, torch.float32, size, size)) for size in (2, 5)}


@pytest.mark.exercise("mse_gradients")
@pytest.mark.parametrize(("samples", "features"), [(1, 4), (5, 1), (1, 1)])
def test_one_sample_or_one_feature_keeps_the_shapes(lesson, device, rng, samples, features):
    """`dw` is (D,) and `db` 0-D, also for N = 1 and for D = 1."""
    return gradients(lesson, *problem(rng, device, torch.float64, samples, features))


@pytest.mark.exercise("mse_gradients")
def test_each_error_goes_with_its_own_sample(lesson, device, rng):
    """Features and errors of both signs: each error is multiplied by the features of its own row."""
    X = torch.tensor([[-3.0, 1.0], [-1.0, 0.0], [0.0, 4.0], [1.0, -2.0], [5.0, 1.0]], device=device)
    w, b = (tensor.to(device, torch.float32) for tensor in parameters(rng, 2))
    answers = []
    for errors in ([2.0, -1.0, 4.0, -2.0, 1.0], [-2.0, 1.5, -3.0, 0.5, -1.0], [3.0, 0.0, -2.0, 0.0, 3.0]):
        answers.append(gradients(lesson, X, X @ w + b - torch.tensor(errors, device=device), w, b))
    return answers


@pytest.mark.exercise("mse_gradients")
def test_perfect_plane_is_flat_and_arguments_stay(lesson, device, rng):
    """Where every prediction is right the gradient is zero; no argument is changed."""
    X = torch.randint(-8, 9, (6, 3), generator=rng).to(device, torch.float64) / 4
    w = torch.tensor([-1.5, 2.0, 0.25], dtype=torch.float64, device=device)
    b = torch.tensor(2.25, dtype=torch.float64, device=device)
    y = X @ w + b
    at_best, untouched = probes.unchanged(lambda: gradients(lesson, X, y, w, b), X=X, y=y, w=w, b=b)
    off = gradients(lesson, X, y, w + 0.5, b - 1.25)
    return {"at best": at_best, "off": off, "untouched": untouched}
