"""Hidden scenarios of `layer_norm_backward`. The cache comes from the lesson's own `layer_norm`, and is handed on unseen."""

import pytest
import torch

from autograder.worker import probes


def problem(rng, device, dtype, n, d):
    """Return a batch with rows of several sizes, gamma of both signs, beta, and dy."""

    def normal(*shape):
        return torch.randn(shape, generator=rng, dtype=torch.float64)

    x = normal(n, d) * (0.5 + torch.rand(n, 1, generator=rng, dtype=torch.float64)) + 2 * normal(n, 1)
    signs = 1 - 2.0 * (torch.arange(d) % 2)
    gamma = signs * (1.2 + torch.rand(d, generator=rng, dtype=torch.float64))
    x, gamma, beta, dy = (t.to(device, dtype) for t in (x, gamma, normal(d), 0.5 + normal(n, d)))
    return (x, gamma, beta), dy


@pytest.mark.exercise("layer_norm_backward")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("n", "d"), [(3, 7), (4, 4), (1, 5)])
def test_all_three_gradients(lesson, device, rng, dtype, n, d):
    """dx includes the gradient through each row's mean and variance; dgamma and dbeta are sums over the rows."""
    given, dy = problem(rng, device, dtype, n, d)
    _, cache = lesson.layer_norm(*given)
    return lesson.layer_norm_backward(dy, cache)


@pytest.mark.exercise("layer_norm_backward")
def test_a_large_eps(lesson, device, rng):
    """eps stands inside the root, so a large one changes the gradients, too."""
    given, dy = problem(rng, device, torch.float64, 4, 5)
    _, cache = lesson.layer_norm(*given, eps=0.75)
    return lesson.layer_norm_backward(dy, cache)


@pytest.mark.exercise("layer_norm_backward")
def test_constant_rows_and_single_features(lesson, device, rng):
    """A constant row has finite gradients, and with one feature dx is 0."""
    constant, dy = problem(rng, device, torch.float64, 3, 4)
    constant[0][1] = 2.5
    single, dy_single = problem(rng, device, torch.float32, 3, 1)
    pairs = {"a constant row": (constant, dy), "one feature": (single, dy_single)}
    return {
        name: lesson.layer_norm_backward(blame, lesson.layer_norm(*given)[1]) for name, (given, blame) in pairs.items()
    }


@pytest.mark.exercise("layer_norm_backward")
def test_a_cache_is_used_twice(lesson, device, rng):
    """The cache and dy stay as they were, and each cache belongs to its own call."""
    (given, dy), (later, dy_later) = (problem(rng, device, torch.float64, n, 3) for n in (5, 2))
    cache, cache_later = (lesson.layer_norm(*arguments)[1] for arguments in (given, later))
    first, kept = probes.unchanged(lambda: lesson.layer_norm_backward(dy, cache), dy=dy)
    kept["x, gamma and beta afterwards"] = probes.kept("`x`, `gamma` or `beta` of the forward pass", given)
    calls = {"first call": first}
    pairs = {
        "another dy": (2 * dy.flip(0), cache),
        "another batch": (dy_later, cache_later),
        "the first dy again": (dy, cache),
    }
    for name, pair in pairs.items():
        calls[name] = lesson.layer_norm_backward(*pair)
    return {**calls, **kept}


@pytest.mark.exercise("layer_norm_backward")
def test_autograd_stays_out(lesson, device, rng):
    """No function of PyTorch differentiates for you, in several steps down the gradients."""
    points, _ = problem(rng, device, torch.float64, 5, 4)
    blames = [problem(rng, device, torch.float64, 5, 4)[1] for _ in range(5)]

    def descend(points):
        for blame in blames:
            _, cache = lesson.layer_norm(*points)
            slopes = lesson.layer_norm_backward(blame, cache)
            points = tuple(point - 0.1 * slope for point, slope in zip(points, slopes, strict=True))
        return list(points)

    points, differentiated = probes.uses_autograd(lambda: descend(points))
    return {"points": points, "whether PyTorch differentiated": differentiated}
