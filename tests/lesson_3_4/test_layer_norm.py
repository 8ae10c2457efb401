"""Hidden scenarios of `layer_norm`. The cache is the student's, and is not looked at."""

import pytest
import torch

from autograder.worker import probes


def problem(rng, device, dtype, n, d):
    """Return a batch whose rows differ in place and size, and gamma and beta."""

    def normal(*shape):
        return torch.randn(shape, generator=rng, dtype=torch.float64)

    x = normal(n, d) * (0.5 + torch.rand(n, 1, generator=rng, dtype=torch.float64)) + 3 * normal(n, 1)
    return tuple(t.to(device, dtype) for t in (x, 1.5 + 0.4 * normal(d), normal(d)))


def normalized(result):
    """Return y; what is no pair as it is."""
    return result[0] if isinstance(result, (list, tuple)) and len(result) == 2 else result


@pytest.mark.exercise("layer_norm")
@pytest.mark.weight(2)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("n", "d"), [(3, 7), (4, 4), (1, 5)])
def test_rows_are_normalized(lesson, device, rng, dtype, n, d):
    """Each row is normalized over its features (biased), then scaled and shifted, one factor and shift a feature."""
    result = lesson.layer_norm(*problem(rng, device, dtype, n, d))
    first = result[:1] if isinstance(result, (list, tuple)) else result
    return {"y": normalized(result), "the tuple without its cache": probes.form(first)}


@pytest.mark.exercise("layer_norm")
def test_a_large_eps(lesson, device, rng):
    """eps is added to the variance, inside the root."""
    return normalized(lesson.layer_norm(*problem(rng, device, torch.float64, 4, 5), eps=0.6))


@pytest.mark.exercise("layer_norm")
def test_constant_rows_and_single_features(lesson, device, rng):
    """A constant row becomes beta, and so does a row of one number."""
    constant = problem(rng, device, torch.float32, 3, 4)
    constant[0][1] = 2.5
    batches = {"a constant row": constant, "one feature": problem(rng, device, torch.float64, 3, 1)}
    return {name: normalized(lesson.layer_norm(*given)) for name, given in batches.items()}


@pytest.mark.exercise("layer_norm")
def test_a_mean_far_larger_than_the_deviation(lesson, device, rng):
    """Rows whose mean is far larger than their deviation keep their digits: the mean is taken off before squaring."""
    _, gamma, beta = problem(rng, device, torch.float32, 3, 8)
    x = 4096 + torch.randint(-96, 97, (3, 8), generator=rng) / 64  # exact in float32, and so are sums of eight
    x[:, 0], x[:, 1] = 4094.5, 4097.75
    return normalized(lesson.layer_norm(x.to(device, torch.float32), gamma, beta))


@pytest.mark.exercise("layer_norm")
def test_a_row_does_not_depend_on_its_companions(lesson, device, rng):
    """A row gives the same alone as among others; no argument changes."""
    x, gamma, beta = problem(rng, device, torch.float64, 5, 3)
    among, kept = probes.unchanged(lambda: lesson.layer_norm(x, gamma, beta), x=x, gamma=gamma, beta=beta)
    alone = lesson.layer_norm(x[2:3], gamma, beta)
    return {"among others": normalized(among), "alone": normalized(alone), **kept}
