"""Make an nbgrader course whose autograder cells run a lesson's scenarios: the baseline of `nbgrader autograde`.

One notebook per submission: a locked cell that loads the suite, a solution cell with the student's module, and an autograder
cell an exercise. Everything is nbgrader's own road: source, `generate_assignment`, `submitted`, `autograde`.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.course import lesson as lessons
from tests.benchmarks.course import Subject
from tests.benchmarks.meter import MeasureError, Usage, measure

SETUP = """\
import sys
from tests.benchmarks import in_process

PLAN, WANTED = in_process.from_environment()


def run_scenarios(exercise):
    for item, wanted in zip(PLAN.items, WANTED):
        if item.scenario.exercise == exercise:
            PLAN.judge(item, sys.modules["__main__"], wanted)
"""


def make(folder: Path, subject: Subject, size: int, environment: Mapping[str, str]) -> None:
    """Make a course with `size` submissions, ready for `autograde`."""
    import nbformat

    name = subject.lesson
    (folder / "source" / name).mkdir(parents=True)
    (folder / "nbgrader_config.py").write_text(
        "c = get_config()\nc.ExecutePreprocessor.timeout = 600\n", encoding="utf-8"
    )
    stub = "### BEGIN SOLUTION\npass\n### END SOLUTION"
    nbformat.write(_notebook(subject, stub), folder / "source" / name / f"{name}.ipynb")
    measure(nbgrader("generate_assignment", name), folder, {**environment, **_path()})
    released = nbformat.read(folder / "release" / name / f"{name}.ipynb", as_version=4)
    for number in range(size):
        place = folder / "submitted" / f"student_{number:04}" / name
        place.mkdir(parents=True)
        released.cells[1].source = subject.text(number)
        nbformat.write(released, place / f"{name}.ipynb")


def autograde(folder: Path, subject: Subject, size: int, environment: Mapping[str, str]) -> Usage:
    """Measure `nbgrader autograde` over the whole course.

    Raises:
        MeasureError: it failed, or a correct submission did not get full points.
    """
    used = measure(nbgrader("autograde", subject.lesson), folder, {**environment, **_path()}, timeout=1800)
    with sqlite3.connect(folder / "gradebook.db") as book:
        scores = [row[0] for row in book.execute("SELECT auto_score FROM grade WHERE auto_score IS NOT NULL")]
    wanted = size * sum(exercise.points for exercise in lessons.load(subject.course, subject.lesson).exercises)
    if sum(scores) != wanted:
        raise MeasureError(f"nbgrader gave {sum(scores):g} points in all to correct submissions worth {wanted:g}.")
    return used


def nbgrader(command: str, *rest: str) -> list[str]:
    """Return the command line of an nbgrader command in this environment."""
    return [sys.executable, "-m", "nbgrader", command, *rest]


def _path() -> dict[str, str]:
    """Return a PATH on which nbgrader finds what it calls (`alembic`), as in an activated environment."""
    return {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def _notebook(subject: Subject, solution: str) -> Any:
    import nbformat

    cells = [_cell(SETUP, "setup", locked=True), _cell(solution, "solution", solution=True)]
    for exercise in lessons.load(subject.course, subject.lesson).exercises:
        code = f"run_scenarios({exercise.name!r})"
        cells.append(_cell(code, f"grade-{exercise.name}", grade=True, locked=True, points=exercise.points))
    about = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=about)


def _cell(
    code: str, name: str, *, grade: bool = False, locked: bool = False, solution: bool = False, points: float = 0
) -> Any:
    import nbformat

    about: dict[str, Any] = {
        "schema_version": 3,
        "grade": grade,
        "locked": locked,
        "solution": solution,
        "task": False,
        "grade_id": name,
    }
    if grade:
        about["points"] = points
    return nbformat.v4.new_code_cell(code, metadata={"nbgrader": about})
