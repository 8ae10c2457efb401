"""The command line: how a lesson may be called, what is said of names that are wrong, and what shows that it is at work."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder import cli, console
from autograder.batch import run as batch
from autograder.course import lesson as lessons
from autograder.course.lesson import LessonError
from autograder.sandbox import doctor
from autograder.sandbox.errors import SandboxError
from tests.autograder.helpers import ROOT

NAMES = (
    "2.5",
    "2_5",
    "lesson_2_5",
    "lesson_2_5/",
    "assignments/lesson_2_5",
    "assignments/lesson_2_5/",
    "./assignments/lesson_2_5/exercises.py",
    "assignments/lesson_2_5/lesson_2_5.ipynb",
    "solutions/lesson_2_5",
    "tests/lesson_2_5/",
    str(ROOT / "assignments" / "lesson_2_5"),
)


@pytest.mark.parametrize("given", NAMES)
def test_a_lesson_may_be_called_by_number_name_or_path(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lessons.find(ROOT, given) == "lesson_2_5"
    assert lessons.load(ROOT, given).name == "lesson_2_5"


@pytest.mark.parametrize("given", [".", "exercises.py", "../lesson_2_5", "assignments/lesson_2_5"])
def test_a_path_counts_from_where_one_is_and_from_the_courses_folder(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT / "assignments" / "lesson_2_5")
    assert lessons.find(ROOT, given) == "lesson_2_5"


NEAR = {
    "lesson_25": "Did you mean lesson_2_5?",
    "lesson_2.5": "Did you mean lesson_2_5?",
    "leson_2_5": "Did you mean lesson_2_5?",
    "Lesson 2.5": "Did you mean lesson_2_5?",
    "lesson_22_5": "Did you mean lesson_2_5?",
    "lesson_2": "Did you mean one of lesson_2_1, lesson_2_2, lesson_2_3, lesson_2_4, lesson_2_5, lesson_2_6, lesson_2_7?",
    "2.9": "Did you mean one of lesson_2_1, lesson_2_2, lesson_2_3, lesson_2_4, lesson_2_5, lesson_2_6, lesson_2_7?",
    "assignments": "There are: lesson_1_1, ",
    "assignments/lesson_9_9": "There are: lesson_1_1, ",
    "": "There are: lesson_1_1, ",
}


@pytest.mark.parametrize("given", NEAR)
def test_the_near_lesson_is_suggested(given: str) -> None:
    with pytest.raises(LessonError) as refusal:
        lessons.find(ROOT, given)
    assert NEAR[given] in str(refusal.value)


COMMANDS = {
    "grade": ("grade", "lesson_2", "nowhere"),
    "audit": ("audit", "lesson_1_1", "lesson_25", "lesson_4_4"),
    "stubs": ("stubs", "--check", "lesson_25"),
    "notebooks": ("notebooks", "--check", "lesson_25"),
    "figures": ("figures", "lesson_25"),
    "release": ("release", "nowhere", "lesson_25"),
    "release by option": ("release", "nowhere", "--lessons", "lesson_25"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_names_are_looked_up_before_anything_slow_is_imported(name: str) -> None:
    program = (
        "import sys\nfrom autograder import cli\ncode = cli.main(sys.argv[1:])\nprint(code, 'torch' in sys.modules)"
    )
    done = run("-c", program, *COMMANDS[name])
    assert done.stdout == "2 False\n"
    assert "Did you mean" in done.stderr
    for given in COMMANDS[name]:
        if given.startswith("lesson_") and given != "lesson_1_1":
            assert f"There is no lesson {given!r}" in done.stderr


def test_a_folder_of_submissions_that_is_not_there_is_told_at_once() -> None:
    program = (
        "import sys\nfrom autograder import cli\ncode = cli.main(sys.argv[1:])\nprint(code, 'torch' in sys.modules)"
    )
    done = run("-c", program, "grade", "2.5", "nowhere")
    assert done.stdout == "2 False\n"
    assert "nowhere" in done.stderr


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_command_takes_a_lessons_number(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(course)
    (course / "assignments" / "lesson_9_1" / "exercises.py").unlink()
    assert cli.main(["stubs", "9.1", "assignments/lesson_9_1/"]) == 0
    assert (course / "assignments" / "lesson_9_1" / "exercises.py").is_file()


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        cli.main(["--version"])
    assert leaving.value.code == 0
    assert capsys.readouterr().out.startswith("autograder 0.")


def test_doctor_fails_where_the_sandbox_does_not_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def start(*_: object, **__: object) -> Iterator[None]:
        raise SandboxError("no processes are to be had")

    monkeypatch.setattr(doctor, "Sandbox", start)
    assert cli.main(["doctor"]) == 1
    assert "the sandbox does not start: no processes are to be had" in capsys.readouterr().err


def test_progress_through_a_pipe_is_a_plain_line_for_each_submission(capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[Any] = [
        {"submission": "kept", "status": "graded"},
        {"submission": "ann\x1b[2Ja", "status": "graded"},
        {"submission": "two\nlines", "status": "not_found"},
    ]
    with console.progress() as tell:
        for number, row in enumerate(rows, 1):
            tell(batch.Progress(number, 3, row, kept=number == 1))
    assert capsys.readouterr() == (
        "",
        "2 of 3: ann\\u001b[2Ja (graded)\n3 of 3: two lines (not_found)\n",
    )


def test_an_audit_says_through_a_pipe_what_it_is_at(capsys: pytest.CaptureFixture[str]) -> None:
    with console.working() as tell:
        console.prefixed("lesson_9_1", tell)("mutants")
    assert capsys.readouterr() == ("", "lesson_9_1: mutants\n")
