"""What an instructor sees while and after a batch runs: a progress bar and a table, by rich. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from autograder import batch
from autograder.lesson import Lesson
from autograder.safe_text import printable


@contextmanager
def progress() -> Iterator[Callable[[batch.Progress], None]]:
    """Yield a function that moves a progress bar."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("warming up", total=None)

        def tell(step: batch.Progress) -> None:
            bar.update(task, description="grading", total=step.total, completed=step.done)

        yield tell


def scores(lesson: Lesson, rows: Sequence[dict[str, Any]], out: Path) -> None:
    """Print the table of scores and where the files are."""
    console = Console()
    table = Table(title=f"Lesson {lesson.number} · {lesson.title}", title_justify="left")
    table.add_column("submission", overflow="fold")
    table.add_column("score", justify="right")
    table.add_column("status")
    table.add_column("lost on", overflow="fold")
    for row in rows:
        score = "" if row["score"] is None else f"{row['score']:g} / {row['max_score']:g}"
        table.add_row(escape(printable(row["submission"], 200)), score, row["status"], escape(_lost(row)))
    console.print(table)
    console.print(f"Scores in {escape(str(out / 'scores.csv'))}, reports and feedback beside it.", soft_wrap=True)


def _lost(row: dict[str, Any]) -> str:
    if not row["exercises"]:
        return printable(row["reason"], 200)
    lost = [exercise for exercise in row["exercises"] if exercise["points"] < exercise["max_points"]]
    return ", ".join(f"{e['name']} {e['points']:g}/{e['max_points']:g}" for e in lost)
