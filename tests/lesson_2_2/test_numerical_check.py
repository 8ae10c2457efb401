"""Hidden scenarios of `numerical_check`.

Features and weights lie on a grid of quarters and biases on odd multiples of 1/32, so that no pre-activation is near 0,
except where a scenario puts one exactly there.
"""

import pytest
import torch

from autograder.worker import probes


def problem(rng, device, dtype, samples, features, neurons):
    """The last neuron is never silent, so that the gradient is not zero."""
    X = torch.randint(-8, 9, (samples, features), generator=rng) / 4
    W = torch.randint(-8, 9, (neurons, features), generator=rng) / 4
    b = (2 * torch.randint(-16, 17, (neurons, 1), generator=rng) + 1) / 32
    b[-1] += 20
    y = torch.randn(samples, neurons, generator=rng) * 2 + 1
    return X.to(device, dtype), torch.cat([b, W], dim=1).to(device, dtype), y.to(device, dtype)


def gradient(X, W_aug, y, relu=torch.relu):
    """Autograd's gradient in float64; another `relu` takes another slope at exactly 0."""
    X, y = X.double(), y.double()
    W = W_aug.detach().double().requires_grad_()
    Z = X @ W[:, 1:].T + W[:, 0]
    return torch.autograd.grad((relu(Z) - y).square().mean(), W)[0]


def asked(lesson, X, W_aug, y, candidates):
    """What the exercise says to each candidate for dW."""
    return {name: lesson.numerical_check(X, W_aug, y, candidate) for name, candidate in candidates.items()}


@pytest.mark.exercise("numerical_check")
@pytest.mark.parametrize(
    ("samples", "features", "neurons", "dtype"),
    [(7, 3, 1, torch.float32), (5, 1, 3, torch.float64), (1, 1, 2, torch.float32), (1, 2, 1, torch.float64)],
)
def test_right_gradient_passes_and_wrong_ones_fail(lesson, device, rng, samples, features, neurons, dtype):
    """True for the gradient in float32 or float64; False for zeros, another scale or one entry that is off."""
    X, W_aug, y = problem(rng, device, dtype, samples, features, neurons)
    dW = gradient(X, W_aug, y)
    off = dW.clone()
    off[-1, -1] += 0.01 * dW.norm()
    candidates = {
        "the gradient": dW,
        "the gradient in float32": dW.float(),
        "zeros": torch.zeros_like(dW),
        "twice the gradient": 2 * dW,
        "another scale": dW / neurons / 2,
        "one entry off": off,
    }
    return asked(lesson, X, W_aug, y, candidates)


@pytest.mark.exercise("numerical_check")
@pytest.mark.weight(2)
def test_direction_counts_and_not_only_length(lesson, device, rng):
    """The difference is measured: a gradient of the right length that points elsewhere is False."""
    X, W_aug, y = problem(rng, device, torch.float64, 6, 2, 3)
    dW = gradient(X, W_aug, y)
    swapped = dW.clone()
    swapped[-1, 0], swapped[-1, 1] = dW[-1, 1] + 0.25 * dW.norm(), dW[-1, 0]
    swapped = swapped * dW.norm() / swapped.norm()
    candidates = {
        "the gradient with the sign flipped": -dW,
        "the gradient's rows in reverse": dW.flip(0),
        "the gradient's length, another direction": swapped,
        "the gradient": dW,
    }
    return asked(lesson, X, W_aug, y, candidates)


@pytest.mark.exercise("numerical_check")
@pytest.mark.weight(3)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_both_gradients_must_agree_at_a_kink(lesson, device, rng, dtype):
    """At a kink autograd and central differences contradict each other, so no dW is True, not even either of them."""
    X, W_aug, y = problem(rng, device, dtype, 4, 2, 2)
    X[0] = X[0].abs() + 0.25
    W_aug[0, 0] = -(X[0] * W_aug[0, 1:]).sum()  # exact: all are multiples of 1/16
    y[0, 0] = 2.5
    by_autograd = gradient(X, W_aug, y)
    halfway = gradient(X, W_aug, y, relu=lambda Z: torch.maximum(Z, torch.zeros_like(Z)))  # slope 1/2 at 0
    steep = gradient(X, W_aug, y, relu=lambda Z: Z.clamp(min=0))  # slope 1 at 0
    candidates = {"slope 0 at the kink": by_autograd, "slope 1/2 at the kink": halfway, "slope 1 at the kink": steep}
    return asked(lesson, X, W_aug, y, candidates)


@pytest.mark.exercise("numerical_check")
def test_the_bound_is_relative(lesson, device, rng):
    """‖dW - g‖ may be 1e-5 of ‖dW‖ + ‖g‖, however small or large the gradient."""
    X, W_aug, y = problem(rng, device, torch.float64, 8, 1, 2)
    answers = {}
    sizes = {
        "a gradient": 1,
        "a small gradient": 1 / 256,
        "a large gradient": 16,
    }  # powers of two keep the numbers exact
    for size, scale in sizes.items():
        dW = gradient(X, scale * W_aug, scale * y)
        factors = (1 + 1.5e-5, 1 - 1.5e-5, 1 + 3e-5, 1 - 3e-5) if scale == 1 else (1 + 1.5e-5, 1 - 3e-5)
        for factor in factors:
            answers[f"{size}, times {factor:.6f}"] = lesson.numerical_check(X, scale * W_aug, scale * y, dW * factor)
    return answers


@pytest.mark.exercise("numerical_check")
def test_the_step_of_the_differences(lesson, device, rng):
    """The differences reach 1e-6 to either side: a kink within that reach makes the answer False, one beyond it does not."""
    answers = {}
    for name, distance in {"a kink 1.5 steps away": 1.5e-6, "a kink half a step away": 0.5e-6}.items():
        X, W_aug, y = problem(rng, device, torch.float64, 1, 2, 2)
        X[0], y[0, 0] = 1.0, 2.5
        W_aug[0, 0] = distance - W_aug[0, 1:].sum()
        answers[name] = lesson.numerical_check(X, W_aug, y, gradient(X, W_aug, y))
    return answers


@pytest.mark.exercise("numerical_check")
def test_two_gradients_of_zeros_agree(lesson, device, rng):
    """Where every neuron is silent the gradient is zero: a dW of zeros is True, another is False."""
    X, W_aug, y = problem(rng, device, torch.float32, 5, 3, 2)
    W_aug[:, 0] = -60.0
    zeros = torch.zeros_like(W_aug)
    return asked(lesson, X, W_aug, y, {"zeros": zeros, "tenths": zeros + 0.1})


@pytest.mark.exercise("numerical_check")
def test_other_shapes_and_broken_numbers_are_false(lesson, device, rng):
    """A dW of another shape, or with a NaN or an infinity, is False, not an error."""
    X, W_aug, y = problem(rng, device, torch.float64, 6, 2, 1)
    dW = gradient(X, W_aug, y)
    broken = [dW.clone(), dW.clone()]
    broken[0][0, 1], broken[1][0, 0] = torch.nan, torch.inf
    huge = torch.full_like(dW, 1e30).float()  # its norm is finite in float64 alone
    square = problem(rng, device, torch.float64, 6, 2, 3)
    transposed = gradient(*square).T.contiguous()
    candidates = {
        "flat": dW.squeeze(0),
        "a column": dW.T.contiguous(),
        "a column short": dW[:, :2].contiguous(),
        "a row twice": dW.expand(2, -1).clone(),
        "with a NaN": broken[0],
        "with an infinity": broken[1],
        "far too large, in float32": huge,
        "the gradient": dW,
    }
    answers = asked(lesson, X, W_aug, y, candidates)
    return {**answers, "square and transposed": lesson.numerical_check(*square, transposed)}


@pytest.mark.exercise("numerical_check")
@pytest.mark.weight(2)
@pytest.mark.tolerance(0.0, 0.0)  # what is left alone is so to its last bit
@pytest.mark.parametrize("requires_grad", [False, True])
def test_weights_are_left_as_they_were(lesson, device, rng, requires_grad):
    """W_aug keeps its values, `requires_grad` and `grad`, and so do the other arguments."""
    X, W_aug, y = problem(rng, device, torch.float64, 3, 4, 5)
    # Numbers of full length: one that is nudged to and fro does not come back to its last bit.
    W_aug[:, 1:] += torch.rand(5, 4, generator=rng, dtype=torch.float64).to(device) / 128
    dW = gradient(X, W_aug, y)
    W_aug.requires_grad_(requires_grad)
    answer, untouched = probes.unchanged(lambda: lesson.numerical_check(X, W_aug, y, dW), X=X, W_aug=W_aug, y=y, dW=dW)
    return {"answer": answer, "untouched": untouched}
