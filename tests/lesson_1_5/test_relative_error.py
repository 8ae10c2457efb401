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
def test_two_zeros_agree(lesson, device, rng, shape):
    """The answer is 0 where both are all zeros, in either dtype; for a tensor and its multiple it is not."""
    dtypes = {"float32": torch.float32, "float64": torch.float64}
    zeros = {name: torch.zeros(shape, device=device, dtype=dtype) for name, dtype in dtypes.items()}
    a, _ = pair(rng, device, torch.float64, shape)
    more = 2 + 3 * float(torch.rand((), generator=rng))
    return {
        **{f"zeros in {name}": float(lesson.relative_error(zero, zero.clone())) for name, zero in zeros.items()},
        "a tensor and its multiple": float(lesson.relative_error(a, more * a)),
    }


@pytest.mark.exercise("relative_error")
@pytest.mark.weight(2)
def test_swapping_changes_nothing(lesson, device, rng):
    """Both orders give the same answer, although one tensor is much larger than the other."""
    a, b = pair(rng, device, torch.float64, (5,))
    pairs = {"a and b": (a, b), "b and a": (b, a), "a and 8 b": (a, 8 * b), "8 b and a": (8 * b, a)}
    return {what: float(lesson.relative_error(*both)) for what, both in pairs.items()}


@pytest.mark.exercise("relative_error")
def test_equal_opposite_and_one_zero(lesson, device, rng):
    """Equal tensors give 0; opposite ones, or one that is zero, give 1."""
    a, _ = pair(rng, device, torch.float32, (2, 4))
    zero = torch.zeros_like(a)
    pairs = {"equal": (a, a.clone()), "opposite": (a, -a), "the second zero": (a, zero), "the first zero": (zero, a)}
    return {what: float(lesson.relative_error(*both)) for what, both in pairs.items()}


@pytest.mark.exercise("relative_error")
@pytest.mark.weight(2)
def test_same_length_is_not_the_same(lesson, device, rng):
    """Tensors of the same length that point elsewhere differ."""
    _, b = pair(rng, device, torch.float64, (6,))
    others = {"in reverse": b.flip(0) + 0.0, "the opposite": -b, "every other sign": b * b.new_tensor([1, -1] * 3)}
    return {what: float(lesson.relative_error(b, other)) for what, other in others.items()}


@pytest.mark.exercise("relative_error")
@pytest.mark.weight(2)
@pytest.mark.parametrize("scale", [1e-12, 1e-9, 1e9])
def test_scale_does_not_matter(lesson, device, rng, scale):
    """Tiny and huge tensors have the relative error of their proportions: nothing is added to the denominator."""
    a, b = pair(rng, device, torch.float64, (5,))
    return {
        "in float64": float(lesson.relative_error(scale * a, scale * b)),
        "in float32": float(lesson.relative_error(scale * a.float(), scale * b.float())),
    }


@pytest.mark.exercise("relative_error")
def test_arguments_are_left_alone(lesson, device, rng):
    """No argument is changed."""
    a, b = pair(rng, device, torch.float32, (4,))
    error, kept = probes.unchanged(lambda: float(lesson.relative_error(a, b)), a=a, b=b)
    return {"error": error, **kept}
