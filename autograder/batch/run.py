"""Grade many submissions: a reference worker, a zygote per core, each result handed over as its submission ends.

It strings the steps of the line together.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.batch import changes
from autograder.batch.backend import Grader, Options, failed
from autograder.batch.changes import Change
from autograder.batch.local_backend import LocalBackend
from autograder.course.lesson import Lesson
from autograder.grading.disturbance import tries_after
from autograder.grading.lesson_grader import Grading, unrun
from autograder.grading.results import Provenance
from autograder.report import overrides, results_folder
from autograder.report.report import as_json
from autograder.report.results_folder import Origin, ResultsFolder
from autograder.report.schema import ReportRow
from autograder.sandbox.errors import SandboxError
from autograder.submission import class_folder, submission
from autograder.submission.submission import Submission, SubmissionStatus
from autograder.util.errors import GradingAborted, UserError
from autograder.util.safe_text import told_apart


@dataclass(frozen=True)
class Summary:
    """What a run did.

    Attributes:
        rows: the chosen submissions' reports in brief, in the order of their names.
        kept: how many were finished before and are as they were.
        graded: why others were graded, and how many for that reason.
        warnings: sentences for the instructor.
        changes: what is not as it was before, of those that had been graded.
    """

    rows: list[ReportRow]
    kept: int
    graded: dict[str, int]
    warnings: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Progress:
    """Told after each submission: how many are done of how many, and the report just written, in brief."""

    done: int
    total: int
    report: ReportRow
    kept: bool


Opener = Callable[[int, int], contextlib.AbstractContextManager[Grader]]


def grade_all(
    lesson: Lesson,
    folder: Path,
    out: Path,
    options: Options,
    on_progress: Callable[[Progress], None],
    opener: Opener | None = None,
    stands_for: Path | None = None,
) -> Summary:
    """Grade the submissions of a folder and write everything.

    Finished ones are kept unless their module, the suite, the solution or the devices changed.

    Args:
        lesson: the lesson.
        folder: where the submissions are.
        out: the grading folder.
        options: how to grade.
        on_progress: told after each submission.
        opener: makes the grader from the seed and a number of submissions; by the options unless given.
        stands_for: the grading folder of which `out` is a copy; it is no submission, wherever it lies.

    Raises:
        UserError: something that the instructor can put right.
        Halted: it cannot go on; what was finished is kept.
    """
    own = (stands_for or out).resolve()
    found = class_folder.survey(folder, lesson)
    named = class_folder.names([entry for entry in found.entries if entry.name != own.name or entry.resolve() != own])
    entries = _chosen(named, options.only)
    with ResultsFolder(out, lesson, options.seed, Origin(folder, lesson, named, moved=options.moved)) as grades:
        decided = overrides.read(out / "overrides.csv", lesson, named.keys() | grades.rows.keys())
        if decided.unknown and not options.only:
            raise overrides.OverridesError(decided.unknown[0])
        opener = opener or _opener(lesson, options)
        with opener(grades.seed, len(entries)) as grader:
            grades.decide(decided)
            before = dict(grades.rows)
            kept, waiting = _sorted_out(entries, lesson, grades, grader, options)
            for done, name in enumerate(kept, 1):
                on_progress(Progress(done, len(entries), grades.rows[name], kept=True))
            with contextlib.closing(_graded(lesson, grader, {name: entries[name] for name in waiting})) as rows:
                for done, row in enumerate(rows, len(kept) + 1):
                    on_progress(Progress(done, len(entries), grades.write(row), kept=False))
        chosen = [grades.rows[name] for name in sorted(entries)]
        changed = changes.between(before, grades.rows, waiting)
        if waiting:
            changes.write(changed, out / "changes.csv")
    notes = (*decided.unknown, *grades.notes, *found.aside)
    return Summary(chosen, len(kept), dict(Counter(waiting.values())), notes, changed)


# What a grading rests on and leaves; an overview, or what grade books got, is made from it.
OF_A_GRADING = ("grading.json", "overrides.csv", "reports", "feedback", "outputs")


def rehearse(
    lesson: Lesson, folder: Path, out: Path, options: Options, on_progress: Callable[[Progress], None]
) -> Summary:
    """Grade as `grade_all` does, in a copy of the grading folder that is thrown away: what would a run change?

    Raises:
        UserError: as `grade_all`.
        Halted: as `grade_all`.
    """
    with tempfile.TemporaryDirectory(prefix="autograder-") as name:
        copy = Path(name) / out.name
        copy.mkdir()
        for part in OF_A_GRADING:
            if (out / part).is_dir():
                shutil.copytree(out / part, copy / part, symlinks=True)
            elif (out / part).is_file():
                shutil.copy2(out / part, copy / part)
        try:
            results_folder.relocate(out, copy)
            return grade_all(lesson, folder, copy, options, on_progress, stands_for=out)
        except UserError as error:
            # The copy is nothing that an instructor knows.
            raise UserError(str(error).replace(str(copy), str(out))) from error


def _chosen(named: dict[str, Path], only: Sequence[str]) -> dict[str, Path]:
    """Return the submissions to grade by their names, which may be given as tables show them."""
    shown = told_apart(named)
    only = [next((one for one in named if name in (one, shown[one])), name) for name in only]
    for name in only:
        if name not in named:
            some = ", ".join(list(shown.values())[:10])
            raise UserError(
                f"There is no submission {name!r} there. There are: {some}{'…' if len(named) > 10 else ''}."
            )
    return {name: entry for name, entry in named.items() if not only or name in only}


def _opener(lesson: Lesson, options: Options) -> Opener:
    if options.dask:
        from autograder.batch import dask_backend

        return lambda seed, _: dask_backend.DaskBackend(lesson, seed, options)
    return lambda seed, most: _here(lesson, seed, most, options)


@contextlib.contextmanager
def _here(lesson: Lesson, seed: int, most: int, options: Options) -> Iterator[LocalBackend]:
    """Yield this machine as a grader, with no more zygotes than there are submissions."""
    grading = Grading(
        lesson,
        options.devices,
        seed,
        unsafe=options.unsafe,
        workers=max(1, min(options.workers, most)),
        deadlines=options.deadlines,
        template=options.template,
    )
    try:
        with grading, LocalBackend(grading) as here:
            yield here
    except SandboxError as error:
        raise GradingAborted(f"The grader's own sandbox failed: {error}. `autograder doctor` may say why.") from error


def _sorted_out(
    entries: dict[str, Path], lesson: Lesson, grades: ResultsFolder, grader: Grader, options: Options
) -> tuple[list[str], dict[str, str]]:
    """Return the names of the submissions that are finished, and those of the others, each with why it must be graded."""
    kept, waiting = [], {}
    around = grader.provenance
    for name, entry in entries.items():
        why = grades.why(submission.read(entry, lesson, name), around, regrade=options.regrade)
        if why:
            waiting[name] = why
        else:
            kept.append(name)
    return kept, waiting


def _graded(lesson: Lesson, grader: Grader, entries: dict[str, Path]) -> Generator[ReportRow]:
    """Yield the submissions' reports as they are ready. Each is read when its turn comes, so that few are in memory."""
    waiting = iter(entries.items())
    pending: dict[Future[Any], Submission] = {}
    again: list[tuple[str, int]] = []
    try:
        while True:
            while len(pending) < grader.max_in_flight and (one := next(waiting, None)) is not None:
                handed_in = _at_its_turn(lesson, *one)
                ready = _without_running(lesson, handed_in, grader.provenance, one[1])
                if ready is not None:
                    yield ready
                else:
                    pending[grader.submit(handed_in)] = handed_in
            if not pending:
                break
            done, _ = wait(pending, timeout=1, return_when=FIRST_COMPLETED)
            grader.check_alive()
            for future in done:
                handed_in = pending.pop(future)
                row = _row(lesson, grader, future, handed_in)
                tries = tries_after(row["disturbed"])
                if tries:
                    again.append((handed_in.name, tries))
                else:
                    yield row
        for name, tries in again:
            yield _alone(lesson, grader, name, entries[name], tries)
    finally:
        for future in pending:
            future.cancel()


def _alone(lesson: Lesson, grader: Grader, name: str, entry: Path, tries: int) -> ReportRow:
    """Grade a submission with nothing beside it: what disturbed it may have been the others."""
    while True:
        handed_in = _at_its_turn(lesson, name, entry)
        row = _without_running(lesson, handed_in, grader.provenance, entry)
        if row is None:
            future = grader.submit(handed_in, last=tries == 1)
            while not wait([future], timeout=1).done:
                grader.check_alive()
            row = _row(lesson, grader, future, handed_in)
        tries -= 1
        if not tries or not row["disturbed"]:
            return row


def _at_its_turn(lesson: Lesson, name: str, entry: Path) -> Submission:
    return submission.read(entry, lesson, name)


def _without_running(lesson: Lesson, handed_in: Submission, provenance: Provenance, entry: Path) -> ReportRow | None:
    """Return the report on a submission that holds nothing to run, or is not there any more."""
    if handed_in.status == SubmissionStatus.FOUND:
        return None
    if not os.path.lexists(entry):
        gone = "it was there when grading began and is gone now"
        return failed(lesson, handed_in, provenance, f"{entry}: {gone}; put it back and grade again", gone)
    return as_json(unrun(lesson, handed_in, provenance))


def _row(lesson: Lesson, grader: Grader, future: Future[Any], handed_in: Submission) -> ReportRow:
    try:
        return grader.row(future)
    except (UserError, GradingAborted):
        raise
    except Exception as error:  # noqa: BLE001  whatever happened to one submission must not cost the others
        return failed(lesson, handed_in, grader.provenance, "".join(traceback.format_exception(error)))


def default_out(folder: Path, lesson: Lesson) -> Path:
    """Return where grades go unless said otherwise: beside the submissions."""
    return folder.resolve().parent / f"grades-{lesson.name}"
