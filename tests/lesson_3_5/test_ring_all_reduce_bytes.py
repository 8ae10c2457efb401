"""Hidden scenarios of `ring_all_reduce_bytes`."""

import pytest
import torch


@pytest.mark.exercise("ring_all_reduce_bytes")
@pytest.mark.parametrize("n", [2, 3, 8, 1000])
def test_bytes_each_worker_sends(lesson, rng, n):
    """Each of n workers sends 2 (n - 1) / n times the size, a Python float."""
    size = int(torch.randint(1_000, 1_000_000_000, (1,), generator=rng))
    return lesson.ring_all_reduce_bytes(n, size)


@pytest.mark.exercise("ring_all_reduce_bytes")
def test_single_worker_sends_nothing(lesson, rng):
    """With 1 worker there is nothing to send, whatever the size; with 2 there is."""
    size = int(torch.randint(1_000, 1_000_000, (1,), generator=rng))
    return {"1 worker": lesson.ring_all_reduce_bytes(1, size), "2 workers": lesson.ring_all_reduce_bytes(2, size)}


@pytest.mark.exercise("ring_all_reduce_bytes")
def test_sizes_of_any_kind(lesson, rng):
    """The size may be a float, so large that it has no exact int32, and 0."""
    size = float(torch.rand((), generator=rng)) + 0.5
    return {
        "a float": lesson.ring_all_reduce_bytes(5, size),
        "a large float": lesson.ring_all_reduce_bytes(4, 7e11),
        "a large int": lesson.ring_all_reduce_bytes(16, 700_000_000_000),
        "nothing": lesson.ring_all_reduce_bytes(3, 0),
    }
