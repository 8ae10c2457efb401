"""Read grading folders: of each report what an overview counts, and of what was kept beside it the text and the wrong outputs.

A report that cannot be used is left out, with a sentence; the others count.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.course import lesson as lessons
from autograder.course.lesson import Lesson, LessonError
from autograder.grading import kept_outputs
from autograder.grading.results import ReportStatus, VerdictKind
from autograder.report.report import kept_path
from autograder.report.schema import SCHEMA, ReportRow
from autograder.util.errors import UserError
from autograder.util.files import read_plain
from autograder.util.safe_text import name as visible

MAX_REPORT_BYTES = 32 << 20
MAX_TABLE_BYTES = 64 << 20
# How many reports that could not be used are named.
MAX_NAMED = 5


class OverviewError(UserError):
    """Something of which no overview can be made; the sentence says what to do."""


@dataclass(frozen=True)
class GradingFolder:
    """A folder that `autograder grade` wrote, and the lesson that it is of."""

    path: Path
    lesson: Lesson


@dataclass(frozen=True, slots=True)
class Mistake:
    """A known misconception that a report names."""

    name: str
    says: str
    section: str


@dataclass(frozen=True, slots=True)
class ExerciseResult:
    """What a submission has for an exercise.

    Attributes:
        name: the exercise.
        points: what it earned.
        most: what it could earn.
        failed: the scenarios that it failed.
        ran: how many scenarios were judged.
        mistakes: what its failure is known as.
        follows: the exercise that it follows from, or may follow from, or "".
        comparable: whether each of its failures is one of outputs or exceptions, which another's can be set beside.
    """

    name: str
    points: float
    most: float
    failed: tuple[str, ...]
    ran: int
    mistakes: tuple[Mistake, ...]
    follows: str
    comparable: bool

    @property
    def solved(self) -> bool:
        """Whether all of its points were earned."""
        return self.points >= self.most > 0


@dataclass(frozen=True, slots=True)
class Entry:
    """What an overview counts of a report."""

    lesson: str
    submission: str
    status: str
    score: float | None
    max_score: float
    exercises: tuple[ExerciseResult, ...]
    basis: tuple[int, str, str]

    @property
    def share(self) -> float | None:
        """The score as a share of what could be had."""
        return None if self.score is None or not self.max_score else self.score / self.max_score


@dataclass(frozen=True)
class Kept:
    """What is kept of a submission beside its report."""

    text: str = ""
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Read:
    """A report that can be used: in brief, and whole."""

    entry: Entry
    row: ReportRow
    kept: Kept


def folders(root: Path, paths: Sequence[Path]) -> tuple[GradingFolder, ...]:
    """Return the grading folders at these paths.

    Args:
        root: the course.
        paths: as they were typed.

    Raises:
        OverviewError: one of them is none, or two are of the same lesson.
    """
    found: dict[str, GradingFolder] = {}
    for path in dict.fromkeys(path.resolve() for path in paths):
        lesson = _lesson_of(root, path)
        if lesson.name in found:
            raise OverviewError(
                f"{found[lesson.name].path} and {path} are both grades of {lesson.name}. Give one of them: two classes have "
                "an overview each."
            )
        found[lesson.name] = GradingFolder(path, lesson)
    order = lessons.names(root)
    return tuple(sorted(found.values(), key=lambda one: order.index(one.lesson.name)))


def _lesson_of(root: Path, path: Path) -> Lesson:
    try:
        name = json.loads(read_plain(path / "grading.json", 1 << 20))["lesson"]
    except FileNotFoundError as error:
        raise OverviewError(
            f"{path} is not a grading folder: it has no grading.json. Give a folder that `autograder grade` wrote."
        ) from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise OverviewError(f"{path / 'grading.json'} is damaged. Grade into a new folder, then try again.") from error
    if name not in lessons.names(root):
        raise OverviewError(f"{path} holds grades of {name!r}, which is no lesson of the course in {root}.")
    try:
        return lessons.load(root, str(name))
    except LessonError as error:
        raise OverviewError(f"{path} cannot be read by its lesson: {error}") from error


def file_names(folder: GradingFolder) -> list[str]:
    """Return the names of the files that a folder's reports have, in order."""
    return sorted(path.name for path in (folder.path / "reports").glob("*.json"))


def read(folder: GradingFolder, file_name: str) -> Read | str:
    """Return a report by its file's name, or why it cannot be used."""
    path = folder.path / "reports" / file_name
    try:
        row: ReportRow = json.loads(read_plain(path, MAX_REPORT_BYTES))
        if row["schema"] != SCHEMA:
            return f"it has the schema {visible(str(row['schema']), 60)}, not {SCHEMA}; grade again to renew it"
        if row["lesson"] != folder.lesson.name:
            return f"it is of {visible(str(row['lesson']), 60)}"
        if kept_path(folder.path, row["submission"]).name != file_name:
            return "it is another submission's, by what stands in it"
        return Read(_entry(row), row, read_kept(folder.path, row))
    except FileNotFoundError:
        return "it is gone"
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "it is damaged or half-written; grade again to renew it"


def read_kept(out: Path, row: ReportRow) -> Kept:
    """Return what is kept of a submission; nothing where that is missing, damaged, or of an earlier module."""
    try:
        found = json.loads(read_plain(kept_path(out, row["submission"]), MAX_REPORT_BYTES))
        fits = found["schema"] == kept_outputs.SCHEMA and found["module_sha256"] == row["module_sha256"]
        if fits and isinstance(found["text"], str) and isinstance(found["outputs"], dict):
            return Kept(found["text"], {k: v for k, v in found["outputs"].items() if isinstance(v, dict)})
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    return Kept()


def _entry(row: ReportRow) -> Entry:
    score = row["score"]
    return Entry(
        lesson=str(row["lesson"]),
        submission=str(row["submission"]),
        status=str(ReportStatus(row["status"])),
        score=None if score is None else float(score),
        max_score=float(row["max_score"]),
        exercises=tuple(_exercise(one) for one in row["exercises"]),
        basis=(int(row["seed"]), str(row["suite_sha256"]), str(row["reference_sha256"])),
    )


def _exercise(one: Mapping[str, Any]) -> ExerciseResult:
    diagnosis = one["diagnosis"] or {"looks_like": [], "follows_from": "", "mend_first": []}
    failed = [part for part in one["scenarios"] if part["verdict"] == VerdictKind.FAILED]
    return ExerciseResult(
        name=str(one["name"]),
        points=float(one["points"]),
        most=float(one["max_points"]),
        failed=tuple(kept_outputs.key(part["name"], part["device"]) for part in failed),
        ran=sum(part["verdict"] in (VerdictKind.PASSED, VerdictKind.FAILED) for part in one["scenarios"]),
        mistakes=tuple(Mistake(str(m["name"]), str(m["says"]), str(m["section"])) for m in diagnosis["looks_like"]),
        follows=str(diagnosis["follows_from"] or next(iter(diagnosis["mend_first"]), "")),
        comparable=bool(failed) and all(part["reason"] in ("mismatch", "check", "raised", "device") for part in failed),
    )


def left_out(folder: GradingFolder, why: Mapping[str, str]) -> Iterator[str]:
    """Yield sentences on the reports that could not be used."""
    for file_name, words in list(why.items())[:MAX_NAMED]:
        yield f"The report {folder.path.name}/reports/{visible(file_name)} is left out: {words}."
    if len(why) > MAX_NAMED:
        yield f"{len(why) - MAX_NAMED} more reports in {folder.path} are left out for such reasons."


def table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table that `grade` wrote beside the reports; none where it is not there or cannot be read."""
    try:
        text = read_plain(path, MAX_TABLE_BYTES).decode("utf-8", "replace")
        return [{key: value or "" for key, value in row.items() if key} for row in csv.DictReader(io.StringIO(text))]
    except (OSError, csv.Error, TypeError, AttributeError):
        return []
