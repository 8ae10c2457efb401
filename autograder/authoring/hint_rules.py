"""Has each exercise its three hints, and does none of them give the solution away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from autograder.course.lesson import Lesson
from autograder.course.regions import solution_lines
from autograder.student import hints

# Characters of a line, without blanks, from which on it is a solution's and not a word of the lesson's.
TELLING = 10


def faults(lesson: Lesson, found: Mapping[str, tuple[str, ...]], text: str) -> Iterator[tuple[str, str]]:
    """Yield an exercise, or a name that is none, and what is wrong with its hints.

    Args:
        lesson: the lesson.
        found: the hints, as `autograder.student.hints.read` returns them.
        text: the reference.
    """
    names = [exercise.name for exercise in lesson.exercises if exercise.name]
    lines = {line for line in map(_bare, solution_lines(text)) if len(line) >= TELLING}
    path = lesson.assignment / hints.FILE
    for name in found:
        if name not in names:
            yield name, f"{path} has hints for `{name}`, which is no exercise."
    for name in names:
        yield from ((name, told) for told in _faults(name, found, lines))


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
