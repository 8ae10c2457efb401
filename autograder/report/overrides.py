"""An instructor's own decisions: read `overrides.csv` of a grading folder, and lay it over reports.

A report keeps what the grader gave beside each decision, so that a decision can be changed or taken back at any time.
"""

from __future__ import annotations

import csv
import difflib
import io
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.course.lesson import Exercise, Lesson
from autograder.grading.results import ReportStatus
from autograder.report.schema import ExerciseRow, OverrideRow, ReportRow
from autograder.util.errors import UserError
from autograder.util.files import read_plain
from autograder.util.safe_text import cell, told_apart

MAX_BYTES = 16 << 20
COLUMNS = ("submission", "exercise", "points", "reason")


class OverridesError(UserError):
    """A row that does not fit; the sentence names the line and says what to do."""


@dataclass(frozen=True)
class Decision:
    """The points that an instructor gives for an exercise of a submission, and the reason that its student reads."""

    submission: str
    exercise: str
    points: float
    reason: str


@dataclass(frozen=True)
class Overrides:
    """What `overrides.csv` holds.

    Attributes:
        decisions: submission to its decisions, in the order of the file.
        unknown: sentences on rows whose submission nobody knows.
    """

    decisions: Mapping[str, tuple[Decision, ...]]
    unknown: tuple[str, ...] = ()

    def of(self, submission: str) -> tuple[Decision, ...]:
        """Return the decisions on a submission."""
        return self.decisions.get(submission, ())


def read(path: Path, lesson: Lesson, known: Collection[str]) -> Overrides:
    """Read an instructor's decisions; no file is none.

    Args:
        path: the file.
        lesson: whose exercises they are on.
        known: the submissions that there are; rows on others are told in `unknown`.

    Raises:
        OverridesError: a row does not fit.
    """
    try:
        # utf-8-sig: spreadsheets put a byte-order mark first.
        text = read_plain(path, MAX_BYTES, follow=True).decode("utf-8-sig")
    except FileNotFoundError:
        return Overrides({})
    except UnicodeDecodeError as error:
        raise OverridesError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8.") from error
    except OSError as error:
        raise OverridesError(f"{path} could not be read: {error.strerror}.") from error
    try:
        return _parse(path, text, lesson, known)
    except csv.Error as error:
        raise OverridesError(f"{path} is not a table in CSV format: {error}.") from error


def _parse(path: Path, text: str, lesson: Lesson, known: Collection[str]) -> Overrides:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = [column.strip() for column in next(reader, [])]
    if sorted(header) != sorted(COLUMNS):
        raise OverridesError(f"{path}, line 1: the columns must be {','.join(COLUMNS)}, with commas between them.")
    # As it stands in scores.csv: behind an apostrophe where it would be a formula, invisible characters by their numbers.
    names = {cell(shown): name for name, shown in told_apart(known).items()} | {name: name for name in known}
    decisions: dict[str, list[Decision]] = {}
    lines: dict[tuple[str, str], int] = {}
    unknown = []
    for values in reader:
        where = f"{path}, line {reader.line_num}"
        if not any(value.strip() for value in values):
            continue
        if len(values) != len(header):
            raise OverridesError(f"{where}: {len(values)} values where {len(header)} belong; quote a text with commas.")
        row = dict(zip(header, (value.strip() for value in values), strict=True))
        name = names.get(row["submission"])
        if name is None:
            unknown.append(f"{where}: there is no submission {row['submission']!r}.{_hint(row['submission'], names)}")
            name = row["submission"]
        decision = Decision(name, row["exercise"], _points(row, lesson, where), row["reason"])
        key = (name, decision.exercise)
        if key in lines:
            raise OverridesError(
                f"{where}: line {lines[key]} decides on {decision.exercise} of {name!r} already; keep one of the two."
            )
        lines[key] = reader.line_num
        decisions.setdefault(name, []).append(decision)
    return Overrides({name: tuple(made) for name, made in decisions.items()}, tuple(unknown))


def _points(row: Mapping[str, str], lesson: Lesson, where: str) -> float:
    """Return a row's points, once its exercise and they are known to fit."""
    try:
        exercise = lesson.exercise(row["exercise"])
    except KeyError:
        listed = [exercise.name for exercise in lesson.exercises]
        hint = _hint(row["exercise"], listed) or f" There are: {', '.join(listed)}."
        raise OverridesError(f"{where}: {lesson.name} has no exercise {row['exercise']!r}.{hint}") from None
    try:
        points = float(row["points"])
    except ValueError:
        raise OverridesError(f"{where}: the points must be a number such as 7.5, not {row['points']!r}.") from None
    if not math.isfinite(points) or not 0 <= points <= exercise.points:
        raise OverridesError(
            f"{where}: {exercise.name} is worth {exercise.points:g} points; give 0 to {exercise.points:g}, "
            f"not {row['points']}."
        )
    return points


def _hint(word: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""


def agree(row: ReportRow, decisions: Collection[Decision]) -> bool:
    """Return whether a report shows these decisions and no others."""
    shown = {
        (entry["name"], entry["points"], entry["override"]["reason"])
        for entry in row["exercises"]
        if entry.get("override")
    }
    return shown == {(decision.exercise, decision.points, decision.reason) for decision in decisions}


def lay_over(row: ReportRow, decisions: Collection[Decision], lesson: Lesson) -> ReportRow:
    """Return a report as JSON with these decisions laid over what the grader gave, and none that it showed before.

    A submission that the grader failed on keeps a blank score until every exercise is decided.
    """
    entries = [_taken_back(entry) for entry in row["exercises"] if entry["scenarios"]]
    decided = {decision.exercise: decision for decision in decisions}
    if decided:
        given = {entry["name"]: entry for entry in entries}
        entries = [_decided(given.get(e.name) or _bare(e), decided.get(e.name), e.points) for e in lesson.exercises]
    exercises = lesson.exercises
    score: float | None = round(sum(entry["points"] for entry in entries), 2)
    if row["status"] == ReportStatus.GRADER_ERROR and len(decided) < len(exercises):
        score = None
    most = sum(entry["max_points"] for entry in entries) if entries else sum(e.points for e in exercises)
    return {**row, "score": score, "max_score": most, "exercises": entries}


def _decided(entry: ExerciseRow, decision: Decision | None, worth: float) -> ExerciseRow:
    """Return an exercise's part of a report with a decision laid over it; one that could not run counts then."""
    if decision is None:
        return entry
    override: OverrideRow = {
        "reason": decision.reason,
        "graded_points": entry["points"],
        "graded_max_points": entry["max_points"],
    }
    return {**entry, "points": decision.points, "max_points": worth, "override": override}


def _taken_back(entry: ExerciseRow) -> ExerciseRow:
    """Return an exercise's part of a report as the grader made it."""
    plain = entry.copy()
    override = plain.pop("override", None)
    if override:
        plain["points"], plain["max_points"] = override["graded_points"], override["graded_max_points"]
    return plain


def _bare(exercise: Exercise) -> ExerciseRow:
    """Return an exercise's part of a report whose module never ran. It has no scenarios, by which it is known again."""
    return {
        "name": exercise.name,
        "points": 0.0,
        "max_points": exercise.points,
        "bonus": exercise.bonus,
        "forgeable": exercise.forgeable,
        "diagnosis": None,
        "scenarios": [],
        "feedback": [],
    }
