"""Hidden scenarios of `fans`."""

import pytest
import torch

from autograder.worker import probes


def shape_from(rng, dimensions):
    """Return a shape whose sizes all differ, so that each can be told from the others."""
    return (torch.randperm(9, generator=rng)[:dimensions] + 2).tolist()


@pytest.mark.exercise("fans")
@pytest.mark.weight(2)
def test_a_linear_weight(lesson, device, rng):
    """Of `(out, in)` the fan-in is `in` and the fan-out is `out`: a tuple of ints."""
    dtypes = {"float32": torch.float32, "float64": torch.float64, "float32 again": torch.float32}
    return {
        name: lesson.fans(torch.zeros(shape_from(rng, 2), device=device, dtype=dtype)) for name, dtype in dtypes.items()
    }


@pytest.mark.exercise("fans")
@pytest.mark.weight(3)
@pytest.mark.parametrize("dimensions", [3, 4, 5])
def test_a_convolution(lesson, device, rng, dimensions):
    """The places of a kernel of one, two or three sizes multiply both fans; the kernel need not be square."""
    return {f"weight {n} of 3": lesson.fans(torch.zeros(shape_from(rng, dimensions), device=device)) for n in (1, 2, 3)}


@pytest.mark.exercise("fans")
def test_sizes_of_one(lesson, device, rng):
    """One input, one output, a kernel with one place."""
    n, m = shape_from(rng, 2)
    shapes = {"one output": (1, n), "one input": (n, 1), "one of both": (1, 1), "a kernel with one place": (m, n, 1, 1)}
    shapes["one of both, a kernel of one size"] = (1, 1, n)
    return {what: lesson.fans(torch.zeros(shape, device=device)) for what, shape in shapes.items()}


@pytest.mark.exercise("fans")
def test_only_the_shape_matters(lesson, device, rng):
    """A parameter, a transposed weight or one of integers has the fans of its shape, and is not changed."""
    w = torch.randn(4, 7, generator=rng).to(device)
    parameter = torch.nn.Parameter(w.clone())
    weights = {"a parameter": parameter, "a transposed weight": w.T, "a weight of integers": w.long()}
    found, kept = probes.unchanged(
        lambda: {what: lesson.fans(weight) for what, weight in weights.items()}, weight=weights
    )
    return {**found, **kept}


@pytest.mark.exercise("fans")
@pytest.mark.weight(2)
def test_fewer_than_two_dimensions_are_refused(lesson, device, rng):
    """A bias `(H,)`, one number in a row, and a 0-D tensor raise a ValueError; a square weight does not."""
    n, *_ = shape_from(rng, 1)
    tensors = {"a bias": torch.zeros(n), "one number in a row": torch.zeros(1), "a 0-D tensor": torch.zeros(())}
    refused = {what: probes.raised(ValueError, lambda t=t: lesson.fans(t.to(device))) for what, t in tensors.items()}
    return {**refused, "a square weight": lesson.fans(torch.zeros(n, n, device=device))}
