"""A course folder with nbgrader's real commands and our engine in them; and scores written into nbgrader's grade book."""

from __future__ import annotations

import csv
import html
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from autograder import cli
from autograder.authoring import notebooks
from autograder.course import lesson as lessons
from autograder.course.lesson import Lesson
from autograder.gradebook.formats import Points, Request, Score, Scores
from autograder.gradebook.formats.nbgrader import GradebookError, record, write
from autograder.gradebook.roster import Roster
from tests.autograder.helpers import COURSE

NAMES = ("double", "batch_sizes", "average")
WORTH = {"double": 50.0, "batch_sizes": 30.0, "average": 20.0}
TIME = "2026-10-01 12:00:00 UTC"


@dataclass(frozen=True)
class Desk:
    """A course folder in which everything has been done once: its place, its repository and what `autograde` printed."""

    lesson: Lesson
    course: Path
    told: str

    @property
    def book(self) -> Path:
        return self.course / "gradebook.db"

    def scores(self) -> dict[str, float]:
        """Return the scores that `nbgrader export` wrote."""
        with open(self.course / "grades.csv", newline="", encoding="utf-8") as file:
            return {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}

    def points(self, student: str) -> dict[str, float]:
        with Gradebook(f"sqlite:///{self.book}") as book:
            handed_in = book.find_submission_notebook("lesson_9_1", "lesson_9_1", student)
            return {grade.name.removeprefix("test-"): grade.score for grade in handed_in.grades}

    def feedback(self, student: str) -> str:
        """Return what a student sees of nbgrader's feedback page, as text."""
        page = (self.course / "feedback" / student / "lesson_9_1" / "lesson_9_1.html").read_text(encoding="utf-8")
        body = page[page.index("<body") :]
        return html.unescape(re.sub(r"<[^>]+>", "", body))


def nbgrader(course: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run an nbgrader command as an instructor types it, the environment activated."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = [sys.executable, "-W", "ignore", "-m", "nbgrader", *arguments]
    return subprocess.run(
        command, cwd=course, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=300, check=False
    )


def code(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "id": "own", "execution_count": None, "metadata": {}, "outputs": [], "source": source}


def submissions(lesson: Lesson, course: Path, marker: Path) -> dict[str, dict[str, Any] | str]:
    """Return notebooks handed in, by student."""
    released = (course / "release" / "lesson_9_1" / "lesson_9_1.ipynb").read_text(encoding="utf-8")
    solutions = {cell.id: cell.source for cell in notebooks.source(lesson).cells}

    def solved(*names: str) -> dict[str, Any]:
        notebook: dict[str, Any] = json.loads(released)
        for cell in notebook["cells"]:
            if cell["id"] in {f"solution-{name}" for name in names}:
                cell["source"] = solutions[cell["id"]]
        return notebook

    def with_first(source: str, *names: str) -> dict[str, Any]:
        notebook = solved(*names)
        return {**notebook, "cells": [code(source), *notebook["cells"]]}

    update = 'connection.execute("UPDATE grade SET auto_score = 50, manual_score = 50")\n    connection.commit()'
    forged_book = f"""\
import sqlite3
for path in ("../../../gradebook.db", {str(course / "gradebook.db")!r}):
    connection = sqlite3.connect(path)
    {update}
"""
    markup = solved("average")
    for cell in markup["cells"]:
        if cell["id"] == "solution-double":
            cell["source"] = "def double(x):\n    raise ValueError('<script>alert(1)</script>')\n"
    in_check_cell = solved("batch_sizes", "average")
    for cell in in_check_cell["cells"]:
        if cell["id"] == "test-double":
            cell["source"] = f"def double(x):\n    return x + x\n{''.join(cell['source'])}"
    bound_again = solved(*NAMES)
    bound_again["cells"].append(code("for double in range(3):\n    print(double)\ndel average"))
    tests = solved("double")
    for cell in tests["cells"]:
        if cell["id"].startswith("test-"):
            cell["source"], cell["outputs"] = (
                ["100.0"],
                [{"output_type": "execute_result", "data": {"text/plain": "20.0"}}],
            )
            cell["metadata"]["nbgrader"]["points"] = 100
    helper = solved(*NAMES)
    for cell in helper["cells"]:
        if cell["id"] == "solution-double":
            cell["source"] = "from helpers import twice\n\ndef double(x):\n    return twice(x)\n"
        if cell["id"] == "solution-average":
            cell["source"] = f"try:\n    import linked\nexcept ImportError:\n    pass\n{cell['source']}"
    return {
        "solved": solved(*NAMES),
        "helper": helper,
        "untouched": released,
        "input_transformer": with_first(
            'get_ipython().input_transformers_post.append(lambda lines: ["pass\\n"])\nnothing_there', "double"
        ),
        "grade_book_update": with_first(forged_book, "double"),
        "tests_rewritten": tests,
        "leaves_a_mark": with_first(f"open({str(marker)!r}, 'w').write('a kernel was here')", *NAMES),
        "deleted": {
            **solved(*NAMES),
            "cells": [
                cell
                for cell in solved(*NAMES)["cells"]
                if cell["id"] not in ("solution-double", "test-double", "checks")
            ],
        },
        "no_metadata": {
            **solved(*NAMES),
            "cells": [{**cell, "metadata": {"nbgrader": "lost"}} for cell in solved(*NAMES)["cells"]],
        },
        "markup": markup,
        "in_check_cell": in_check_cell,
        "bound_again": bound_again,
        "no_notebook": "{",
    }


EXPECTED = {
    "solved": 100.0,
    "helper": 100.0,
    "untouched": 0.0,
    "input_transformer": 50.0,
    "grade_book_update": 50.0,
    "tests_rewritten": 50.0,
    "leaves_a_mark": 100.0,
    "deleted": 50.0,
    "no_metadata": 100.0,
    "markup": 20.0,
    "in_check_cell": 100.0,
    "bound_again": 100.0,
    "no_notebook": 0.0,
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The whole way once: source, release, submissions, autograde, feedback, export."""
    folder = tmp_path_factory.mktemp("nbgrader")
    shutil.copytree(COURSE, folder / "repository", ignore=shutil.ignore_patterns("__pycache__"))
    lesson = lessons.load(folder / "repository", "lesson_9_1")
    (lesson.assignment / "lesson_9_1.ipynb").write_text(notebooks.released([lesson])["lesson_9_1"], encoding="utf-8")
    course = folder / "course"
    notebooks.write_course([lesson], course)
    done = nbgrader(course, "generate_assignment", "lesson_9_1")
    assert done.returncode == 0, done.stderr
    for student, notebook in submissions(lesson, course, folder / "mark").items():
        place = course / "submitted" / student / "lesson_9_1"
        place.mkdir(parents=True)
        text = notebook if isinstance(notebook, str) else json.dumps(notebook)
        (place / "lesson_9_1.ipynb").write_text(text, encoding="utf-8")
        (place / "timestamp.txt").write_text(TIME, encoding="utf-8")
    beside = course / "submitted" / "helper" / "lesson_9_1"
    (beside / "helpers.py").write_text("def twice(x):\n    return 2 * x\n", encoding="utf-8")
    # nbgrader copies what a link leads to.
    (beside / "linked.py").symlink_to(lesson.reference)
    told = nbgrader(course, "autograde", "lesson_9_1").stderr
    # A page for each student takes its time, so only those that the tests read.
    others = ",".join(set(EXPECTED) - {"markup", "input_transformer"})
    feedback = ("generate_feedback", "lesson_9_1", f"--CourseDirectory.student_id_exclude={others}")
    for command in (feedback, ("export",)):
        done = nbgrader(course, *command)
        assert done.returncode == 0, done.stderr
    return Desk(lesson, course, told)


def test_nbgrader_makes_the_notebook_that_is_released(desk: Desk) -> None:
    made = desk.course / "release" / "lesson_9_1" / "lesson_9_1.ipynb"
    assert made.read_bytes() == (desk.lesson.assignment / "lesson_9_1.ipynb").read_bytes()


def test_every_notebook_has_its_score_in_nbgraders_export(desk: Desk) -> None:
    assert desk.scores() == EXPECTED


def test_points_go_in_by_the_exercise_with_their_maximum(desk: Desk) -> None:
    assert desk.points("deleted") == {**WORTH, "double": 0}
    with Gradebook(f"sqlite:///{desk.book}") as book:
        assert book.find_assignment("lesson_9_1").max_score == 100
        row = next(row for row in book.submission_dicts("lesson_9_1") if row["student"] == "deleted")
    # What formgrader lists.
    assert (row["score"], row["max_score"], row["needs_manual_grade"]) == (50, 100, False)


@pytest.mark.parametrize("student", ["input_transformer", "grade_book_update", "tests_rewritten"])
def test_no_forgery_gains_a_point(desk: Desk, student: str) -> None:
    assert desk.points(student) == {"double": 50, "batch_sizes": 0, "average": 0}


def test_no_student_code_runs_outside_the_sandbox(desk: Desk) -> None:
    assert not (desk.course.parent / "mark").exists()
    report = json.loads(
        (desk.course / "grades-lesson_9_1" / "reports" / "leaves_a_mark.json").read_text(encoding="utf-8")
    )
    assert report["cells"][0]["cell"] == "code cell 1"
    assert report["guarantee"] in ("isolated", "full")


def test_what_is_no_notebook_has_no_grade_and_nbgrader_says_why(desk: Desk) -> None:
    assert "There was an error processing assignment 'lesson_9_1' for student 'no_notebook'" in desk.told
    with Gradebook(f"sqlite:///{desk.book}") as book:
        handed_in = book.find_submission_notebook("lesson_9_1", "lesson_9_1", "no_notebook")
        assert {grade.auto_score for grade in handed_in.grades} == {None}


def test_feedback_stands_beneath_the_checks_and_holds_no_markup(desk: Desk) -> None:
    page = (desk.course / "feedback" / "markup" / "lesson_9_1" / "lesson_9_1.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    told = desk.feedback("markup")
    assert "It raised a ValueError at line 2 of the cell `solution-double`: `" in told
    assert '"Doubling" in assignments/lesson_9_1/README.md' in told
    assert "Score: 20.0 / 100.0" in told


def test_a_cell_that_raised_is_told_in_the_feedback(desk: Desk) -> None:
    told = desk.feedback("input_transformer")
    assert "Line 2 of the cell `code cell 1`, `nothing_there`: the name `nothing_there` is not defined there" in told


def test_module_beside_the_notebook_comes_along_and_a_link_does_not(desk: Desk) -> None:
    path = desk.course / "grades-lesson_9_1" / "reports" / "helper.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    assert list(report["helpers"]) == ["lesson_9_1/helpers.py"]
    assert "lesson_9_1/linked.py could not be opened as a plain file" in report["helper_notes"][0]


def test_neither_notebook_nor_feedback_shows_a_hidden_scenario(desk: Desk) -> None:
    hidden = [path.read_text(encoding="utf-8") for path in desk.lesson.tests.glob("test_*.py")]
    names = [name for text in hidden for name in re.findall(r"def (test_\w+)", text)]
    shown = [path for folder in ("autograded", "feedback") for path in (desk.course / folder).rglob("lesson_9_1.*")]
    assert len(shown) == len(EXPECTED) - 1 + 2
    assert names
    for path in shown:
        text = path.read_text(encoding="utf-8")
        assert not [name for name in names if name in text], path


def test_autograder_grade_finds_the_same_scores_in_the_course_folder(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(desk.lesson.root)
    assert cli.main(["grade", "lesson_9_1", str(desk.course / "submitted")]) == 0
    with open(desk.course / "grades-lesson_9_1" / "scores.csv", newline="", encoding="utf-8") as file:
        rows = {row["submission"]: row for row in csv.DictReader(file)}
    assert {name: float(row["score"]) for name, row in rows.items()} == EXPECTED
    assert rows["no_notebook"]["status"] == "refused"
    # The engine's reports are the grader's own. New are what nbgrader could not read, and the three whose check cells it wrote over.
    assert "kept 9 as they were" in " ".join(capsys.readouterr().out.split())


# Scores into a grade book


@pytest.fixture
def scores(small_lesson: Lesson) -> Scores:
    def row(name: str, double: float | None) -> Score:
        points = (Points("double", double, 50), Points("batch_sizes", 30, 30), Points("average", 0, 20))
        raw = None if double is None else double + 30
        return Score(
            submission=name,
            status="graded",
            reason="",
            exercises=points,
            raw=raw,
            penalty=0.0,
            score=raw,
            max_score=100,
            late="",
            submitted=None,
            feedback="",
        )

    late = replace(
        row("late", 50), penalty=8.0, score=72.0, late="one day", submitted=datetime(2026, 10, 2, 14, tzinfo=UTC)
    )
    return Scores(small_lesson, (row("a_student", 12.5), row("unlucky", None), late), Roster())


@pytest.fixture
def book(desk: Desk, tmp_path: Path) -> Path:
    """A copy of the course's grade book, in which these students are new."""
    return Path(shutil.copy(desk.book, tmp_path / "gradebook.db"))


def grades(path: Path, student: str) -> dict[str, Any]:
    with Gradebook(f"sqlite:///{path}") as book:
        handed_in = book.find_submission_notebook("lesson_9_1", "lesson_9_1", student)
        return {
            "points": {grade.name: grade.score for grade in handed_in.grades},
            "manual": {grade.name for grade in handed_in.grades if grade.needs_manual_grade},
            "penalty": handed_in.late_submission_penalty,
            "max_score": handed_in.max_score,
        }


def test_scores_are_written_with_penalty_and_time(scores: Scores, book: Path) -> None:
    written = write(scores, Request(book.parent, gradebook=book))
    assert written.paths == (book,)
    wanted = {"test-double": 12.5, "test-batch_sizes": 30, "test-average": 0}
    assert grades(book, "a_student") == {"points": wanted, "manual": set(), "penalty": None, "max_score": 100}
    assert grades(book, "late")["penalty"] == 8
    with Gradebook(f"sqlite:///{book}") as opened_book:
        handed_in = opened_book.find_submission("lesson_9_1", "late")
        assert (handed_in.timestamp, handed_in.score) == (datetime(2026, 10, 2, 14), 80)


def test_one_that_the_grader_failed_on_is_told_and_gets_no_zero(scores: Scores, book: Path) -> None:
    written = write(scores, Request(book.parent, gradebook=book))
    assert written.notes == ("unlucky: the grader failed on it, so nothing was written for it.",)
    with Gradebook(f"sqlite:///{book}") as opened_book:
        assert {student.id for student in opened_book.students} == {*EXPECTED, "a_student", "late"}


def test_a_grade_given_by_hand_stays_and_is_marked_for_a_look(scores: Scores, book: Path) -> None:
    write(scores, Request(book.parent, gradebook=book))
    with Gradebook(f"sqlite:///{book}") as opened_book:
        opened_book.find_grade("test-double", "lesson_9_1", "lesson_9_1", "a_student").manual_score = 47
        opened_book.db.commit()
    write(scores, Request(book.parent, gradebook=book))
    found = grades(book, "a_student")
    assert found["points"]["test-double"] == 47
    assert found["manual"] == {"test-double"}


def test_a_grade_book_in_use_is_one_sentence_and_nothing_is_written(scores: Scores, book: Path) -> None:
    before = book.read_bytes()
    other = sqlite3.connect(book)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(GradebookError, match="is in use"):
        write(scores, Request(book.parent, gradebook=book))
    other.close()
    assert book.read_bytes() == before


NO_BOOKS = {
    "another version": ("UPDATE alembic_version SET version_num = 'old'", "by another version of nbgrader"),
    "another program's": ("DROP TABLE alembic_version", "by another version of nbgrader"),
}


@pytest.mark.parametrize("name", NO_BOOKS)
def test_a_grade_book_of_another_version_is_refused(scores: Scores, book: Path, name: str) -> None:
    statement, words = NO_BOOKS[name]
    with sqlite3.connect(book) as database:
        database.execute(statement)
    with pytest.raises(GradebookError, match=words):
        write(scores, Request(book.parent, gradebook=book))


def test_what_is_no_grade_book_is_refused(scores: Scores, tmp_path: Path) -> None:
    path = tmp_path / "gradebook.db"
    path.write_text("submission,score\n" * 100, encoding="utf-8")
    with pytest.raises(GradebookError, match="is not a grade book"):
        write(scores, Request(tmp_path, gradebook=path))
    with pytest.raises(GradebookError, match="There is no folder"):
        write(scores, Request(tmp_path, gradebook=tmp_path / "nowhere" / "gradebook.db"))
    with pytest.raises(GradebookError, match="--gradebook FILE"):
        write(scores, Request(tmp_path))


def test_a_lesson_whose_points_changed_is_told(scores: Scores, book: Path) -> None:
    with Gradebook(f"sqlite:///{book}") as opened_book:
        opened_book.update_or_create_assignment("lesson_9_1")
        opened_book.update_or_create_notebook("lesson_9_1", "lesson_9_1")
        opened_book.update_or_create_grade_cell(
            "test-double", "lesson_9_1", "lesson_9_1", max_score=1, cell_type="code"
        )
        opened_book.update_or_create_student("a_student")
        opened_book.update_or_create_submission("lesson_9_1", "a_student")
        with pytest.raises(GradebookError, match="has 1 points for double and the lesson 50: make the notebook again"):
            record(opened_book, scores.lesson, "solved", {"double": 50.0})


def test_a_new_grade_book_is_made_where_no_environment_is_activated(
    scores: Scores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    write(scores, Request(tmp_path, gradebook=tmp_path / "gradebook.db"))
    assert grades(tmp_path / "gradebook.db", "a_student")["max_score"] == 100
    assert os.environ["PATH"] == "/usr/bin:/bin"
