"""Make what lets a visible test name a mistake: for each misconception, what it gives where such a test fails.

The file goes to students, so it holds no code and no answer: wrong results alone, where the failing test itself says what is
right. Where a test says so in words only (`expect_that`, `expect_raises`), a result is left out that has a part of the
reference's, and so is one of whole numbers and words, in which a quiz's answers would stand. It is packed, so that nobody reads
it by accident.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import re
import subprocess
import sys
import textwrap
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.course import misconceptions
from autograder.course.lesson import Lesson
from autograder.util.errors import UserError

FILE = "known_mistakes.txt"
HEADER = """\
# Lets the visible tests say what a wrong result looks like. It holds no answer.
# Made by `autograder mistakes`; not for reading.
"""
FROM = "# From "
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
# What so many different mistakes give that it tells none of them.
COMMON = (None, True, False, "", 0, 1, -1)


class MistakesError(UserError):
    """Visible tests that cannot be run on the misconceptions; the sentence says what to do."""


@dataclass(frozen=True)
class Mistakes:
    """What was found for a lesson.

    Attributes:
        entries: `call`, `gives`, `says` and `section`, in the misconceptions' order.
        caught: the misconceptions that a visible test fails.
        named: those of them that their student reads the name of.
    """

    entries: tuple[Mapping[str, Any], ...]
    caught: tuple[str, ...]
    named: tuple[str, ...]


def made_from(lesson: Lesson) -> str:
    """Return a hash over what a lesson's file is made from, so that a stale one is known without running anything."""
    assignments = lesson.assignment.parent
    parts = [lesson.reference, lesson.misconceptions, lesson.page, lesson.manifest]
    parts += [*sorted(lesson.assignment.glob("test_*.py")), assignments / "expect.py"]
    found = hashlib.sha256()
    for path in parts:
        found.update(path.read_bytes() if path.is_file() else b"")
        found.update(b"\0")
    return found.hexdigest()[:32]


def is_fresh(lesson: Lesson) -> bool:
    """Return whether a lesson's file was made from what stands there now."""
    path = lesson.assignment / FILE
    return path.is_file() and f"{FROM}{made_from(lesson)}\n" in path.read_text(encoding="utf-8")


def text(mistakes: Mistakes, source: str) -> str:
    """Return the file's text; `source` is the hash that `made_from` gives."""
    packed = base64.b64encode(zlib.compress(json.dumps(mistakes.entries).encode(), 9)).decode()
    return f"{HEADER}{FROM}{source}\n" + "\n".join(textwrap.wrap(packed, 110)) + "\n"


def find(lesson: Lesson) -> Mistakes:
    """Run a lesson's visible tests on each of its misconceptions.

    Raises:
        MistakesError: they cannot be run.
    """
    if not (lesson.assignment / "test_exercises.py").is_file():
        raise MistakesError(f"There are no visible tests {lesson.assignment / 'test_exercises.py'}.")
    command = [sys.executable, "-m", "autograder.authoring.mistake_runs", lesson.name]
    done = subprocess.run(command, cwd=lesson.root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MistakesError(
            f"The visible tests of {lesson.name} cannot be run on its misconceptions: {done.stderr[-800:]}"
        )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    reference, runs = lines[0], {line["name"]: line["found"] for line in lines[1:]}
    if reference["found"] is None or any(reference["found"]):
        failed = (reference["found"] or [[]])[0]
        raise MistakesError(
            f"The reference of {lesson.name} fails its visible tests, so nothing can be told of mistakes: "
            f"{failed[0]['test'] if failed else 'they did not come to an end'}."
        )
    return _assembled(lesson, runs, reference["stated"] or [])


def _assembled(lesson: Lesson, runs: Mapping[str, Any], stated: Sequence[Mapping[str, Any]]) -> Mistakes:
    expect = _expect(lesson)
    known = {one.name: one for one in misconceptions.read(lesson)}
    printed = _numbers(lesson)
    caught = [name for name, found in runs.items() if found and found[0]]
    entries, owners = [], []
    for name in caught:
        again = {(one["test"], one["call"]): one["gives"] for one in runs[name][1]}
        for one in runs[name][0]:
            gives = one["gives"]
            same = expect._alike(gives, again.get((one["test"], one["call"])))
            if same and _telling(gives) and _harmless(one["call"], gives, stated, printed):
                entries.append(
                    {"call": one["call"], "gives": gives, "says": known[name].says, "section": known[name].section}
                )
                owners.append(name)
    named = {
        owner
        for owner, entry in zip(owners, entries, strict=True)
        if len({one["says"] for one in entries if _fits(expect, entry, one)}) <= 2
    }
    return Mistakes(tuple(entries), tuple(caught), tuple(name for name in caught if name in named))


def _fits(expect: Any, entry: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(entry["call"] == other["call"] and expect._alike(other["gives"], entry["gives"]))


def _telling(gives: Any) -> bool:
    """Return whether a result is one that not just any wrong code gives."""
    if isinstance(gives, dict):
        if "raised" in gives:
            return bool(gives.get("words"))
        parts = list(_leaves(gives))
        return any(part not in COMMON for part in parts)
    return gives not in COMMON


def _harmless(call: str, gives: Any, stated: Sequence[Mapping[str, Any]], printed: set[float]) -> bool:
    """Return whether a wrong result may be kept: the test says what is right, or nothing right is in it."""
    said = [one["gives"] for one in stated if one["call"] == call]
    if not said or (isinstance(gives, dict) and "raised" in gives):
        return True
    if "()" in call:  # a quiz: what is asked without arguments has one answer, and a wrong one may tell it
        return False
    if None in said:  # `expect_raises`: whatever came back instead must be printed somewhere
        return all(part in printed for part in _leaves(gives) if isinstance(part, float))
    return not any(_shares(gives, one, printed) for one in said)


def _shares(gives: Any, right: Any, printed: set[float]) -> bool:
    """Return whether a part of a result, or all of it, is the reference's in the same place, and printed nowhere."""
    if isinstance(gives, dict) and isinstance(right, dict) and "tensor" not in gives:
        pairs = [(part, right[key]) for key, part in gives.items() if key in right and key != "length"]
    elif isinstance(gives, list) and isinstance(right, list):
        pairs = list(zip(gives, right, strict=False))
    else:
        return gives == right and not all(part in printed for part in _leaves(gives))
    whole = gives == right and len(list(_leaves(gives))) > 1
    inner = (one for one in pairs if isinstance(one[0], dict | list | float))
    return whole or any(_shares(part, of_right, printed) for part, of_right in inner)


def _leaves(gives: Any) -> Iterator[Any]:
    """Yield the numbers and words of a picture, without what only says its form."""
    if isinstance(gives, dict):
        if "tensor" in gives:
            yield from (part for value in gives["values"] for part in _leaves(value))
        else:
            yield from (part for key, value in gives.items() if key != "length" for part in _leaves(value))
    elif isinstance(gives, list):
        yield from (part for value in gives for part in _leaves(value))
    else:
        yield gives


def _numbers(lesson: Lesson) -> set[float]:
    """Return the numbers that the page and the visible tests print."""
    texts = [path.read_text(encoding="utf-8") for path in (lesson.page, lesson.assignment / "test_exercises.py")]
    return {float(number) for one in texts for number in NUMBER.findall(one)} | {0.0, 1.0, -1.0}


def _expect(lesson: Lesson) -> Any:
    """Return the course's `assignments/expect.py`, which reads the file at the student's seat."""
    path = lesson.root / "assignments" / "expect.py"
    spec = importlib.util.spec_from_file_location("expect_of_the_course", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise MistakesError(f"There is no {path}, with which visible tests word their failures.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
