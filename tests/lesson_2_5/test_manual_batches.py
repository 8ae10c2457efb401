"""Hidden scenarios of `manual_batches`."""

from collections.abc import Iterator

import pytest
import torch

from autograder.worker import probes


def batches(lesson, *arguments):
    """Return the batches, each as a tuple."""
    return [tuple(batch) for batch in lesson.manual_batches(*arguments)]


@pytest.mark.exercise("manual_batches")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("n", "batch_size"), [(11, 4), (8, 3)])
def test_order_as_a_tensor(lesson, device, rng, n, batch_size, dtype):
    """The rows come in the order of a tensor, features and targets together; the short last batch is kept."""
    X = torch.randn(n, 3, generator=rng, dtype=dtype).to(device)
    y = torch.randn(n, 1, generator=rng, dtype=dtype).to(device)
    order = torch.randperm(n, generator=rng).to(device)
    return batches(lesson, X, y, batch_size, order)


@pytest.mark.exercise("manual_batches")
def test_order_as_a_list_and_no_empty_batch(lesson, device, rng):
    """The order may be a list of ints; where the batch size divides N, no empty batch follows."""
    X = torch.randn(6, 6, generator=rng).to(device)
    y = torch.randint(0, 9, (6, 1), generator=rng).to(device)
    return batches(lesson, X, y, 2, [3, 5, 0, 2, 4, 1])


@pytest.mark.exercise("manual_batches")
@pytest.mark.parametrize("batch_size", [1, 4, 5, 50])
def test_batches_of_one_and_batches_larger_than_the_data(lesson, device, rng, batch_size):
    """The batch size may be 1, N, or larger than N."""
    X = torch.randn(4, 2, generator=rng).to(device)
    y = torch.randn(4, 1, generator=rng).to(device)
    return batches(lesson, X, y, batch_size, [2, 0, 3, 1])


@pytest.mark.exercise("manual_batches")
def test_a_single_row(lesson, device, rng):
    """One row makes one batch of one."""
    X = torch.randn(1, 3, generator=rng).to(device)
    y = torch.randn(1, 1, generator=rng).to(device)
    return batches(lesson, X, y, 3, torch.tensor([0], device=device))


@pytest.mark.exercise("manual_batches")
def test_it_is_an_iterator_and_leaves_its_arguments_alone(lesson, device, rng):
    """The result is an iterator of tuples; X, y and the order stay as they are."""
    X = torch.randn(5, 2, generator=rng).to(device)
    y = torch.randn(5, 1, generator=rng).to(device)
    order = [4, 2, 0, 1, 3]
    iterator = lesson.manual_batches(X, y, 2, order)
    parts, kept = probes.unchanged(lambda: list(iterator), X=X, y=y, order=order)
    return {"what comes back": probes.kind(iterator, Iterator), "the batches": parts, **kept}
