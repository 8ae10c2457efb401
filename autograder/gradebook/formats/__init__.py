"""Grades for other systems: what every format gets, and which module writes which.

A format is a module with one function, `write(scores: Scores, request: Request) -> Written`. It gets frozen values, reads no
report and grades nothing. A module is imported when its format is asked for, so that nobody needs a library that they do not use.
"""

from __future__ import annotations

import csv
import importlib
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from autograder.course.lesson import Lesson
from autograder.gradebook.roster import Roster, Student
from autograder.util.files import write_whole
from autograder.util.safe_text import cell

MODULES = {
    "canvas": "autograder.gradebook.formats.canvas",
    "classroom": "autograder.gradebook.formats.classroom",
    "classroom50": "autograder.gradebook.formats.classroom50",
    "gradescope": "autograder.gradebook.formats.gradescope",
    "moodle": "autograder.gradebook.formats.moodle",
    "nbgrader": "autograder.gradebook.formats.nbgrader",
}


@dataclass(frozen=True)
class Points:
    """An exercise's points, an instructor's own decisions included, and what its student reads about it.

    `points` is None where the grader failed, 0 where the module never ran.
    """

    name: str
    points: float | None
    max_points: float
    bonus: bool = False
    feedback: tuple[str, ...] = ()


@dataclass(frozen=True)
class Score:
    """What one submission got.

    Attributes:
        submission: its name in the grading folder.
        status: "graded", "failed_to_import", "not_found", "refused" or "grader_error".
        reason: why it was not graded, or which cells of a notebook raised; "" where there is nothing to say.
        exercises: in the manifest's order, every exercise; before any penalty.
        raw: the exercises' points in all; None where the grader failed.
        penalty: the points taken off for lateness.
        score: what counts, raw less penalty; None where the grader failed.
        max_score: what could be had.
        late: why the penalty, in a sentence; "" where the submission is not late.
        submitted: when it was handed in, where that is known.
        due: until when there was time, where there is a due date and this submission has one.
        feedback: the student's page, in Markdown, the penalty told.
        students: who handed it in, by the roster, each of a pair; none where no roster was given or it has no such entry.
        beside: the submission of the same student that counts, where this one does not.
    """

    submission: str
    status: str
    reason: str
    exercises: tuple[Points, ...]
    raw: float | None
    penalty: float
    score: float | None
    max_score: float
    late: str
    submitted: datetime | None
    feedback: str
    students: tuple[Student, ...] = ()
    due: datetime | None = None
    beside: str = ""


@dataclass(frozen=True)
class Scores:
    """Everything that a grading folder holds, in the order of the submissions' names; and sentences for the instructor."""

    lesson: Lesson
    rows: tuple[Score, ...]
    roster: Roster
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Request:
    """Where to write, and what only some formats need.

    Attributes:
        out: the folder for files of ours: `exports/` in the grading folder.
        worksheet: the grading worksheet that was downloaded from Moodle.
        gradebook: nbgrader's `gradebook.db`.
        title: what the grade book calls the assignment; "" for the lesson's own title.
    """

    out: Path
    worksheet: Path | None = None
    gradebook: Path | None = None
    title: str = ""


@dataclass(frozen=True)
class Written:
    """What a format wrote: the files, and sentences for the instructor (who was left out, and why)."""

    paths: tuple[Path, ...]
    notes: tuple[str, ...] = ()


class Format(Protocol):
    """A module of this package.

    One that needs a file of the instructor's has a function `check(request)` besides, which raises `UserError` where `write`
    would not get on with that file.
    """

    def write(self, scores: Scores, request: Request) -> Written:
        """Write the scores.

        Raises:
            UserError: something that the instructor can put right; nothing was written then.
        """


def load(name: str) -> Format:
    """Return a format's module; `name` is a key of `MODULES`."""
    module: Format = importlib.import_module(MODULES[name])
    return module


def check(name: str, request: Request) -> None:
    """See that a format has what it needs, before there is anything to write.

    Raises:
        UserError: it has not.
    """
    look: Callable[[Request], None] | None = getattr(load(name), "check", None)
    if look is not None:
        look(request)


def counting(rows: Sequence[Score]) -> Score | None:
    """Return which of a student's several submissions counts: the one with something in it; None where several have.

    Moodle makes two folders of one student where files and online text may be handed in.
    """
    for wanted in (lambda row: row.status not in ("not_found", "refused"), lambda row: row.status == "refused"):
        found = [row for row in rows if wanted(row)]
        if found:
            return found[0] if len(found) == 1 else None
    return rows[0]


def plain(number: float) -> str:
    """Return points as a grade book wants them: two decimals at most, none where there are none."""
    return f"{round(number, 2):g}"


def write_csv(path: Path, lines: Iterable[Sequence[str]]) -> None:
    """Write a table whose cells no spreadsheet takes for formulas."""
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerows([cell(value) for value in line] for line in lines)
    write_whole(path, file.getvalue())
