"""Hidden scenarios of `relative_error`. Its answers are numbers around a half, so that five digits tell right from wrong."""

import pytest
import torch

from autograder.worker import probes


def pair(rng, device, dtype, shape):
    a = torch.rand(shape, generator=rng) + 0.5
    b = 3 * torch.rand(shape, generator=rng) + 1.5
    return a.to(device, dtype), b.to(device, dtype)


@pytest.mark.exercise("relative_error")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(), (1,), (6,), (2, 3), (3, 1, 4)], ids=["0-D", "one", "row", "table", "block"])
def test_norm_of_the_difference_by_the_sum_of_the_norms(lesson, device, rng, dtype, shape):
    """The norms go over all elements, whatever the shape."""
    return float(lesson.relative_error(*pair(rng, device, dtype, shape)))


@pytest.mark.exercise("relative_error")
@pytest.mark.weight(2)
@pytest.mark.parametrize("shape", [(), (4,), (2, 2)], ids=["0-D", "row", "table"])
def test_two_zeros_agree(lesson, device, shape):
    """The answer is 0 where both are all zeros, in either dtype."""
    zeros = [torch.zeros(shape, device=device, dtype=dtype) for dtype in (torch.float32, torch.float64)]
    return [float(lesson.relative_error(zero, zero.clone())) for zero in zeros]


@pytest.mark.exercise("relative_error")
@pytest.mark.weight(2)
def test_swapping_changes_nothing(lesson, device, rng):
    """Both orders give the same answer, although one tensor is much larger than the other."""
    a, b = pair(rng, device, torch.float64, (5,))
    return [float(lesson.relative_error(*both)) for both in ((a, b), (b, a), (a, 8 * b), (8 * b, a))]


@pytest.mark.exercise("relative_error")
def test_equal_opposite_and_one_zero(lesson, device, rng):
    """Equal tensors give 0; opposite ones, or one that is zero, give 1."""
    a, _ = pair(rng, device, torch.float32, (2, 4))
    zero = torch.zeros_like(a)
    return [float(lesson.relative_error(*both)) for both in ((a, a.clone()), (a, -a), (a, zero), (zero, a))]


@pytest.mark.exercise("relative_error")
@pytest.mark.weight(2)
def test_same_length_is_not_the_same(lesson, device, rng):
    """Tensors of the same length that point elsewhere differ."""
    _, b = pair(rng, device, torch.float64, (6,))
    return [float(lesson.relative_error(b, other)) for other in (b.flip(0) + 0.0, -b, b * b.new_tensor([1, -1] * 3))]


@pytest.mark.exercise("relative_error")
@pytest.mark.weight(2)
@pytest.mark.parametrize("scale", [1e-12, 1e-9, 1e9])
def test_scale_does_not_matter(lesson, device, rng, scale):
    """Tiny and huge tensors have the relative error of their proportions: nothing is added to the denominator."""
    a, b = pair(rng, device, torch.float64, (5,))
    narrow = float(lesson.relative_error(scale * a.float(), scale * b.float()))
    return float(lesson.relative_error(scale * a, scale * b)), narrow


@pytest.mark.exercise("relative_error")
def test_arguments_are_left_alone(lesson, device, rng):
    """No argument is changed."""
    a, b = pair(rng, device, torch.float32, (4,))
    return probes.unchanged(lambda: float(lesson.relative_error(a, b)), a=a, b=b)
