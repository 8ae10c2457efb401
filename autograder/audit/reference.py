"""Is the reference sound: full points on every seed, the same twice, and quick."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.audit.subject import DEVICE, AuditError, CheckResult, Subject
from autograder.grading.compare import compare
from autograder.grading.results import Verdict, VerdictKind
from autograder.sandbox.jobs import OutcomeStatus

# CPU seconds of one scenario on the reference.
BUDGET = 2.0


def check_reference(subject: Subject) -> CheckResult:
    """Run the reference twice on every seed, and once backwards: it must agree with itself, and have full points."""
    lesson, faults = subject.lesson, []
    places = subject.everything()
    results = subject.bench.map(lambda seed: subject.bench.run(subject.job(subject.text, places, seed)), subject.seeds)
    for seed, result in zip(subject.seeds, results, strict=True):
        error = result.import_error
        if error is not None:
            raise AuditError(f"{lesson.reference} does not import: {error.type}: {error.message}. Fix it first.")
        subject.references[seed] = result.outcomes
    again = subject.bench.map(lambda seed: subject.bench.run(subject.job(subject.text, places, seed)), subject.seeds)
    sound = 0
    for seed, result in zip(subject.seeds, again, strict=True):
        wrong = [v for v in subject.judged(result.outcomes, places, seed, result) if v.verdict != VerdictKind.PASSED]
        sound += not wrong
        faults += [_flawed(verdict, seed) for verdict in wrong[:3]]
    faults += _backwards(subject)
    return CheckResult("reference", f"full on {sound} of {len(subject.seeds)} seeds", tuple(dict.fromkeys(faults)))


def _flawed(verdict: Verdict, seed: int) -> str:
    name = verdict.placed.name
    if verdict.verdict == VerdictKind.GRADER_ERROR:
        return (
            f"{name}: {verdict.instructor_message} (seed {seed}). "
            "Fix the reference, or the scenario if it asks for what is not promised."
        )
    return (
        f"{name}: the reference, run twice with seed {seed}, does not pass its own scenario ({verdict.student_message}). "
        "Let the scenario return what is the same every time, or widen its check."
    )


def _backwards(subject: Subject) -> Iterator[str]:
    seed = subject.seeds[0]
    places = subject.everything()[::-1]
    result = subject.bench.run(subject.job(subject.text, places, seed))
    for n, outcome in zip(places, result.outcomes, strict=True):
        wanted, placed = subject.references[seed][n], subject.scenarios[n]
        same = outcome.status == wanted.status and (
            outcome.status != OutcomeStatus.RETURNED
            or placed.scenario.check is not None
            or compare(outcome.value, wanted.value, DEVICE, placed.scenario.tolerance) is None
        )
        if not same:
            yield f"{placed.name} gives another result when the scenarios run backwards: let it depend on no other scenario."


def check_budget(subject: Subject) -> CheckResult:
    """Look at what the slowest scenario takes on the reference."""
    slowest: dict[str, float] = {}
    for outcomes in subject.references.values():
        for placed, outcome in zip(subject.scenarios, outcomes, strict=True):
            slowest[placed.name] = max(slowest.get(placed.name, 0.0), outcome.cpu)
    faults = tuple(
        f"{name} takes {used:.1f} CPU seconds on the reference; make its inputs smaller: {BUDGET:g} is the most."
        for name, used in slowest.items()
        if used > BUDGET
    )
    return CheckResult("budget", f"slowest {max(slowest.values(), default=0.0):.2f} s", faults)
