"""Hidden scenarios of `batch_norm_backward`. The cache comes from the lesson's own `batch_norm`, and is handed on unseen."""

import pytest
import torch

from autograder.worker import probes


def problem(rng, device, dtype, n, d):
    """Return a batch with columns of several sizes, gamma of both signs, beta, running statistics, and dy."""

    def normal(*shape):
        return torch.randn(shape, generator=rng, dtype=torch.float64)

    x = normal(n, d) * (0.5 + torch.rand(d, generator=rng, dtype=torch.float64)) + 2 * normal(d)
    signs = 1 - 2.0 * (torch.arange(d) % 2)
    gamma = signs * (1.2 + torch.rand(d, generator=rng, dtype=torch.float64))
    running = normal(d), 0.5 + normal(d) ** 2
    dy = 0.5 + normal(n, d)
    x, gamma, beta, mean, variance, dy = (t.to(device, dtype) for t in (x, gamma, normal(d), *running, dy))
    return (x, gamma, beta, (mean, variance)), dy


@pytest.mark.exercise("batch_norm_backward")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("n", "d"), [(7, 3), (4, 4), (5, 1)])
def test_all_three_gradients(lesson, device, rng, dtype, n, d):
    """dx includes the gradient through the mean and the variance; dgamma and dbeta are sums over the rows."""
    given, dy = problem(rng, device, dtype, n, d)
    _, _, cache = lesson.batch_norm(*given, True)
    return lesson.batch_norm_backward(dy, cache)


@pytest.mark.exercise("batch_norm_backward")
def test_a_large_eps(lesson, device, rng):
    """eps stands inside the root, so a large one changes the gradients, too."""
    given, dy = problem(rng, device, torch.float64, 6, 3)
    _, _, cache = lesson.batch_norm(*given, True, eps=0.75)
    return lesson.batch_norm_backward(dy, cache)


@pytest.mark.exercise("batch_norm_backward")
def test_two_rows(lesson, device, rng):
    """Two rows are enough for all three gradients."""
    given, dy = problem(rng, device, torch.float64, 2, 3)
    given[0][0], given[0][1] = 1.0, 2.0
    _, _, cache = lesson.batch_norm(*given, True, eps=0.25)
    return lesson.batch_norm_backward(dy, cache)


@pytest.mark.exercise("batch_norm_backward")
def test_a_constant_column(lesson, device, rng):
    """A constant column has finite gradients."""
    given, dy = problem(rng, device, torch.float64, 4, 3)
    given[0][:, 1] = 2.5
    _, _, cache = lesson.batch_norm(*given, True)
    return lesson.batch_norm_backward(dy, cache)


@pytest.mark.exercise("batch_norm_backward")
def test_a_cache_is_used_twice(lesson, device, rng):
    """The cache and dy stay as they were: a second call gives the same, and another dy gives its own gradients."""
    given, dy = problem(rng, device, torch.float64, 5, 4)
    _, _, cache = lesson.batch_norm(*given, True)
    other = dy.flip(0) * 2
    first, kept = probes.unchanged(lambda: lesson.batch_norm_backward(dy, cache), dy=dy)
    kept["x, gamma and beta afterwards"] = probes.kept("`x`, `gamma` or `beta` of the forward pass", given[:3])
    calls = {"first call": first}
    for name, blame in {"another dy": other, "the first dy again": dy}.items():
        calls[name] = lesson.batch_norm_backward(blame, cache)
    return {**calls, **kept}


@pytest.mark.exercise("batch_norm_backward")
def test_each_cache_belongs_to_its_call(lesson, device, rng):
    """Two batches may go forward before either goes back: each cache knows its own batch."""
    (one, dy_one), (two, dy_two) = (problem(rng, device, torch.float64, n, 3) for n in (6, 4))
    caches = [lesson.batch_norm(*given, True)[2] for given in (one, two)]
    return {
        "first batch": lesson.batch_norm_backward(dy_one, caches[0]),
        "second batch": lesson.batch_norm_backward(dy_two, caches[1]),
    }


@pytest.mark.exercise("batch_norm_backward")
def test_autograd_stays_out(lesson, device, rng):
    """No function of PyTorch differentiates for you, in several steps down the gradients."""
    (x, gamma, beta, running), _ = problem(rng, device, torch.float64, 6, 3)
    blames = [problem(rng, device, torch.float64, 6, 3)[1] for _ in range(5)]

    def descend():
        points = x, gamma, beta
        for blame in blames:
            _, _, cache = lesson.batch_norm(*points, running, True)
            slopes = lesson.batch_norm_backward(blame, cache)
            points = tuple(point - 0.1 * slope for point, slope in zip(points, slopes, strict=True))
        return list(points)

    points, differentiated = probes.uses_autograd(descend)
    return {"points": points, "whether PyTorch differentiated": differentiated}
