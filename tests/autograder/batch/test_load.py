"""The same submissions on an idle machine and beside 16 busy processes: equal scores, and equal reasons for what was lost."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.batch import run as batch
from autograder.batch.backend import Options
from autograder.course import lesson as lessons
from autograder.grading.lesson_grader import Grading
from autograder.sandbox.jobs import Deadlines
from autograder.sandbox.template import Template
from tests.autograder.helpers import ROOT
from tests.autograder.sandboxes import Shared

BUSY = 16
SAMPLES = ROOT / "tests" / "autograder" / "submissions"
# Short, so that what counts waiting by the clock on the wall is caught here: an honest submission takes longer beside the others.
DEADLINES = Deadlines(scenario_cpu=1.5, scenario_wall=3, submission_wall=8, patience=100)

Rows = dict[str, tuple[float | None, str, list[str]]]


def sample(lesson: str, name: str) -> str:
    return (SAMPLES / lesson / name / "exercises.py").read_text(encoding="utf-8")


def notebook(lesson: str) -> str:
    """Return a lesson's notebook, its page's demonstration included, with a correct module in its last cell."""
    released = json.loads((ROOT / "assignments" / lesson / f"{lesson}.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in released["cells"] if not cell.get("id", "").startswith("solution-")]
    own = {"cell_type": "code", "id": "own", "metadata": {}, "source": sample(lesson, "all_correct")}
    return json.dumps({**released, "cells": [*cells, own]})


def submissions(lesson: str) -> dict[str, str]:
    """Return a lesson's submissions by file name."""
    correct = sample(lesson, "all_correct")
    if lesson == "lesson_2_5":
        return {
            "module.py": correct,
            "notebook.ipynb": notebook(lesson),
            "loops_for_ever.py": sample(lesson, "endless_loop"),
        }
    if lesson == "lesson_3_5":
        return {"two_processes.py": correct, "half.py": sample(lesson, "half_done")}
    return {
        "module.py": correct,
        "notebook.ipynb": notebook(lesson),
        "loops_for_ever.py": sample(lesson, "endless_loop"),
        "sleeps.py": f"import time\n{correct}\n\ndef update(param, grad, lr):\n    time.sleep(1000)\n",
        "imports_a_slow_library.py": f"import sklearn.linear_model\n{correct}",
        "slow_import_of_its_own.py": f"import time\n{correct}\nwhile time.process_time() < 1.2:\n    pass\n",
        "slow_style.py": (ROOT / "tests" / lesson / "alternatives" / "plain_python.py").read_text(encoding="utf-8"),
    }


@contextlib.contextmanager
def busy() -> Iterator[None]:
    """Keep the machine busy meanwhile."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(BUSY)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
        for other in others:
            other.wait()


def graded(grading: Grading, folder: Path, out: Path) -> Rows:
    """Return each submission's score, status and reasons for what was lost."""

    def opener(_seed: int, _most: int) -> Shared:
        return Shared(grading)

    rows = batch.grade_all(grading.lesson, folder, out, Options(seed=0), lambda _: None, opener).rows
    reports = {
        row["submission"]: json.loads((out / "reports" / f"{row['submission']}.json").read_text()) for row in rows
    }
    return {name: (row["score"], row["status"], reasons(row)) for name, row in reports.items()}


def reasons(row: dict[str, Any]) -> list[str]:
    return [scenario["reason"] for exercise in row["exercises"] for scenario in exercise["scenarios"]]


@pytest.mark.parametrize("name", ["lesson_1_1", "lesson_2_5", "lesson_3_5"])
def test_load_changes_no_score(name: str, tmp_path: Path, template: Template) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for file, text in submissions(name).items():
        # A notebook has a folder of its own: a lone file's name is the submission's.
        place = folder / Path(file).stem / (f"{name}.ipynb" if file.endswith(".ipynb") else "exercises.py")
        place.parent.mkdir()
        place.write_text(text, encoding="utf-8")
    with Grading(
        lessons.load(ROOT, name), ("cpu",), 0, unsafe=False, deadlines=DEADLINES, template=template
    ) as grading:
        idle = graded(grading, folder, tmp_path / "idle")
        with busy():
            beside = graded(grading, folder, tmp_path / "busy")
    assert beside == idle
    wrong = ("loops_for_ever", "sleeps", "half")
    assert {submission: row for submission, row in idle.items() if row[0] != 100 and submission not in wrong} == {}
    for submission in wrong[:2]:
        if submission in idle:
            assert {"not_waited_for"} < set(idle[submission][2]) - {""}, "ends after two scenarios of an exercise"
