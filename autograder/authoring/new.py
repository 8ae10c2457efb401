"""Make a new lesson: a skeleton that has nothing wrong, with a mark at every place to fill in."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import autograder
from autograder.course import lesson as lessons
from autograder.course.lesson import FOLDERS
from autograder.util.errors import UserError

PACKAGE = Path(autograder.__file__).parent
SKELETON = Path(__file__).parent / "skeleton"
# What a page's title begins with where the course has no page to take it from.
COURSE_NAME = "Learn the Training Loop with PyTorch"
# What every course has beside its lessons: the words of the visible tests' failures, and pytest's summary.
SHARED = ("expect.py", "conftest.py")
# What may lie in a folder that becomes a course.
NOTHING = {".git", ".gitignore", "LICENSE", "README.md"}


class NewLessonError(UserError):
    """A lesson that cannot be made; the sentence says why."""


def root_for(start: Path) -> Path:
    """Return the course at a folder, which becomes one if it is empty.

    Raises:
        NewLessonError: it is neither.
    """
    try:
        return lessons.find_root(start)
    except lessons.LessonError as error:
        if {path.name for path in start.iterdir()} - NOTHING:
            raise NewLessonError(f"{error} Or begin a course in a folder that is empty.") from error
    for folder in FOLDERS:
        (start / folder).mkdir()
    for name in SHARED:
        shared = PACKAGE.parent / "assignments" / name
        if shared.is_file():
            shutil.copyfile(shared, start / "assignments" / name)
    return start


def make(root: Path, given: str, title: str) -> tuple[Path, ...]:
    """Write the skeleton of a lesson; return the paths written.

    Args:
        root: the course.
        given: the lesson's name or number: `lesson_4_1` or `4.1`.
        title: its title.

    Raises:
        NewLessonError: the name or the title will not do, or there is such a lesson; nothing was written.
    """
    name = _name(given)
    title = _title(title)
    there = [root / folder / name for folder in FOLDERS if (root / folder / name).exists()]
    if there:
        raise NewLessonError(
            f"{there[0]} is there already; nothing was written. Choose another number, or move it away."
        )
    values = {
        "COURSE": _course_name(root),
        "NUMBER": name.removeprefix("lesson_").replace("_", "."),
        "NAME": name,
        "TITLE": title,
        "TOML_TITLE": json.dumps(title, ensure_ascii=False),
    }
    assignment, solution, tests = (root / folder / name for folder in FOLDERS)
    files = {
        assignment / "README.md": "page",
        assignment / "lesson.toml": "manifest",
        assignment / "test_exercises.py": "visible_tests",
        assignment / "hints.toml": "hints",
        solution / "exercises.py": "reference",
        solution / "misconceptions.py": "misconceptions",
        tests / "test_mean_square.py": "scenarios",
        tests / "alternatives" / "loops.py": "alternative",
    }
    try:
        for path, source in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_filled(source, values), encoding="utf-8")
        return (*files, *_derived(root, name))
    except BaseException as error:
        for folder in (assignment, solution, tests):
            shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise NewLessonError(f"The lesson could not be written: {error.strerror}; nothing was kept.") from error
        raise


def _derived(root: Path, name: str) -> tuple[Path, ...]:
    from autograder.authoring import notebooks, stubs

    lesson = lessons.load(root, name)
    lesson.stub.write_text(stubs.stub(lesson), encoding="utf-8")
    notebook = lesson.assignment / f"{name}.ipynb"
    notebook.write_bytes(notebooks.released([lesson])[name].encode())
    return (lesson.stub, notebook)


def _name(given: str) -> str:
    number = lessons.NUMBER.fullmatch(given.strip().removeprefix("lesson_"))
    if number is None:
        raise NewLessonError(f"{given!r} is no lesson's name: give module and number, such as lesson_4_1 or 4.1.")
    return f"lesson_{number[1]}_{number[2]}"


def _title(given: str) -> str:
    title = given.strip()
    if not title or not title.isprintable() or any(sign in title for sign in '`"\\$'):
        raise NewLessonError('A title is one line of text without quotation marks, backticks, backslashes and "$".')
    return title


def _course_name(root: Path) -> str:
    """Return what the titles of a course's pages begin with."""
    for name in lessons.names(root):
        page = root / "assignments" / name / "README.md"
        first = page.read_text(encoding="utf-8-sig").partition("\n")[0] if page.is_file() else ""
        if first.startswith("# ") and " · Lesson " in first:
            return first[2:].partition(" · Lesson ")[0]
    return COURSE_NAME


def _filled(source: str, values: dict[str, str]) -> str:
    text = (SKELETON / f"{source}.txt").read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text
