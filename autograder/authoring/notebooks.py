"""Make notebooks from page, reference and visible tests: the course folder that nbgrader works in, and what students get.

Needs nbgrader and jupytext. It reads solutions, so nothing of it runs where a student's code does. Everything in a notebook
(ids, checksums, the order of keys) follows from the sources, so that a notebook can be compared byte for byte.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.nbgraderformat import MetadataValidator
from traitlets.config import Config

from autograder.authoring import nbgrader_generate, stubs, visible_tests
from autograder.authoring.stubs import CODE_BLOCK, AuthoringError
from autograder.course.lesson import Exercise, Lesson
from autograder.submission.submission import DEMONSTRATION

HEADING = re.compile(r"^(#{1,3}) (.+)$")
FENCE = re.compile(r"^(```|~~~)")
SAVED = re.compile(r"^\w+\.savefig\(.*\)$", re.MULTILINE)
# What a page says of files and commands below this heading is not for a notebook, which has the greeting instead.
FILES_AND_COMMANDS = "### How to do the exercises"
GREETING = """\
> **This page is a notebook, too.** Read on and run the demonstration as you go. Each exercise has a cell with a `TODO` to fill
> in, and below it a cell that checks your work. When you hand the notebook in, the functions and classes that you wrote count,
> in whichever cells they are, the last definition of each; the page's own cells and lines for the shell (`!`, `%`) are not run.
> Your code may take four seconds of computing time to run, of which what no exercise needs gets one and is then left out. Hand in
> this notebook or `exercises.py`, not both."""
CONFIG = '''\
"""nbgrader's settings for this course, made by `autograder notebooks --course`. It is not written again: add your own below.

The course's repository, which has the solutions and the hidden tests, must lie where the next lines say.
"""

from autograder.nbgrader_engine import configure

configure(get_config(), {root!r})
'''


def source(lesson: Lesson) -> Any:
    """Return a lesson's source notebook, solutions included.

    Raises:
        UserError: the reference, the page or a visible test is not what a notebook can be made from.
    """
    stubs.stub(lesson)  # which refuses a faulty reference with a sentence
    before, exercises, after = _page(lesson)
    cells = [*_reading(before), *_work(lesson, exercises), *_reading(after, "end")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.nbformat_minor = 5
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    MetadataValidator().validate_nb(notebook)
    nbformat.validate(notebook)
    return notebook


def _page(lesson: Lesson) -> tuple[str, list[str], str]:
    """Return what stands before the page's exercises, the section of the exercises in parts, and what stands behind it."""
    if not lesson.page.is_file():
        raise AuthoringError(f"{lesson.page} is missing: a notebook is made from the lesson's page.")
    numbered = [name for group in lesson.groups for name in group.names]
    parts = _parts(lesson.page.read_text(encoding="utf-8"), numbered)
    tops = [number for number, part in enumerate(parts) if part.startswith("## ")]
    for number in tops:
        if parts[number].startswith("## Exercises\n"):
            end = next((top for top in tops if top > number), len(parts))
            return "".join(parts[:number]), parts[number:end], "".join(parts[end:])
    raise AuthoringError(f"{lesson.page} has no section `## Exercises`.")


def _parts(text: str, names: Sequence[str] = ()) -> list[str]:
    """Return a page cut before each of its headings, down to the third level, and before those that are one of the names."""
    parts, inside = [""], False
    deeper = {f"#### {name}" for name in names}
    for line in text.splitlines(keepends=True):
        inside ^= bool(FENCE.match(line))
        cut = HEADING.match(line.rstrip("\n")) or line.rstrip().replace("`", "") in deeper
        if not inside and cut and parts[-1]:
            parts.append("")
        parts[-1] += line
    return parts


def _reading(text: str, name: str = "page") -> Iterator[Any]:
    """Yield the cells of a part of the page that is to be read; the demonstration's blocks are code that runs."""
    section, number, block = "", 0, 0
    for part in _parts(text):
        section = part.partition("\n")[0] if part.startswith("## ") else section
        shown = section == f"## {stubs.DEMONSTRATION}"
        for place, piece in enumerate(CODE_BLOCK.split(part) if shown else [part]):
            if place % 2:
                block += 1
                # In a notebook a figure appears beneath its cell; saving it would write over the page's own.
                yield _code(f"{DEMONSTRATION}{block}", SAVED.sub("plt.show()", piece))
            elif piece.strip():
                number += 1
                yield _markdown(f"{name}-{number}", piece)
                if number == 1 and name == "page":
                    yield _markdown("greeting", GREETING)


def _work(lesson: Lesson, parts: Sequence[str]) -> Iterator[Any]:
    """Yield the cells of the exercises: the page's words, a cell for the solution, and a locked one with the visible checks."""
    headings = {group.number: _part(f"### {group.heading}", parts) for group in lesson.groups}
    words = {exercise.name: part for exercise in lesson.exercises if (part := _words(exercise, parts))}
    elsewhere = {*words.values(), *headings.values(), _part(FILES_AND_COMMANDS, parts)}
    yield _markdown("exercises", "".join(part for part in parts if part not in elsewhere))
    checks = visible_tests.checks(lesson)
    setup, begun = 0, False
    cells = stubs.reference(lesson).cells
    beginnings = stubs.beginnings(lesson, cells)
    for number, cell in enumerate(cells):
        tops, own = stubs.exercises_of(cell.source, lesson)
        if own and not begun:
            begun = True
            yield _code("checks", checks.setup, grade=False, locked=True, solution=False)
        if number in beginnings:
            yield _markdown(f"exercise-{beginnings[number].number}", headings[beginnings[number].number])
        for exercise in own:
            yield _markdown(f"text-{exercise.name}", words.get(exercise.name, f"### `{exercise.name}`"))
        if own:
            yield _code(f"solution-{tops[0]}", cell.source, grade=False, locked=False, solution=True)
        elif cell.cell_type == "code":
            setup += 1
            yield _code(f"setup-{setup}", cell.source)
        for exercise in own:
            points: float = int(exercise.points) if exercise.points == int(exercise.points) else exercise.points
            code = checks.cells[exercise.name]
            yield _code(f"test-{exercise.name}", code, grade=True, locked=True, solution=False, points=points)


def _part(heading: str, parts: Sequence[str]) -> str:
    """Return the part below a heading; the heading alone if the page does not have it."""
    return next((part for part in parts if part.partition("\n")[0].replace("`", "").rstrip() == heading), heading)


def _words(exercise: Exercise, parts: Sequence[str]) -> str:
    """Return the part of the page's exercises that is about one."""
    if exercise.group:
        return _part(f"#### {exercise.name}", parts)
    for part in parts[1:]:
        heading = part.partition("\n")[0].removeprefix("### ").strip()
        if f"`{exercise.name}`" in heading or heading == exercise.section:
            return part
    return ""


def _markdown(name: str, text: str) -> Any:
    return nbformat.v4.new_markdown_cell(text.strip(), id=name)


def _code(name: str, text: str, **about: Any) -> Any:
    cell = nbformat.v4.new_code_cell(text.strip("\n"), id=name)
    if about:
        cell.metadata["nbgrader"] = {"grade_id": name, "schema_version": 3, "task": False, **about}
    return cell


def write_course(lessons: Sequence[Lesson], course: Path) -> list[Path]:
    """Write nbgrader's course folder: its settings and each lesson's source; return the paths written.

    An instructor's `nbgrader_config.py` stays as it is.
    """
    written = []
    config = course / "nbgrader_config.py"
    if not config.exists():
        course.mkdir(parents=True, exist_ok=True)
        config.write_text(CONFIG.format(root=str(lessons[0].root.resolve())), encoding="utf-8")
        written.append(config)
    for lesson in lessons:
        folder = course / "source" / lesson.name
        text = nbformat.writes(source(lesson)) + "\n"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{lesson.name}.ipynb").write_text(text, encoding="utf-8")
        written.append(folder / f"{lesson.name}.ipynb")
        beside = [
            *(path for kind in stubs.FIGURES for path in lesson.assignment.glob(kind)),
            lesson.assignment.parent / "expect.py",
            lesson.assignment / "known_mistakes.txt",  # which expect.py reads
        ]
        for path in sorted(path for path in beside if path.is_file()):
            shutil.copyfile(path, folder / path.name)
    return written


def released(lessons: Sequence[Lesson]) -> dict[str, str]:
    """Return the text of the notebook that students get, lesson by lesson, made by nbgrader's own `generate_assignment`.

    Raises:
        UserError: a source is faulty, or nbgrader refused it.
    """
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder).resolve()
        write_course(lessons, course)
        config = Config()
        nbgrader_generate.configure(config, lessons[0].root)
        config.GenerateAssignment.no_database = True
        config.SaveCells.enabled = False
        place = CourseDirectory(root=str(course), assignment_id="*", config=config)
        try:
            GenerateAssignment(coursedir=place, config=config).start()
        except NbGraderException as error:
            raise AuthoringError(f"nbgrader could not make the notebooks: {error}") from error
        return {
            lesson.name: (course / "release" / lesson.name / f"{lesson.name}.ipynb").read_text(encoding="utf-8")
            for lesson in lessons
        }
