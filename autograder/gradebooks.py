"""From a grading folder to other grade books: who is who, what lateness costs, and a file a format.

It reads reports that are finished and grades nothing. What it lays over them stands in files of its own (`late.csv`,
`exports/`), so that a later `grade` finds everything as it left it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder import exports, late, submission
from autograder import roster as rosters
from autograder.exports import Points, Request, Score, Scores
from autograder.feedback import exercise_block, loading_sentences, page
from autograder.files import write_whole
from autograder.grades import read_reports
from autograder.late import Lateness, Policy
from autograder.lesson import Lesson
from autograder.report import feedback_path
from autograder.roster import Roster, RosterError


@dataclass(frozen=True)
class Wishes:
    """What is wanted beside the grades themselves.

    Attributes:
        formats: keys of `exports.MODULES`.
        roster: the roster; None where none was given.
        due: when the lesson is due, as typed; None for what the folder has recorded.
        rule: what lateness costs, as typed.
        source: where times come from, one of `late.SOURCES`.
        worksheet: Moodle's grading worksheet.
        gradebook: nbgrader's data base.
        title: what the grade book calls the assignment.
    """

    formats: tuple[str, ...] = ()
    roster: Roster | None = None
    due: str | None = None
    rule: str | None = None
    source: str | None = None
    worksheet: Path | None = None
    gradebook: Path | None = None
    title: str = ""

    def check(self, out: Path) -> None:
        """See that what was typed can be understood and done, before hours are spent on grading into `out`.

        Raises:
            UserError: it cannot.
        """
        for name in self.formats:
            exports.check(name, self.request(out))
        late.settle(out, self.due, self.rule, self.source)
        for student in self.roster.students if self.roster is not None else ():
            if student.submitted:
                _said(student)

    def request(self, out: Path) -> Request:
        """Return what a format gets of them, with the files of a grading folder going below that folder."""
        return Request(out / "exports", self.worksheet, self.gradebook, self.title)


@dataclass(frozen=True)
class Delivered:
    """The files that were written, and sentences for the instructor."""

    paths: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()


def deliver(lesson: Lesson, folder: Path, out: Path, wishes: Wishes) -> Delivered:
    """Write what is wanted of a grading folder.

    Args:
        lesson: the lesson.
        folder: where the submissions are; times may come from there.
        out: the grading folder.
        wishes: what is wanted.

    Raises:
        UserError: something that the instructor can put right.
    """
    policy = late.settle(out, wishes.due, wishes.rule, wishes.source)
    late.record(out, policy)
    if policy is None and wishes.due is None and not wishes.formats and wishes.roster is None:
        return Delivered()
    entries = submission.names(submission.discover(folder, lesson))
    scores = gather(lesson, out, wishes.roster or Roster(), policy, entries)
    _tell(scores, out)
    paths, notes = _lateness(scores, policy, out), list(scores.roster.notes)
    if wishes.roster is not None:
        paths += _unmatched(scores, out)
        notes += _unmatched_notes(scores)
    for name in wishes.formats:
        written = exports.load(name).write(scores, wishes.request(out))
        paths += written.paths
        notes += [f"{name}: {note}" for note in written.notes]
    return Delivered(tuple(paths), tuple(notes))


def gather(
    lesson: Lesson, out: Path, roster: Roster, policy: Policy | None, entries: Mapping[str, Path] | None = None
) -> Scores:
    """Return what a grading folder holds, as grade books get it.

    Args:
        lesson: the lesson.
        out: the grading folder.
        roster: who is who.
        policy: when the lesson was due; None where that does not matter.
        entries: submissions to their folders, as far as they are still there.

    Raises:
        UserError: the roster gives two submissions to one student, or a time cannot be understood.
    """
    rows = sorted((_score(lesson, row) for row in read_reports(out)), key=lambda score: score.submission)
    students = roster.match([row.submission for row in rows])
    found = []
    for row in rows:
        student = students.get(row.submission)
        row = replace(row, student=student)
        if policy is not None:
            said = student.submitted if student is not None else ""
            moment = late.handed_in((entries or {}).get(row.submission), lesson.name, policy.source, said)
            row = _with_lateness(row, late.judge(policy, row.raw, moment))
        found.append(row)
    return Scores(lesson, tuple(found), roster)


def _score(lesson: Lesson, row: dict[str, Any]) -> Score:
    given = {entry["name"]: entry for entry in row["exercises"]}
    failed = row["score"] is None
    exercises = []
    for exercise in lesson.exercises:
        entry = given.get(exercise.name, {})
        exercises.append(
            Points(
                exercise.name,
                None if failed else entry.get("points", 0.0),
                entry.get("max_points", exercise.points),
                exercise.bonus,
                tuple(line.removeprefix("  ") for line in exercise_block(entry)[1:]) if entry else (),
            )
        )
    return Score(
        submission=row["submission"],
        status=row["status"],
        reason=row["reason"] or " ".join(loading_sentences(row)),
        exercises=tuple(exercises),
        raw=row["score"],
        penalty=0.0,
        score=row["score"],
        max_score=row["max_score"],
        late="",
        submitted=None,
        feedback=page(lesson, row),
    )


def _with_lateness(row: Score, lateness: Lateness) -> Score:
    score = None if row.raw is None else round(row.raw - lateness.penalty, 2)
    told = row.feedback
    if lateness.why and lateness.submitted is not None and score is not None:
        told = f"{told.rstrip()}\n\n## Late\n\n{lateness.why}\n\n**{score:g} of {row.max_score:g} points count.**\n"
    return replace(
        row, score=score, penalty=lateness.penalty, late=lateness.why, submitted=lateness.submitted, feedback=told
    )


def _tell(scores: Scores, out: Path) -> None:
    """Bring the students' pages up to date with what lateness costs, or no longer costs."""
    for row in scores.rows:
        path = feedback_path(out, row.submission)
        if not path.is_file() or path.read_text(encoding="utf-8") != row.feedback:
            write_whole(path, row.feedback)


def _lateness(scores: Scores, policy: Policy | None, out: Path) -> list[Path]:
    """Write `late.csv`, or take away the one of a policy that was taken back."""
    path = out / "late.csv"
    if policy is None:
        path.unlink(missing_ok=True)
        return []
    header = ["submission", "submitted", "due", "raw_score", "late_penalty", "score", "why"]
    due = late.shown(policy.due)
    lines = [header]
    for row in scores.rows:
        moment = late.shown(row.submitted) if row.submitted is not None else ""
        raw, left = ("" if points is None else exports.plain(points) for points in (row.raw, row.score))
        lines.append([row.submission, moment, due, raw, exports.plain(row.penalty), left, row.late])
    exports.write_csv(path, lines)
    return [path]


def _unmatched(scores: Scores, out: Path) -> list[Path]:
    """Write `unmatched.csv`: submissions that nobody in the roster has, and students without a submission."""
    path = out / "unmatched.csv"
    strangers, absent = _without_partner(scores)
    lines = [["what", "who", "score"]]
    for row in strangers:
        score = "" if row.score is None else exports.plain(row.score)
        lines.append(["submission of nobody in the roster", row.submission, score])
    lines += [["student without a submission", name, ""] for name in absent]
    exports.write_csv(path, lines)
    return [path]


def _without_partner(scores: Scores) -> tuple[list[Score], list[str]]:
    known = {row.student.line for row in scores.rows if row.student is not None}
    absent = [student.shown for student in scores.roster.students if student.line not in known]
    return [row for row in scores.rows if row.student is None], absent


def _unmatched_notes(scores: Scores) -> Iterator[str]:
    strangers, absent = _without_partner(scores)
    if strangers:
        yield f"Submissions of nobody in the roster: {', '.join(row.submission for row in strangers)}."
    if absent:
        yield f"Students without a submission: {', '.join(absent)}."


def _said(student: rosters.Student) -> None:
    try:
        late.parse_due(student.submitted)
    except late.LateError as error:
        raise RosterError(f"Line {student.line} of the roster, column `submitted`: {error}") from error
