"""From the outcomes of scenarios to verdicts, by equality with the reference's or by a lesson's check."""

from __future__ import annotations

import re
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
from autograder.util.safe_text import code_span, spaces_told_apart
from autograder.util.wording import scenarios as wording
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
    """Return a verdict of the device check, in which nothing but mistakes with devices counts."""
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
            student_message=wording.NOT_FOLLOWED,
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


def settled(judged: Sequence[Verdict]) -> list[Verdict]:
    """Return verdicts on scenarios in which the simulated device fails with another device where it failed in another way itself.

    So a scenario weighs the same on the simulated device and beside it, and no share of points depends on whether it was run.
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
    own = own_calls(placed, wanted)
    call = own[-1] if own else None
    passed = Verdict(placed, device, VerdictKind.PASSED, call=call, cpu=outcome.cpu)
    if wanted.status == OutcomeStatus.NO_DEVICE:
        return replace(passed, verdict=VerdictKind.NOT_RUN, student_message=f"There is no {device} here.")
    if wanted.status == OutcomeStatus.NO_NETWORK:
        return replace(passed, verdict=VerdictKind.NOT_RUN, student_message=wording.NO_NETWORK)
    if wanted.status == OutcomeStatus.NOT_FOLLOWED:
        return replace(
            passed, verdict=VerdictKind.NOT_RUN, student_message=wording.NOT_FOLLOWED, instructor_message=wanted.detail
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
        # The call that it raised in is the last that it was asked to make.
        made = sum(1 for one in outcome.calls if own and one.name == own[0].name)
        return _raised(replace(passed, call=own[made - 1] if 0 < made <= len(own) else call), outcome, wanted)
    if outcome.status != OutcomeStatus.RETURNED:
        return _failed(passed, Reason(outcome.status), wording.ENDINGS.get(outcome.status, ""), outcome.detail)
    if check is not None:
        return _checked(passed, check, outcome, wanted)
    mismatch = compare(outcome.value, wanted.value, device, placed.scenario.tolerance)
    if mismatch is None:
        return passed
    passed = replace(passed, call=_call_at(mismatch.path, wanted.value, own) or call)
    largest = "" if mismatch.largest is None else f"the largest error is {mismatch.largest:.3g}"
    return replace(_failed(passed, Reason.MISMATCH, mismatch.sentence(), largest), mismatch=mismatch)


def own_calls(placed: SuiteScenario, wanted: Outcome) -> list[decode.Call]:
    """Return how a scenario calls its exercise, by the reference's notes; a method is called through its class."""
    own = [call for call in wanted.calls if call.name == placed.scenario.exercise]
    return own or list(wanted.calls)


_FIRST_INDEX = re.compile(r"\[(?:(\d+)|'([^']*)'|\"([^\"]*)\")\]")


def _call_at(path: str, value: Any, own: Sequence[decode.Call]) -> decode.Call | None:
    """Return the call that gave the part of a value at a path, where a scenario returns one part for each of its calls."""
    found = _FIRST_INDEX.match(path)
    if found is None or not isinstance(value, (list, tuple, dict)) or len(value) != len(own):
        return None
    if isinstance(value, dict):
        label = found[2] if found[2] is not None else found[3]
        return own[list(value).index(label)] if label in value else None
    return own[int(found[1])] if found[1] is not None and int(found[1]) < len(own) else None


def _failed(passed: Verdict, reason: Reason, told: str, private: str = "") -> Verdict:
    return replace(passed, verdict=VerdictKind.FAILED, reason=reason, student_message=told, instructor_message=private)


def _raised(passed: Verdict, outcome: Outcome, wanted: Outcome) -> Verdict:
    """Return the verdict on an exception: in the student's own code, or where the scenario used what that gave."""
    error = outcome.error or decode.RunError("", "Exception", None, "")
    private = f"{error.type}: {error.message}"
    if error.builtin == "NotImplementedError" and (not error.text or error.text.startswith(STUBS_OWN)):
        return _failed(passed, Reason.NOT_WRITTEN, wording.NOT_WRITTEN, private)
    # The message may have been written to carry hidden inputs out: no word of it is passed on.
    if error.line is None:
        return _unusable(passed, error, {call.name for call in wanted.calls}, private)
    where = f"the cell `{error.cell}`" if error.cell else f"your `{error.file}`" if error.file else "your module"
    told = wording.raised_in(error.builtin, f" at line {error.line} of {where}", _quoted(error.text))
    return _failed(passed, Reason.RAISED, told, private)


# A line of a stub; where the text is not known, whoever says so is believed.
STUBS_OWN = "raise NotImplementedError"


def _unusable(passed: Verdict, error: decode.RunError, names: set[str], private: str) -> Verdict:
    if error.builtin != "AttributeError":
        return _failed(passed, Reason.RAISED, wording.could_not_be_used(error.builtin, error.message), private)
    kind, attribute = error.lacks
    if kind == "module" and attribute in names | {passed.placed.scenario.exercise}:
        return _failed(passed, Reason.MISSING, wording.missing(attribute), private)
    return _failed(passed, Reason.MISSING, wording.lacks(kind, attribute), private)


def _quoted(text: str) -> str:
    """Return a line of the student's own, short, in a code span."""
    short = text if len(text) <= wording.MAX_QUOTED else f"{text[: wording.MAX_QUOTED]}…"
    return code_span(spaces_told_apart(short)) if text else ""


def _checked(passed: Verdict, check: Check, outcome: Outcome, wanted: Outcome) -> Verdict:
    try:
        came = decode.plain(outcome.value)
    except RuntimeError as error:  # data that say they are complex, and are not
        return _failed(passed, Reason.CHECK, wording.UNFIT, str(error))
    try:
        sentence = check(came, decode.plain(wanted.value))
    except CheckBroke as broke:
        if _breaks_by_itself(check, wanted):
            private = f"the check {passed.placed.scenario.check} breaks on the reference's own output: {broke.detail}"
            return replace(passed, verdict=VerdictKind.GRADER_ERROR, instructor_message=private)
        unfit = wording.UNFIT if _other_form(outcome.value, wanted.value) else wording.ODD_NUMBERS
        told = wording.TOO_LARGE if broke.bounds else unfit
        return _failed(passed, Reason.CHECK, told, broke.detail)
    return passed if sentence is None else _failed(passed, Reason.CHECK, sentence)


def _breaks_by_itself(check: Check, wanted: Outcome) -> bool:
    """Return whether a check stumbles over the reference's output as well: then no student is to blame."""
    try:
        check(decode.plain(wanted.value), decode.plain(wanted.value))
    except CheckBroke:
        return True
    return False


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
