"""What may have come from outside a submission is told from what the submission did."""

from __future__ import annotations

from signal import SIGKILL, SIGSEGV

import pytest

from autograder.grading.disturbance import Disturbance, disturbance, tried_again, tries_after
from autograder.sandbox.decode import RunError
from autograder.sandbox.jobs import Outcome, OutcomeStatus, Result, Run

RUNS = tuple(Run("test_a.py", "test", n, "cpu", exercise) for n, exercise in enumerate("aab"))
DONE = Outcome(OutcomeStatus.RETURNED)


def result(*outcomes: Outcome, error: RunError | None = None) -> Result:
    return Result(error, {}, outcomes, "", 0.0)


@pytest.mark.parametrize(
    ("outcomes", "found"),
    [
        ((DONE, DONE, DONE), None),
        ((DONE, Outcome(OutcomeStatus.DIED, signal=SIGKILL), DONE), Disturbance.KILLED),
        ((DONE, Outcome(OutcomeStatus.DIED, signal=SIGSEGV), DONE), None),
        ((DONE, Outcome(OutcomeStatus.DIED, detail="ended by signal 9"), DONE), None),
        ((DONE, Outcome(OutcomeStatus.NOT_REACHED), DONE), Disturbance.NOT_REACHED),
        ((DONE, Outcome(OutcomeStatus.WALL_TIME), Outcome(OutcomeStatus.STARVED)), Disturbance.STARVED),
        ((DONE, Outcome(OutcomeStatus.CPU_TIME), DONE), Disturbance.ONE_CPU_TIME),
        ((Outcome(OutcomeStatus.CPU_TIME), Outcome(OutcomeStatus.CPU_TIME), DONE), None),
        (
            (DONE, DONE, Outcome(OutcomeStatus.NOT_IMPORTED, ended="died", signal=SIGKILL)),
            Disturbance.KILLED,
        ),
        ((DONE, DONE, Outcome(OutcomeStatus.NOT_IMPORTED, detail="died: ended by signal 9")), None),
        (
            (DONE, DONE, Outcome(OutcomeStatus.NOT_IMPORTED, detail="cpu_time: more than 4 seconds", ended="cpu_time")),
            "import_time",
        ),
    ],
)
def test_what_disturbed_is_told_by_how_runs_ended(outcomes: tuple[Outcome, ...], found: str | None) -> None:
    assert disturbance(RUNS, result(*outcomes)) == found


def test_an_exception_that_is_called_as_an_end_disturbs_nothing() -> None:
    named = RunError("died", "Exception", 3, "ended by signal 9")
    ended = RunError("died", "died", None, "", ended="died", signal=SIGKILL)
    assert disturbance(RUNS, result(error=named)) is None
    assert disturbance(RUNS, result(error=ended)) == Disturbance.KILLED


def test_every_disturbance_is_worth_another_try() -> None:
    assert all(tries_after(one) > 0 for one in Disturbance)
    assert tries_after(str(Disturbance.KILLED)) == 2
    assert tries_after("") == tries_after(None) == 0


@pytest.mark.parametrize(
    ("ends", "found", "asked"),
    [
        (["", "never"], "", []),
        (["wall_time", ""], "", [True]),
        (["wall_time", "wall_time", "never"], "wall_time", [True]),
        (["killed", "", "never"], "", [False]),
        (["killed", "killed", "killed", "never"], "killed", [False, True]),
    ],
)
def test_what_was_disturbed_is_tried_again_as_often_as_that_is_worth(
    ends: list[str], found: str, asked: list[bool]
) -> None:
    waiting, told = iter(ends), list[bool]()

    def again(last: bool) -> str:
        told.append(last)
        return next(waiting)

    assert (tried_again(next(waiting), lambda end: end, again), told) == (found, asked)
