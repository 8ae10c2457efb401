"""Hidden scenarios of `ring_all_reduce_bytes`."""

import pytest
import torch


def number(result):
    return {"float": isinstance(result, float), "value": result}


@pytest.mark.exercise("ring_all_reduce_bytes")
@pytest.mark.parametrize("n", [2, 3, 8, 1000])
def test_bytes_each_worker_sends(lesson, rng, n):
    """Each of n workers sends 2 (n - 1) / n times the size."""
    size = int(torch.randint(1_000, 1_000_000_000, (1,), generator=rng))
    return number(lesson.ring_all_reduce_bytes(n, size))


@pytest.mark.exercise("ring_all_reduce_bytes")
def test_single_worker_sends_nothing(lesson, rng):
    """With 1 worker there is nothing to send, whatever the size."""
    size = int(torch.randint(1_000, 1_000_000, (1,), generator=rng))
    return number(lesson.ring_all_reduce_bytes(1, size))


@pytest.mark.exercise("ring_all_reduce_bytes")
def test_sizes_of_any_kind(lesson, rng):
    """The size may be a float, so large that it has no exact int32, and 0."""
    size = float(torch.rand((), generator=rng)) + 0.5
    return [
        number(lesson.ring_all_reduce_bytes(n, s)) for n, s in ((5, size), (4, 7e11), (16, 700_000_000_000), (3, 0))
    ]
