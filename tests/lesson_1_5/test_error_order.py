"""Hidden scenarios of `error_order`, all in float64 and with nudges that rounding does not reach."""

import pytest
import torch

from autograder.worker import probes


def slopes(lesson, *arguments):
    """Return the two slopes as a tuple of floats, be they floats or tensors, in a tuple or in a list."""
    found = lesson.error_order(*arguments)
    return tuple(float(slope) for slope in found) if type(found) in (tuple, list) else found


def nudges(rng, *largest):
    """Return nudges of these sizes, or of four fifths of them at least, so that no slope is a fixed number."""
    return [eps * (1 - 0.2 * float(torch.rand((), generator=rng))) for eps in largest]


def place(rng, device, shape):
    return (torch.rand(shape, generator=rng) + 0.4).double().to(device)


@pytest.mark.exercise("error_order")
@pytest.mark.parametrize("shape", [(), (3,), (2, 2)], ids=["0-D", "row", "table"])
def test_exponential(lesson, device, rng, shape):
    """For the exponential function the slopes are near 1 and 2, but not exactly."""
    theta, eps_values = place(rng, device, shape), nudges(rng, 0.2, 0.1, 0.04, 0.02)
    return slopes(lesson, lambda t: t.exp().sum(), theta, theta.exp(), eps_values)


@pytest.mark.exercise("error_order")
@pytest.mark.parametrize("shape", [(), (4,)], ids=["0-D", "row"])
def test_sine(lesson, device, rng, shape):
    """The errors are those of forward and of central differences, against the exact gradient given."""
    theta = place(rng, device, shape)
    return slopes(lesson, lambda t: t.sin().sum(), theta, theta.cos(), nudges(rng, 0.1, 0.05, 0.02, 0.01))


@pytest.mark.exercise("error_order")
@pytest.mark.weight(2)
def test_forward_slope_of_two(lesson, device, rng):
    """Where the function is not bent, as the sine at 0, forward differences have a slope of 2 as well."""
    scale = place(rng, device, (3,))
    theta = torch.zeros_like(scale)
    return slopes(lesson, lambda t: (scale * t).sin().sum(), theta, scale, nudges(rng, 1.0, 0.6, 0.3, 0.2))


@pytest.mark.exercise("error_order")
@pytest.mark.weight(2)
def test_slopes_that_are_no_whole_numbers(lesson, device, rng):
    """A power p of the distance from theta gives both differences the slope p - 1."""
    theta = place(rng, device, ())
    power = 1.3 + 0.4 * float(torch.rand(1, generator=rng))

    def f(t):
        return ((t - theta).sign() * (t - theta).abs() ** power).sum()

    return slopes(lesson, f, theta, torch.zeros_like(theta), nudges(rng, 0.1, 0.05, 0.02, 0.01))


@pytest.mark.exercise("error_order")
@pytest.mark.weight(2)
def test_line_fits_all_the_points(lesson, device, rng):
    """With nudges in any order and spacing, large ones among them, the line is that of least squares."""
    theta = place(rng, device, (2,))
    rising = slopes(lesson, lambda t: (3 * t).exp().sum(), theta, 3 * (3 * theta).exp(), [0.01, 0.5, 0.8])
    return {
        "five nudges": slopes(lesson, lambda t: (t**4).sum(), theta, 4 * theta**3, [0.3, 1.0, 0.004, 0.5, 0.03]),
        "three nudges": rising,
    }


@pytest.mark.exercise("error_order")
def test_two_nudges(lesson, device, rng):
    """Two nudges are enough for a line."""
    theta = place(rng, device, (3,))
    return slopes(lesson, lambda t: (2 * t).exp().sum(), theta, 2 * (2 * theta).exp(), nudges(rng, 0.3, 0.1))


@pytest.mark.exercise("error_order")
def test_arguments_are_left_alone(lesson, device, rng):
    """Theta, the exact gradient and the list of nudges stay as they were."""
    theta, eps_values = place(rng, device, (2, 3)), nudges(rng, 0.1, 0.05, 0.02, 0.01)
    exact = -theta.sin()
    found, kept = probes.unchanged(
        lambda: slopes(lesson, lambda t: t.cos().sum(), theta, exact, eps_values),
        theta=theta,
        exact=exact,
        eps_values=eps_values,
    )
    return {"slopes": found, **kept}
