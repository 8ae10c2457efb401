"""What a lesson is: its folders and its manifest."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.course import manifests
from autograder.course.manifests import TOTAL_POINTS as TOTAL_POINTS
from autograder.course.manifests import Exercise as Exercise
from autograder.course.manifests import Group as Group
from autograder.course.manifests import LessonError as LessonError

# A lesson's number as readers write it.
NUMBER = re.compile(r"0*(\d+)[._]0*(\d+)")
# A lesson's folder.
FOLDER = re.compile(r"lesson_\d+_\d+")
# Where a lesson has a folder of its name.
FOLDERS = ("assignments", "solutions", "tests")
# The comments between which a reference has what a student is to write.
BEGIN, END = "BEGIN SOLUTION", "END SOLUTION"


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

    @property
    def groups(self) -> tuple[Group, ...]:
        """The page's numbered exercises; none where the manifest groups nothing."""
        return manifests.grouped((exercise.name, exercise.group) for exercise in self.exercises)

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


def find(root: Path, given: str) -> str:
    """Return the name of the lesson that somebody typed: `lesson_2_5`, `2.5`, `2_5`, or a path into one of its folders.

    Raises:
        LessonError: there is no such lesson; the sentence says which is near.
    """
    return find_all(root, [given])[0]


def find_all(root: Path, given: Sequence[str]) -> list[str]:
    """Return the names of lessons that somebody typed, as `find` does; what is wrong with any of them is said at once.

    Raises:
        LessonError: there is no such lesson; the sentence says which is near.
    """
    return _find_among(root, given, names(root))


def _find_among(root: Path, given: Sequence[str], known: Sequence[str]) -> list[str]:
    found = [_named(root, one, known) for one in given]
    unknown = list(dict.fromkeys(one for one, name in zip(given, found, strict=True) if not name))
    if unknown:
        told = [f"There is no lesson {one!r} in {root / 'assignments'}. {_near(one, known)}" for one in unknown]
        raise LessonError(" ".join(told))
    return found


def find_folders(root: Path, given: Sequence[str]) -> list[str]:
    """Return the names of lessons that somebody typed, as `find_all` does, also of those whose manifest is not there yet.

    All lessons where none is named.

    Raises:
        LessonError: there is no such lesson; the sentence says which is near.
    """
    folders = {path.name for path in (root / "assignments").glob("lesson_*") if FOLDER.fullmatch(path.name)}
    known = sorted(folders, key=lambda name: [int(part) for part in name.split("_")[1:]])
    return _find_among(root, given, known) if given else known


def _named(root: Path, given: str, known: Sequence[str]) -> str:
    """Return the lesson that is meant; "" if there is none."""
    words = given.strip().rstrip("/\\")
    if words in known:
        return words
    number = NUMBER.fullmatch(words)
    if number and f"lesson_{number[1]}_{number[2]}" in known:
        return f"lesson_{number[1]}_{number[2]}"
    # Completion gives a path, from the present folder or from the course's, to a lesson's folder or to a file in it.
    for start in (Path.cwd(), root):
        try:
            parts = (start / given.strip()).resolve().relative_to(root.resolve()).parts
        except (ValueError, OSError, RuntimeError):
            continue
        if len(parts) > 1 and parts[0] in FOLDERS and parts[1] in known and (root / Path(*parts)).exists():
            return parts[1]
    return ""


def _near(given: str, known: Sequence[str]) -> str:
    """Return which lesson may have been meant: the one with these digits, those of that module, or one that looks alike."""
    numbers = re.findall(r"\d+", given)
    same = [name for name in known if re.findall(r"\d", name) == list("".join(numbers))]
    module = [name for name in known if numbers and name.split("_")[1] == numbers[0]]
    alike = same or module or difflib.get_close_matches(given, known, n=1, cutoff=0.8)
    if not alike:
        return f"There are: {', '.join(known) or 'none'}."
    return f"Did you mean {alike[0]}?" if len(alike) == 1 else f"Did you mean one of {', '.join(alike)}?"


def load(root: Path, name: str, *, against_files: bool = True) -> Lesson:
    """Read a lesson's manifest.

    Args:
        root: the course's folder.
        name: the lesson, in a form that `find` takes.
        against_files: whether every exercise must be in the reference and every section on the page; where there is no
            reference (a student's repository), neither is looked for.

    Raises:
        LessonError: there is no such lesson, or the manifest is wrong.
    """
    name = find(root, name)
    path = root / "assignments" / name / "lesson.toml"
    title, follow_through, exercises = manifests.read(path)
    lesson = Lesson(root, name, title, exercises, follow_through)
    if against_files and lesson.reference.is_file():
        manifests.check_names(path, exercises, lesson.reference, lesson.page)
    return lesson
