"""Run a lesson's visible tests on each of its misconceptions, and print what failed: JSON, a line each. Everything here is ours.

`python -m autograder.authoring.mistake_runs LESSON`, in the course's folder. A misconception stands in for its exercise in the
view that the tests get, in a fork of its own. It runs twice, with two seeds, so that what chance gave can be told.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from autograder.course import misconceptions
from autograder.course.lesson import Lesson
from autograder.student import runner, seat

SECONDS = 120
SEEDS = (0, 1)
REFERENCE = ""


class Failures:
    """A plugin of pytest's that keeps one exercise's tests and notes what fails, and what was seen there."""

    def __init__(self, lesson: Lesson, exercise: str) -> None:
        self._names = [one.name for one in lesson.exercises]
        self._exercise = exercise
        self.found: list[dict[str, Any]] = []

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Keep the tests of the exercise."""
        about = [seat.exercise_of(item.originalname, self._names) for item in items]
        if self._exercise:
            items[:] = [item for item, name in zip(items, about, strict=True) if name == self._exercise]

    def pytest_exception_interact(self, node: Any, call: Any) -> None:
        """Note a failure: the call that `expect` names and what it saw, or the exception."""
        error = call.excinfo.value
        expect = importlib.import_module("assignments.expect")
        name = getattr(node, "originalname", node.name)
        evidence = getattr(error, "evidence", None)
        if evidence:
            self.found.append({"test": name, "call": evidence[0], "gives": evidence[1]})
        else:
            self.found.append({"test": name, "call": f"test {name}", "gives": expect.raised(error)})


def overlay(lesson: Lesson, wrong: misconceptions.Misconception | None) -> None:
    """Let `assignments.LESSON.exercises` be the reference, with a misconception in its exercise's place."""
    reference = importlib.import_module(f"solutions.{lesson.name}.exercises")
    module = ModuleType(f"assignments.{lesson.name}.exercises")
    vars(module).update({name: value for name, value in vars(reference).items() if not name.startswith("__")})
    if wrong is not None:
        known = importlib.import_module(f"solutions.{lesson.name}.misconceptions")
        setattr(module, wrong.target, getattr(known, wrong.name))
    sys.modules[module.__name__] = module


def stated(lesson: Lesson) -> list[dict[str, Any]]:
    """Return what the reference gives where a test states what it wants in words alone: `expect_that`, `expect_raises`."""
    expect = importlib.import_module("assignments.expect")
    found: list[dict[str, Any]] = []

    def note(condition: bool, call: str, result: Any, wanted: str, next_step: str) -> None:
        del condition, wanted, next_step
        found.append({"call": call, "gives": expect.picture(result)})

    def note_raising(error: type[Exception], call: str, function: Callable[[], Any], next_step: str) -> None:
        del error, function, next_step
        found.append({"call": call, "gives": None})

    vars(expect).update(expect_that=note, expect_raises=note_raising)
    _failures(lesson, None)
    return found


def _failures(lesson: Lesson, wrong: misconceptions.Misconception | None) -> list[list[dict[str, Any]]]:
    """Return what fails with each seed."""
    import pytest
    import torch

    overlay(lesson, wrong)
    path = lesson.assignment / "test_exercises.py"
    options = ["-q", "-p", "no:cacheprovider", "--noconftest", "--rootdir", str(lesson.root), "--tb=no"]
    both = []
    for seed in SEEDS:
        torch.manual_seed(seed)
        plugin = Failures(lesson, wrong.exercise if wrong else REFERENCE)
        pytest.main([*options, "-p", "no:unraisableexception", str(path)], plugins=[plugin])
        both.append(plugin.found)
    return both


def in_a_fork(work: Callable[[], Any]) -> Any:
    """Return what a function returns in a fork of this process, as plain data; None where it does not come to an end."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(SECONDS)
        status = 1
        try:
            with open(os.devnull, "w", encoding="utf-8") as nowhere:
                os.dup2(nowhere.fileno(), 1)
                os.dup2(nowhere.fileno(), 2)
            with open(writing, "w", encoding="utf-8") as out:
                json.dump(work(), out)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with open(reading, encoding="utf-8") as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else None


def main(name: str) -> None:
    """Print a line for the reference, then one for each misconception."""
    root = Path.cwd()
    sys.path.insert(0, str(root))
    lesson = seat.load(root, name)
    runner.warm_up(lesson.assignment)
    importlib.import_module(f"solutions.{lesson.name}.misconceptions")
    whole = in_a_fork(partial(_failures, lesson, None))
    print(json.dumps({"name": REFERENCE, "found": whole, "stated": in_a_fork(partial(stated, lesson))}), flush=True)
    for one in misconceptions.read(lesson):
        print(json.dumps({"name": one.name, "found": in_a_fork(partial(_failures, lesson, one))}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
