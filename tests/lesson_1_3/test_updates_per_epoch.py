"""Hidden scenarios of `updates_per_epoch`."""

import pytest
import torch

from autograder.worker import probes


@pytest.mark.exercise("updates_per_epoch")
@pytest.mark.weight(2)
def test_smaller_last_batch_counts(lesson, rng):
    """The number of batches is rounded up, also just below and just above a multiple of the batch size; it is an int."""
    answers = {}
    for batch_size in (3, 8, 50):
        full = int(torch.randint(2, 30, (1,), generator=rng))
        for name, extra in (("one row short", -1), ("exactly full", 0), ("one row over", 1)):
            answers[f"batches of {batch_size}, {name}"] = lesson.updates_per_epoch(
                full * batch_size + extra, batch_size
            )
    return answers


@pytest.mark.exercise("updates_per_epoch")
def test_batch_and_stochastic_are_the_two_ends(lesson, rng):
    """A batch of all rows, or one that could hold more, makes 1 update; batches of one row make N."""
    n = int(torch.randint(5, 500, (1,), generator=rng))
    return {
        "a batch of all rows": lesson.updates_per_epoch(n, n),
        "a batch that could hold one more": lesson.updates_per_epoch(n, n + 1),
        "a batch that could hold ten times as many": lesson.updates_per_epoch(n, 10 * n),
        "batches of one": lesson.updates_per_epoch(n, 1),
        "one row, batches of one": lesson.updates_per_epoch(1, 1),
        "one row, batches of nine": lesson.updates_per_epoch(1, 9),
    }


@pytest.mark.exercise("updates_per_epoch")
def test_numbers_below_one_are_refused(lesson, rng):
    """`n_samples` or `batch_size` below 1 raises a ValueError; 1 does not."""
    n = int(torch.randint(5, 500, (1,), generator=rng))
    told = {"batch_size = 1": lesson.updates_per_epoch(n, 1)}
    for rows, size in [(0, 4), (-3, 4), (8, 0), (8, -2), (-6, -2), (0, 0)]:
        call = probes.raised(ValueError, lambda rows=rows, size=size: lesson.updates_per_epoch(rows, size))
        told[f"n_samples = {rows}, batch_size = {size}"] = call
    return told
