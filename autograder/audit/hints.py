"""Has each exercise its three hints, and does none of them give the solution away."""

from __future__ import annotations

from autograder.audit.subject import CheckResult, Subject
from autograder.authoring import hint_rules
from autograder.student import hints
from autograder.util.errors import UserError


def check_hints(subject: Subject) -> CheckResult:
    """Every exercise has three different hints, and no hint holds a line of a solution."""
    lesson = subject.lesson
    path = lesson.assignment / hints.FILE
    try:
        found = hints.read(lesson)
    except UserError as error:
        return CheckResult("hints", "cannot be read", (str(error),))
    if found is None:
        return CheckResult("hints", "none", (f"There is no {path}: write three hints for each exercise.",))
    names = [exercise.name for exercise in lesson.exercises]
    complete = sum(len(found.get(name, ())) == len(hints.STEPS) for name in names)
    faults = tuple(told for _, told in hint_rules.faults(lesson, found, subject.text))
    return CheckResult("hints", f"for {complete} of {len(names)} exercises", faults)
