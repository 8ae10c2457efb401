"""From the outcomes of scenarios to verdicts, by equality with the reference's or by a lesson's check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from autograder.course.lesson import Lesson
from autograder.course.suite import Check, PlannedRun, SuiteScenario
from autograder.grading import device_check
from autograder.grading.checking import CheckBroke
from autograder.grading.compare import compare
from autograder.grading.results import Reason, Verdict, VerdictKind
from autograder.sandbox import decode
from autograder.sandbox.jobs import Outcome, OutcomeStatus
from autograder.worker.devices import SIMULATED


def judge(
    placed: SuiteScenario,
    device: str,
    outcome: Outcome,
    wanted: Outcome,
    check: Check | None,
    off_limits: Sequence[str] = (),
    source_finds: Sequence[str] = (),
) -> Verdict:
    """Return the verdict on one scenario's outcome.

    On the device that is not there only what a device explains is a failure; of anything else the CPU tells.

    Args:
        placed: the scenario.
        device: where it ran.
        outcome: what became of the submission's run.
        wanted: what became of the reference's.
        check: the function that judges both outputs, or None for equality.
        off_limits: the exercise's off-limits names.
        source_finds: those that its code refers to.
    """
    verdict = _judge(placed, device, outcome, wanted, check, off_limits, source_finds)
    return _of_devices_alone(verdict, outcome) if device == SIMULATED else verdict


def _of_devices_alone(verdict: Verdict, outcome: Outcome) -> Verdict:
    """Return a verdict of the portability lane, in which nothing but mistakes with devices counts."""
    if verdict.verdict not in (VerdictKind.FAILED, VerdictKind.GRADER_ERROR) or verdict.reason == Reason.STARVED:
        return verdict
    told = device_check.mistake(outcome.error)
    if verdict.mismatch is not None and verdict.mismatch.moved:
        told = device_check.MOVED
    if not told:
        return replace(
            verdict,
            verdict=VerdictKind.NOT_RUN,
            reason=Reason.OTHERWISE,
            student_message=_NOT_FOLLOWED,
            instructor_message=verdict.student_message,
            mismatch=None,
        )
    return replace(
        verdict,
        reason=Reason.DEVICE,
        student_message=told,
        instructor_message=verdict.instructor_message or verdict.student_message,
        mismatch=None,
    )


_NO_NETWORK = (
    "Processes cannot talk to each other here, because this machine gives the sandbox no network of its own; "
    "`autograder doctor` says why."
)


_NOT_FOLLOWED = "Not checked on a simulated device."


def settled(judged: Sequence[Verdict]) -> list[Verdict]:
    """Return verdicts on scenarios in which the lane fails with another device where it failed in another way itself.

    So a scenario weighs the same in the lane and beside it, and no share of points depends on whether the lane was run.
    """
    failed = {
        verdict.placed.name: verdict
        for verdict in judged
        if verdict.verdict == VerdictKind.FAILED and verdict.device != SIMULATED
    }
    return [
        replace(failed[verdict.placed.name], device=SIMULATED, cpu=verdict.cpu)
        if verdict.reason == Reason.OTHERWISE and verdict.placed.name in failed
        else verdict
        for verdict in judged
    ]


def _judge(
    placed: SuiteScenario,
    device: str,
    outcome: Outcome,
    wanted: Outcome,
    check: Check | None,
    off_limits: Sequence[str],
    source_finds: Sequence[str],
) -> Verdict:
    own = [call for call in wanted.calls if call.name == placed.scenario.exercise]
    call = next(reversed(own or wanted.calls), None)  # a method is called through its class
    passed = Verdict(placed, device, VerdictKind.PASSED, call=call, cpu=outcome.cpu)
    if wanted.status == OutcomeStatus.NO_DEVICE:
        return replace(passed, verdict=VerdictKind.NOT_RUN, student_message=f"There is no {device} here.")
    if wanted.status == OutcomeStatus.NO_NETWORK:
        return replace(passed, verdict=VerdictKind.NOT_RUN, student_message=_NO_NETWORK)
    if wanted.status == OutcomeStatus.NOT_FOLLOWED:
        return replace(
            passed, verdict=VerdictKind.NOT_RUN, student_message=_NOT_FOLLOWED, instructor_message=wanted.detail
        )
    if wanted.status != OutcomeStatus.RETURNED:
        private = wanted.error.message if wanted.error else wanted.detail
        return replace(
            passed,
            verdict=VerdictKind.GRADER_ERROR,
            instructor_message=f"the reference itself {wanted.status}: {private}",
        )
    if source_finds or outcome.off_limits:
        # The worker's list is made beside student code: only names that the manifest knows are repeated.
        used = sorted({*source_finds, *outcome.off_limits} & set(off_limits)) or ["something"]
        return _failed(passed, Reason.OFF_LIMITS, f"It uses {', '.join(used)}, which is off limits here.")
    if outcome.status == OutcomeStatus.STARVED:
        return replace(
            passed, verdict=VerdictKind.GRADER_ERROR, reason=Reason.STARVED, instructor_message=outcome.detail
        )
    if outcome.status == OutcomeStatus.RAISED:
        return _raised(passed, outcome)
    if outcome.status != OutcomeStatus.RETURNED:
        return _failed(passed, Reason(outcome.status), _ENDINGS.get(Reason(outcome.status), ""), outcome.detail)
    if check is not None:
        return _checked(passed, check, outcome, wanted)
    mismatch = compare(outcome.value, wanted.value, device, placed.scenario.tolerance)
    if mismatch is None:
        return passed
    largest = "" if mismatch.largest is None else f"the largest error is {mismatch.largest:.3g}"
    return replace(_failed(passed, Reason.MISMATCH, mismatch.sentence(), largest), mismatch=mismatch)


def _failed(passed: Verdict, reason: Reason, told: str, private: str = "") -> Verdict:
    return replace(passed, verdict=VerdictKind.FAILED, reason=reason, student_message=told, instructor_message=private)


_ENDINGS = {
    Reason.DIED: "The program ended before it answered.",
    Reason.CPU_TIME: "It computed longer than allowed: look for a loop that never ends.",
    Reason.WALL_TIME: "It waited longer than allowed: look for a call that waits or sleeps.",
    Reason.FLOODED: "It printed or returned far more than allowed.",
    Reason.NOT_REACHED: "The scenarios before this one used up all the time there was.",
    Reason.NOT_WAITED_FOR: "Two scenarios of this exercise ran out of time, so the others were not waited for.",
    Reason.NOT_IMPORTED: "The module could not be imported.",
}


def _raised(passed: Verdict, outcome: Outcome) -> Verdict:
    error = outcome.error or decode.RunError("", "Exception", None, "")
    private = f"{error.type}: {error.message}"
    where = f"the cell `{error.cell}`" if error.cell else f"your `{error.file}`" if error.file else "your module"
    place = f" at line {error.line} of {where}" if error.line else ""
    if error.builtin == "NotImplementedError":
        return _failed(passed, Reason.NOT_WRITTEN, "It is not written yet.", private)
    if error.builtin == "AttributeError" and error.line is None:
        return _failed(passed, Reason.MISSING, "A name that the exercise asks for is missing.", private)
    # The message may have been written to carry hidden inputs out, so only a built-in exception's name is passed on.
    article = "an" if error.builtin[0] in "AEIOU" else "a"
    return _failed(passed, Reason.RAISED, f"It raised {article} {error.builtin}{place}.", private)


def _checked(passed: Verdict, check: Check, outcome: Outcome, wanted: Outcome) -> Verdict:
    try:
        came = decode.plain(outcome.value)
    except RuntimeError as error:  # data that say they are complex, and are not
        return _failed(passed, Reason.CHECK, UNFIT, str(error))
    try:
        sentence = check(came, decode.plain(wanted.value))
    except CheckBroke as broke:
        if _breaks_by_itself(check, wanted):
            private = f"the check {passed.placed.scenario.check} breaks on the reference's own output: {broke.detail}"
            return replace(passed, verdict=VerdictKind.GRADER_ERROR, instructor_message=private)
        told = _TOO_LARGE if broke.bounds else UNFIT if _other_form(outcome.value, wanted.value) else _ODD_NUMBERS
        return _failed(passed, Reason.CHECK, told, broke.detail)
    return passed if sentence is None else _failed(passed, Reason.CHECK, sentence)


def _breaks_by_itself(check: Check, wanted: Outcome) -> bool:
    """Return whether a check stumbles over the reference's output as well: then no student is to blame."""
    try:
        check(decode.plain(wanted.value), decode.plain(wanted.value))
    except CheckBroke:
        return True
    return False


_TOO_LARGE = "What came back is too large, or takes too long, to be judged."


UNFIT = "What came back is not of the form that was asked for."


_ODD_NUMBERS = (
    "What came back has the right form, but it could not be judged: look for NaN, infinities and extreme numbers."
)


def _other_form(value: Any, wanted: Any) -> bool:
    """Return whether two values differ in types, keys, lengths, shapes or dtypes."""
    if type(value) is not type(wanted):
        return True
    if isinstance(wanted, decode.TensorValue):
        return (value.tensor.shape, value.tensor.dtype) != (wanted.tensor.shape, wanted.tensor.dtype)
    if isinstance(wanted, dict):
        return value.keys() != wanted.keys() or any(_other_form(value[key], wanted[key]) for key in wanted)
    if isinstance(wanted, (list, tuple)):
        return len(value) != len(wanted) or any(_other_form(a, b) for a, b in zip(value, wanted, strict=True))
    return isinstance(wanted, decode.Opaque) and bool(value != wanted)


def judge_all(
    lesson: Lesson,
    checks: Mapping[str, Check],
    runs: Sequence[PlannedRun],
    outcomes: Sequence[Outcome],
    wanted: Sequence[Outcome],
    source_finds: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> list[Verdict]:
    """Return the verdicts on the outcomes of some runs.

    Args:
        lesson: the lesson.
        checks: its suite's checks, by name.
        runs: what was run.
        outcomes: what became of each.
        wanted: what became of each with the reference.
        source_finds: the off-limits names that a submission's code refers to, by the exercise.
    """
    found = []
    for run, outcome, reference in zip(runs, outcomes, wanted, strict=True):
        scenario = run.placed.scenario
        names = lesson.exercise(scenario.exercise).off_limits
        check = checks[scenario.check] if scenario.check else None
        finds = source_finds.get(scenario.exercise, ())
        found.append(judge(run.placed, run.device, outcome, reference, check, names, finds))
    return settled(found)
