"""What may have come to a submission from outside: it is then tried again, alone, before it costs a student anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from signal import SIGKILL
from types import MappingProxyType
from typing import TypeVar

from autograder.sandbox.jobs import OUT_OF_TIME, Outcome, OutcomeStatus, Result, Run

Found = TypeVar("Found")


class Disturbance(StrEnum):
    """What may have disturbed a submission, the surest first."""

    # Somebody killed its worker: the kernel for its memory, or a person.
    KILLED = "killed"
    # The machine was too busy to tell.
    STARVED = "starved"
    # Time was up as it was imported.
    IMPORT_TIME = "import_time"
    # Time was up before everything was reached.
    NOT_REACHED = "not_reached"
    # Something waited for too long, by the clock.
    WALL_TIME = "wall_time"
    # One scenario of an exercise computed for too long and no other did: a loop without end has more than one.
    ONE_CPU_TIME = "one_cpu_time"


TRIES_AFTER: Mapping[Disturbance, int] = MappingProxyType(
    {one: 2 if one in (Disturbance.KILLED, Disturbance.STARVED) else 1 for one in Disturbance}
)


def tries_after(disturbed: str | None) -> int:
    """Return how often a submission is tried again after what disturbed it; 0 where nothing did."""
    return TRIES_AFTER[Disturbance(disturbed)] if disturbed else 0


def tried_again(first: Found, disturbed: Callable[[Found], str | None], again: Callable[[bool], Found]) -> Found:
    """Return what was found first or, while something disturbed it, by another try; the last counts whatever disturbed that.

    Args:
        first: what was found.
        disturbed: returns what may have disturbed something found; "" or None for nothing.
        again: tries once more; it is told whether this is the last time.
    """
    found, tries = first, tries_after(disturbed(first))
    while tries and disturbed(found):
        tries -= 1
        found = again(not tries)
    return found


def disturbance(runs: Sequence[Run], result: Result) -> Disturbance | None:
    """Return what may have disturbed the runs of a job, or None.

    Args:
        runs: the job's.
        result: what became of it.
    """
    error = result.import_error
    if error is not None:
        found = {_of_import(error.ended, error.signal)}
    else:
        found = {_of_outcome(outcome) for outcome in result.outcomes}
        if _lone_time_out(runs, result.outcomes):
            found.add(Disturbance.ONE_CPU_TIME)
    return next((one for one in Disturbance if one in found), None)


def _of_outcome(outcome: Outcome) -> Disturbance | None:
    if outcome.status == OutcomeStatus.NOT_IMPORTED:
        return _of_import(outcome.ended, outcome.signal)
    if outcome.status == OutcomeStatus.DIED and outcome.signal == SIGKILL:
        return Disturbance.KILLED
    return _OF_ENDS.get(outcome.status)


_OF_ENDS: Mapping[OutcomeStatus, Disturbance] = MappingProxyType(
    {
        OutcomeStatus.STARVED: Disturbance.STARVED,
        OutcomeStatus.NOT_REACHED: Disturbance.NOT_REACHED,
        OutcomeStatus.WALL_TIME: Disturbance.WALL_TIME,
    }
)


def _of_import(ended: str, signal: int) -> Disturbance | None:
    """Return what may have ended a worker while it imported the module; only what the parent saw counts."""
    if ended == OutcomeStatus.DIED and signal == SIGKILL:
        return Disturbance.KILLED
    return Disturbance.IMPORT_TIME if ended in OUT_OF_TIME else None


def _lone_time_out(runs: Sequence[Run], outcomes: Sequence[Outcome]) -> bool:
    late = Counter(
        (run.exercise, run.device)
        for run, outcome in zip(runs, outcomes, strict=True)
        if run.exercise and outcome.status == OutcomeStatus.CPU_TIME
    )
    return 1 in late.values()
