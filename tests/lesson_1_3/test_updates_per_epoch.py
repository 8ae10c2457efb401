"""Hidden scenarios of `updates_per_epoch`."""

import pytest
import torch

from autograder.worker import probes


@pytest.mark.exercise("updates_per_epoch")
@pytest.mark.weight(2)
def test_smaller_last_batch_counts(lesson, rng):
    """The number of batches is rounded up, also just below and just above a multiple of the batch size; it is an int."""
    answers = []
    for batch_size in (3, 8, 50):
        full = int(torch.randint(2, 30, (1,), generator=rng))
        answers += [lesson.updates_per_epoch(full * batch_size + extra, batch_size) for extra in (-1, 0, 1)]
    return {"updates": answers, "ints": [isinstance(answer, int) for answer in answers]}


@pytest.mark.exercise("updates_per_epoch")
def test_batch_and_stochastic_are_the_two_ends(lesson, rng):
    """A batch of all rows, or one that could hold more, makes 1 update; batches of one row make N."""
    n = int(torch.randint(5, 500, (1,), generator=rng))
    answers = [lesson.updates_per_epoch(*sizes) for sizes in ((n, n), (n, n + 1), (n, 10 * n), (n, 1), (1, 1), (1, 9))]
    return {"updates": answers, "ints": [isinstance(answer, int) for answer in answers]}


@pytest.mark.exercise("updates_per_epoch")
def test_numbers_below_one_are_refused(lesson):
    """`n_samples` or `batch_size` below 1 raises a ValueError."""
    calls = [(0, 4), (-3, 4), (8, 0), (8, -2), (-6, -2), (0, 0)]
    return [probes.raised(ValueError, lambda call=call: lesson.updates_per_epoch(*call)) for call in calls]
