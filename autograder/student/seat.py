"""Find the course that a student sits in, their lesson and their exercise; says which is near where a name is wrong."""

from __future__ import annotations

import ast
import difflib
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from autograder.course import lesson as lessons
from autograder.course.lesson import Lesson
from autograder.util.errors import UserError

# What these commands keep, beside the course; Git ignores it.
FOLDER = ".autograder"


class SeatError(UserError):
    """Something at a student's seat that is not as it should be; the sentence says what to do."""


def find_root(start: Path) -> Path:
    """Return the course's folder: the nearest that has lessons; a student's has no solutions.

    Raises:
        SeatError: there is none.
    """
    for folder in (start, *start.parents):
        if next((folder / "assignments").glob("lesson_*/lesson.toml"), None) is not None:
            return folder
    raise SeatError(f"{start} is not in the course's folder: change to the one that has `assignments`, and try again.")


def load(root: Path, name: str) -> Lesson:
    """Return a lesson by what somebody typed.

    Raises:
        LessonError: there is no such lesson, or its manifest is broken.
    """
    return lessons.load(root, name, against_files=False)


def load_all(root: Path) -> tuple[Lesson, ...]:
    """Return every lesson, in order."""
    return tuple(load(root, name) for name in lessons.names(root))


def module_text(lesson: Lesson) -> str:
    """Return the text that the student wrote.

    Raises:
        SeatError: it is not there or not to be read.
    """
    try:
        return lesson.stub.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise SeatError(
            f"There is no {shown(lesson.stub, lesson.root)}. `autograder reset --all {lesson.name}` brings the stub back."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SeatError(
            f"{shown(lesson.stub, lesson.root)} cannot be read ({error}). Save it as plain text, in UTF-8."
        ) from error


def digest(lesson: Lesson) -> str:
    """Return a short hash of the student's module; "" where there is none."""
    try:
        return hashlib.sha256(lesson.stub.read_bytes()).hexdigest()[:12]
    except OSError:
        return ""


def shown(path: Path, root: Path) -> str:
    """Return a path as it is typed in the course's folder."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def unwritten(text: str, names: Sequence[str]) -> set[str]:
    """Return the exercises whose stub still raises that they are not written; told from broken text, too."""
    said = re.compile(rf"({'|'.join(map(re.escape, names))}) is not written yet: read ")
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        # A line that is commented out says nothing.
        lines = [line for line in text.split("\n") if line.lstrip().startswith("raise NotImplementedError(")]
        return {found[1] for line in lines for found in said.finditer(line)}
    raised = (node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call))
    words = (call.args[0].value for call in raised if call.args and isinstance(call.args[0], ast.Constant))
    return {found[1] for one in words if isinstance(one, str) and (found := said.match(one))}


def tests_of(lesson: Lesson) -> dict[str, tuple[str, ...]]:
    """Return the names of each exercise's visible tests, by their names alone; none where the file is not there."""
    path = lesson.assignment / "test_exercises.py"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        text = ""
    found = re.findall(r"^def (test_\w+)", text, flags=re.MULTILINE)
    names = [exercise.name for exercise in lesson.exercises]
    return {name: tuple(test for test in found if exercise_of(test, names) == name) for name in names}


def exercise_of(test: str, names: Sequence[str]) -> str:
    """Return the exercise that a test's name holds, as `assignments/conftest.py` does: the first, the longest of several."""
    held = [(test.find(name), -len(name), name) for name in names if name in test]
    return min(held)[2] if held else ""


def find_exercise(root: Path, given: str, lesson: str = "", within: Sequence[str] = ()) -> Lesson:
    """Return the lesson that has an exercise of this name.

    Args:
        root: the course.
        given: the exercise's name.
        lesson: the lesson that was typed; "" for any.
        within: the lessons that come first where several have it.

    Raises:
        SeatError: there is none; the nearest name is suggested. Or several lessons have it, and none of `within` does.
    """
    known = (load(root, lesson),) if lesson else load_all(root)
    having = [one for one in known if given in {exercise.name for exercise in one.exercises}]
    first = [one for name in within for one in having if one.name == name]
    if first or len(having) == 1:
        return (first or having)[0]
    if having:
        listed = ", ".join(one.name for one in having)
        raise SeatError(f"Several lessons have `{given}`: {listed}. Say which, as in `--lesson {having[0].name}`.")
    names = sorted({exercise.name for one in known for exercise in one.exercises})
    lowered = {name.lower(): name for name in names}
    near = difflib.get_close_matches(given.lower(), lowered, n=1, cutoff=0.5)
    advice = f"Did you mean `{lowered[near[0]]}`?" if near else "`autograder status` lists the lessons."
    if lesson and not near:
        advice = f"Its exercises: {', '.join(exercise.name for exercise in known[0].exercises)}."
    raise SeatError(f"There is no exercise {given!r} in {known[0].name if lesson else 'any lesson'}. {advice}")
