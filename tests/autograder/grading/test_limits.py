"""How long a scenario may compute follows from what the reference takes there."""

from __future__ import annotations

import math

from autograder.grading.limits import FLOOR, TIMES, UNLIMITED, allowed
from autograder.sandbox.jobs import Outcome, OutcomeStatus


def of(*cpu: float) -> list[Outcome]:
    return [Outcome(OutcomeStatus.RETURNED, cpu=seconds) for seconds in cpu]


def test_a_quick_scenario_has_the_floor_and_a_slow_one_a_multiple() -> None:
    quick, slow = allowed(of(0.001, 0.02), ["cpu", "cpu"])
    assert (quick.cpu, slow.cpu) == (FLOOR, TIMES * 0.02)


def test_the_floor_grows_with_what_the_whole_suite_takes() -> None:
    quick = allowed(of(0.001, *[0.1] * 10), ["cpu"] * 11)[0]
    assert 2 < quick.cpu < 3


def test_each_device_is_seen_for_itself() -> None:
    quick, _ = allowed(of(0.001, 1.0), ["cpu", "fake_cuda"])
    assert quick.cpu == FLOOR


def test_an_accelerator_starts_in_whichever_scenario_comes_first_so_nothing_is_said_of_it() -> None:
    assert allowed(of(0.001), ["cuda"]) == [UNLIMITED]
    assert math.isinf(UNLIMITED.cpu)


def test_what_is_left_after_time_outs_is_still_several_times_the_references() -> None:
    for own in (0.001, 0.02, 0.5):
        assert allowed(of(own), ["cpu"])[0].least >= 10 * own
