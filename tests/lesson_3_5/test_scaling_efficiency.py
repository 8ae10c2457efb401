"""Hidden scenarios of `scaling_efficiency`."""

import pytest
import torch

from autograder.worker import probes


def seconds(rng, workers, low=1.0, high=2.0):
    """Seconds for each number of workers; low and high are how much longer than ideally it takes."""
    one = 50 + 50 * float(torch.rand((), generator=rng))
    extra = (low + (high - low) * torch.rand(len(workers), generator=rng)).tolist()
    return {n: one if n == 1 else one / n * e for n, e in zip(workers, extra, strict=True)}


@pytest.mark.exercise("scaling_efficiency")
@pytest.mark.parametrize("workers", [[1, 2, 4, 8], [1, 3], [1]])
def test_share_of_the_ideal(lesson, rng, workers):
    """The efficiency of n workers is times[1] / (n * times[n]), and 1.0 for one worker; all are Python floats."""
    return {f"workers {numbers}": lesson.scaling_efficiency(seconds(rng, numbers)) for numbers in (workers, [1, 5])}


@pytest.mark.exercise("scaling_efficiency")
def test_one_worker_may_stand_anywhere(lesson, rng):
    """The entry for 1 is the yardstick wherever it stands; the keys come back in the order given."""
    result = lesson.scaling_efficiency(seconds(rng, [16, 2, 1, 64]))
    return {"efficiencies": result, "order of the keys": list(result) if isinstance(result, dict) else None}


@pytest.mark.exercise("scaling_efficiency")
def test_more_than_ideal(lesson, rng):
    """An efficiency above 1 is returned as it is."""
    return lesson.scaling_efficiency(seconds(rng, [1, 2, 4], 0.5, 0.9))


@pytest.mark.exercise("scaling_efficiency")
def test_slower_than_one_worker(lesson, rng):
    """More workers may even take longer than one; seconds may be whole numbers."""
    one, more, most = torch.randint(1, 100, (3,), generator=rng).tolist()
    return lesson.scaling_efficiency({1: one, 2: one + more, 5: one + more + most})


@pytest.mark.exercise("scaling_efficiency")
def test_table_without_one_worker_is_refused(lesson, rng):
    """Without an entry for 1 worker there is a ValueError, also for an empty table."""
    refused = {
        f"a table of {list(times) or 'nothing'}": probes.raised(
            ValueError, lambda t=times: lesson.scaling_efficiency(t)
        )
        for times in ({2: 5.0, 4: 3.0}, {}, {8: 1.0})
    }
    return {**refused, "a table of [1, 2]": lesson.scaling_efficiency(seconds(rng, [1, 2]))}


@pytest.mark.exercise("scaling_efficiency")
def test_times_stay_as_they_are(lesson, rng):
    """The table of seconds is not changed, and what comes back is another table."""
    times = seconds(rng, [1, 2, 8])
    result, kept = probes.unchanged(lambda: lesson.scaling_efficiency(times), times=times)
    times.clear()
    return {"efficiencies": result, **kept}
