"""Hidden scenarios of `error_order`, all in float64 and with nudges that rounding does not reach."""

import pytest
import torch

from autograder.worker import probes

NUDGES = [0.1, 0.05, 0.02, 0.01]


def slopes(lesson, *arguments):
    forward, central = lesson.error_order(*arguments)
    return {"forward": float(forward), "central": float(central)}


def place(rng, device, shape):
    return (torch.rand(shape, generator=rng) + 0.4).double().to(device)


@pytest.mark.exercise("error_order")
@pytest.mark.parametrize("shape", [(), (3,), (2, 2)], ids=["0-D", "row", "table"])
def test_exponential(lesson, device, rng, shape):
    """For the exponential function the slopes are near 1 and 2, but not exactly."""
    theta = place(rng, device, shape)
    return slopes(lesson, lambda t: t.exp().sum(), theta, theta.exp(), NUDGES)


@pytest.mark.exercise("error_order")
@pytest.mark.parametrize("shape", [(), (4,)], ids=["0-D", "row"])
def test_sine(lesson, device, rng, shape):
    """The errors are those of forward and of central differences, against the exact gradient given."""
    theta = place(rng, device, shape)
    return slopes(lesson, lambda t: t.sin().sum(), theta, theta.cos(), NUDGES)


@pytest.mark.exercise("error_order")
@pytest.mark.weight(2)
def test_forward_slope_of_two(lesson, device, rng):
    """Where the function is not bent, as the sine at 0, forward differences have a slope of 2 as well."""
    scale = place(rng, device, (3,))
    theta = torch.zeros_like(scale)
    return slopes(lesson, lambda t: (scale * t).sin().sum(), theta, scale, NUDGES)


@pytest.mark.exercise("error_order")
@pytest.mark.weight(2)
def test_slopes_that_are_no_whole_numbers(lesson, device, rng):
    """A power p of the distance from theta gives both differences the slope p - 1."""
    theta = place(rng, device, ())
    power = 1.3 + 0.4 * float(torch.rand(1, generator=rng))

    def f(t):
        return ((t - theta).sign() * (t - theta).abs() ** power).sum()

    return slopes(lesson, f, theta, torch.zeros_like(theta), NUDGES)


@pytest.mark.exercise("error_order")
@pytest.mark.weight(2)
def test_line_fits_all_the_points(lesson, device, rng):
    """With nudges in any order and spacing, large ones among them, the line is that of least squares."""
    theta = place(rng, device, (2,))
    return [
        slopes(lesson, lambda t: (t**4).sum(), theta, 4 * theta**3, [0.3, 1.0, 0.004, 0.5, 0.03]),
        slopes(lesson, lambda t: (3 * t).exp().sum(), theta, 3 * (3 * theta).exp(), [0.01, 0.5, 0.8]),
    ]


@pytest.mark.exercise("error_order")
def test_two_nudges(lesson, device, rng):
    """Two nudges are enough for a line."""
    theta = place(rng, device, (3,))
    return slopes(lesson, lambda t: (2 * t).exp().sum(), theta, 2 * (2 * theta).exp(), [0.2, 0.05])


@pytest.mark.exercise("error_order")
def test_arguments_are_left_alone(lesson, device, rng):
    """Theta, the exact gradient and the list of nudges stay as they were."""
    theta, nudges = place(rng, device, (2, 3)), list(NUDGES)
    exact = -theta.sin()
    found, unchanged = probes.unchanged(
        lambda: slopes(lesson, lambda t: t.cos().sum(), theta, exact, nudges), theta=theta, exact=exact
    )
    return {"slopes": found, "unchanged": unchanged, "nudges": nudges}
