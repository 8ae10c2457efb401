"""What an instructor sees while and after a batch runs: a progress bar and a table, by rich."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from autograder.audit.audit import NAMES, Audit
from autograder.batch import run as batch
from autograder.batch.changes import sentences
from autograder.course.lesson import Group, Lesson
from autograder.gradebook.export import ExportResult
from autograder.release.student_repository import Released
from autograder.report.feedback import subtotals
from autograder.report.schema import ReportRow
from autograder.util.safe_text import printable, told_apart

if TYPE_CHECKING:
    # An instructor's alone: a student's copy of this package does not have it.
    from autograder.overview.overview import Overview

# How many written files are named.
MAX_PATHS = 10
# Columns of a terminal below which the table has no subtotals.
MIN_WIDTH_FOR_SUBTOTALS = 120


@contextmanager
def progress() -> Iterator[Callable[[batch.Progress], None]]:
    """Yield a function that moves a progress bar; where nobody watches a terminal, it writes lines instead."""
    if not _watched():
        yield _line
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("warming up", total=None)

        def tell(step: batch.Progress) -> None:
            bar.update(task, description="grading", total=step.total, completed=step.done)

        yield tell


def _watched() -> bool:
    """Return whether progress goes to a terminal on which a line can be written over."""
    return sys.stderr.isatty() and not Console(stderr=True).is_dumb_terminal


def _line(step: batch.Progress) -> None:
    """Write how far a batch is: into a log, or through a pipe to whoever waits there. What was kept took no time."""
    if not step.kept:
        name, status = printable(step.report["submission"].replace("\n", " "), 200), step.report["status"]
        print(f"{step.done} of {step.total}: {name} ({status})", file=sys.stderr, flush=True)


def scores(lesson: Lesson, summary: batch.Summary, out: Path, *, dry_run: bool = False) -> None:
    """Print the table of scores, what the run did and where the files are."""
    console = Console()
    table = Table(title=f"Lesson {lesson.number} · {lesson.title}", title_justify="left")
    table.add_column("submission", overflow="fold")
    table.add_column("score", justify="right")
    # On a narrow terminal the reasons need the room; the feedback has the subtotals.
    groups = lesson.groups if console.width >= MIN_WIDTH_FOR_SUBTOTALS else ()
    for group in groups:
        table.add_column(f"ex. {group.number}", justify="right")
    table.caption = "\n".join(escape(group.heading) for group in groups) or None
    table.add_column("status")
    table.add_column("lost on", overflow="fold")
    shown = told_apart(row["submission"] for row in summary.rows)
    for row in summary.rows:
        score = "" if row["score"] is None else f"{row['score']:g} / {row['max_score']:g}"
        table.add_row(
            escape(shown[row["submission"]]),
            score,
            *_subtotals(groups, lesson, row),
            row["status"],
            escape(ending(row)),
        )
    console.print(table)
    console.print(escape(changes(summary)), soft_wrap=True)
    for line in sentences(summary.changes):
        console.print(escape(printable(line)), soft_wrap=True, highlight=False)
    for warning in summary.warnings:
        console.print(f"Note: {escape(printable(warning))}", soft_wrap=True)
    if dry_run:
        console.print("This was a dry run: nothing was written.")
        return
    console.print(f"Scores in {escape(str(out / 'scores.csv'))}, reports and feedback beside it.", soft_wrap=True)


def _subtotals(groups: Sequence[Group], lesson: Lesson, row: ReportRow) -> list[str]:
    """Return the points of each of the page's numbered exercises; "" where the submission has none."""
    found = {one.heading: f"{one.points:g} / {one.max_points:g}" for one in subtotals(lesson, row["exercises"])}
    return ["" if row["score"] is None else found.get(group.heading, "") for group in groups]


def delivered(found: ExportResult) -> None:
    """Say which files grade books get, and what is to be known about them."""
    console = Console()
    for path in found.paths[:MAX_PATHS]:
        console.print(f"Wrote {escape(printable(str(path)))}", soft_wrap=True)
    if len(found.paths) > MAX_PATHS:
        console.print(f"and {len(found.paths) - MAX_PATHS} files more beside them.")
    for note in found.notes:
        console.print(f"Note: {escape(printable(note))}", soft_wrap=True)


def overviewed(made: Overview) -> None:
    """Say in five lines how a class did, and where its page is."""
    console = Console()
    for line in made.lines:
        console.print(escape(printable(line)), soft_wrap=True, highlight=False)
    for note in made.notes:
        console.print(f"Note: {escape(printable(note))}", soft_wrap=True)


def released(did: Released, out: Path) -> None:
    """Say what a release did: in full what concerns a student's work, in numbers what does not."""
    console = Console()
    named = (
        ("kept as the student has it", did.kept),
        ("replaced, though the student had changed it", did.replaced),
        ("removed, for it is no longer part of the course", did.removed),
    )
    for words, paths in named:
        for path in paths:
            console.print(f"{escape(printable(path))}: {words}", soft_wrap=True)
    console.print(
        f"{escape(str(out))}: {len(did.written)} files written, {len(did.updated)} updated, {len(did.kept)} kept, "
        f"{len(did.replaced)} replaced, {len(did.removed)} removed.",
        soft_wrap=True,
    )
    if did.addable:
        console.print(
            f"Only the lessons that are there were brought up to date. `autograder release {escape(str(out))} LESSON` adds one "
            f"of: {', '.join(did.addable)}.",
            soft_wrap=True,
        )


@contextmanager
def working() -> Iterator[Callable[[str], None]]:
    """Yield a function that says what is being done now."""
    if not _watched():
        yield lambda words: print(printable(words), file=sys.stderr, flush=True)
        return
    with Console(stderr=True).status("warming up") as status:
        yield status.update


def prefixed(name: str, tell: Callable[[str], None]) -> Callable[[str], None]:
    """Return a function that tells the same, with a name before it."""
    return lambda words: tell(f"{name}: {words}")


def audits(found: Sequence[Audit]) -> None:
    """Print what was measured of each lesson in one table; below it what to do, and the mutants that survived."""
    console = Console()
    table = Table(title="Audit", title_justify="left")
    table.add_column("check")
    for audit in found:
        table.add_column(f"{audit.lesson} ({audit.seconds:.0f} s; {audit.cpu:.0f} CPU s)", overflow="fold")
    for check in NAMES:
        results = [result for audit in found for result in audit.results if result.check == check]
        cells = [
            f"{'[red]falls short[/red]: ' if result.failures else ''}{escape(result.summary)}" for result in results
        ]
        table.add_row(check, *cells)
    console.print(table)
    for audit in found:
        for result in audit.results:
            for fault in result.failures:
                console.print(f"{audit.lesson}, {result.check}: {escape(printable(fault))}", soft_wrap=True)
            for note in result.notes:
                console.print(f"{audit.lesson}, {result.check} (a note): {escape(printable(note))}", soft_wrap=True)
        for mutant in audit.survivors:
            title = f"{audit.lesson}, mutant {mutant.id} of {mutant.exercise} survives ({mutant.description}):"
            console.print(escape(f"{title}\n{mutant.diff}"), soft_wrap=True, highlight=False)


def changes(summary: batch.Summary) -> str:
    """Return a sentence on what the run graded, and why, and what it kept."""
    graded = sum(summary.graded.values())
    whys = ", ".join(f"{count} {_BECAUSE.get(why, f'because {why}')}" for why, count in summary.graded.items())
    return f"Graded {graded}{f' ({whys})' if whys else ''}; kept {summary.kept} as they were."


# The reasons that do not read well behind "because".
_BECAUSE = {"new": "new", "asked for by --regrade": "by --regrade"}


def ending(row: ReportRow) -> str:
    """Return what a row of the table ends with: the exercises that lost points or why there are none, and the note."""
    if row["exercises"]:
        lost = [exercise for exercise in row["exercises"] if exercise["points"] < exercise["max_points"]]
        said = ", ".join(f"{e['name']} {e['points']:g}/{e['max_points']:g}" for e in lost)
    else:
        said = printable(row["reason"], 400)
    return "; ".join(part for part in (said, printable(row.get("note", ""), 400)) if part)
