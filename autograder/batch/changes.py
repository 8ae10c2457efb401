"""What a run changed: scores that went up or down since the grading before, and why those submissions were graded again."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.report.schema import ReportRow
from autograder.util.files import write_whole
from autograder.util.safe_text import cell, told_apart


@dataclass(frozen=True)
class Change:
    """A submission that was graded again and is not as it was.

    Attributes:
        submission: its name.
        before: its score before; None where the grader had failed on it.
        after: its score now.
        status: what became of it before and now, where that differs: "not_found, now graded"; "" otherwise.
        why: why it was graded again.
        exercises: exercise to points before and now, where they differ.
    """

    submission: str
    before: float | None
    after: float | None
    status: str
    why: str
    exercises: Mapping[str, tuple[float | None, float | None]]

    @property
    def moved(self) -> float:
        """How many points more there are now."""
        return (self.after or 0.0) - (self.before or 0.0)


def between(
    before: Mapping[str, ReportRow], after: Mapping[str, ReportRow], whys: Mapping[str, str]
) -> tuple[Change, ...]:
    """Return what changed for the submissions that were graded again.

    Args:
        before: the reports as they were.
        after: the reports now.
        whys: submission to why it was graded.
    """
    changed = []
    for name in sorted(whys.keys() & before.keys() & after.keys()):
        old, new = before[name], after[name]
        exercises = _exercises(old, new)
        status = f"{old['status']}, now {new['status']}" if old["status"] != new["status"] else ""
        if old["score"] != new["score"] or exercises or status:
            changed.append(Change(name, old["score"], new["score"], status, whys[name], exercises))
    return tuple(changed)


def _exercises(old: ReportRow, new: ReportRow) -> dict[str, tuple[float | None, float | None]]:
    first, second = ({one["name"]: one["points"] for one in row["exercises"]} for row in (old, new))
    names = dict.fromkeys([*first, *second])
    return {name: (first.get(name), second.get(name)) for name in names if first.get(name) != second.get(name)}


def write(changes: Sequence[Change], path: Path) -> None:
    """Write `changes.csv`: a row for each submission that is not as it was; take an older one away where there is none."""
    if not changes:
        path.unlink(missing_ok=True)
        return
    shown = told_apart(change.submission for change in changes)
    with io.StringIO(newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["submission", "before", "after", "why", "status", "exercises"])
        for one in changes:
            points = "; ".join(f"{name} {_points(a)} to {_points(b)}" for name, (a, b) in one.exercises.items())
            out.writerow(
                [cell(shown[one.submission]), _points(one.before), _points(one.after), one.why, one.status, points]
            )
        write_whole(path, file.getvalue())


def _points(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


def sentences(changes: Sequence[Change], most: int = 10) -> list[str]:
    """Return what changed in sentences: how many scores went up and down, then the largest changes."""
    if not changes:
        return []
    up, down = sum(one.moved > 0 for one in changes), sum(one.moved < 0 for one in changes)
    lines = [
        f"Since the last grading {up} scores went up, {down} went down, {len(changes) - up - down} changed otherwise."
    ]
    shown = told_apart(change.submission for change in changes)
    for one in sorted(changes, key=lambda one: -abs(one.moved))[:most]:
        where = (
            ", ".join(f"{name} {_points(a)} to {_points(b)}" for name, (a, b) in one.exercises.items()) or one.status
        )
        lines.append(f"  {shown[one.submission]}: {_points(one.before)} to {_points(one.after)}, {one.why} ({where})")
    if len(changes) > most:
        lines.append(f"  and {len(changes) - most} more, which stand in changes.csv.")
    return lines
