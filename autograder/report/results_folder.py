"""The grading folder: its seed, the reports that are finished, why one must be made again, the table of scores.

It writes what others found out, whole files at a time, so that a grader that is killed at any moment leaves nothing half done.
Of a report it keeps in memory only what the table needs.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shlex
import time
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from autograder.course.lesson import Lesson
from autograder.grading.results import Provenance, ReportStatus
from autograder.report import overrides
from autograder.report.feedback import page
from autograder.report.overrides import Overrides
from autograder.report.report import feedback_path, report_path, write, write_scores
from autograder.report.schema import SCHEMA, ReportRow
from autograder.submission import class_folder
from autograder.submission.submission import Submission, SubmissionStatus
from autograder.util.errors import GradingAborted, UserError
from autograder.util.files import read_plain, write_whole

try:
    import fcntl
except ImportError:  # Windows has no such locks; there, nobody is kept from grading twice into one folder
    fcntl = None  # type: ignore[assignment]

MAX_RECORD_LENGTH = 1 << 20
# The table is never older than this, or than fifty times what it takes to write it.
TABLE_SECONDS = 5.0
# What a report on disk has and nobody needs before it is read again.
HEAVY = ("log", "private", "kept")
HEAVY_IN_EXERCISES = ("scenarios", "feedback", "diagnosis")


class ResultsFolder:
    """A grading folder, held against a second grader as long as the block lasts.

    Args:
        out: the folder; it is made if it is not there.
        lesson: the lesson.
        seed: the seed wanted, or None to take the folder's own (or draw one).
        origin: whose grades these are; None to ask nobody.

    Raises:
        UserError: the folder cannot be written to, belongs to another lesson or other submissions, has another seed or is
            in use.
    """

    def __init__(self, out: Path, lesson: Lesson, seed: int | None, origin: Origin | None = None) -> None:
        self.out = out
        self.notes: tuple[str, ...] = ()
        self._origin = origin
        self._lesson = lesson
        self._wanted = seed
        self._overrides = Overrides({})
        self._table_due = 0.0
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with self._stack as stack:
            try:
                self.out.mkdir(parents=True, exist_ok=True)
                stack.enter_context(_held(self.out))
                self.seed = settle_seed(self.out, self._lesson, self._wanted)
                if self._origin is not None:
                    self.notes = settle_origin(self.out, self._origin)
                for part in _parts(self.out):
                    part.unlink(missing_ok=True)
            except OSError as error:
                raise UserError(
                    f"{self.out} cannot be written to: {error.strerror}. Make it writable, or choose another --out."
                ) from error
            self.rows = {row["submission"]: row for row in map(slim, read_reports(self.out))}
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the folder with a table of all that is finished."""
        with self._stack:
            if kind is None:
                self.write_table()
            else:
                with contextlib.suppress(OSError, GradingAborted):  # the error on its way says more
                    self.write_table()

    def decide(self, decided: Overrides) -> None:
        """Lay an instructor's own decisions over the reports that are finished, and over those to come."""
        self._overrides = decided
        for name, row in list(self.rows.items()):
            if not overrides.agree(row, decided.of(name)) or not feedback_path(self.out, name).is_file():
                whole = _read_report(report_path(self.out, name))
                if whole is not None:
                    self.write(whole)

    def why(self, handed_in: Submission, around: Provenance, *, regrade: bool) -> str:
        """Return why a submission must be graded, or "" where nothing that its report rests on has changed."""
        row = self.rows.get(handed_in.name)
        if row is None:
            return "new"
        if regrade:
            return "asked for by --regrade"
        if row["status"] == ReportStatus.GRADER_ERROR:
            return "the grader failed on it before"
        now = asdict(around)
        for key, value, words in (
            ("module_sha256", handed_in.digest, "its module changed"),
            ("suite_sha256", now["suite"], "the suite changed"),
            ("reference_sha256", now["reference"], "the solution or the manifest changed"),
            ("devices", now["devices"], "the devices changed"),
            ("seed", now["seed"], "the seed changed"),
        ):
            if row.get(key) != value:
                return words
        if row.get("note", "") != handed_in.note:
            return "the files beside its module changed"
        found = (handed_in.status, handed_in.reason)
        ran = row["status"] in (ReportStatus.GRADED, ReportStatus.FAILED_TO_IMPORT)
        if (handed_in.status == SubmissionStatus.FOUND) != ran or (not ran and (row["status"], row["reason"]) != found):
            return "its module changed"
        return ""

    def write(self, row: ReportRow) -> ReportRow:
        """Write a report, with the instructor's decisions, and its feedback; return it in brief.

        Raises:
            Halted: it could not be written.
        """
        name = row["submission"]
        row = overrides.lay_over(row, self._overrides.of(name), self._lesson)
        with self._writing():
            write(row, page(self._lesson, row), self.out)
        self.rows[name] = slim(row)
        if time.monotonic() > self._table_due:
            self.write_table()
        return self.rows[name]

    def write_table(self) -> None:
        """Write `scores.csv`.

        Raises:
            Halted: it could not be written.
        """
        started = time.monotonic()
        if self.rows:
            with self._writing():
                rows = (self.rows[name] for name in sorted(self.rows))
                write_scores(self._lesson, rows, self.out / "scores.csv")
        ended = time.monotonic()
        self._table_due = ended + max(TABLE_SECONDS, 50 * (ended - started))

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise GradingAborted(
                f"The results could not be written to {self.out}: {error.strerror}. What was written before is whole and is "
                "kept; fix that, and the same command continues from there."
            ) from error


def slim(row: ReportRow) -> ReportRow:
    """Return a report as JSON without its bulk."""
    brief = {key: value for key, value in row.items() if key not in HEAVY}
    brief["exercises"] = [
        {key: value for key, value in entry.items() if key not in HEAVY_IN_EXERCISES} for entry in row["exercises"]
    ]
    return cast("ReportRow", brief)


@contextlib.contextmanager
def _held(out: Path) -> Iterator[None]:
    """Hold the folder's lock; the system lets go of it when this process ends, however it does.

    Raises:
        UserError: another process has it.
    """
    with open(out / ".lock", "w") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UserError(
                    f"Another grader is writing to {out} just now. Wait for it, or choose another --out."
                ) from error
            except OSError:
                pass  # a network file system without locks
        yield


def _parts(out: Path) -> Iterator[Path]:
    """Yield what a killed grader left half written."""
    for folder in (out, out / "reports", out / "feedback", out / "outputs"):
        yield from folder.glob(".*.part")


def settle_seed(out: Path, lesson: Lesson, wanted: int | None) -> int:
    """Return the grading folder's seed: as recorded there, or as wanted, or drawn; and record it.

    Raises:
        UserError: the folder belongs to another lesson, or has another seed than the one wanted.
    """
    path = out / "grading.json"
    try:
        settings = json.loads(read_plain(path, MAX_RECORD_LENGTH))
        recorded, owner = int(settings["seed"]), settings["lesson"]
    except FileNotFoundError:
        seed = secrets.randbelow(2**31) if wanted is None else wanted
        write_whole(path, json.dumps({"schema": "autograder/grading/v1", "lesson": lesson.name, "seed": seed}) + "\n")
        return seed
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(
            f"{path} is not a grading folder's record. Choose another --out, or remove it to start afresh."
        ) from error
    if owner != lesson.name:
        raise UserError(f"{out} holds grades of {owner}. Choose another --out for {lesson.name}.")
    if wanted is not None and wanted != recorded:
        raise UserError(
            f"{out} was started with --seed {recorded}; a folder keeps its seed. Choose another --out for seed {wanted}."
        )
    return recorded


@dataclass(frozen=True)
class Origin:
    """Whose grades go into a folder.

    Attributes:
        path: the submissions, as they were given.
        lesson: the lesson.
        names: what the submissions are called there.
        moved: whether the instructor says that they are the folder's own, though they lay elsewhere before.
    """

    path: Path
    lesson: Lesson
    names: Collection[str]
    moved: bool = False


def settle_origin(out: Path, origin: Origin) -> tuple[str, ...]:
    """Record whose submissions' grades a folder holds; return what is to be said about that.

    They are known by where they lie, or by where they lie from the folder: course and grades may move together.

    Raises:
        UserError: it holds those of others.
    """
    path = out / "grading.json"
    settings = json.loads(read_plain(path, MAX_RECORD_LENGTH))
    home = class_folder.home(origin.path, origin.lesson)
    now = {"submissions": str(home), "submissions_from_here": _from(out, home)}
    before = {key: settings[key] for key in now if isinstance(settings.get(key), str)}
    notes: tuple[str, ...] = ()
    if before and not any(before[key] == now[key] for key in before) and not origin.moved:
        there = [out.resolve() / place for place in before.values()]  # an absolute path stays what it is
        if any(place.is_dir() for place in there) or not _same_class(out, origin.names):
            raise UserError(_of_others(out, before.get("submissions", ""), origin))
        notes = (
            f"{out} was started with {before.get('submissions', '')}, which is gone; {origin.path} was taken for it.",
        )
    if before != now:
        write_whole(path, json.dumps({**settings, **now}) + "\n")
    return notes


def relocate(out: Path, copy: Path) -> None:
    """Let a copy of a grading folder say from its own place where the submissions lie."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        settings = json.loads(read_plain(copy / "grading.json", MAX_RECORD_LENGTH))
        home = out.resolve() / settings.get("submissions_from_here", settings["submissions"])
        settings["submissions_from_here"] = _from(copy, home.resolve())
        write_whole(copy / "grading.json", json.dumps(settings) + "\n")


def _from(out: Path, home: Path) -> str:
    try:
        return Path(os.path.relpath(home, out.resolve())).as_posix()
    except ValueError:  # another drive of Windows
        return str(home)


def _same_class(out: Path, names: Collection[str]) -> bool:
    """Return whether most of those who have grades are among these submissions."""
    graded = [row["submission"] for row in read_reports(out)]
    return 2 * sum(name in names for name in graded) > len(graded) or not graded


def _of_others(out: Path, before: str, origin: Origin) -> str:
    command = f"autograder grade {origin.lesson.name} {shlex.quote(str(origin.path))}"
    other = out.with_name(f"{out.name}-{class_folder.home(origin.path, origin.lesson).name}")
    return (
        f"{out} holds the grades of the submissions in {before}, and two of the same name would overwrite each other. Give these "
        f"a folder of their own: {command} --out {shlex.quote(str(other))}. If they are the same class, moved or downloaded "
        f"again, say so: {command} --out {shlex.quote(str(out))} --moved."
    )


def read_reports(out: Path) -> Iterator[ReportRow]:
    """Yield every finished report of a grading folder."""
    for path in sorted((out / "reports").glob("*.json")):
        row = _read_report(path)
        if row is not None:
            yield row


def _read_report(path: Path) -> ReportRow | None:
    """Return a report, or None where it is not there or damaged: then it is made again."""
    try:
        row: ReportRow = json.loads(path.read_text(encoding="utf-8"))
        slim(row)
        here = path == report_path(path.parents[1], row["submission"])
        return row if row["schema"] == SCHEMA and here else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
