"""Hidden scenarios of `epoch_updates`."""

import pytest
import torch

from autograder.worker import probes


@pytest.mark.exercise("epoch_updates")
@pytest.mark.weight(2)
def test_a_short_last_batch_counts(lesson, rng):
    """The number of updates is n / batch_size rounded up, an int."""
    answers = {}
    for batch_size in (3, 7, 32):
        full = int(torch.randint(2, 40, (1,), generator=rng))
        for name, extra in (("one row short", -1), ("exactly full", 0), ("one row over", 1)):
            answers[f"batches of {batch_size}, {name}"] = lesson.epoch_updates(full * batch_size + extra, batch_size)
    return answers


@pytest.mark.exercise("epoch_updates")
def test_batch_and_stochastic_are_the_two_ends(lesson, rng):
    """All rows in a batch (or a batch that could hold more) give 1, batches of one give n."""
    n = int(torch.randint(5, 500, (1,), generator=rng))
    return {
        "a batch of all rows": lesson.epoch_updates(n, n),
        "a batch that could hold one more": lesson.epoch_updates(n, n + 1),
        "a batch that could hold ten times as many": lesson.epoch_updates(n, 10 * n),
        "batches of one": lesson.epoch_updates(n, 1),
        "one row, batches of one": lesson.epoch_updates(1, 1),
        "one row, batches of eight": lesson.epoch_updates(1, 8),
    }


@pytest.mark.exercise("epoch_updates")
def test_sizes_under_one_are_refused(lesson, rng):
    """`n` or `batch_size` under 1 raises ValueError; 1 does not."""
    n = int(torch.randint(5, 500, (1,), generator=rng))
    calls = [(0, 4), (-3, 4), (8, 0), (8, -2), (-6, -2), (0, 0)]
    refused = {
        f"n = {call[0]}, batch_size = {call[1]}": probes.raised(
            ValueError, lambda call=call: lesson.epoch_updates(*call)
        )
        for call in calls
    }
    return {"batch_size = 1": lesson.epoch_updates(n, 1), **refused}
