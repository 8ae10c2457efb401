"""Is each known misconception caught, and named as itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.audit.subject import DEVICE, AuditError, CheckResult, Subject
from autograder.course import misconceptions
from autograder.course.misconceptions import Misconception
from autograder.course.suite import PlannedRun
from autograder.grading import diagnosis
from autograder.grading.diagnosis import MisconceptionRun, overlay_job
from autograder.grading.results import Verdict, VerdictKind
from autograder.sandbox.jobs import Outcome

# The reference and the alternatives run on every seed; of these, what is far more numerous runs on the first few alone.
SEEDS_FOR_MISCONCEPTIONS = 3


def check_misconceptions(subject: Subject) -> CheckResult:
    """Every misconception loses points on its own exercise, and feedback names it."""
    lesson = subject.lesson
    faults = []
    known = misconceptions.read(lesson)
    for exercise in lesson.exercises:
        count = sum(one.exercise == exercise.name for one in known)
        if count < 2:
            faults.append(f"{exercise.name} has {count} misconceptions in {lesson.misconceptions}; write at least two.")
    headings = re.findall(r"^#+ (.+)$", lesson.page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    faults += [
        f"The misconception {one.name} points to the section {one.section!r}, which is not on the page."
        for one in known
        if one.section not in headings
    ]
    seeds = subject.seeds[:SEEDS_FOR_MISCONCEPTIONS]
    tasks = [(one, seed) for seed in seeds for one in known]
    found = dict(zip(tasks, subject.bench.map(lambda task: _stand_in(subject, *task), tasks), strict=True))
    notes: list[str] = []
    good = 0
    for one in known:
        trouble = []
        for seed in seeds:
            trouble += _named(one, seed, found, notes)
        good += not trouble
        faults += trouble[:1]
    return CheckResult(
        "misconceptions", f"{good} of {len(known)} caught and named", tuple(faults), tuple(dict.fromkeys(notes))
    )


@dataclass(frozen=True)
class _StoodIn:
    """What a misconception gave: on its own exercise, again if it was run twice, and where it lost points elsewhere."""

    own: MisconceptionRun
    again: MisconceptionRun | None
    elsewhere: tuple[str, ...]


def _stand_in(subject: Subject, one: Misconception, seed: int) -> _StoodIn:
    """Run a misconception on its own exercise; with the first seed twice, and on what else calls that exercise."""
    own = subject.places(one.exercise)
    if seed != subject.seeds[0]:
        outcomes, verdicts = _run_stand_in(subject, one, seed, own)
        return _StoodIn(MisconceptionRun(outcomes, verdicts), None, ())
    # Only a scenario that calls the exercise can see the misconception; the reference's own notes tell which do.
    near = [
        n
        for n, outcome in enumerate(subject.references[seed])
        if n not in own and any(call.name == one.exercise for call in outcome.calls)
    ]
    outcomes, verdicts = _run_stand_in(subject, one, seed, [*own, *near, *own])
    first, last = len(own), len(own) + len(near)
    elsewhere = tuple(verdict.placed.name for verdict in verdicts[first:last] if verdict.verdict != VerdictKind.PASSED)
    return _StoodIn(
        MisconceptionRun(outcomes[:first], verdicts[:first]),
        MisconceptionRun(outcomes[last:], verdicts[last:]),
        elsewhere,
    )


def _run_stand_in(
    subject: Subject, one: Misconception, seed: int, places: Sequence[int]
) -> tuple[tuple[Outcome, ...], tuple[Verdict, ...]]:
    runs = [PlannedRun(subject.scenarios[n], DEVICE) for n in places]
    job = overlay_job(subject.lesson, subject.suite, runs, seed, subject.text, one, inside=False)
    result = subject.bench.run(job)
    if result.import_error is not None:
        error = result.import_error
        raise AuditError(f"{subject.lesson.misconceptions} does not import: {error.type}: {error.message}. Fix it.")
    return result.outcomes, tuple(subject.judged(result.outcomes, places, seed, result))


def _named(
    one: Misconception,
    seed: int,
    found: dict[tuple[Misconception, int], _StoodIn],
    notes: list[str],
) -> list[str]:
    """Return what is wrong with a misconception on a seed; note which others it cannot be told from."""
    mine = found[one, seed]
    where = f"The misconception {one.name} of {one.exercise}"
    if not any(verdict.verdict == VerdictKind.FAILED for verdict in mine.own.verdicts):
        return [f"{where} loses no point (seed {seed}): add a scenario that it fails, or remove it if it is right."]
    if mine.elsewhere:
        return [
            f"{where} loses points on {mine.elsewhere[0]}, which judges another exercise: "
            "let that scenario make what it needs itself."
        ]
    if not diagnosis.agree(mine.again or mine.own, mine.own):
        return [
            f"{where} is not diagnosed as itself (seed {seed}): its outputs are not the same twice, or it dies. "
            "Let the scenarios return what a seed decides."
        ]
    for (other, at), theirs in found.items():
        if at == seed and other != one and other.exercise == one.exercise and diagnosis.agree(mine.own, theirs.own):
            pair = " and ".join(sorted((one.name, other.name)))
            notes.append(f"{pair} of {one.exercise} cannot be told apart, so feedback says both.")
    return []
