"""Hidden scenarios of `epoch_updates`."""

import pytest
import torch

from autograder.worker import probes


@pytest.mark.exercise("epoch_updates")
@pytest.mark.weight(2)
def test_a_short_last_batch_counts(lesson, rng):
    """The number of updates is n / batch_size rounded up, an int."""
    answers = []
    for batch_size in (3, 7, 32):
        full = int(torch.randint(2, 40, (1,), generator=rng))
        answers += [lesson.epoch_updates(full * batch_size + extra, batch_size) for extra in (-1, 0, 1)]
    return {"updates": answers, "ints": [isinstance(answer, int) for answer in answers]}


@pytest.mark.exercise("epoch_updates")
def test_batch_and_stochastic_are_the_two_ends(lesson, rng):
    """All rows in a batch (or a batch that could hold more) give 1, batches of one give n."""
    n = int(torch.randint(5, 500, (1,), generator=rng))
    calls = [(n, n), (n, n + 1), (n, 10 * n), (n, 1), (1, 1), (1, 8)]
    answers = [lesson.epoch_updates(*call) for call in calls]
    return {"updates": answers, "ints": [isinstance(answer, int) for answer in answers]}


@pytest.mark.exercise("epoch_updates")
def test_sizes_under_one_are_refused(lesson):
    """`n` or `batch_size` under 1 raises ValueError."""
    calls = [(0, 4), (-3, 4), (8, 0), (8, -2), (-6, -2), (0, 0)]
    return [probes.raised(ValueError, lambda call=call: lesson.epoch_updates(*call)) for call in calls]
