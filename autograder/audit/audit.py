"""Audit a lesson: is its reference sound, is its suite fair and strong, is each misconception caught and named.

Everything that is run here is ours: the reference, its mutants, the misconceptions, the alternatives, the stub. So any warm
worker may run any of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.audit.constants import check_constants
from autograder.audit.docstring_rules import check_docstrings
from autograder.audit.exercises import (
    check_alone,
    check_alternatives,
    check_derived_files,
    check_stub,
    check_visible_tests,
)
from autograder.audit.hints import check_hints
from autograder.audit.misconceptions import check_misconceptions
from autograder.audit.mutants import Mutant
from autograder.audit.mutation import MutationResult, check_mutants
from autograder.audit.portability import check_portability
from autograder.audit.reference import check_budget, check_reference
from autograder.audit.sentences import check_sentences
from autograder.audit.subject import Bench, CheckResult, Subject
from autograder.course import docstrings, manifests, suite
from autograder.course.call_graph import callers
from autograder.course.lesson import Lesson
from autograder.grading import checking

SCHEMA = "autograder/audit/v1"


@dataclass(frozen=True)
class Audit:
    """What was measured of one lesson.

    Attributes:
        lesson: the lesson.
        seeds: how many seeds were tried.
        results: in the order of `CHECKS`.
        seconds: how long it took, by the clock.
        cpu: how many CPU seconds, those of the sandboxes' workers included.
    """

    lesson: str
    seeds: int
    results: tuple[CheckResult, ...]
    seconds: float
    cpu: float

    @property
    def sound(self) -> bool:
        """Whether nothing falls short."""
        return not any(result.failures for result in self.results)

    @property
    def mutation(self) -> MutationResult:
        """What became of the mutants; nothing, where they were not tried."""
        tried = (result for result in self.results if isinstance(result, MutationResult))
        return next(tried, MutationResult("mutants", ""))

    @property
    def survivors(self) -> tuple[Mutant, ...]:
        """The mutants that nothing killed and nobody set aside."""
        return self.mutation.survivors


def as_json(audits: Sequence[Audit]) -> dict[str, Any]:
    """Return audits as plain data, by the schema `autograder/audit/v1`."""
    return {
        "schema": SCHEMA,
        "sound": all(audit.sound for audit in audits),
        "lessons": [
            {
                "lesson": audit.lesson,
                "sound": audit.sound,
                "seeds": audit.seeds,
                "seconds": round(audit.seconds, 1),
                "cpu_seconds": round(audit.cpu, 1),
                "checks": [
                    {"check": m.check, "measured": m.summary, "faults": list(m.failures), "notes": list(m.notes)}
                    for m in audit.results
                ],
                "mutants": audit.mutation.made,
                "survivors": [_mutant(mutant) for mutant in audit.survivors],
                "set_aside": [{**_mutant(mutant), "reason": reason} for mutant, reason in audit.mutation.set_aside],
            }
            for audit in audits
        ],
    }


def _mutant(mutant: Mutant) -> dict[str, Any]:
    return {
        "id": mutant.id,
        "exercise": mutant.exercise,
        "description": mutant.description,
        "line": mutant.original,
        "becomes": mutant.becomes,
        "diff": mutant.diff,
    }


def audit(
    lesson: Lesson,
    bench: Bench,
    seeds: int,
    on_progress: Callable[[str], None] = lambda _: None,
    checks: Collection[str] | None = None,
) -> Audit:
    """Measure one lesson.

    Args:
        lesson: the lesson.
        bench: warm sandboxes of its course.
        seeds: how many seeds to try: 0, 1, 2, …
        on_progress: is told what is being measured.
        checks: the names of the checks to make, of `CHECKS`; all of them unless said otherwise. The reference is always run.

    Raises:
        UserError: the lesson cannot be audited at all: its suite breaks a rule, or its reference does not import.
    """
    started, cpu = time.monotonic(), bench.cpu
    text = lesson.reference.read_text(encoding="utf-8")
    manifests.check_off_limits(lesson.manifest, lesson.exercises, importing=True)
    loaded = suite.load(lesson)
    promises = docstrings.read(text, [exercise.name for exercise in lesson.exercises])
    calls = callers(text, [*dict.fromkeys(promise.owner for promise in promises.values())])
    subject = Subject(lesson, loaded, checking.of_suite(loaded), bench, tuple(range(seeds)), text, promises, calls)
    results, chosen = [], NAMES if checks is None else checks
    for check in CHECKS:
        if check.name in chosen or check.name in ALWAYS:
            on_progress(check.name)
            results.append(check.run(subject))
    return Audit(
        lesson=lesson.name,
        seeds=seeds,
        results=tuple(results),
        seconds=time.monotonic() - started,
        cpu=bench.cpu - cpu,
    )


@dataclass(frozen=True)
class AuditCheck:
    """A part of the audit: its name, and the function that makes it."""

    name: str
    run: Callable[[Subject], CheckResult]


# Everything else rests on the reference's outcomes; with them its budget costs nothing.
ALWAYS = ("reference", "budget")
# In the order of the table.
CHECKS = (
    AuditCheck("reference", check_reference),
    AuditCheck("stub", check_stub),
    AuditCheck("alone", check_alone),
    AuditCheck("misconceptions", check_misconceptions),
    AuditCheck("alternatives", check_alternatives),
    AuditCheck("constants", check_constants),
    AuditCheck("mutants", check_mutants),
    AuditCheck("portability", check_portability),
    AuditCheck("visible tests", check_visible_tests),
    AuditCheck("derived files", check_derived_files),
    AuditCheck("hints", check_hints),
    AuditCheck("docstrings", check_docstrings),
    AuditCheck("sentences", check_sentences),
    AuditCheck("budget", check_budget),
)
NAMES = tuple(check.name for check in CHECKS)
