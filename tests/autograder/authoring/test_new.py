"""`autograder new`: a lesson in which nothing is wrong, in this course or in one that begins; and `--course`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.authoring import check, new
from autograder.authoring.new import NewLessonError
from autograder.course import lesson as lessons
from tests.autograder.helpers import ROOT

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that began in an empty folder, with one new lesson."""
    folder = tmp_path_factory.mktemp("course")
    new.make(new.root_for(folder), "4.1", "Shapes, one by one")
    return folder


def test_nothing_is_wrong_with_a_new_lesson(made: Path) -> None:
    assert check.check(made, "lesson_4_1").faults == ()


def test_every_file_that_somebody_writes_has_a_place_to_fill_in(made: Path) -> None:
    marked = {place.path.relative_to(made).as_posix() for place in check.check(made, "lesson_4_1").to_fill_in}
    derived = {"exercises.py", "lesson_4_1.ipynb"}
    written = {path for folder in ("assignments", "solutions", "tests") for path in (made / folder).rglob("*.*")}
    written -= {made / "assignments" / name for name in derived | set(new.SHARED)}
    written -= {made / "assignments" / "lesson_4_1" / name for name in derived}
    assert marked == {path.relative_to(made).as_posix() for path in written if "__pycache__" not in path.parts}


def test_the_visible_tests_of_a_new_lesson_pass_on_its_reference(made: Path, tmp_path: Path) -> None:
    text = (made / "solutions" / "lesson_4_1" / "exercises.py").read_text(encoding="utf-8")
    program = f"import sys; sys.path.insert(0, {str(made)!r})\n{text}\nassert mean_square([1.0, 3.0]) == 5.0"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_new_lessons_page_has_its_number_and_title(made: Path) -> None:
    lesson = lessons.load(made, "4.1")
    assert lesson.page.read_text(encoding="utf-8").split("\n")[0].endswith("· Lesson 4.1 · Shapes, one by one")


def test_a_lesson_that_is_there_is_not_overwritten(course: Path) -> None:
    before = {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
    with pytest.raises(NewLessonError, match="there already"):
        new.make(course, "lesson_9_1", "Again")
    assert before == {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("name", "title"),
    [("four", "A title"), ("../4_1", "A title"), ("4.1", ""), ("4.1", "two\nlines"), ("4.1", 'a "word"')],
)
def test_a_name_or_title_that_will_not_do_is_refused_and_nothing_is_written(
    course: Path, name: str, title: str
) -> None:
    before = sorted(course.rglob("*"))
    with pytest.raises(NewLessonError):
        new.make(course, name, title)
    assert sorted(course.rglob("*")) == before


def test_a_folder_with_other_things_does_not_become_a_course(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    with pytest.raises(NewLessonError, match="empty"):
        new.root_for(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]


def test_the_course_is_the_one_that_the_option_names(made: Path, tmp_path: Path, command: Command) -> None:
    done = command("autograder.cli", "--course", made, "stubs", "--check", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    done = command("autograder.cli", "--course", made / "tests", "hint", "mean_square", cwd=tmp_path)
    assert "hint 1 of 3" in done.stdout, done.stderr


def test_the_course_is_the_one_that_the_environment_names(made: Path, tmp_path: Path) -> None:
    def run(*arguments: str | Path, course: Path) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "AUTOGRADER_COURSE": str(course), "PYTHONPATH": str(ROOT)}
        line = [sys.executable, "-m", "autograder.cli", *map(str, arguments)]
        return subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert run("stubs", "--check", course=made).returncode == 0
    refused = run("stubs", course=tmp_path / "gone")
    assert refused.returncode == 2
    assert "which AUTOGRADER_COURSE names" in refused.stderr
    assert run("--course", made, "stubs", "--check", course=tmp_path / "gone").returncode == 0
