"""A lesson under audit: warm sandboxes to run it in, and what several checks ask of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

from autograder.course import suite
from autograder.course.docstrings import DocstringContract
from autograder.course.lesson import Lesson
from autograder.course.suite import Check, PlannedRun, SuiteScenario
from autograder.grading import device_check, score, verdicts
from autograder.grading.planned import of_planned
from autograder.grading.results import Verdict
from autograder.sandbox.jobs import Deadlines, Guarantee, Job, Outcome, OutcomeStatus, Result, Source
from autograder.sandbox.pool import SandboxPool, cores
from autograder.sandbox.sandbox import Sandbox
from autograder.sandbox.template import Template
from autograder.util.errors import UserError
from autograder.worker.devices import SIMULATED

DEVICE = "cpu"


class AuditError(UserError):
    """A lesson that cannot be audited, or an `audit.toml` that cannot be read."""


@dataclass(frozen=True)
class CheckResult:
    """One check's outcome: a few words on what was measured, and a sentence for each thing to do."""

    check: str
    summary: str
    failures: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Bench:
    """Warm sandboxes, one per core, and what all that they ran has cost. Use it as a context manager.

    Args:
        root: the course's folder.
        workers: how many sandboxes; one per core unless said otherwise.
        imports: the modules that some lesson needs besides those that every sandbox has: a mutant has little time, and
            none of it may go into importing.
        template: what the sandboxes' zygotes are forked from, if it was launched before; it says what is imported, then.
    """

    def __init__(
        self, root: Path, workers: int = 0, imports: Sequence[str] = (), template: Template | None = None
    ) -> None:
        shared = template or Template(imports=imports)
        self._own = shared if template is None else None
        imports = shared.warmth["imports"]
        sandboxes = [Sandbox(root, imports=imports, template=shared) for _ in range(workers or cores())]
        self._pool = SandboxPool(sandboxes)
        self._counting = threading.Lock()
        self._cpu = 0.0
        self.map = self._pool.map

    @property
    def cpu(self) -> float:
        """CPU seconds so far: of this process, and of all workers."""
        return self._cpu + time.process_time()

    @property
    def guarantee(self) -> Guarantee | None:
        """What the machine gives; None before it is started."""
        return self._pool.sandboxes[0].guarantee

    def __enter__(self) -> Self:
        self._pool.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.close()
        if self._own is not None:
            self._own.close()

    def run(self, job: Job, deadlines: Deadlines | None = None) -> Result:
        """Run a job in whichever sandbox is free."""

        def work(sandbox: Sandbox) -> Result:
            sandbox.deadlines = deadlines or Deadlines()
            return sandbox.run(job)

        result = self._pool.with_sandbox(work)
        with self._counting:
            self._cpu += result.cpu
        return result


@dataclass(frozen=True)
class Lane:
    """The reference on the device that is not there, with the first seed.

    Attributes:
        outcomes: what became of it.
        whys: for each scenario why it could not be followed; "" where it could.
        held: the outcomes as others are held against them: without what could not be followed, and without the exercises
            whose docstrings name no device.
    """

    outcomes: tuple[Outcome, ...]
    whys: tuple[str, ...]
    held: tuple[Outcome, ...]


@dataclass
class Subject:
    """A lesson under audit, with what several checks ask for."""

    lesson: Lesson
    suite: suite.Suite
    checks: Mapping[str, Check]
    bench: Bench
    seeds: tuple[int, ...]
    text: str
    promises: dict[str, DocstringContract]
    calls: dict[str, frozenset[str]]
    references: dict[int, tuple[Outcome, ...]] = field(default_factory=dict)

    @cached_property
    def lane(self) -> Lane | None:
        """The reference on the device that is not there; None where this torch has none."""
        return lane(self)

    @property
    def scenarios(self) -> tuple[SuiteScenario, ...]:
        """Every scenario, in the suite's order."""
        return self.suite.scenarios

    def job(self, text: str, places: Sequence[int], seed: int, device: str = DEVICE) -> Job:
        """Return the job that runs some of the scenarios on a module."""
        runs = tuple(of_planned(PlannedRun(self.scenarios[n], device)) for n in places)
        return Job(Source("exercises", "exercises.py", text), self.suite.files, runs, seed, self.lesson.off_limits)

    def home(self, exercise: str) -> str:
        """Return the top-level function or class that an exercise is, or is a method of."""
        return self.promises[exercise].owner if exercise in self.promises else exercise

    def at_home(self, owners: Collection[str]) -> list[str]:
        """Return the exercises that are, or are methods of, one of these functions and classes."""
        return [e.name for e in self.lesson.exercises if self.home(e.name) in owners]

    def places(self, exercise: str) -> list[int]:
        """Return which scenarios judge an exercise."""
        return [n for n, placed in enumerate(self.scenarios) if placed.scenario.exercise == exercise]

    def counts_in_lane(self, n: int) -> bool:
        """Return whether a scenario's result on the simulated device counts."""
        return self.lane is not None and self.lane.held[n].status == OutcomeStatus.RETURNED

    def everything(self) -> list[int]:
        """Return the numbers of all scenarios."""
        return list(range(len(self.scenarios)))

    def judged(
        self, outcomes: Sequence[Outcome], places: Sequence[int], seed: int, result: Result, device: str = DEVICE
    ) -> list[Verdict]:
        """Return the verdicts on some scenarios' outcomes; on the simulated device only the first seed is run."""
        wanted = self.lane.held if device == SIMULATED and self.lane is not None else self.references[seed]
        runs, held = [PlannedRun(self.scenarios[n], device) for n in places], [wanted[n] for n in places]
        return verdicts.judge_all(self.lesson, self.checks, runs, outcomes, held, result.source_off_limits)

    def points(self, text: str, seed: int) -> tuple[dict[str, float], list[Verdict], str]:
        """Return a module's points, exercise by exercise, the verdicts, and why it did not import."""
        result = self.bench.run(self.job(text, self.everything(), seed))
        judged = self.judged(result.outcomes, self.everything(), seed, result)
        error = result.import_error
        why = f"{error.type}: {error.message}" if error else ""
        return {s.exercise.name: s.points for s in score.score(self.lesson, judged)}, judged, why


def lane(subject: Subject) -> Lane | None:
    """Return what becomes of the reference on the simulated device; None where this torch has none."""
    seed = subject.seeds[0]
    outcomes = subject.bench.run(subject.job(subject.text, subject.everything(), seed, SIMULATED)).outcomes
    if any(outcome.status == OutcomeStatus.NO_DEVICE for outcome in outcomes):
        return None
    here = subject.references[seed]
    whys = tuple(map(device_check.not_followed, outcomes, here, subject.scenarios))
    held = device_check.reference_outcomes(subject.lesson, subject.text, subject.suite.runs([SIMULATED]), outcomes)
    kept = (
        Outcome(OutcomeStatus.NOT_FOLLOWED, detail=why) if why else outcome
        for outcome, why in zip(held, whys, strict=True)
    )
    return Lane(outcomes, whys, tuple(kept))
