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


def asked(lesson, f, candidates, theta, eps=EPS, tol=TOL):
    """Return what is said of each candidate, as bools."""
    return {what: bool(lesson.gradient_check(f, grad, theta, eps, tol)) for what, grad in candidates.items()}


@pytest.mark.exercise("gradient_check")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(4,), (2, 3), ()], ids=["row", "table", "0-D"])
def test_right_gradients_pass_and_wrong_ones_fail(lesson, device, rng, dtype, shape):
    """True for the gradient, in float32 or float64; False for zeros, twice it, its opposite or one that is slightly off."""
    f, theta, grad = problem(rng, device, dtype, shape)
    off = grad.clone()
    off.view(-1)[-1] += 0.001 * grad.norm()
    candidates = {
        "the gradient": grad,
        "the gradient in float32": grad.float(),
        "zeros": torch.zeros_like(grad),
        "twice the gradient": 2 * grad,
        "its opposite": -grad,
        "one entry off": off,
        "one entry off, in float32": off.float(),
    }
    return asked(lesson, f, candidates, theta)


@pytest.mark.exercise("gradient_check")
@pytest.mark.weight(2)
@pytest.mark.parametrize("scale", [1e-8, 1e8])
def test_the_tolerance_is_relative(lesson, device, rng, scale):
    """However small or large the gradient, it is judged in proportion to its size."""
    f, theta, grad = problem(rng, device, torch.float64, (5,))
    candidates = {
        "the gradient": scale * grad,
        "a hundredth more": 1.01 * scale * grad,
        "the gradient in reverse": scale * grad.flip(0),
        "a ten-millionth more": scale * grad * (1 + 1e-7),
    }
    return asked(lesson, lambda t: scale * f(t), candidates, theta)


@pytest.mark.exercise("gradient_check")
@pytest.mark.parametrize("scale", [1e-25, 1e25])
def test_a_float32_gradient_is_computed_with_in_float64(lesson, device, rng, scale):
    """A float32 gradient is converted first: the squares of its elements fit into float64, but not into float32."""
    f, theta, grad = problem(rng, device, torch.float32, (5,))
    factors = {"the gradient": 1, "a hundredth more": 1.01, "its opposite": -1}
    candidates = {what: (factor * scale * grad).float() for what, factor in factors.items()}
    return asked(lesson, lambda t: scale * f(t), candidates, theta)


@pytest.mark.exercise("gradient_check")
@pytest.mark.weight(2)
def test_the_error_may_be_tol(lesson, device, rng):
    """What counts is ‖difference‖ / (‖grad‖ + ‖numerical‖), against the tol given."""
    f, theta, grad = problem(rng, device, torch.float64, (3, 2))
    answers = {}
    for tol in (0.1, 1e-4):
        for times in (0.75, 1.4):  # a relative error e is a factor of (1 + e) / (1 - e)
            factor = (1 + times * tol) / (1 - times * tol)
            candidates = {"too large": factor * grad, "too small": grad / factor}
            answers[f"an error of {times} tol, tol = {tol}"] = asked(lesson, f, candidates, theta, tol=tol)
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
    candidates = {"the derivative": grad, "the central differences": numerical}
    return asked(lesson, f, candidates, theta, eps, 1e-5)


@pytest.mark.exercise("gradient_check")
@pytest.mark.weight(2)
def test_another_shape_is_false(lesson, device, rng):
    """A gradient of another shape is False, not an error, also where it would broadcast or has as many elements."""
    f, theta, grad = problem(rng, device, torch.float64, (3,))
    number = problem(rng, device, torch.float64, ())
    square = problem(rng, device, torch.float64, (2, 3))
    twos = torch.full((3,), 2.0, dtype=torch.float64, device=device)
    others = {"a column": grad.reshape(3, 1), "a row of a table": grad[None], "one entry short": grad[:2]}
    of_twos = {"one entry for three": twos[:1], "a number for three entries": twos[0], "the gradient": twos}
    return {
        **asked(lesson, f, others, theta),
        **asked(lesson, number[0], {"a row for a number": number[2].reshape(1)}, number[1]),
        **asked(lesson, square[0], {"transposed": square[2].T.contiguous()}, square[1]),
        **asked(lesson, lambda t: (2 * t).sum(), of_twos, theta),
    }


@pytest.mark.exercise("gradient_check")
def test_zeros_agree_even_without_tolerance(lesson, device):
    """At most tol: where both gradients are exactly zero the relative error is 0, which passes with tol 0 as well."""
    theta = torch.zeros(2, 2, device=device)
    zeros = torch.zeros_like(theta)
    candidates = {"zeros, tol = 0": (zeros, 0.0), "zeros": (zeros, TOL), "hundredths": (zeros + 0.01, TOL)}
    return {
        what: bool(lesson.gradient_check(lambda t: (t**2).sum(), candidate, theta, EPS, tol))
        for what, (candidate, tol) in candidates.items()
    }


@pytest.mark.exercise("gradient_check")
def test_broken_numbers_are_false(lesson, device, rng):
    """A NaN or an infinity in the gradient is False."""
    f, theta, grad = problem(rng, device, torch.float64, (4,))
    broken = {f"with {value}": grad.clone() for value in ("nan", "inf", "-inf")}
    for value, candidate in zip(("nan", "inf", "-inf"), broken.values(), strict=True):
        candidate[1] = float(value)
    return asked(lesson, f, {**broken, "the gradient": grad}, theta)


@pytest.mark.exercise("gradient_check")
def test_answers_are_python_bools(lesson, device, rng):
    """Right, wrong and of another shape: each answer is True or False itself, and no tensor."""
    f, theta, grad = problem(rng, device, torch.float32, (3,))
    candidates = {"the gradient": grad, "twice the gradient": 2 * grad, "of another shape": grad[:2]}
    return {what: lesson.gradient_check(f, candidate, theta, EPS, TOL) for what, candidate in candidates.items()}


@pytest.mark.exercise("gradient_check")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_arguments_are_left_alone(lesson, device, rng, dtype):
    """Theta and grad stay as they were, theta also in the moments when f is called."""
    f, theta, grad = problem(rng, device, dtype, (2, 3))
    seen = [theta.clone()]

    def watching(t):
        seen.append(theta.clone())
        return f(t)

    answer, kept = probes.unchanged(
        lambda: asked(lesson, watching, {"the gradient": grad}, theta), theta=theta, grad=grad
    )
    states = torch.stack(seen)  # how often f is called, and when, is left open
    moved = probes.kept(
        "its argument `theta` for a while", {"smallest": states.amin(dim=0), "largest": states.amax(dim=0)}
    )
    return {**answer, "theta while f is called": moved, **kept}
