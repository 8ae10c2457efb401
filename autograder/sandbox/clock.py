"""The time and the bytes of a submission's workers, under its deadlines."""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from autograder.sandbox import decode
from autograder.sandbox.jobs import Deadlines, Outcome, OutcomeStatus

# How often a worker's clock is read: at least every so many seconds while it is waited for, and at most.
LOOK_AT_LEAST, LOOK_AT_MOST = 0.25, 0.02


class Stopped(Exception):
    """Why a worker's frames ended before its runs did."""

    def __init__(self, status: OutcomeStatus, detail: str = "") -> None:
        super().__init__(status)
        self.status = status
        self.detail = detail


class Budget:
    """How many bytes of frames a submission may still send."""

    def __init__(self) -> None:
        self._text = decode.MAX_TEXT_IN_ALL
        self._data = decode.MAX_DATA_IN_ALL

    def spend(self, text: int, data: int) -> None:
        """Take a frame's bytes off.

        Raises:
            decode.FrameError: that is more than is left.
        """
        self._text -= text
        self._data -= data
        if self._text < 0 or self._data < 0:
            raise decode.FrameError("more in all than a submission may send")


class Spent:
    """What a submission has taken so far, in the workers that have ended, and what it may still send."""

    def __init__(self, deadlines: Deadlines) -> None:
        self.budget = Budget()
        self.cpu = 0.0
        self.waited = 0.0
        self.gave_up = False
        self._started = time.monotonic()
        self._library = 0.0
        self._deadlines = deadlines

    def add(self, cpu: float, library: float) -> None:
        """Add what a worker used; `library` of it to import libraries."""
        self.cpu += cpu
        self._library += library

    def cpu_left(self, cpu: float = 0.0, library: float = 0.0) -> float:
        """Return the CPU seconds that are left once a worker has used so many, `library` of them to import libraries."""
        free = min(self._library + library, self._deadlines.library_cpu)
        return self._deadlines.submission_cpu - (self.cpu + cpu - free)

    def starved(self) -> bool:
        """Return whether so much time has passed that only a machine that is far too busy can be the reason."""
        return time.monotonic() > self._started + self._deadlines.patience * self._deadlines.submission_wall

    def up(self) -> Outcome | None:
        """Return what becomes of the runs that are left, if the time for them is up."""
        if self.gave_up or self.starved():
            return Outcome(OutcomeStatus.STARVED, detail=STARVED)
        return (
            Outcome(OutcomeStatus.NOT_REACHED)
            if self.cpu_left() < 0 or self.waited > self._deadlines.submission_wall
            else None
        )


STARVED = "the machine was too busy to grade; grade again when it is less busy"


@dataclass(frozen=True)
class Use:
    """What a worker's processes have used of the processor, and whether one of them wants more of it now."""

    cpu: float
    busy: bool


class Clock:
    """The time of one worker under the deadlines, stage by stage: each part of the import, then each scenario.

    Args:
        deadlines: how long things may take.
        spent: what the submission's earlier workers took.
        ask: reads what this worker has used.
    """

    def __init__(self, deadlines: Deadlines, spent: Spent, ask: Callable[[], Use]) -> None:
        self.library = 0.0
        self._deadlines = deadlines
        self._spent = spent
        self._ask = ask
        self._importing = False
        self._used = self._claimed = 0.0
        self._looked = time.monotonic()
        self._begin(deadlines.scenario_cpu, deadlines.scenario_wall)

    def _begin(self, cpu: float, wall: float) -> None:
        now = time.monotonic()
        # The worker says itself what it has used so far. A lie gains no more than what can have passed since the last look.
        self._mark = min(self._claimed, self._used + (now - self._looked) * (os.cpu_count() or 1))
        self._started, self._waited = now, 0.0
        self._cpu, self._wall = cpu, wall
        self._look_at = min(self._looked + LOOK_AT_LEAST, now + cpu)

    def begin(self, cpu: float = math.inf) -> None:
        """A scenario, or the import of the module, begins, with so many CPU seconds if that is less than usual."""
        self._begin(min(cpu, self._deadlines.scenario_cpu), self._deadlines.scenario_wall)

    @contextlib.contextmanager
    def importing_libraries(self) -> Iterator[None]:
        """Meanwhile libraries are imported, which is not the student's doing and has a clock of its own."""
        before = self._claimed
        self._begin(self._deadlines.library_cpu, max(self._deadlines.library_cpu, self._deadlines.scenario_wall))
        self._importing = True
        yield
        self._importing = False
        self.library = self._claimed - before

    def claim(self, cpu: float) -> None:
        """Take down what the worker says that it has used."""
        self._claimed = max(self._claimed, cpu)

    def pause(self) -> float:
        """Return the seconds until the next look."""
        return max(0.0, self._look_at - time.monotonic())

    def look(self) -> None:
        """See whether a deadline has passed; does nothing if that was seen just now.

        Raises:
            Stopped: one has.
        """
        now = time.monotonic()
        if now < self._look_at:
            return
        use = self._ask()
        if not use.busy:
            # Where we were kept waiting ourselves, nobody knows what the worker did meanwhile.
            step = min(now - self._looked, 2 * LOOK_AT_LEAST)
            self._waited += step
            self._spent.waited += step
        self._used, self._looked = use.cpu, now
        taken = use.cpu - self._mark
        left = self._spent.cpu_left(use.cpu, taken if self._importing else self.library)
        self._judge(taken, left, now)
        self._look_at = now + max(LOOK_AT_MOST, min(LOOK_AT_LEAST, self._cpu - taken, left))

    def _judge(self, taken: float, left: float, now: float) -> None:
        if taken > self._cpu:
            raise Stopped(OutcomeStatus.CPU_TIME, f"more than {self._cpu:.3g} seconds of CPU")
        if left < 0:
            raise Stopped(OutcomeStatus.CPU_TIME, f"more than {self._deadlines.submission_cpu:g} seconds of CPU in all")
        if self._waited > self._wall:
            raise Stopped(OutcomeStatus.WALL_TIME, f"more than {self._wall:g} seconds of waiting")
        if self._spent.waited > self._deadlines.submission_wall:
            raise Stopped(
                OutcomeStatus.WALL_TIME, f"more than {self._deadlines.submission_wall:g} seconds of waiting in all"
            )
        if now > self._started + self._deadlines.patience * self._wall or self._spent.starved():
            raise Stopped(OutcomeStatus.STARVED, STARVED)
