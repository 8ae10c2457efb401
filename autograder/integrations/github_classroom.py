"""What a step of `.github/workflows/classroom.yml` runs: `python -m autograder.integrations.github_classroom LESSON EXERCISE`.

It runs one exercise's visible tests in a pytest of their own and hands the result to GitHub as the step output `result`, a
payload that `classroom-resources/autograding-grading-reporter` reads. An exercise's points are shared evenly among its tests,
so that the reporter's table (passed of all, times the points) and its total (the scores' sum) say the same.

It knows no hidden test and protects nothing: the student's own machine could do as much.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.authoring import visible_tests
from autograder.authoring.visible_tests import VisibleTest
from autograder.course import lesson as lessons
from autograder.course.lesson import Lesson
from autograder.release.student_repository import MARKER, MAX_MARKER_BYTES, digest
from autograder.util.errors import UserError
from autograder.util.files import read_plain

# A busy runner may take a minute to import torch, and lesson 3.5 does so in three processes: that must look like no endless loop.
SECONDS = 300
MAX_MESSAGE_LENGTH = 400
NOT_BEGUN = "exercises.py is as it was handed out."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one exercise's visible tests in the repository that is the current folder.

    Returns:
        0 whatever the score, so that the next step runs, too; 2 on bad usage.
    """
    parser = argparse.ArgumentParser(
        prog="python -m autograder.integrations.github_classroom", description=main.__doc__
    )
    parser.add_argument("lesson", metavar="LESSON")
    parser.add_argument("exercise", metavar="EXERCISE")
    options = parser.parse_args(arguments)
    try:
        lesson = lessons.load(Path.cwd(), options.lesson)
        made = payload(lesson, options.exercise)
    except UserError as error:
        print(f"autograder.integrations.github_classroom: {error}", file=sys.stderr)
        return 2
    earned = sum(test["score"] for test in made["tests"])
    print(f"{lesson.name} {options.exercise}: {earned:g} of {made['max_score']:g} points")
    encoded = base64.b64encode(json.dumps(made).encode()).decode()
    output = os.environ.get("GITHUB_OUTPUT")
    if output:
        with open(output, "a", encoding="utf-8") as file:
            file.write(f"result={encoded}\n")
    return 0


def payload(lesson: Lesson, exercise: str) -> dict[str, Any]:
    """Run an exercise's visible tests; return the payload (version 3) with a test for each that ran.

    Raises:
        LessonError: there is no such exercise, or it has no visible tests.
    """
    tests = visible_tests.tests_by_exercise(lesson)
    if exercise not in tests:
        raise lessons.LessonError(f"{lesson.name} has no exercise {exercise!r}. There are: {', '.join(tests)}.")
    points = lesson.exercise(exercise).points
    cases, trouble = ([], NOT_BEGUN) if _untouched(lesson) else _run(lesson, tests[exercise])
    if trouble:
        # Nothing could be told of single tests: each is there, and none has points.
        cases = [(test.name, "error", trouble, 0.0) for test in tests[exercise]]
    lines = {test.name: test.line for test in tests[exercise]}
    share = points / len(cases)
    entries = [
        {
            "name": f"{exercise}: {name}",
            "status": status,
            "message": message,
            "test_code": f"uv run pytest {_file(lesson)}::{name}",
            "task_id": lesson.number,
            "filename": _file(lesson),
            "line_no": lines.get(name.partition("[")[0], 0),
            "duration": duration,
            "score": share if status == "pass" else 0.0,
        }
        for name, status, message, duration in cases
    ]
    passed = all(status == "pass" for _, status, _, _ in cases)
    whole = {"version": 3, "status": "error" if trouble else "pass" if passed else "fail"}
    return whole | ({"message": trouble} if trouble else {}) | {"tests": entries, "max_score": points}


def _untouched(lesson: Lesson) -> bool:
    """Return whether the module is the stub that was released: then no time is spent on what would fail."""
    try:
        released = json.loads(read_plain(lesson.root / MARKER, MAX_MARKER_BYTES))["files"]
        recorded = released[lesson.stub.relative_to(lesson.root).as_posix()]
        return bool(recorded == digest(lesson.stub.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def _file(lesson: Lesson) -> str:
    return f"assignments/{lesson.name}/test_exercises.py"


def _run(lesson: Lesson, tests: Sequence[VisibleTest]) -> tuple[list[tuple[str, str, str, float]], str]:
    """Run tests in a process of their own; return (name, status, message, seconds) of each, or what went wrong with all."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        named = [f"{_file(lesson)}::{test.name}" for test in tests]
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *named]
        try:
            subprocess.run(command, cwd=lesson.root, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return (
                [],
                f"The tests had not ended after {SECONDS} seconds: is there a loop that never ends? If not, run them again.",
            )
        try:
            found = [_case(case) for case in ElementTree.parse(report).iter("testcase")]
        except (OSError, ElementTree.ParseError):
            return [], "The tests ended before they could report; look at the step's log."
    ran = {name.partition("[")[0] for name, _, _, _ in found}
    if not {test.name for test in tests} <= ran:
        return [], "The tests could not be collected: does exercises.py import? Look at the step's log."
    return found, ""


def _case(case: ElementTree.Element) -> tuple[str, str, str, float]:
    for kind, status in (("failure", "fail"), ("error", "error"), ("skipped", "fail")):
        said = case.find(kind)
        if said is not None:
            message = (said.get("message") or kind)[:MAX_MESSAGE_LENGTH]
            return case.get("name", ""), status, message, float(case.get("time", 0))
    return case.get("name", ""), "pass", "", float(case.get("time", 0))


if __name__ == "__main__":
    sys.exit(main())
