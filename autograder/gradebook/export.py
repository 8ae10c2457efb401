"""From a grading folder to other grade books: who is who, what lateness costs, and a file for each format.

It reads reports that are finished and grades nothing. What it lays over them stands in files of its own (`late.csv`,
`exports/`), so that a later `grade` finds everything as it left it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from autograder.course.lesson import Lesson
from autograder.gradebook import formats as exports
from autograder.gradebook import late_policy
from autograder.gradebook.formats import Points, Request, Score, Scores
from autograder.gradebook.late_policy import Lateness, Policy
from autograder.gradebook.moments import Moment
from autograder.gradebook.roster import Roster, RosterError, Student
from autograder.report.feedback import exercise_block, loading_sentences, page
from autograder.report.report import feedback_path
from autograder.report.results_folder import read_reports
from autograder.report.schema import ReportRow
from autograder.submission import submission
from autograder.util.files import write_whole
from autograder.util.safe_text import told_apart


@dataclass(frozen=True)
class ExportOptions:
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
        late_policy.settle(out, self.due, self.rule, self.source)
        for student in self.roster.students if self.roster is not None else ():
            _times(student)

    def request(self, out: Path) -> Request:
        """Return what a format gets of them, with the files of a grading folder going below that folder."""
        return Request(out / "exports", self.worksheet, self.gradebook, self.title)


@dataclass(frozen=True)
class ExportResult:
    """The files that were written, and sentences for the instructor."""

    paths: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()


def export_grades(lesson: Lesson, folder: Path, out: Path, wishes: ExportOptions) -> ExportResult:
    """Write what is wanted of a grading folder.

    Args:
        lesson: the lesson.
        folder: where the submissions are; times may come from there.
        out: the grading folder.
        wishes: what is wanted.

    Raises:
        UserError: something that the instructor can put right.
    """
    policy = late_policy.settle(out, wishes.due, wishes.rule, wishes.source)
    late_policy.record(out, policy)
    if policy is None and wishes.due is None and not wishes.formats and wishes.roster is None:
        return ExportResult()
    entries = submission.names(submission.discover(folder, lesson))
    scores = gather(lesson, out, wishes.roster or Roster(), policy, entries)
    _tell(scores, out)
    paths = _lateness(scores, policy, out)
    notes = [*scores.roster.notes, *_time_notes(scores.roster, policy, wishes), *scores.notes]
    if wishes.roster is not None:
        paths += _unmatched(scores, out)
        notes += _unmatched_notes(scores)
    for name in wishes.formats:
        written = exports.load(name).write(scores, wishes.request(out))
        paths += written.paths
        notes += [f"{name}: {note}" for note in written.notes]
    return ExportResult(tuple(paths), tuple(notes))


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
    rows, notes = _with_students(rows, roster)
    if policy is not None:
        rows = [_judged(row, policy, (entries or {}).get(row.submission), lesson) for row in rows]
    return Scores(lesson, tuple(rows), roster, tuple(notes))


def _with_students(rows: Sequence[Score], roster: Roster) -> tuple[list[Score], list[str]]:
    """Return the submissions with their students; of a student's several, only the one that counts has him.

    Raises:
        RosterError: several could count.
    """
    owners = roster.match([row.submission for row in rows])
    of_student: dict[int, list[Score]] = {}
    for row in rows:
        for student in owners.get(row.submission, ()):
            of_student.setdefault(student.line, []).append(row)
    counts, notes = {}, []
    for student in roster.students:
        several = of_student.get(student.line, [])
        counts[student.line] = exports.counting(several) if several else None
        if len(several) > 1:
            notes.append(_one_of(student, several, counts[student.line]))
    found = []
    for row in rows:
        all_of_it = owners.get(row.submission, ())
        having = tuple(student for student in all_of_it if counts[student.line] is row)
        others = [counts[student.line] for student in all_of_it if counts[student.line] is not row]
        beside = others[0].submission if others and others[0] is not None and not having else ""
        found.append(replace(row, students=having, beside=beside))
    return found, notes


def _one_of(student: Student, several: Sequence[Score], counts: Score | None) -> str:
    names = [row.submission for row in several]
    if counts is None:
        raise RosterError(
            f"{names[0]!r} and {names[1]!r} both belong to {student.shown} (line {student.line} of the roster). Move the one "
            "that does not count out of the folder, and its report out of the grades."
        )
    rest = ", ".join(name for name in names if name != counts.submission)
    return f"{counts.submission} is what counts of {student.shown}; there is nothing to grade in {rest}."


def _judged(row: Score, policy: Policy, entry: Path | None, lesson: Lesson) -> Score:
    """Return a submission with what lateness costs it.

    What is handed in by a pair is one thing, so one due date counts for it, the latest that one of them has; and where the roster
    has several times, the earliest.
    """
    due = _due(row.students, policy)
    said = [student.submitted for student in row.students if student.submitted]
    earliest = min(said, key=lambda text: late_policy.parse_submitted(text).when.astimezone(UTC), default="")
    moment = late_policy.handed_in(entry, lesson.name, policy.source, earliest)
    if due is None:
        return replace(row, submitted=moment)
    return _with_lateness(replace(row, due=due), late_policy.judge(replace(policy, due=due), row.raw, moment))


def _due(students: Sequence[Student], policy: Policy) -> datetime | None:
    """Return until when these students have time; None where one of them has no due date."""
    said = [student.due or None for student in students] or [None]
    if late_policy.NO_DUE_DATE in [words.casefold() for words in said if words is not None]:
        return None
    dues = [policy.due if words is None else late_policy.parse_due(words).when for words in said]
    return max(dues, key=lambda due: due.astimezone(UTC))


def _score(lesson: Lesson, row: ReportRow) -> Score:
    given = {entry["name"]: entry for entry in row["exercises"]}
    failed = row["score"] is None
    exercises = []
    for exercise in lesson.exercises:
        entry = given.get(exercise.name)
        points, most = (entry["points"], entry["max_points"]) if entry else (0.0, exercise.points)
        told = tuple(line.removeprefix("  ") for line in exercise_block(entry)[1:]) if entry else ()
        exercises.append(Points(exercise.name, None if failed else points, most, exercise.bonus, told))
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
    lines, shown = [header], _shown(scores)
    for row in scores.rows:
        due = late_policy.shown(row.due) if row.due is not None else late_policy.NO_DUE_DATE
        moment = late_policy.shown(row.submitted) if row.submitted is not None else ""
        raw, left = ("" if points is None else exports.plain(points) for points in (row.raw, row.score))
        lines.append([shown[row.submission], moment, due, raw, exports.plain(row.penalty), left, row.late])
    exports.write_csv(path, lines)
    return [path]


def _unmatched(scores: Scores, out: Path) -> list[Path]:
    """Write `unmatched.csv`: submissions of nobody in the roster, those that do not count, students without a submission."""
    path = out / "unmatched.csv"
    strangers, absent = _without_partner(scores)
    shown = _shown(scores)
    lines = [["what", "who", "score"]]
    lines += [["submission of nobody in the roster", shown[row.submission], _points(row)] for row in strangers]
    beside = [row for row in scores.rows if row.beside]
    lines += [[f"does not count: {shown[row.beside]} does", shown[row.submission], _points(row)] for row in beside]
    lines += [["student without a submission", name, ""] for name in absent]
    exports.write_csv(path, lines)
    return [path]


def _shown(scores: Scores) -> dict[str, str]:
    """Return how submissions are called in tables and messages: as in `scores.csv`, where no two look alike."""
    return told_apart(row.submission for row in scores.rows)


def _points(row: Score) -> str:
    return "" if row.score is None else exports.plain(row.score)


def _without_partner(scores: Scores) -> tuple[list[Score], list[str]]:
    known = {student.line for row in scores.rows for student in row.students}
    absent = [student.shown for student in scores.roster.students if student.line not in known]
    return [row for row in scores.rows if not row.students and not row.beside], absent


def _unmatched_notes(scores: Scores) -> Iterator[str]:
    strangers, absent = _without_partner(scores)
    shown = _shown(scores)
    if strangers:
        yield f"Submissions of nobody in the roster: {', '.join(shown[row.submission] for row in strangers)}."
    if absent:
        yield f"Students without a submission: {', '.join(absent)}."
    if strangers and absent and not any(student.submissions or student.github for student in scores.roster.students):
        yield (
            "The roster does not say whose folder is whose, so they were matched by id, login, address and name. A column "
            "`submission` with the folder's name helps where that is not enough."
        )


def _times(student: Student) -> dict[str, Moment]:
    """Return the moments of a roster's row by their column.

    Raises:
        RosterError: one of them is none.
    """
    found = {}
    for column, parse in (("submitted", late_policy.parse_submitted), ("due", late_policy.parse_due)):
        said = getattr(student, column)
        if said and not (column == "due" and said.casefold() == late_policy.NO_DUE_DATE):
            try:
                found[column] = parse(said)
            except late_policy.LateError as error:
                raise RosterError(f"Line {student.line} of the roster, column `{column}`: {error}") from error
    return found


def _time_notes(roster: Roster, policy: Policy | None, wishes: ExportOptions) -> Iterator[str]:
    """Say where clocks that are set make a time doubtful, and where extensions have nothing to extend."""
    if policy is None:
        if wishes.due is None and any(student.due for student in roster.students):
            yield "The roster's column `due` was not used: it overrides a due date for all, and there is none. Add --due."
        return
    if wishes.due is not None and (note := late_policy.parse_due(wishes.due).note):
        yield f"--due: {note}"
    for student in roster.students:
        for column, moment in _times(student).items():
            if moment.note:
                yield f"Line {student.line} of the roster, column `{column}`: {moment.note}"
