"""Hidden scenarios of `central_difference`. The nudges are large, so that the quotient is well apart from the derivative."""

import pytest
import torch

from autograder.worker import probes


def problem(rng, device, dtype, shape):
    """A bent function whose slope at one element depends on all the others, and a place."""
    a = (torch.rand(shape, generator=rng) + 0.5).to(device, dtype)
    c = (torch.rand(shape, generator=rng) + 0.2).to(device, dtype)
    theta = (torch.rand(shape, generator=rng) - 0.8).to(device, dtype)

    def f(t):
        return (a * t.sin()).sum() + (c * t).sum() ** 2 - (t**3).sum() / 4

    return f, theta


def moved(seen):
    """Return between which numbers each element of theta was: how often f is called, and when, is left open."""
    states = torch.stack(seen)
    return probes.kept(
        "its argument `theta` for a while", {"smallest": states.amin(dim=0), "largest": states.amax(dim=0)}
    )


@pytest.mark.exercise("central_difference")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(5,), (2, 3)], ids=["vector", "matrix"])
def test_one_element_at_a_time(lesson, device, rng, dtype, shape):
    """Each entry is the difference over both sides of its own element, by 2·eps, in theta's shape and dtype."""
    f, theta = problem(rng, device, dtype, shape)
    return lesson.central_difference(f, theta, 0.125)


@pytest.mark.exercise("central_difference")
def test_any_shape(lesson, device, rng):
    """Theta may be 0-D, have one element, be square or have three dimensions."""
    results = {}
    for shape in ((), (1,), (3, 3), (2, 1, 4)):
        f, theta = problem(rng, device, torch.float64, shape)
        results[f"theta of shape {shape}"] = lesson.central_difference(f, theta, 0.25)
    return results


@pytest.mark.exercise("central_difference")
def test_large_and_small_nudges(lesson, device, rng):
    """The quotient is that of the eps given to either side, be it large or small."""
    f, theta = problem(rng, device, torch.float64, (4,))
    return {f"eps = {eps}": lesson.central_difference(f, theta, eps) for eps in (1.0, 0.5, 0.01, 0.001)}


@pytest.mark.exercise("central_difference")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_function_gets_what_theta_is(lesson, device, rng, dtype):
    """The function is called with tensors of theta's shape and dtype: this one multiplies matrices."""
    left, right = torch.randn(4, 2, generator=rng), torch.randn(3, 5, generator=rng)
    left, right = left.to(device, dtype), right.to(device, dtype)
    theta = torch.randn(2, 3, generator=rng).to(device, dtype)
    return lesson.central_difference(lambda t: ((left @ t @ right) / 4).sin().sum(), theta, 0.25)


@pytest.mark.exercise("central_difference")
@pytest.mark.weight(2)
def test_theta_is_left_alone(lesson, device, rng):
    """Theta stays as it was, also in the moments when f is called."""
    f, theta = problem(rng, device, torch.float32, (3, 2))
    seen = [theta.clone()]

    def watching(t):
        seen.append(theta.clone())
        return f(t)

    slopes, kept = probes.unchanged(lambda: lesson.central_difference(watching, theta, 0.1), theta=theta)
    return {"slopes": slopes, "theta while f is called": moved(seen), **kept}
