"""A CSV file that Canvas takes under Grades, Import. Canvas finds students by `ID`, `SIS User ID` or `SIS Login ID`."""

from __future__ import annotations

from autograder.course.lesson import TOTAL_POINTS
from autograder.gradebook.formats import Request, Score, Scores, Written, write_csv
from autograder.gradebook.roster import Student
from autograder.util.errors import UserError

WHO = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]


def write(scores: Scores, request: Request) -> Written:
    """Write `canvas.csv`: every student of the roster, with a score where there is one.

    Raises:
        UserError: there is no roster, or it has nothing by which Canvas could find anybody.
    """
    students = scores.roster.students
    if not any(student.id or student.sis_id or student.login for student in students):
        raise UserError(
            "Canvas finds students by their ids: give --roster FILE with a column `id`, `sis_id` or `login`. Canvas's own export "
            "of the grade book (Grades, Export) can be used as it is."
        )
    title = request.title or f"Lesson {scores.lesson.number}: {scores.lesson.title}"
    by_student = {student.line: row for row in scores.rows for student in row.students}
    lines = [[*WHO, title], ["    Points Possible", "", "", "", "", f"{TOTAL_POINTS:.2f}"]]
    lines += [[*_who(student), _grade(student, by_student.get(student.line))] for student in students]
    path = request.out / "canvas.csv"
    write_csv(path, lines)
    less = [row.submission for row in scores.rows if row.score is not None and row.max_score != TOTAL_POINTS]
    note = f"{', '.join(less)}: could have fewer than {TOTAL_POINTS} points, because a part of the lesson could not run here."
    return Written((path,), (note,) if less else ())


def _who(student: Student) -> list[str]:
    return [student.name, student.id, student.sis_id, student.login, student.section]


def _grade(student: Student, row: Score | None) -> str:
    """Return a grade with two decimals; EX for who is excused; nothing, which changes nothing, where there is no score."""
    if student.excused:
        return "EX"
    return "" if row is None or row.score is None else f"{row.score:.2f}"
