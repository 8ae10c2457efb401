"""Fixtures that tests of the grader and of the lessons share: the small course, warm sandboxes, a command that is really run.

What costs time is imported by the fixtures that need it: pytest reads this file for a hidden suite, too.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from autograder.course import lesson as lessons
from autograder.course.lesson import Lesson
from tests.autograder.helpers import COURSE, LESSONS, ROOT, Command

if TYPE_CHECKING:
    from autograder.grading.lesson_grader import Grading, Sandboxes
    from autograder.sandbox.sandbox import Sandbox
    from autograder.sandbox.template import Template


@pytest.fixture(scope="session")
def small_lesson() -> Lesson:
    """The small course's one lesson."""
    return lessons.load(COURSE, "lesson_9_1")


@pytest.fixture(scope="session")
def template() -> Iterator[Template]:
    """What the zygotes of this process's tests are forked from; it has the libraries of every lesson."""
    from autograder.grading.warm import template_for

    with template_for([lessons.load(ROOT, name) for name in LESSONS]) as warm:
        yield warm


@pytest.fixture(scope="session")
def sandbox(template: Template) -> Iterator[Sandbox]:
    """A warm zygote that serves every test that needs no other."""
    from autograder.sandbox.sandbox import Sandbox

    with Sandbox(COURSE, plots=False, template=template) as warm:
        yield warm


@pytest.fixture(scope="session")
def small_grading(small_lesson: Lesson, template: Template) -> Iterator[Grading]:
    """The small lesson, made ready with seed 0."""
    from autograder.grading.lesson_grader import Grading, sandboxes

    lent = sandboxes([small_lesson], template=template)
    with Grading(small_lesson, ("cpu",), 0, unsafe=False, lent=lent) as grading:
        yield grading
    lent.close()


@pytest.fixture(scope="session")
def course_sandboxes(template: Template) -> Iterator[Sandboxes]:
    """Two warm zygotes for all lessons of the course: one for references, one for what students might hand in."""
    from autograder.grading.lesson_grader import sandboxes

    made = sandboxes([lessons.load(ROOT, name) for name in LESSONS], template=template)
    yield made
    made.close()


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
