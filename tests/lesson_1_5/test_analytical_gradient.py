"""Hidden scenarios of `analytical_gradient`. w·x + b stays where tanh is bent, neither near 0 for all samples nor flat."""

import pytest
import torch

from autograder.worker import probes


def problem(rng, device, dtype, samples):
    x = 0.4 + 1.2 * torch.rand(samples, generator=rng)
    w = 0.6 + 0.5 * torch.rand((), generator=rng)
    b = 0.2 - 0.5 * torch.rand((), generator=rng)
    y = torch.rand(samples, generator=rng) - 1.4
    return [values.to(device, dtype) for values in (x, y, w, b)]


def gradient(lesson, *arguments):
    """Return dw and db as a tuple, whether they came in one or in a list."""
    found = lesson.analytical_gradient(*arguments)
    return tuple(found) if type(found) is list else found


@pytest.mark.exercise("analytical_gradient")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("samples", [4, 50])
def test_gradient_of_the_mean(lesson, device, rng, dtype, samples):
    """Both are means over the samples of 2·error·slope of tanh, times x for dw, 0-D and in x's dtype."""
    return gradient(lesson, *problem(rng, device, dtype, samples))


@pytest.mark.exercise("analytical_gradient")
def test_one_sample(lesson, device, rng):
    """N may be 1; the answers are 0-D all the same."""
    return gradient(lesson, *problem(rng, device, torch.float64, 1))


@pytest.mark.exercise("analytical_gradient")
def test_either_sign(lesson, device, rng):
    """Inputs, errors and weights may be negative, and the targets outside of tanh's range."""
    x, y, w, b = problem(rng, device, torch.float64, 7)
    return {
        "w below 0": gradient(lesson, x - 1.5, 3 * y + 2, -w, b),
        "x below 0": gradient(lesson, -x, 2 - y, w, -b),
    }


@pytest.mark.exercise("analytical_gradient")
@pytest.mark.weight(3)
@pytest.mark.parametrize("samples", [6, 9])
def test_large_errors_that_nearly_cancel(lesson, device, rng, samples):
    """With huge targets the formulas keep their digits; a numerical gradient loses all of them."""
    x, y, w, b = problem(rng, device, torch.float64, samples)
    t = torch.tanh(w * x + b)
    slope = 1 - t**2
    rows = torch.stack([x, torch.ones_like(x)]).cpu()
    huge = torch.randn(samples, generator=rng).double()
    huge = huge - rows.T @ torch.linalg.solve(rows @ rows.T, rows @ huge)  # what moves neither of the two means
    huge = (1e6 * huge / huge.norm()).to(device)
    return gradient(lesson, x, t - (huge + y) / slope, w, b)


@pytest.mark.exercise("analytical_gradient")
def test_arguments_are_left_alone(lesson, device, rng):
    """No argument is changed."""
    x, y, w, b = problem(rng, device, torch.float32, 5)
    found, kept = probes.unchanged(lambda: gradient(lesson, x, y, w, b), x=x, y=y, w=w, b=b)
    return {"(dw, db)": found, **kept}
