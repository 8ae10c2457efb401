"""A student's seat: a real terminal with `watch`, what is next, where they stand, hints, the stub back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.autograder.helpers import ROOT, SETTINGS
from tests.autograder.student.terminal import Terminal

STUB = '''\
"""A lesson without torch, whose import would take most of the time."""


# %%
def double(x: int) -> int:
    """Return `2 * x`."""
    # TODO: Multiply by two.
    raise NotImplementedError('double is not written yet: read "Doubling" in assignments/lesson_9_1/README.md')


# %%
def halve(x: int) -> float:
    """Return `x / 2`."""
    # TODO: Divide by two.
    raise NotImplementedError('halve is not written yet: read "Halving" in assignments/lesson_9_1/README.md')
'''
TESTS = """\
from assignments.lesson_9_1.exercises import double, halve


def test_double_of_two():
    assert double(2) == 4, "double(2) is 4"


def test_double_of_three():
    assert double(3) == 6


def test_halve_of_two():
    assert halve(double(1)) == 1
"""
MANIFEST = """\
title = "A lesson at the seat"

[[exercise]]
name = "double"
points = 60
section = "Doubling"

[[exercise]]
name = "halve"
points = 40
section = "Halving"
"""
HINTS = """\
["double"]
read = "Read the part on doubling."
idea = "Twice is once more."
shape = "One line with one product."
"""
DOUBLE_WRONG, DOUBLE_RIGHT, HALVE_RIGHT = "return x * x + 1", "return x + x", "return x / 2"


@dataclass(frozen=True)
class Course:
    """A student's course of one or two small lessons."""

    root: Path

    @property
    def module(self) -> Path:
        return self.root / "assignments" / "lesson_9_1" / "exercises.py"

    def write(self, double: str = "", halve: str = "") -> None:
        text = STUB
        for name, body in (("double", double), ("halve", halve)):
            lines = text.split("\n")
            at = next(n for n, line in enumerate(lines) if f"'{name} is not written" in line)
            lines[at - 1 : at + 1] = [f"    {body}"] if body else lines[at - 1 : at + 1]
            text = "\n".join(lines)
        self.module.write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "autograder.cli", *arguments]
        env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "70"}
        return subprocess.run(command, cwd=self.root, env=env, capture_output=True, text=True, timeout=120, check=False)

    def test(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "assignments/lesson_9_1", *arguments]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, timeout=120, check=False).stdout

    @property
    def progress(self) -> Path:
        return self.root / ".autograder" / "progress.json"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    folder = tmp_path / "course" / "assignments" / "lesson_9_1"
    folder.mkdir(parents=True)
    texts = {"exercises.py": STUB, ".stub.py": STUB, "test_exercises.py": TESTS, "lesson.toml": MANIFEST}
    for name, text in {**texts, "hints.toml": HINTS, "README.md": "# A lesson\n"}.items():
        (folder / name).write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "assignments" / "conftest.py", folder.parent)
    (tmp_path / "course" / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    return Course(tmp_path / "course")


Watch = Callable[..., Terminal]


def test_a_session_in_a_real_terminal(course: Course) -> None:
    with Terminal(course.root, ["watch"], columns=60) as terminal:
        screen = terminal.wait_for("q\N{NO-BREAK SPACE}quit")
        assert "> · double  not written" in screen
        assert "next: double" in screen
        assert max(map(len, screen.split("\n"))) <= 60
        terminal.forget()
        course.write(double=DOUBLE_WRONG)
        assert "double(2) is 4" in terminal.wait_for("✗ double  fails")
        terminal.forget()
        course.write(double=DOUBLE_RIGHT)
        assert "> · halve  not written" in terminal.wait_for("✓ double  done")
        terminal.press("n")
        assert "the only one left" in terminal.wait_for("q\N{NO-BREAK SPACE}quit")
        terminal.press("h")
        assert "no further hints" in terminal.wait_for("q\N{NO-BREAK SPACE}quit")
        terminal.forget()
        course.module.write_text(course.module.read_text(encoding="utf-8") + "\ndef broken(:\n", encoding="utf-8")
        assert "def broken(:" in terminal.wait_for("cannot be imported")
        terminal.forget()
        course.write(double=DOUBLE_WRONG)
        terminal.wait_for("✗ double  fails")
        terminal.press("r")
        terminal.wait_for("y: yes")
        terminal.press("y")
        assert "· double  not written" in terminal.wait_for("Your text is kept in")
        assert course.module.read_text(encoding="utf-8") == STUB
        (backup,) = (course.root / ".autograder" / "backups" / "lesson_9_1").iterdir()
        assert DOUBLE_WRONG in backup.read_text(encoding="utf-8")
        terminal.press("q")
        assert terminal.process.wait(20) == 0


def test_an_endless_loop_and_a_crash_end_their_run_alone_and_the_newest_save_counts(course: Course) -> None:
    course.write(double="while True: pass")
    with Terminal(course.root, ["watch", "9.1", "--limit", "1"]) as terminal:
        assert "`test_double_of_two` did not finish in 1 seconds" in terminal.wait_for("did not finish")
        terminal.forget()
        course.write(double="import os; os.abort()")
        assert "ended Python itself (SIGABRT)" in terminal.wait_for("That run was ended").replace("\n", " ")
        terminal.forget()
        course.write(double="while True: pass")
        course.write(double=DOUBLE_RIGHT, halve=HALVE_RIGHT)
        assert "2 of 2 exercises pass" in terminal.wait_for("✓ halve  done")
        second = course.run("watch")
        assert second.returncode == 2
        assert "Another `autograder watch` goes on" in second.stderr + course.run("watch", "9.1").stderr or (
            "Every lesson is done" in second.stderr
        )
        assert "Another `autograder watch` goes on" in course.run("watch", "9.1").stderr


def test_without_a_terminal_it_writes_plain_lines(course: Course) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "autograder.cli", "watch", "9.1"]
    with subprocess.Popen(command, cwd=course.root, env=env, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        lines = iter(watching.stdout.readline, "")
        shown = next(line for line in lines if line.startswith("next: "))
        course.write(double=DOUBLE_RIGHT)
        after = next(line for line in lines if line.startswith("next: "))
        watching.terminate()
    assert (shown, after) == ("next: double\n", "next: halve\n")
    assert "\x1b" not in shown


def test_visible_tests_keep_the_progress_and_status_and_next_tell_it(course: Course) -> None:
    assert "next: double (60 points), not written" in course.run("next").stdout
    course.write(double=DOUBLE_RIGHT)
    course.test()
    kept = json.loads(course.progress.read_text(encoding="utf-8"))
    tried = kept["lessons"]["lesson_9_1"]["exercises"]
    assert (tried["double"]["passed"], tried["double"]["of"], tried["halve"]["passed"]) == (2, 2, 0)
    status = course.run("status").stdout
    assert "1 of 2" in status
    assert "60 of 100" in status
    assert "This counts the visible tests alone." in status
    assert "next: halve" in course.run("next").stdout
    course.write(double=DOUBLE_WRONG)
    assert "exercises.py has changed since its tests ran" in course.run("status").stdout


def test_a_run_of_some_of_an_exercises_tests_says_nothing_of_the_exercise(course: Course) -> None:
    course.write(double=DOUBLE_RIGHT, halve=HALVE_RIGHT)
    course.test("-k", "of_two")
    tried = json.loads(course.progress.read_text(encoding="utf-8"))["lessons"]["lesson_9_1"]["exercises"]
    assert set(tried) == {"halve"}


@pytest.mark.parametrize(
    "broken", ["{", "[]", '{"schema": "autograder/progress/v1", "lessons": {"a": {"exercises": 3}}}']
)
def test_a_progress_file_that_is_broken_is_set_aside_and_said(course: Course, broken: str) -> None:
    course.progress.parent.mkdir()
    course.progress.write_text(broken, encoding="utf-8")
    said = course.run("status").stdout
    assert "could not be read and is now .autograder/progress.broken.json" in " ".join(said.split())
    assert (course.progress.parent / "progress.broken.json").read_text(encoding="utf-8") == broken
    assert "could not be read" not in course.run("status").stdout


def test_where_progress_cannot_be_kept_the_tests_run_and_say_so(course: Course) -> None:
    (course.root / ".autograder").write_text("a file where the folder would be", encoding="utf-8")
    said = course.test()
    assert "Your progress was not kept" in said
    assert "3 failed" in said
    assert "1 of 3" in course.run("hint", "double").stdout


def test_hints_come_one_step_more_at_each_call(course: Course) -> None:
    calls = [course.run("hint", "double").stdout for _ in range(4)]
    assert [call.count("hint ") - call.count("autograder hint ") for call in calls] == [1, 2, 3, 3]
    assert "hint 3 of 3: One line with one product." in calls[2]
    assert 'Read "Halving" in assignments/lesson_9_1/README.md' in course.run("hint", "halve").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["watch", "9.2"], "Did you mean lesson_9_1?"),
        (["hint", "dubble"], "Did you mean `double`?"),
        (["reset", "Double"], "Did you mean `double`?"),
        (["reset", "zzz", "--lesson", "9.1"], "Its exercises: double, halve."),
        (["reset"], "Name the exercise"),
    ],
)
def test_a_wrong_name_is_told_with_the_nearest(course: Course, arguments: list[str], words: str) -> None:
    done = course.run(*arguments)
    assert done.returncode == 2
    assert words in done.stderr


def test_a_reset_changes_one_exercise_alone_even_in_text_that_python_cannot_read(course: Course) -> None:
    course.write(double="return (x\n    # a note of mine", halve=HALVE_RIGHT)
    assert "is the stub again" in course.run("reset", "double").stdout
    text = course.module.read_text(encoding="utf-8")
    assert "'double is not written yet" in text
    assert HALVE_RIGHT in text
    assert "'halve is" not in text
    course.module.unlink()
    assert "is the stub again" in course.run("reset", "--all", "9.1").stdout
    assert course.module.read_text(encoding="utf-8") == STUB
    assert "is the stub already" in course.run("reset", "double").stdout


def test_outside_of_a_course_the_folder_is_asked_for(tmp_path: Path) -> None:
    done = Course(tmp_path).run("status")
    assert done.returncode == 2
    assert "change to the one that has `assignments`" in done.stderr
