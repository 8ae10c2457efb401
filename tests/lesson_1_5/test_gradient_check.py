"""Hidden scenarios of `gradient_check`.

With a nudge of 1e-4 central differences in float64 are good to about nine digits, forward differences to about four, and
those in float32 to about two. Every relative error is well away from `tol`, but for the two that are exactly 0.
"""

import pytest
import torch

from autograder.worker import probes

EPS, TOL = 1e-4, 1e-6


def problem(rng, device, dtype, shape):
    """A bent function, a place, and the exact gradient there, in float64."""
    a = (torch.rand(shape, generator=rng) + 0.5).double().to(device)
    c = (torch.rand(shape, generator=rng) + 0.5).double().to(device)
    theta = (torch.rand(shape, generator=rng) + 0.3).to(device, dtype)

    def f(t):
        return (a.to(t.dtype) * t.sin()).sum() + (c.to(t.dtype) * t**2).sum() ** 2

    t = theta.double()
    return f, theta, a * t.cos() + 2 * (c * t**2).sum() * 2 * c * t


@pytest.mark.exercise("gradient_check")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(4,), (2, 3), ()], ids=["row", "table", "0-D"])
def test_right_gradients_pass_and_wrong_ones_fail(lesson, device, rng, dtype, shape):
    """True for the gradient, in float32 or float64; False for zeros, twice it, its opposite or one that is slightly off."""
    f, theta, grad = problem(rng, device, dtype, shape)
    off = grad.clone()
    off.view(-1)[-1] += 0.001 * grad.norm()
    candidates = (grad, grad.float(), torch.zeros_like(grad), 2 * grad, -grad, off, off.float())
    return [bool(lesson.gradient_check(f, candidate, theta, EPS, TOL)) for candidate in candidates]


@pytest.mark.exercise("gradient_check")
@pytest.mark.weight(2)
@pytest.mark.parametrize("scale", [1e-8, 1e8])
def test_the_tolerance_is_relative(lesson, device, rng, scale):
    """However small or large the gradient, it is judged in proportion to its size."""
    f, theta, grad = problem(rng, device, torch.float64, (5,))
    candidates = (scale * grad, 1.01 * scale * grad, scale * grad.flip(0), scale * grad * (1 + 1e-7))
    return [bool(lesson.gradient_check(lambda t: scale * f(t), candidate, theta, EPS, TOL)) for candidate in candidates]


@pytest.mark.exercise("gradient_check")
@pytest.mark.parametrize("scale", [1e-25, 1e25])
def test_a_float32_gradient_is_computed_with_in_float64(lesson, device, rng, scale):
    """A float32 gradient is converted first: the squares of its elements fit into float64, but not into float32."""
    f, theta, grad = problem(rng, device, torch.float32, (5,))
    candidates = [(factor * scale * grad).float() for factor in (1, 1.01, -1)]
    return [bool(lesson.gradient_check(lambda t: scale * f(t), candidate, theta, EPS, TOL)) for candidate in candidates]


@pytest.mark.exercise("gradient_check")
@pytest.mark.weight(2)
def test_the_error_may_be_tol(lesson, device, rng):
    """What counts is ‖difference‖ / (‖grad‖ + ‖numerical‖), against the tol given."""
    f, theta, grad = problem(rng, device, torch.float64, (3, 2))
    answers = []
    for tol in (0.1, 1e-4):
        for error in (0.75 * tol, 1.4 * tol):  # a relative error e is a factor of (1 + e) / (1 - e)
            factor = (1 + error) / (1 - error)
            answers += [
                bool(lesson.gradient_check(f, candidate, theta, EPS, tol))
                for candidate in (factor * grad, grad / factor)
            ]
    return answers


@pytest.mark.exercise("gradient_check")
def test_the_nudge_is_that_given(lesson, device, rng):
    """A large eps makes the central differences differ from the derivative, and they are what counts."""
    f, theta, grad = problem(rng, device, torch.float32, (4,))
    eps = 0.25
    numerical = torch.zeros_like(grad)
    for i in range(4):
        up, down = theta.double(), theta.double()
        up, down = up.clone(), down.clone()
        up[i] += eps
        down[i] -= eps
        numerical[i] = (f(up) - f(down)) / (2 * eps)
    return [bool(lesson.gradient_check(f, candidate, theta, eps, 1e-5)) for candidate in (grad, numerical)]


@pytest.mark.exercise("gradient_check")
@pytest.mark.weight(2)
def test_another_shape_is_false(lesson, device, rng):
    """A gradient of another shape is False, not an error, also where it would broadcast or has as many elements."""
    f, theta, grad = problem(rng, device, torch.float64, (3,))
    number = problem(rng, device, torch.float64, ())
    square = problem(rng, device, torch.float64, (2, 3))
    same = torch.full((3,), 2.0, dtype=torch.float64, device=device)
    return [
        *[
            bool(lesson.gradient_check(f, other, theta, EPS, TOL))
            for other in (grad.reshape(3, 1), grad[None], grad[:2])
        ],
        bool(lesson.gradient_check(number[0], number[2].reshape(1), number[1], EPS, TOL)),
        bool(lesson.gradient_check(square[0], square[2].T.contiguous(), square[1], EPS, TOL)),
        bool(lesson.gradient_check(lambda t: (2 * t).sum(), same[:1], theta, EPS, TOL)),
        bool(lesson.gradient_check(lambda t: (2 * t).sum(), same[0], theta, EPS, TOL)),
        bool(lesson.gradient_check(lambda t: (2 * t).sum(), same, theta, EPS, TOL)),
    ]


@pytest.mark.exercise("gradient_check")
def test_zeros_agree_even_without_tolerance(lesson, device):
    """At most tol: where both gradients are exactly zero the relative error is 0, which passes with tol 0 as well."""
    theta = torch.zeros(2, 2, device=device)
    zeros = torch.zeros_like(theta)
    return [
        bool(lesson.gradient_check(lambda t: (t**2).sum(), candidate, theta, EPS, tol))
        for candidate, tol in ((zeros, 0.0), (zeros, TOL), (zeros + 0.01, TOL))
    ]


@pytest.mark.exercise("gradient_check")
def test_broken_numbers_are_false(lesson, device, rng):
    """A NaN or an infinity in the gradient is False."""
    f, theta, grad = problem(rng, device, torch.float64, (4,))
    broken = [grad.clone() for _ in range(3)]
    for candidate, value in zip(broken, (torch.nan, torch.inf, -torch.inf), strict=True):
        candidate[1] = value
    return [bool(lesson.gradient_check(f, candidate, theta, EPS, TOL)) for candidate in (*broken, grad)]


@pytest.mark.exercise("gradient_check")
def test_answers_are_python_bools(lesson, device, rng):
    """Right, wrong and of another shape: each answer is True or False itself, and no tensor."""
    f, theta, grad = problem(rng, device, torch.float32, (3,))
    return [lesson.gradient_check(f, candidate, theta, EPS, TOL) for candidate in (grad, 2 * grad, grad[:2])]


@pytest.mark.exercise("gradient_check")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_arguments_are_left_alone(lesson, device, rng, dtype):
    """Theta and grad stay as they were, theta also in the moments when f is called."""
    f, theta, grad = problem(rng, device, dtype, (2, 3))
    before = theta.clone()
    stayed = []

    def watching(t):
        stayed.append(torch.equal(theta, before))
        return f(t)

    answer, unchanged = probes.unchanged(
        lambda: bool(lesson.gradient_check(watching, grad, theta, EPS, TOL)), theta=theta, grad=grad
    )
    return {"answer": answer, "all the time": all(stayed), "in the end": unchanged}
