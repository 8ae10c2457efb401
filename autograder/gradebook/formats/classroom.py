"""Grades as the command `gh classroom assignment-grades` wrote them; for whatever read that table."""

from __future__ import annotations

from datetime import UTC

from autograder.gradebook.formats import Request, Score, Scores, Written, plain, write_csv
from autograder.gradebook.roster import Student

# Who handed in what nobody in the roster has.
NOBODY = (Student(),)
HEADER = [
    "assignment_name",
    "assignment_url",
    "starter_code_url",
    "github_username",
    "roster_identifier",
    "student_repository_name",
    "student_repository_url",
    "submission_timestamp",
    "points_awarded",
    "points_available",
]


def write(scores: Scores, request: Request) -> Written:
    """Write `classroom.csv`. The addresses stay empty: a cloned tree does not tell them, and the service has ended."""
    title = request.title or f"Lesson {scores.lesson.number}: {scores.lesson.title}"
    path = request.out / "classroom.csv"
    write_csv(path, [HEADER, *(line for row in scores.rows for line in _lines(title, row))])
    nameless = [row.submission for row in scores.rows if not all(student.github for student in row.students or NOBODY)]
    note = f"No GitHub name is known for {', '.join(nameless)}; a roster's column `github` would give it."
    return Written((path,), (note,) if nameless else ())


def _lines(title: str, row: Score) -> list[list[str]]:
    """Return a line for each student of a submission."""
    moment = row.submitted.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if row.submitted else ""
    awarded = "" if row.score is None else plain(row.score)
    points = [row.submission, "", moment, awarded, plain(row.max_score)]
    return [[title, "", "", student.github, student.id, *points] for student in row.students or NOBODY]
