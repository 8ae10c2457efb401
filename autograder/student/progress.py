"""Keep what visible tests said, exercise by exercise, in a small file that a person can read; nothing of it is a grade."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.student.seat import FOLDER
from autograder.util.files import read_plain, write_whole

SCHEMA = "autograder/progress/v1"
FILE = "progress.json"
SAYS = "Written by runs of the visible tests. The grade comes from other tests."
MAX_BYTES = 4 << 20
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")


@dataclass(frozen=True)
class Tried:
    """What an exercise's visible tests said when all of them ran last.

    Attributes:
        passed: how many passed.
        of: how many there are.
        when: the local time, `2026-03-01 14:05`.
        module: a short hash of the student's module then.
    """

    passed: int
    of: int
    when: str
    module: str

    @property
    def done(self) -> bool:
        """Whether every one of them passed."""
        return 0 < self.of <= self.passed


@dataclass(frozen=True)
class Progress:
    """What is known of each lesson's exercises, and a sentence where the file had to be set aside."""

    lessons: Mapping[str, Mapping[str, Tried]] = field(default_factory=dict)
    note: str = ""

    def of(self, lesson: str) -> Mapping[str, Tried]:
        """Return what is known of a lesson, by exercise."""
        return self.lessons.get(lesson, {})


def read(root: Path) -> Progress:
    """Return what is kept; nothing where there is no file. A file that is broken is set aside, which `note` says."""
    path = root / FOLDER / FILE
    try:
        said = json.loads(read_plain(path, MAX_BYTES))
        if said["schema"] != SCHEMA:
            raise ValueError("another schema")
        return Progress({str(name): _exercises(one["exercises"]) for name, one in said["lessons"].items()})
    except FileNotFoundError:
        return Progress()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Progress(note=_set_aside(path))


def _exercises(said: Mapping[str, Any]) -> dict[str, Tried]:
    found = {}
    for name, one in said.items():
        passed, of, when, module = one["passed"], one["of"], one["when"], one["module"]
        whole = type(passed) is int and type(of) is int and 0 <= passed <= of
        if not (whole and isinstance(module, str) and isinstance(when, str) and MOMENT.fullmatch(when)):
            raise ValueError("not a record of visible tests")
        found[name] = Tried(passed, of, when, module)
    return found


def _set_aside(path: Path) -> str:
    aside = path.with_name("progress.broken.json")
    words = "Run the tests of a lesson again, and its exercises count again."
    try:
        path.replace(aside)
    except OSError:
        return f"{FOLDER}/{FILE} cannot be read, and so it counts as empty. Delete it. {words}"
    return f"{FOLDER}/{FILE} could not be read and is now {FOLDER}/{aside.name}. {words}"


def record(root: Path, lesson: str, results: Mapping[str, tuple[int, int]], module: str) -> str:
    """Keep what an exercise's tests said: how many passed, of how many; return what is to be said about that, mostly "".

    Args:
        root: the course.
        lesson: its name.
        results: exercise to passed and all; only exercises all of whose tests ran.
        module: a short hash of the student's module.
    """
    before = read(root)
    when = f"{datetime.now():%Y-%m-%d %H:%M}"
    now = {name: Tried(passed, of, when, module) for name, (passed, of) in results.items()}
    everything = {**before.lessons, lesson: {**before.of(lesson), **now}}
    content = {
        "schema": SCHEMA,
        "about": SAYS,
        "lessons": {
            name: {"exercises": {one: vars(tried) for one, tried in exercises.items()}}
            for name, exercises in everything.items()
        },
    }
    try:
        write_whole(root / FOLDER / FILE, json.dumps(content, indent=1) + "\n", mode=0o644)
    except OSError as error:
        return f"Your progress was not kept: {FOLDER}/{FILE} cannot be written ({error.strerror})."
    return before.note
