"""Give hints one step at a time: where to read, the idea, the shape of the code in words. What was given is remembered."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from autograder.course.lesson import Lesson
from autograder.student.seat import FOLDER, SeatError, shown
from autograder.util.files import read_plain, write_whole

FILE = "hints.toml"
GIVEN = "hints_given.json"
STEPS = ("read", "idea", "shape")
MAX_BYTES = 1 << 20


@dataclass(frozen=True)
class Hint:
    """What to show.

    Attributes:
        steps: the steps so far, the new one last.
        of: how many there are; 0 where the lesson has no hints yet and the section is all there is.
        note: what went wrong besides; mostly "".
    """

    steps: tuple[str, ...]
    of: int
    note: str = ""


def read(lesson: Lesson) -> dict[str, tuple[str, ...]] | None:
    """Return each exercise's steps; None where the lesson has no file of hints.

    Raises:
        SeatError: the file is broken.
    """
    path = lesson.assignment / FILE
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        found = {name: tuple(table[step] for step in STEPS if step in table) for name, table in tables.items()}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise SeatError(f"{shown(path, lesson.root)} cannot be read: {error}.") from error
    if not all(isinstance(step, str) for steps in found.values() for step in steps):
        raise SeatError(f"{shown(path, lesson.root)}: every hint must be a text, in quotes.")
    return found


def following(lesson: Lesson, exercise: str) -> Hint:
    """Return the hints up to the next step, and remember that it was given.

    Raises:
        SeatError: the file of hints is broken.
    """
    steps = (read(lesson) or {}).get(exercise, ())
    if not steps:
        section = lesson.exercise(exercise).section
        return Hint((f'Read "{section}" in {shown(lesson.page, lesson.root)}.',), 0)
    path, key = lesson.root / FOLDER / GIVEN, f"{lesson.name} {exercise}"
    given = _given(path)
    count = min(given.get(key, 0) + 1, len(steps))
    try:
        write_whole(path, json.dumps({**given, key: count}, indent=1) + "\n", mode=0o644)
        note = ""
    except OSError as error:
        note = f"Which hints you had could not be kept: {FOLDER} cannot be written ({error.strerror}). Here are all."
        count = len(steps)
    return Hint(steps[:count], len(steps), note)


def _given(path: Path) -> dict[str, int]:
    """Return how many steps of each exercise were given; a file that is broken counts as empty, and hints begin again."""
    try:
        said = json.loads(read_plain(path, MAX_BYTES))
        return {key: count for key, count in said.items() if type(count) is int and count >= 0}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}


def lines(lesson: Lesson, exercise: str, hint: Hint) -> list[str]:
    """Return hints as lines to show."""
    if not hint.of:
        return [f"`{exercise}`: {hint.steps[0]}", "This exercise has no further hints."]
    shown_steps = [f"hint {number} of {hint.of}: {step}" for number, step in enumerate(hint.steps, 1)]
    last = (
        "That was the last hint."
        if len(hint.steps) == hint.of
        else f"One step more: autograder hint {exercise} --lesson {lesson.number}"
    )
    return [f"`{exercise}`, lesson {lesson.number}", *shown_steps, *([hint.note] if hint.note else []), last]
