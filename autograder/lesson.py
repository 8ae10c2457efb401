"""What a lesson is: its folders and its manifest. Knows nothing of submissions, processes or points earned."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import UserError

NAME = re.compile(r"lesson_\d+_\d+")
TOTAL_POINTS = 100
# The comments between which a reference has what a student is to write.
BEGIN, END = "BEGIN SOLUTION", "END SOLUTION"


class LessonError(UserError):
    """A lesson that is not there or whose manifest is wrong; the sentence says which and what to do."""


@dataclass(frozen=True)
class Exercise:
    """One entry of a manifest.

    Attributes:
        name: the function or class of `exercises.py`.
        points: what it is worth.
        section: the heading of the lesson's page where its idea is taught.
        off_limits: dotted names that its code must not use, and the reason to tell a student.
        bonus: whether its points are a bonus (they count towards the 100 all the same).
        forgeable: why its points, or some of them, rest on something that is computed beside student code; "" if none do.
        few_answers: why somebody who knows nothing can guess some of its answers (a quiz, a few fixed cases); "" for most.
    """

    name: str
    points: float
    section: str
    off_limits: tuple[str, ...] = ()
    off_limits_reason: str = ""
    bonus: bool = False
    forgeable: str = ""
    few_answers: str = ""


@dataclass(frozen=True)
class Lesson:
    """A lesson of the course at `root`.

    Attributes:
        root: the course's folder.
        name: `lesson_2_5`.
        title: the page's title.
        exercises: in the manifest's order.
        follow_through: whether a failure that only follows from another exercise's costs no points.
    """

    root: Path
    name: str
    title: str
    exercises: tuple[Exercise, ...]
    follow_through: bool = True

    @property
    def assignment(self) -> Path:
        """The folder that students get."""
        return self.root / "assignments" / self.name

    @property
    def manifest(self) -> Path:
        """The manifest."""
        return self.assignment / "lesson.toml"

    @property
    def page(self) -> Path:
        """The lesson's page."""
        return self.assignment / "README.md"

    @property
    def stub(self) -> Path:
        """The module that students fill in."""
        return self.assignment / "exercises.py"

    @property
    def reference(self) -> Path:
        """The reference solution."""
        return self.root / "solutions" / self.name / "exercises.py"

    @property
    def misconceptions(self) -> Path:
        """The known wrong answers."""
        return self.root / "solutions" / self.name / "misconceptions.py"

    @property
    def tests(self) -> Path:
        """The folder of the hidden suite."""
        return self.root / "tests" / self.name

    @property
    def number(self) -> str:
        """The lesson's number as a reader writes it: 2.5."""
        return self.name.removeprefix("lesson_").replace("_", ".")

    @property
    def off_limits(self) -> dict[str, list[str]]:
        """Exercise to off-limits names, where there are any."""
        return {exercise.name: list(exercise.off_limits) for exercise in self.exercises if exercise.off_limits}

    def exercise(self, name: str) -> Exercise:
        """Return an exercise by its name; KeyError if there is none."""
        for exercise in self.exercises:
            if exercise.name == name:
                return exercise
        raise KeyError(name)


def find_root(start: Path) -> Path:
    """Return the course's folder: `start` or the nearest folder above it that has `assignments/` and `solutions/`.

    Raises:
        LessonError: there is none.
    """
    for folder in (start, *start.parents):
        if (folder / "assignments").is_dir() and (folder / "solutions").is_dir():
            return folder
    raise LessonError(
        f"{start} is not inside the course: no folder here or above has both assignments/ and solutions/. "
        "Change into the course's folder and try again."
    )


def names(root: Path) -> list[str]:
    """Return the names of the lessons of a course, in order."""
    found = [path.parent.name for path in (root / "assignments").glob("lesson_*/lesson.toml")]
    return sorted(found, key=lambda name: [int(part) for part in name.split("_")[1:]])


def load(root: Path, name: str) -> Lesson:
    """Read a lesson's manifest.

    Raises:
        LessonError: there is no such lesson, or the manifest is wrong.
    """
    path = root / "assignments" / name / "lesson.toml"
    if not NAME.fullmatch(name) or not path.is_file():
        known = names(root)
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(known) or 'none'}."
        raise LessonError(f"There is no lesson {name!r} in {root / 'assignments'}. {hint}")
    try:
        manifest = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LessonError(f"{path} is not a TOML file: {error}") from error
    follow_through = manifest.get("follow_through", True)
    if not isinstance(follow_through, bool):
        raise LessonError(f"{path}: `follow_through` is true or false.")
    return Lesson(root, name, _text(manifest, "title", path), _exercises(manifest, path), follow_through)


def _exercises(manifest: dict[str, Any], path: Path) -> tuple[Exercise, ...]:
    unknown = set(manifest) - {"title", "follow_through", "exercise"}
    if unknown:
        raise LessonError(
            f"{path}: unknown key {sorted(unknown)[0]!r}; a manifest has `title`, `follow_through` and `[[exercise]]` tables."
        )
    exercises = tuple(_exercise(table, path) for table in manifest.get("exercise", []))
    listed = [exercise.name for exercise in exercises]
    twice = sorted({name for name in listed if listed.count(name) > 1})
    if twice:
        raise LessonError(f"{path}: exercise {twice[0]!r} is listed twice.")
    total = sum(exercise.points for exercise in exercises)
    if total != TOTAL_POINTS:
        raise LessonError(f"{path}: the exercises' points add up to {total:g}; they must add up to {TOTAL_POINTS}.")
    return exercises


def _exercise(table: dict[str, Any], path: Path) -> Exercise:
    known = set(Exercise.__dataclass_fields__)
    unknown = set(table) - known
    if unknown:
        raise LessonError(
            f"{path}: unknown key {sorted(unknown)[0]!r} in an exercise; known are {', '.join(sorted(known))}."
        )
    name = _text(table, "name", path)
    points = table.get("points")
    if isinstance(points, bool) or not isinstance(points, (int, float)) or points <= 0:
        raise LessonError(f"{path}: exercise {name!r} needs `points`, a number above 0.")
    off_limits = tuple(table.get("off_limits", ()))
    reason = str(table.get("off_limits_reason", ""))
    if off_limits and not reason:
        raise LessonError(f"{path}: exercise {name!r} has `off_limits` but no `off_limits_reason` to tell a student.")
    return Exercise(
        name=name,
        points=float(points),
        section=_text(table, "section", path),
        off_limits=off_limits,
        off_limits_reason=reason,
        bonus=bool(table.get("bonus", False)),
        forgeable=str(table.get("forgeable", "")),
        few_answers=str(table.get("few_answers", "")),
    )


def _text(table: dict[str, Any], key: str, path: Path) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise LessonError(f"{path}: `{key}` is missing or empty.")
    return value
