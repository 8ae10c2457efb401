"""Write scores into nbgrader's grade book, through nbgrader's own `Gradebook`. What people graded by hand stays.

`autograder grade --export nbgrader` comes here, and so does `nbgrader autograde` in a course folder, by way of
`autograder/integrations/nbgrader_plugin.py`. A lesson is an assignment with one notebook; an exercise is that notebook's
test cell.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import warnings
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbgrader
from alembic.script import ScriptDirectory
from nbgrader.api import Gradebook, MissingEntry
from sqlalchemy.exc import DatabaseError, SAWarning

from autograder.course.lesson import Lesson
from autograder.gradebook.formats import Request, Score, Scores, Written
from autograder.gradebook.roster import Student
from autograder.util.errors import UserError

TEST = "test-"
LOCK_SECONDS = 2.0


class GradebookError(UserError):
    """A grade book that cannot be written to; the sentence says why and what to do."""


def write(scores: Scores, request: Request) -> Written:
    """Write every submission's points as automatic scores; the student's id is the submission's name, as in `submitted/`.

    Each student of a pair has the points under an id of the student's own as well.

    Raises:
        UserError: no grade book was named, it is in use, or it is none that this nbgrader can read.
    """
    path = _path(request)
    lesson = scores.lesson
    notes = []
    with opened(path) as book:
        _prepare(book, lesson)
        for row in scores.rows:
            if row.score is None:
                notes.append(f"{row.submission}: the grader failed on it, so nothing was written for it.")
                continue
            ids = _ids(book, row)
            for name, student in ids.items():
                _write_row(book, lesson, row, name, student)
            if len(ids) > 1:
                notes.append(
                    f"{row.submission}: written for {', '.join(name for name in ids if name != row.submission)} as well."
                )
    return Written((path,), tuple(notes))


def check(request: Request) -> None:
    """See that the grade book can be written to, or made.

    Raises:
        GradebookError: it cannot.
    """
    _look(_path(request))


def _path(request: Request) -> Path:
    if request.gradebook is None:
        raise GradebookError("The export to nbgrader needs --gradebook FILE: the course's gradebook.db.")
    return request.gradebook


def _prepare(book: Gradebook, lesson: Lesson) -> None:
    """Make the assignment, its notebook and its cells, where they are not there yet."""
    book.update_or_create_assignment(lesson.name)
    book.update_or_create_notebook(lesson.name, lesson.name)
    for exercise in lesson.exercises:
        book.update_or_create_grade_cell(
            f"{TEST}{exercise.name}", lesson.name, lesson.name, max_score=exercise.points, cell_type="code"
        )


def _ids(book: Gradebook, row: Score) -> dict[str, Student | None]:
    """Return under which ids a submission's points are written: its name, and for a pair one of each student's own."""
    if len(row.students) < 2:
        return {row.submission: next(iter(row.students), None)}
    known = {student.id for student in book.students}
    ids: dict[str, Student | None] = {row.submission: None}
    for student in row.students:
        own = [
            word
            for word in (student.login, student.github, student.sis_id, student.id, student.email, student.name)
            if word
        ]
        name = next((word for word in own if word in known), own[0] if own else "")
        if name:
            ids[name] = student
    return ids


def _write_row(book: Gradebook, lesson: Lesson, row: Score, name: str, student: Student | None) -> None:
    who = {} if student is None else {"email": student.email}
    book.update_or_create_student(name, **{key: value for key, value in who.items() if value})
    when = {} if row.submitted is None else {"timestamp": _as_nbgrader(row.submitted)}
    book.update_or_create_submission(lesson.name, name, **when)
    handed_in = book.find_submission_notebook(lesson.name, lesson.name, name)
    handed_in.late_submission_penalty = row.penalty or None
    record(book, lesson, name, {points.name: points.points for points in row.exercises})


def _as_nbgrader(when: datetime) -> datetime:
    """Return a time as nbgrader keeps it: in UTC, without saying so."""
    return when.astimezone(UTC).replace(tzinfo=None)


def record(book: Gradebook, lesson: Lesson, student: str, points: Mapping[str, float | None]) -> None:
    """Write a student's points as automatic scores; one that was graded by hand keeps that grade and is marked for a look.

    Args:
        book: the grade book; it has the student's submission.
        lesson: the lesson.
        student: the student's id.
        points: exercise to points; one without an entry, or with None, stays as it is.

    Raises:
        GradebookError: the grade book's points are not the lesson's.
    """
    cells = {cell.name: cell.max_score for cell in book.find_notebook(lesson.name, lesson.name).grade_cells}
    for exercise in lesson.exercises:
        name, earned = f"{TEST}{exercise.name}", points.get(exercise.name)
        if cells.get(name) != exercise.points:
            raise GradebookError(
                f"The grade book has {cells.get(name, 0):g} points for {exercise.name} and the lesson {exercise.points:g}: "
                f"make the notebook again, with `autograder notebooks --course` and `nbgrader generate_assignment {lesson.name}`."
            )
        if earned is not None:
            grade = _grade(book, lesson, name, student)
            grade.auto_score = earned
            grade.needs_manual_grade = grade.manual_score is not None
    book.db.commit()


def _grade(book: Gradebook, lesson: Lesson, name: str, student: str) -> Any:
    """Return the grade book's entry for a cell of a student's."""
    try:
        return book.find_grade(name, lesson.name, lesson.name, student)
    except MissingEntry as error:
        raise GradebookError(
            f"The grade book has a submission of {student} from before {name.removeprefix(TEST)} was an exercise. Remove it with "
            "`nbgrader db student remove`, then try again."
        ) from error


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Gradebook]:
    """Yield a grade book that can be written to; a new one where there is no file.

    Raises:
        GradebookError: it is locked, of another version, or no grade book.
    """
    _look(path)
    try:
        with _alembic_on_path(), warnings.catch_warnings(), Gradebook(f"sqlite:///{path.resolve()}") as book:
            # nbgrader reads while it builds a submission; SQLAlchemy remarks on that at every one.
            warnings.simplefilter("ignore", SAWarning)
            yield book
    except DatabaseError as error:
        raise GradebookError(f"The grade book {path} could not be written to: {error.orig}.") from error


def _look(path: Path) -> None:
    """Refuse a grade book that nbgrader would stumble over halfway."""
    if not path.exists():
        if not path.parent.is_dir():
            raise GradebookError(f"There is no folder {path.parent} for the grade book.")
        return
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=LOCK_SECONDS)) as database:
            database.execute("BEGIN IMMEDIATE")
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            asked = "SELECT version_num FROM alembic_version"
            found = [version for (version,) in database.execute(asked)] if "alembic_version" in tables else []
    except sqlite3.OperationalError as error:
        raise GradebookError(
            f"The grade book {path} is in use ({error}). Stop what is using it, such as formgrader or `nbgrader autograde`, and "
            "try again; nothing was written."
        ) from error
    except sqlite3.DatabaseError as error:
        raise GradebookError(f"{path} is not a grade book of nbgrader's ({error}).") from error
    wanted = ScriptDirectory(str(Path(nbgrader.__file__).parent / "alembic")).get_current_head()
    if tables and found != [wanted]:
        raise GradebookError(
            f"The grade book {path} was made by another version of nbgrader than {nbgrader.__version__}, which is installed. "
            "Make a copy of it, then run `nbgrader db upgrade` in its folder."
        )


@contextlib.contextmanager
def _alembic_on_path() -> Iterator[None]:
    """Let nbgrader find the program `alembic`, which it calls to make a new grade book, where no environment is activated."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
