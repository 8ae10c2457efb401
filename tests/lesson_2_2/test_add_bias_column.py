"""Hidden scenarios of `add_bias_column`."""

import pytest
import torch

from autograder.worker import probes


@pytest.mark.exercise("add_bias_column")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("samples", "features"), [(7, 3), (2, 5)])
def test_ones_come_first(lesson, device, rng, dtype, samples, features):
    """Column 0 holds ones, columns 1 to D are X, in X's dtype."""
    X = torch.randn(samples, features, generator=rng, dtype=torch.float64) * 3 + 5
    return lesson.add_bias_column(X.to(device, dtype))


@pytest.mark.exercise("add_bias_column")
def test_a_square_batch_gets_a_column(lesson, device, rng):
    """With N = D it is still a column that is added, not a row."""
    return lesson.add_bias_column((torch.randn(4, 4, generator=rng) * 3 + 5).to(device))


@pytest.mark.exercise("add_bias_column")
@pytest.mark.parametrize(("samples", "features"), [(1, 4), (5, 1), (1, 1)])
def test_one_sample_or_one_feature(lesson, device, rng, samples, features):
    """A batch of one and a single feature are augmented like any other."""
    return lesson.add_bias_column((torch.randn(samples, features, generator=rng) * 3 + 5).to(device))


@pytest.mark.exercise("add_bias_column")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.int64])
def test_every_dtype_is_kept(lesson, device, rng, dtype):
    """The result has X's dtype, also for integers and half precision."""
    return lesson.add_bias_column(torch.randint(-9, 10, (5, 2), generator=rng).to(device, dtype))


@pytest.mark.exercise("add_bias_column")
def test_the_batch_is_left_alone(lesson, device, rng):
    """A new tensor comes back, and X is as it was also when the result is changed."""
    X = torch.randn(3, 2, generator=rng, dtype=torch.float64).to(device)

    def augment_and_scribble():
        augmented = lesson.add_bias_column(X)
        kept = augmented.clone()
        augmented.zero_()
        return kept

    augmented, untouched = probes.unchanged(augment_and_scribble, X=X)
    return {"augmented": augmented, "untouched": untouched}
