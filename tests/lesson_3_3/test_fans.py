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
    return [
        lesson.fans(torch.zeros(shape_from(rng, 2), device=device, dtype=dtype))
        for dtype in (torch.float32, torch.float64, torch.float32)
    ]


@pytest.mark.exercise("fans")
@pytest.mark.weight(3)
@pytest.mark.parametrize("dimensions", [3, 4, 5])
def test_a_convolution(lesson, device, rng, dimensions):
    """The places of a kernel of one, two or three sizes multiply both fans; the kernel need not be square."""
    return [lesson.fans(torch.zeros(shape_from(rng, dimensions), device=device)) for _ in range(3)]


@pytest.mark.exercise("fans")
def test_sizes_of_one(lesson, device):
    """One input, one output, a kernel with one place."""
    return [
        lesson.fans(torch.zeros(shape, device=device)) for shape in ((1, 5), (5, 1), (1, 1), (3, 2, 1, 1), (1, 1, 4))
    ]


@pytest.mark.exercise("fans")
def test_only_the_shape_matters(lesson, device, rng):
    """A parameter, a transposed weight or one of integers has the fans of its shape, and is not changed."""
    w = torch.randn(4, 7, generator=rng).to(device)
    parameter = torch.nn.Parameter(w.clone())
    found, kept = probes.unchanged(
        lambda: [lesson.fans(parameter), lesson.fans(w.T), lesson.fans(w.long())], parameter=parameter, w=w
    )
    return {"fans": found, "kept": kept}


@pytest.mark.exercise("fans")
@pytest.mark.weight(2)
def test_fewer_than_two_dimensions_are_refused(lesson, device):
    """A bias `(H,)`, one number in a row, and a 0-D tensor raise a ValueError."""
    tensors = [torch.zeros(shape, device=device) for shape in ((5,), (1,), ())]
    return [probes.raised(ValueError, lambda t=t: lesson.fans(t)) for t in tensors]
