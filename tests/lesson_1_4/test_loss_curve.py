"""Hidden scenarios of `loss_curve`."""

import pytest
import torch

from autograder.worker import probes


def _problem(rng, device, n_samples, n_w, dtype=torch.float32):
    x = torch.randn(n_samples, generator=rng) + 0.7
    y = 3 * torch.randn(n_samples, generator=rng) - 0.4
    w_range = 2 * torch.randn(n_w, generator=rng) + 0.3
    return tuple(values.to(device=device, dtype=dtype) for values in (x, y, w_range))


def _bias(rng):
    return 0.9 + 2.0 * float(torch.rand(1, generator=rng))


@pytest.mark.exercise("loss_curve")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_bias_is_a_float(lesson, device, rng, dtype):
    """With b a float, element i is the mean squared error of w_range[i] and that b, in x's dtype."""
    return lesson.loss_curve(*_problem(rng, device, 4, 7, dtype), _bias(rng))


@pytest.mark.exercise("loss_curve")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_bias_is_a_tensor(lesson, device, rng, dtype):
    """With b a 0-D tensor of x's dtype the curve is the same kind of thing; no argument is changed."""
    x, y, w_range = _problem(rng, device, 6, 3, dtype)
    b = torch.tensor(_bias(rng), dtype=dtype, device=device)
    curve, kept = probes.unchanged(lambda: lesson.loss_curve(x, y, w_range, b), x=x, y=y, w_range=w_range, b=b)
    return {"curve": curve, **kept}


@pytest.mark.exercise("loss_curve")
def test_as_many_weights_as_samples(lesson, device, rng):
    """The mean goes over the samples, also where there are as many weights."""
    return lesson.loss_curve(*_problem(rng, device, 5, 5), -_bias(rng))


@pytest.mark.exercise("loss_curve")
def test_smallest_sizes(lesson, device, rng):
    """One sample, one weight, or both, still give shape (n_w,)."""
    sizes = {"one sample": (1, 4), "one weight": (3, 1), "one of both": (1, 1)}
    return {name: lesson.loss_curve(*_problem(rng, device, *size), _bias(rng)) for name, size in sizes.items()}
