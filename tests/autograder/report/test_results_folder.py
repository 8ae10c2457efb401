"""A grading folder knows whose submissions it holds, and refuses those of others with a sentence that says how to go on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from autograder.batch.run import default_out
from autograder.course.lesson import Lesson
from autograder.report.report import report_path
from autograder.report.results_folder import Origin, ResultsFolder
from autograder.report.schema import SCHEMA
from autograder.util.errors import UserError


def section(folder: Path, *students: str) -> Path:
    for student in students:
        (folder / student).mkdir(parents=True)
        (folder / student / "exercises.py").write_text("def double(x):\n    return 2 * x\n", encoding="utf-8")
    return folder


def grade(out: Path, folder: Path, lesson: Lesson, *, moved: bool = False) -> tuple[str, ...]:
    """Open a grading folder for submissions, as `autograder grade` does, and leave a report of each."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    with ResultsFolder(out, lesson, 1, Origin(folder, lesson, names, moved=moved)) as grades:
        for name in names:
            path = report_path(out, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps({"schema": SCHEMA, "submission": name, "exercises": []}), encoding="utf-8")
        grades.rows.clear()
        return grades.notes


def test_two_sections_with_the_same_names_do_not_share_a_folder(tmp_path: Path, small_lesson: Lesson) -> None:
    monday, tuesday = (
        section(tmp_path / "monday", "group1", "group2"),
        section(tmp_path / "tuesday", "group1", "group3"),
    )
    out = default_out(monday, small_lesson)
    assert out == default_out(tuesday, small_lesson)
    grade(out, monday, small_lesson)
    before = (out / "grading.json").read_bytes()
    with pytest.raises(UserError, match=r"holds the grades of the submissions in .*monday") as refused:
        grade(out, tuesday, small_lesson)
    command = f"autograder grade lesson_9_1 {tuesday} --out {out}-tuesday. "
    assert command in str(refused.value)
    assert (out / "grading.json").read_bytes() == before
    grade(Path(f"{out}-tuesday"), tuesday, small_lesson)
    grade(out, monday, small_lesson)


def test_a_folder_that_grows_and_one_of_its_submissions_are_the_same_class(
    tmp_path: Path, small_lesson: Lesson
) -> None:
    monday = section(tmp_path / "monday", "ada")
    grade(tmp_path / "out", monday, small_lesson)
    section(monday, "ben", "cid")
    assert grade(tmp_path / "out", monday, small_lesson) == ()
    assert grade(tmp_path / "out", monday / "ada", small_lesson) == ()
    assert grade(tmp_path / "out", monday / "ben" / ".." / ".." / "monday", small_lesson) == ()


def test_course_and_grades_may_move_together(tmp_path: Path, small_lesson: Lesson) -> None:
    monday = section(tmp_path / "here" / "monday", "ada")
    grade(default_out(monday, small_lesson), monday, small_lesson)
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    moved = tmp_path / "there" / "monday"
    assert grade(default_out(moved, small_lesson), moved, small_lesson) == ()


def test_grades_may_move_alone(tmp_path: Path, small_lesson: Lesson) -> None:
    monday = section(tmp_path / "monday", "ada")
    grade(tmp_path / "out", monday, small_lesson)
    shutil.move(tmp_path / "out", tmp_path / "elsewhere" / "grades")
    assert grade(tmp_path / "elsewhere" / "grades", monday, small_lesson) == ()


def test_submissions_that_moved_are_known_by_their_names(tmp_path: Path, small_lesson: Lesson) -> None:
    monday = section(tmp_path / "monday", "ada", "ben")
    grade(tmp_path / "out", monday, small_lesson)
    shutil.move(monday, tmp_path / "archive" / "monday_2")
    (note,) = grade(tmp_path / "out", tmp_path / "archive" / "monday_2", small_lesson)
    assert "which is gone" in note
    assert grade(tmp_path / "out", tmp_path / "archive" / "monday_2", small_lesson) == ()


def test_others_are_refused_where_the_first_are_gone_too(tmp_path: Path, small_lesson: Lesson) -> None:
    monday, tuesday = (
        section(tmp_path / "monday", "group1", "group2"),
        section(tmp_path / "tuesday", "group1", "group3"),
    )
    grade(tmp_path / "out", monday, small_lesson)
    shutil.rmtree(monday)
    with pytest.raises(UserError, match="holds the grades"):
        grade(tmp_path / "out", tuesday, small_lesson)


def test_the_same_class_downloaded_again_goes_on_when_told(tmp_path: Path, small_lesson: Lesson) -> None:
    first, second = section(tmp_path / "week 1", "ada"), section(tmp_path / "week 2", "ada", "ben")
    grade(tmp_path / "out", first, small_lesson)
    with pytest.raises(UserError, match=r"--out \S+/out --moved") as refused:
        grade(tmp_path / "out", second, small_lesson)
    assert f"'{second}'" in str(refused.value)
    grade(tmp_path / "out", second, small_lesson, moved=True)
    assert grade(tmp_path / "out", second, small_lesson) == ()


def test_a_folder_without_such_a_record_goes_on_and_gets_one(tmp_path: Path, small_lesson: Lesson) -> None:
    monday = section(tmp_path / "monday", "ada")
    (tmp_path / "out").mkdir()
    record = {"schema": "autograder/grading/v1", "lesson": "lesson_9_1", "seed": 1}
    (tmp_path / "out" / "grading.json").write_text(json.dumps(record), encoding="utf-8")
    assert grade(tmp_path / "out", monday, small_lesson) == ()
    kept = json.loads((tmp_path / "out" / "grading.json").read_text())
    assert kept == {**record, "submissions": str(monday), "submissions_from_here": "../monday"}
