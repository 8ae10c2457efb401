"""What several of the project's own tests share: the small course, warm sandboxes, a command that is really run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.course import lesson as lessons
from autograder.course.lesson import Lesson
from autograder.grading.lesson_grader import Grading
from autograder.sandbox.sandbox import Sandbox

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
COURSE = HERE / "course"
LESSONS = lessons.names(ROOT)

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def small_lesson() -> Lesson:
    """The small course's one lesson."""
    return lessons.load(COURSE, "lesson_9_1")


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """A warm zygote that serves every test that needs no other."""
    with Sandbox(COURSE, plots=False) as warm:
        yield warm


@pytest.fixture(scope="session")
def small_grading(small_lesson: Lesson) -> Iterator[Grading]:
    """The small lesson, made ready with seed 0."""
    with Grading(small_lesson, ("cpu",), 0, unsafe=False) as grading:
        yield grading


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A copy of the small course that a test may change."""
    return Path(shutil.copytree(COURSE, tmp_path / "course", ignore=shutil.ignore_patterns("__pycache__")))


@pytest.fixture(scope="session")
def command() -> Command:
    """Run a module as a user would, in a folder, and return what it printed and its exit status."""

    def run(*arguments: str | Path, cwd: Path = ROOT, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *map(str, arguments)],
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run
