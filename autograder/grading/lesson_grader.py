"""A lesson made ready to grade: its suite, the reference's outputs, and the sandboxes that submissions run in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from autograder.course import suite
from autograder.course.lesson import Lesson
from autograder.course.suite import Suite
from autograder.grading import (
    call_arguments,
    checking,
    device_check,
    import_errors,
    kept_outputs,
    limits,
    notebook_errors,
    student_source,
    warm,
)
from autograder.grading.diagnosis import Diagnoser
from autograder.grading.disturbance import Disturbance, disturbance, tried_again
from autograder.grading.limits import Allowance
from autograder.grading.planned import of_planned
from autograder.grading.results import ExerciseScore, Loading, Provenance, Report, ReportStatus, Verdict, VerdictKind
from autograder.grading.verdicts import judge_all
from autograder.sandbox.decode import RunError
from autograder.sandbox.jobs import Deadlines, Guarantee, Job, OutcomeStatus, Result, Run, Source
from autograder.sandbox.pool import SandboxPool
from autograder.sandbox.sandbox import Sandbox
from autograder.sandbox.template import Template
from autograder.submission import helpers, submission
from autograder.submission.submission import Submission, SubmissionStatus
from autograder.util.errors import UserError
from autograder.worker.devices import SIMULATED, computes_on_cpu

ORDER = ("none", "restricted", "isolated", "full")
OFFICIAL = "isolated"

# What ends a worker that loads a text as a whole; the text's definitions may still be loaded.
TOO_MUCH = (OutcomeStatus.CPU_TIME, OutcomeStatus.WALL_TIME, OutcomeStatus.DIED, OutcomeStatus.FLOODED)


@dataclass(frozen=True)
class Sandboxes:
    """Where a lesson is graded.

    Attributes:
        for_reference: one sandbox for the reference and the misconceptions. What its zygote has seen, no student's worker may
            be forked from.
        for_submissions: where submissions run; none where none will come.
        template: what the zygotes of all of them are forked from, if it is to end with them; None where it was lent.
    """

    for_reference: SandboxPool
    for_submissions: SandboxPool
    template: Template | None

    def launch(self) -> None:
        """Start every zygote that there is not yet, so that all warm up at a time."""
        self.for_reference.launch()
        self.for_submissions.launch()

    def close(self) -> None:
        """End every sandbox."""
        self.for_reference.close()
        self.for_submissions.close()
        if self.template is not None:
            self.template.close()

    def break_off(self) -> None:
        """End every sandbox at once, whatever it is doing and whichever thread waits for it."""
        if self.template is not None:
            self.template.shut_down()
        SandboxPool([*self.for_reference.sandboxes, *self.for_submissions.sandboxes]).break_off()
        if self.template is not None:
            self.template.close()


def sandboxes(
    chosen: Sequence[Lesson], devices: Sequence[str] = ("cpu",), workers: int = 1, template: Template | None = None
) -> Sandboxes:
    """Return sandboxes, not yet started, that serve one or several lessons of a course.

    Args:
        chosen: the lessons.
        devices: where scenarios will run.
        workers: how many submissions at a time; 0 where none will come.
        template: what their zygotes are forked from, if it was launched before.
    """
    shared = template or warm.template_for(chosen)

    def pool(size: int) -> SandboxPool:
        root = chosen[0].root
        wanted = shared.warmth
        return SandboxPool(
            [
                Sandbox(root, devices=devices, plots=wanted["plots"], imports=wanted["imports"], template=shared)
                for _ in range(size)
            ]
        )

    return Sandboxes(pool(1), pool(workers), shared if template is None else None)


class Grading:
    """A lesson made ready: its suite, and the reference's outputs. Use it as a context manager.

    It keeps its sandboxes, launched as it begins, until the block ends; those that are lent to it stay as they are.

    Raises:
        UserError: the suite breaks a rule, the reference does not import, no device is there, or the machine's guarantee
            is too low.
    """

    def __init__(
        self,
        lesson: Lesson,
        devices: Sequence[str],
        seed: int,
        *,
        unsafe: bool,
        workers: int = 1,
        deadlines: Deadlines | None = None,
        lent: Sandboxes | None = None,
        template: Template | None = None,
    ) -> None:
        if set(devices) == {SIMULATED}:
            raise UserError(
                f"On {SIMULATED} only mistakes with devices show; give it together with another: --device cpu,{SIMULATED}."
            )
        self.lesson = lesson
        self.suite: Suite = suite.load(lesson)
        self.checks = checking.of_suite(self.suite)
        self.reference_text = lesson.reference.read_text(encoding="utf-8")
        self.content = content_hashes(lesson, self.suite)
        self.signatures = call_arguments.read(self.reference_text)
        self.seed = seed
        self.devices = tuple(devices)
        self.runs = self.suite.runs(devices)
        self._unsafe = unsafe
        self._names = submission.defined_names(lesson)
        self._allowed: list[Allowance] | None = None
        self._lent = lent is not None
        self._sandboxes = lent or sandboxes([lesson], devices, workers, template)
        self.deadlines = deadlines or Deadlines()
        for sandbox in self.spare:
            sandbox.deadlines = self.deadlines

    @property
    def pool(self) -> SandboxPool:
        """Where submissions run."""
        return self._sandboxes.for_submissions

    @property
    def spare(self) -> tuple[Sandbox, ...]:
        """The sandboxes that submissions run in."""
        return self.pool.sandboxes

    def __enter__(self) -> Self:
        try:
            checking.start(self.checks)
            self._sandboxes.launch()
            self.guarantee = self._sandboxes.for_reference.sandboxes[0].start()
            require(self.guarantee, unsafe=self._unsafe)
            self.reference = self._as_held_against(self.run_reference())
            self._require_reference()
            self._allowed = limits.allowed(self.reference.outcomes, [run.device for run in self.runs])
            self.diagnoser = Diagnoser(
                self.lesson,
                self.suite,
                self.checks,
                self.devices,
                self.seed,
                self.reference_text,
                self.reference,
                self._beside_reference,
            )
        except BaseException:
            self.break_off()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.break_off()

    def close(self) -> None:
        """End the process of the checks, and every sandbox that is not lent."""
        checking.close(self.checks)
        if not self._lent:
            self._sandboxes.close()

    def break_off(self) -> None:
        """End all that at once, whatever it is doing and whichever thread waits for it."""
        checking.close(self.checks)
        if not self._lent:
            self._sandboxes.break_off()

    def _require_reference(self) -> None:
        error = self.reference.import_error
        if error is not None:
            raise UserError(f"{self.lesson.reference} does not import: {error.type}: {error.message}")
        devices = self.provenance().devices
        if "run" not in devices.values():
            raise UserError(f"None of these devices is here: {', '.join(self.devices)}. Try --device cpu.")
        on_accelerator = any(state == "run" and not computes_on_cpu(device) for device, state in devices.items())
        if on_accelerator and self.guarantee.level != "full" and not self._unsafe:
            raise UserError(
                "On an accelerator only a cgroup bounds the memory of a submission, and this machine gives none "
                f"({self.guarantee.missing}). `autograder doctor` says what would; or add --allow-unsafe."
            )

    def _as_held_against(self, reference: Result) -> Result:
        """Return the reference's result without what the simulated device could not follow."""
        outcomes = device_check.reference_outcomes(self.lesson, self.reference_text, self.runs, reference.outcomes)
        return replace(reference, outcomes=outcomes)

    def run_reference(self) -> Result:
        """Run the reference through the suite, in the reference's own sandbox."""
        return self._beside_reference(self.job(reference_source(self.lesson, self.reference_text)))

    def source(self, handed_in: Submission) -> Source:
        """Return a submission as what a job runs."""
        source = student_source.source(handed_in.text, handed_in.place, handed_in.helpers, self.lesson.name)
        return replace(source, exercises=self._names)

    def run(self, source: Source) -> Result:
        """Run a module through the suite, alone, in a sandbox that has never seen the reference."""

        def run(last: bool) -> Result:
            return self.pool.with_sandbox(partial(self.run_once, source, last=last))

        return tried_again(run(False), self.disturbance, run)

    def disturbance(self, result: Result) -> Disturbance | None:
        """Return what may have disturbed a result of this grading's job."""
        return disturbance(self._planned(), result)

    def run_once(self, source: Source, sandbox: Sandbox, *, last: bool = False) -> Result:
        """Run a module through the suite; of a student's only the definitions, where the whole takes too long or ends its worker.

        They are loaded in a worker that has not seen the rest. Where they do not load either, the first result counts. What may
        have come from others is tried again as a whole first, unless this is the last try; a scenario then has all the time
        that there is, and no multiple of the reference's.

        Raises:
            SandboxError: the sandbox failed; the submission is not to blame.
        """
        result = sandbox.run(self.job(source, patient=last))
        error = _too_much(result) if source.exercises else None
        if error is not None and (last or self.disturbance(result) is None):
            again = sandbox.run(self.job(replace(source, definitions_only=True), patient=last))
            if again.import_error is None:
                result = replace(again, log=result.log + again.log, cpu=result.cpu + again.cpu, gave_up=error)
        return notebook_errors.located(
            student_source.located(student_source.quoted(result, source), source), source.text
        )

    def _beside_reference(self, job: Job) -> Result:
        """Run the reference or a misconception in the reference's own sandbox; tried again where something came from outside."""

        def run(_: bool) -> Result:
            return self._sandboxes.for_reference.with_sandbox(lambda sandbox: sandbox.run(job))

        return tried_again(run(False), partial(disturbance, job.runs), run)

    def job(self, source: Source, *, patient: bool = False) -> Job:
        """Return the job that runs a module through the whole suite, on every device.

        Args:
            source: the module.
            patient: whether a scenario may take as long as the deadlines say, however quick the reference is.
        """
        return Job(source, self.suite.files, self._planned(patient=patient), self.seed, self.lesson.off_limits)

    def _planned(self, *, patient: bool = False) -> tuple[Run, ...]:
        allowed = None if patient else self._allowed
        allowed = allowed or [limits.UNLIMITED] * len(self.runs)
        return tuple(
            of_planned(run, run.placed.scenario.exercise, of) for run, of in zip(self.runs, allowed, strict=True)
        )

    def provenance(self) -> Provenance:
        """Return what the grades rest on."""
        runs = zip(self.runs, self.reference.outcomes, strict=True)
        missing = {run.device for run, outcome in runs if outcome.status == OutcomeStatus.NO_DEVICE}
        return Provenance(
            seed=self.seed,
            devices={device: "not run" if device in missing else "run" for device in self.devices},
            suite=self.content[0],
            reference=self.content[1],
            guarantee=self.guarantee.level,
            versions={
                "autograder": version("autograder"),
                "python": self.guarantee.python,
                "torch": self.guarantee.torch,
            },
        )

    def verdicts(self, result: Result) -> list[Verdict]:
        """Return the verdicts on a result of this grading's job."""
        wanted = self.reference.outcomes
        return judge_all(self.lesson, self.checks, self.runs, result.outcomes, wanted, result.source_off_limits)

    def scores(self, result: Result, text: str = "") -> tuple[ExerciseScore, ...]:
        """Return the points of a result of this grading's job on a text, with a diagnosis of each failure."""
        return self.diagnoser.scores(result, text)

    def _loading(self, result: Result, source: Source, notes: Mapping[str, str]) -> Loading:
        """Return how a student's module was loaded, for the report."""
        return Loading(
            cells=notebook_errors.failures(result, source, notes),
            left_out=notebook_errors.left_out(result, source.text),
            rebound=notebook_errors.rebound(result, source.text, self._names),
            gave_up=result.gave_up.builtin if result.gave_up else "",
            seconds=self.deadlines.scenario_cpu,
        )

    def grade(self, handed_in: Submission, sandbox: Sandbox, *, last: bool = False) -> Report:
        """Grade one submission.

        Raises:
            SandboxError: the sandbox failed; the submission is not to blame.
        """
        blank = unrun(self.lesson, handed_in, self.provenance())
        if handed_in.status != SubmissionStatus.FOUND:
            return blank
        source = self.source(handed_in)
        result = self.run_once(source, sandbox, last=last)
        loading = self._loading(result, source, handed_in.notes)
        blank = replace(
            blank, log=result.log, cpu=result.cpu, loading=loading, disturbed=self.disturbance(result) or ""
        )
        error = result.import_error
        if error is not None:
            texts = import_errors.of_source(source, handed_in.notes)
            reason = import_errors.sentence(error, result.syntax, texts)
            return replace(blank, status=ReportStatus.FAILED_TO_IMPORT, reason=reason, instructor_message=error.words)
        scores = self.scores(result, source.text)
        broken = [
            verdict for scored in scores for verdict in scored.verdicts if verdict.verdict == VerdictKind.GRADER_ERROR
        ]
        return replace(
            blank,
            status=ReportStatus.GRADER_ERROR if broken else ReportStatus.GRADED,
            reason="the grader failed on a scenario" if broken else "",
            instructor_message=broken[0].instructor_message if broken else "",
            exercises=scores,
            outputs=self._outputs(result, scores),
        )

    def _outputs(self, result: Result, scores: Sequence[ExerciseScore]) -> kept_outputs.KeptOutputs:
        """Return what is kept of a submission's own outputs; an output too odd for that costs this, not the grade."""
        verdicts = [verdict for scored in scores for verdict in scored.verdicts]
        try:
            return kept_outputs.of_failed(self.runs, result.outcomes, verdicts)
        except Exception:  # noqa: BLE001  it was made by a stranger
            return {}


def _too_much(result: Result) -> RunError | None:
    """Return why a module could not be loaded as a whole, the first time or for the scenarios after one that died."""
    error = result.import_error
    if error is not None:
        return error if error.ended in TOO_MUCH else None
    for outcome in result.outcomes:
        if outcome.status == OutcomeStatus.NOT_IMPORTED and outcome.ended in TOO_MUCH:
            ended = outcome.ended
            return RunError(ended, ended, None, outcome.detail, ended=ended, signal=outcome.signal)
    return None


def require(guarantee: Guarantee, *, unsafe: bool) -> None:
    """Refuse to grade below the level that official grading needs.

    Raises:
        UserError: the level is too low, and nobody said that this is fine.
    """
    if not unsafe and ORDER.index(guarantee.level) < ORDER.index(OFFICIAL):
        raise UserError(
            f"This machine gives only the guarantee level {guarantee.level!r} ({guarantee.missing}); official grading needs "
            f"{OFFICIAL!r}. `autograder doctor` says what is missing. To grade code that you trust, add --allow-unsafe."
        )


def reference_source(lesson: Lesson, text: str) -> Source:
    """Return the reference as what a job runs, under the name that misconceptions import."""
    return Source(f"solutions.{lesson.name}.exercises", f"solutions/{lesson.name}/exercises.py", text)


def content_hashes(lesson: Lesson, loaded: Suite) -> tuple[str, str]:
    """Return hashes over a lesson's suite, and over its solution with what grade and feedback rest on beside it."""
    beside = [_text(path) for path in (lesson.reference, lesson.misconceptions, lesson.manifest)]
    return loaded.digest, _digest("\0".join(beside))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


_STATUSES: Mapping[SubmissionStatus, ReportStatus] = MappingProxyType(
    {
        SubmissionStatus.FOUND: ReportStatus.GRADED,
        SubmissionStatus.NOT_FOUND: ReportStatus.NOT_FOUND,
        SubmissionStatus.REFUSED: ReportStatus.REFUSED,
    }
)


def unrun(
    lesson: Lesson,
    handed_in: Submission,
    provenance: Provenance,
    *,
    status: ReportStatus | None = None,
    reason: str = "",
    instructor_message: str = "",
) -> Report:
    """Return the report on a submission of which nothing was run; it has the submission's own status unless told another."""
    return Report(
        lesson=lesson,
        submission=handed_in.name,
        status=status or _STATUSES[handed_in.status],
        reason=reason or handed_in.reason,
        place=handed_in.place,
        module=handed_in.digest,
        exercises=(),
        log="",
        instructor_message=instructor_message,
        cpu=0.0,
        provenance=provenance,
        note=handed_in.note,
        helpers=helpers.hashes(handed_in.helpers),
        helper_notes=tuple(handed_in.notes.values()),
    )
