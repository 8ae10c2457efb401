"""Has each exercise its three hints, and does none of them give the solution away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from autograder.audit.subject import CheckResult, Subject
from autograder.release import leaks
from autograder.student import hints
from autograder.util.errors import UserError

# Characters of a line, without blanks, from which on it is a solution's and not a word of the lesson's.
TELLING = 10


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
    lines = {line for line in map(_bare, leaks.solution_lines(subject.text)) if len(line) >= TELLING}
    faults = [f"{path} has hints for `{name}`, which is no exercise." for name in found if name not in names]
    for name in names:
        faults += _faults(name, found, lines)
    complete = sum(len(found.get(name, ())) == len(hints.STEPS) for name in names)
    return CheckResult("hints", f"for {complete} of {len(names)} exercises", tuple(faults))


def _faults(name: str, found: Mapping[str, tuple[str, ...]], lines: set[str]) -> Iterator[str]:
    steps = found.get(name, ())
    if len(steps) < len(hints.STEPS):
        yield f"`{name}` has {len(steps)} hints: write `{'`, `'.join(hints.STEPS)}`."
    if len({step.strip().lower() for step in steps}) < len(steps) or not all(step.strip() for step in steps):
        yield f"The hints of `{name}` do not differ, or one is empty: each must say something new."
    for step in steps:
        packed = "".join(step.split())
        held = next((line for line in sorted(lines) if line in packed), "")
        if held:
            yield f"A hint of `{name}` holds a line of the solution ({held!r}): say it in words."


def _bare(line: str) -> str:
    return line.removeprefix("return").rstrip(":")
