"""Find out what a failure looks like: a known misconception, what followed from it, or an exact description of the difference.

Known misconceptions are run on the reference's side only, when the first submission fails their exercise, and once a batch.
It knows no submission's text, runs nothing of a student's, and takes outputs for what they are: plain data.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from autograder.course.call_graph import callers
from autograder.course.lesson import Lesson
from autograder.course.misconceptions import DiagnosisError, Misconception, read
from autograder.course.suite import Check, PlannedRun, Suite
from autograder.grading import call_arguments, conditions, hollow, score, verdicts
from autograder.grading.compare import compare
from autograder.grading.differences import OutputPair, describe
from autograder.grading.planned import of_planned
from autograder.grading.results import Condition, Diagnosis, ExerciseScore, Reason, Verdict, VerdictKind
from autograder.sandbox.jobs import Job, Outcome, OutcomeStatus, Overlay, Result, Source
from autograder.util.wording import scenarios as wording

# Failures that have an output, or an exception, that can be set beside another's. The others say themselves what they are.
COMPARABLE = (Reason.MISMATCH, Reason.CHECK, Reason.RAISED, Reason.MISSING, Reason.DEVICE)

# In so many single scenarios a misconception is tried before all of its exercise's are run.
MAX_TRIES = 3

Runner = Callable[[Job], Result]


@dataclass(frozen=True)
class MisconceptionRun:
    """What a stand-in for the reference gave on some scenarios, judged as a submission is."""

    outcomes: tuple[Outcome, ...]
    verdicts: tuple[Verdict, ...]


class Diagnoser:
    """Scores results and says what their failures look like; may be asked by several threads at a time.

    Args:
        lesson: the lesson.
        suite: its hidden suite.
        checks: the suite's checks, as they are to be run.
        devices: where the scenarios run.
        seed: the batch's seed.
        reference_text: the reference's source.
        reference: its result on the whole suite.
        run: runs a job in a sandbox that never runs a student's code; called by one thread at a time.
    """

    def __init__(
        self,
        lesson: Lesson,
        suite: Suite,
        checks: Mapping[str, Check],
        devices: Sequence[str],
        seed: int,
        reference_text: str,
        reference: Result,
        run: Runner,
    ) -> None:
        self.known = read(lesson)
        self._lesson = lesson
        self._suite = suite
        self._checks = checks
        self._seed = seed
        self._reference_text = reference_text
        self._reference = reference
        self._signatures = call_arguments.read(reference_text)
        self._runs = suite.runs(devices)
        self.calls = callers(reference_text, [exercise.name for exercise in lesson.exercises])
        self._run = run
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str, bool], MisconceptionRun] = {}
        self._tries: dict[str, dict[int, MisconceptionRun]] = {}
        self._hollow: dict[str, tuple[tuple[Outcome, ...], ...]] = {}

    def scores(self, result: Result, text: str = "") -> tuple[ExerciseScore, ...]:
        """Return the points of a result of the whole suite, with a diagnosis of each failure.

        Args:
            result: the result.
            text: the submission's, which tells what of it calls what; the reference's calls count where it cannot be read.

        Raises:
            DiagnosisError: the misconceptions cannot be run.
        """
        lesson = self._lesson
        wanted = self._reference.outcomes
        judged = verdicts.judge_all(lesson, self._checks, self._runs, result.outcomes, wanted, result.source_off_limits)
        failed = [
            e.name
            for e in lesson.exercises
            if any(judged[n].verdict == VerdictKind.FAILED for n in self._places(e.name))
        ]
        calls = self._calls_of(text) if failed else self.calls
        found = {name: self._diagnose(name, calls[name] & set(failed), judged, result) for name in failed}
        if lesson.follow_through:
            for name, cause in self._followed(found, judged, result).items():
                found[name] = Diagnosis(follows=cause)
                for n in self._places(name):
                    if judged[n].verdict == VerdictKind.FAILED:
                        judged[n] = replace(judged[n], follows=cause)
        for name, diagnosis in found.items():
            if not diagnosis.follows and _comparable([judged[n] for n in self._places(name)]):
                first = tuple(e.name for e in lesson.exercises if e.name in calls[name] and e.name in failed)
                found[name] = replace(diagnosis, first=first)
            if not diagnosis.follows:
                found[name] = replace(found[name], condition=self._condition(name, judged))
        return tuple(
            replace(scored, diagnosis=found.get(scored.exercise.name, Diagnosis()))
            for scored in score.score(lesson, judged)
        )

    def _calls_of(self, text: str) -> dict[str, frozenset[str]]:
        names = [exercise.name for exercise in self._lesson.exercises]
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            return callers(text, names) if text else self.calls
        return self.calls

    def _condition(self, exercise: str, judged: Sequence[Verdict]) -> Condition | None:
        places = self._places(exercise)
        calls = [verdicts.own_calls(self._runs[n].placed, self._reference.outcomes[n]) for n in places]
        return conditions.separating([judged[n] for n in places], calls, self._signatures)

    def outputs(self, known: Misconception, exercise: str = "", *, inside: bool = False) -> MisconceptionRun:
        """Return what the reference gives with a misconception laid over it, or put inside it; run at most once.

        Args:
            known: the misconception.
            exercise: whose scenarios to run; its own unless said otherwise.
            inside: whether the reference's other functions call it too.

        Raises:
            DiagnosisError: the misconceptions do not import.
        """
        exercise = exercise or known.exercise
        key = (known.name, exercise, inside)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._stand_in(known, self._places(exercise), inside=inside)
            return self._kept[key]

    def job(self, known: Misconception, places: Sequence[int], *, inside: bool) -> Job:
        """Return the job that runs some scenarios on the reference with a misconception in its exercise's place."""
        return overlay_job(
            self._lesson,
            self._suite,
            [self._runs[n] for n in places],
            self._seed,
            self._reference_text,
            known,
            inside=inside,
        )

    def _stand_in(self, known: Misconception, places: Sequence[int], *, inside: bool) -> MisconceptionRun:
        result = self._run(self.job(known, places, inside=inside))
        error = result.import_error
        if error is not None:
            raise DiagnosisError(
                f"{self._lesson.misconceptions} does not import: {error.type}: {error.message}. Fix it, then grade again."
            )
        runs, wanted = [self._runs[n] for n in places], [self._reference.outcomes[n] for n in places]
        judged = verdicts.judge_all(self._lesson, self._checks, runs, result.outcomes, wanted)
        return MisconceptionRun(tuple(result.outcomes), tuple(judged))

    def _places(self, exercise: str) -> list[int]:
        return [n for n, run in enumerate(self._runs) if run.placed.scenario.exercise == exercise]

    def fitting(self, exercise: str, judged: Sequence[Verdict], result: Result) -> tuple[Misconception, ...]:
        """Return the misconceptions of an exercise whose outputs a result has, as far as it failed."""
        places = self._places(exercise)
        mine = MisconceptionRun(tuple(result.outcomes[n] for n in places), tuple(judged[n] for n in places))
        if not _comparable(mine.verdicts):
            return ()
        return tuple(
            one
            for one in self.known
            if one.exercise == exercise and self._may_fit(one, places, mine) and agree(mine, self.outputs(one))
        )

    def _may_fit(self, known: Misconception, places: Sequence[int], mine: MisconceptionRun) -> bool:
        """Return whether a misconception fails as a result does in one scenario: most are told apart by that alone."""
        if (known.name, known.exercise, False) in self._kept:
            return True
        first = next(n for n, verdict in enumerate(mine.verdicts) if verdict.verdict == VerdictKind.FAILED)
        one = self._tried(known, places[first])
        if one is None:
            return True
        return agree(MisconceptionRun((mine.outcomes[first],), (mine.verdicts[first],)), one) or (
            # By itself a missing name says nothing; together with the others it may.
            mine.verdicts[first].reason == one.verdicts[0].reason == Reason.MISSING
        )

    def _tried(self, known: Misconception, place: int) -> MisconceptionRun | None:
        """Return what a misconception gives in one scenario; None once so many were tried that all of them cost no more."""
        with self._lock:
            tried = self._tries.setdefault(known.name, {})
            if place not in tried:
                if len(tried) >= MAX_TRIES:
                    return None
                tried[place] = self._stand_in(known, [place], inside=False)
            return tried[place]

    def _diagnose(self, exercise: str, below: Collection[str], judged: Sequence[Verdict], result: Result) -> Diagnosis:
        # What calls another failed exercise may look like a mistake of its own and be none: nothing is named there.
        if not below:
            fitting = self.fitting(exercise, judged, result)
            if fitting:
                return Diagnosis(misconceptions=fitting)
        failed = [n for n in self._places(exercise) if judged[n].verdict == VerdictKind.FAILED]
        if any(judged[n].reason != Reason.MISMATCH for n in failed):
            return Diagnosis()
        try:
            described = describe([self._pair(n, exercise, result) for n in failed], self._signatures)
        except Exception:  # noqa: BLE001  an output too odd for words costs the words, not the grade
            described = ""
        return Diagnosis(described=described)

    def _pair(self, n: int, exercise: str, result: Result) -> OutputPair:
        placed, device = self._runs[n].placed, self._runs[n].device
        wanted = self._reference.outcomes[n]
        calls = tuple(call for call in wanted.calls if call.name == exercise)
        return OutputPair(result.outcomes[n].value, wanted.value, device, placed.scenario.tolerance, calls)

    def _followed(self, found: dict[str, Diagnosis], judged: Sequence[Verdict], result: Result) -> dict[str, str]:
        """Return the exercises whose failures only follow from another's, each with that other one."""
        causes = [name for name, diagnosis in found.items() if diagnosis.misconceptions]
        return dict(self._explained(list(found), causes, found, judged, result))

    def _explained(
        self,
        exercises: Iterable[str],
        causes: Sequence[str],
        found: dict[str, Diagnosis],
        judged: Sequence[Verdict],
        result: Result,
    ) -> Iterator[tuple[str, str]]:
        for name in exercises:
            places = self._places(name)
            mine = MisconceptionRun(tuple(result.outcomes[n] for n in places), tuple(judged[n] for n in places))
            for cause in causes:
                if cause in self.calls[name] and any(
                    agree(mine, self.outputs(one, name, inside=True), values=True)
                    for one in found[cause].misconceptions
                ):
                    if self._took_work(name, mine):
                        yield name, cause
                    break

    def _took_work(self, exercise: str, mine: MisconceptionRun) -> bool:
        """Return whether what failed returned what nobody gets who has not written the exercise."""
        empty = self._hollow_outcomes(exercise)
        seen = []
        for place, (n, verdict, came) in enumerate(
            zip(self._places(exercise), mine.verdicts, mine.outcomes, strict=True)
        ):
            if verdict.verdict in (VerdictKind.PASSED, VerdictKind.FAILED) and came.status == OutcomeStatus.RETURNED:
                given = tuple(
                    outcomes[place].value for outcomes in empty if outcomes[place].status == OutcomeStatus.RETURNED
                )
                wanted, bounds = self._reference.outcomes[n].value, verdict.placed.scenario.tolerance
                seen.append(
                    hollow.Seen(
                        came.value, wanted, verdict.verdict == VerdictKind.FAILED, given, verdict.device, bounds
                    )
                )
        return hollow.took_work(seen)

    def _hollow_outcomes(self, exercise: str) -> tuple[tuple[Outcome, ...], ...]:
        """Return what each stand-in that takes no work gives in an exercise's scenarios; run at most once."""
        with self._lock:
            if exercise not in self._hollow:
                text, names = hollow.stand_ins(self._reference_text, exercise)
                jobs = [self._hollow_job(exercise, text, name) for name in names]
                self._hollow[exercise] = tuple(self._run(job).outcomes for job in jobs)
            return self._hollow[exercise]

    def _hollow_job(self, exercise: str, text: str, name: str) -> Job:
        package, place = f"solutions.{self._lesson.name}", f"solutions/{self._lesson.name}"
        source = Source(f"{package}.hollow", f"{place}/hollow.py", text)
        runs = [self._runs[n] for n in self._places(exercise)]
        overlay = Overlay(source, name, exercise)
        return _beside_reference(self._lesson, self._suite, runs, self._seed, self._reference_text, overlay)


def overlay_job(
    lesson: Lesson,
    suite: Suite,
    runs: Iterable[PlannedRun],
    seed: int,
    reference_text: str,
    known: Misconception,
    *,
    inside: bool,
) -> Job:
    """Return the job that runs scenarios on the reference with a misconception over it, or inside it."""
    text = lesson.misconceptions.read_text(encoding="utf-8")
    source = Source(f"solutions.{lesson.name}.misconceptions", f"solutions/{lesson.name}/misconceptions.py", text)
    overlay = Overlay(source, known.name, known.target, inside)
    return _beside_reference(lesson, suite, runs, seed, reference_text, overlay)


def _beside_reference(
    lesson: Lesson,
    suite: Suite,
    runs: Iterable[PlannedRun],
    seed: int,
    reference_text: str,
    overlay: Overlay,
) -> Job:
    return Job(
        module=Source(f"solutions.{lesson.name}.exercises", f"solutions/{lesson.name}/exercises.py", reference_text),
        suite=suite.files,
        runs=tuple(map(of_planned, runs)),
        seed=seed,
        off_limits=lesson.off_limits,
        overlay=overlay,
    )


def _comparable(verdicts: Sequence[Verdict]) -> bool:
    """Return whether every failure is one of outputs or exceptions, which another's can be set beside."""
    failed = [verdict for verdict in verdicts if verdict.verdict == VerdictKind.FAILED]
    return bool(failed) and all(verdict.reason in COMPARABLE for verdict in failed)


def agree(mine: MisconceptionRun, other: MisconceptionRun, *, values: bool = False) -> bool:
    """Return whether two runs of the same scenarios fail on the same ones and fail there in the same way.

    The same way: equal outputs, or exceptions of the same built-in type, or the same sentence of a check, which judges outputs
    that are drawn, or counted, and so are hardly ever equal. Where one passes and the other fails they are not the same mistake,
    however alike the rest is.

    Args:
        mine: the submission's.
        other: the misconception's, or the reference's with one inside.
        values: whether equal exceptions alone are too little, and some output must be equal.
    """
    if not _comparable(mine.verdicts) or not _comparable(other.verdicts):
        return False
    # A name that is missing looks like an attribute that what was returned lacks: by itself it says nothing.
    some = not values and not any(verdict.reason == Reason.MISSING for verdict in mine.verdicts)
    for one, two, came, known in zip(mine.verdicts, other.verdicts, mine.outcomes, other.outcomes, strict=True):
        if one.verdict != two.verdict:
            return False
        if one.verdict == VerdictKind.FAILED:
            if not _same_way(one, came, known) and (values or not _same_sentence(one, two)):
                return False
            some = some or came.status == OutcomeStatus.RETURNED
    return some and any(verdict.verdict in (VerdictKind.PASSED, VerdictKind.FAILED) for verdict in mine.verdicts)


def _same_sentence(one: Verdict, two: Verdict) -> bool:
    """Return whether a check said the same of both, and something of its own."""
    return one.reason == two.reason == Reason.CHECK and one.student_message == two.student_message != wording.UNFIT


def _same_way(verdict: Verdict, came: Outcome, known: Outcome) -> bool:
    if came.status != known.status:
        return False
    if came.status == OutcomeStatus.RETURNED:
        return compare(came.value, known.value, verdict.device, verdict.placed.scenario.tolerance) is None
    if came.error is None or known.error is None:
        return False
    return came.error.builtin == known.error.builtin != "NotImplementedError"
