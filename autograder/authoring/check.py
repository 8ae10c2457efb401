"""Say everything that is wrong with a lesson at once, in seconds: its texts are read, nothing is run, PyTorch is not imported.

What only a run can tell (whether the suite is strong, whether each wrong answer is caught) is `autograder audit`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.authoring import check_code, check_page
from autograder.authoring.faults import Fault, of_error
from autograder.course import manifests
from autograder.course.lesson import Lesson
from autograder.course.manifests import LessonError
from autograder.util.errors import UserError

# What a skeleton has where something is to be written.
TO_FILL_IN = "FILL IN"


@dataclass(frozen=True)
class Found:
    """What a check found.

    Attributes:
        faults: in the order of files and lines.
        to_fill_in: the places that a skeleton marked and nobody has filled in yet.
    """

    faults: tuple[Fault, ...]
    to_fill_in: tuple[Fault, ...]


def check(root: Path, name: str) -> Found:
    """Return everything that is wrong with a lesson.

    Args:
        root: the course.
        name: the lesson's folder, such as `lesson_4_1`; it need not have a manifest yet.
    """
    lesson, faults = _read(root, name)
    faults += check_page.faults(lesson)
    faults += check_code.faults(lesson)
    if not {fault.path for fault in faults} & set(_sources(lesson)):
        faults += _derived(lesson)
    return Found(tuple(sorted(set(faults))), tuple(_marks(lesson)))


def _read(root: Path, name: str) -> tuple[Lesson, list[Fault]]:
    """Return a lesson, as far as its manifest can be read, and what is wrong with the manifest."""
    empty = Lesson(root, name, "", ())
    try:
        said = manifests.survey(empty.manifest)
    except LessonError as error:
        return empty, [of_error(error, empty.manifest)]
    lesson = replace(empty, title=said.title, exercises=said.exercises, follow_through=said.follow_through)
    errors = [
        *said.faults,
        *manifests.name_faults(lesson.manifest, said.exercises, lesson.reference, lesson.page),
        *manifests.off_limits_faults(lesson.manifest, said.exercises),
    ]
    faults = [
        of_error(error, lesson.page if str(error).startswith(str(lesson.page)) else lesson.manifest) for error in errors
    ]
    if not said.exercises:
        faults.append(Fault(lesson.manifest, 1, "a lesson has one exercise or more: [[exercise]]."))
    # The same name again is told of; what looks for an exercise's parts looks once.
    once = {exercise.name: exercise for exercise in reversed(said.exercises) if exercise.name}
    return replace(lesson, exercises=tuple(reversed(once.values()))), faults


def _sources(lesson: Lesson) -> tuple[Path, ...]:
    """Return what stub and notebook are made from: with a fault in one of these they cannot be."""
    return (lesson.manifest, lesson.page, lesson.reference, lesson.assignment / "test_exercises.py")


def _derived(lesson: Lesson) -> Iterator[Fault]:
    """Yield which of the files that are made by a command are stale."""
    try:
        from autograder.authoring import notebooks, stubs
    except ImportError as error:
        yield Fault(
            lesson.stub, 1, f"whether stub and notebook are fresh was not looked at: {error}. Install nbgrader."
        )
        return
    try:
        made = [(lesson.stub, "stubs", stubs.stub(lesson))]
        made.append(
            (lesson.assignment / f"{lesson.name}.ipynb", "notebooks", notebooks.released([lesson])[lesson.name])
        )
    except UserError as error:
        yield of_error(error, lesson.reference)
        return
    for path, command, text in made:
        if not path.is_file():
            yield Fault(path, 1, f"this file is not there: run `autograder {command} {lesson.name}`.")
        elif path.read_bytes() != text.encode():
            yield Fault(path, 1, f"this file is stale: run `autograder {command} {lesson.name}`.")


def _marks(lesson: Lesson) -> Iterator[Fault]:
    """Yield the places that a skeleton marked."""
    made = {lesson.stub, lesson.assignment / f"{lesson.name}.ipynb"}
    for folder in (lesson.assignment, lesson.reference.parent, lesson.tests):
        for path in sorted(path for kind in ("*.md", "*.toml", "*.py") for path in folder.rglob(kind)):
            if path in made:
                continue
            lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
            yield from (Fault(path, n, line.strip()) for n, line in enumerate(lines, 1) if TO_FILL_IN in line)
