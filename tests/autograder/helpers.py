"""What several of the project's own tests share: where things lie, a folder of submissions, a look out of a sandbox, a seat."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder.course import lesson as lessons

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
COURSE = HERE / "small_course"
LESSONS = lessons.names(ROOT)

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def hand_in(folder: Path, texts: dict[str, str]) -> Path:
    for name, text in texts.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "exercises.py").write_text(text, encoding="utf-8")
    return folder


SETTINGS = '[tool.pytest.ini_options]\npythonpath = ["."]\naddopts = ["--import-mode=importlib", "--tb=short"]\n'


@dataclass(frozen=True)
class Seat:
    """A student's folder with some lessons."""

    root: Path

    def module(self, lesson: str) -> Path:
        """Return the module of a lesson."""
        return self.root / "assignments" / lesson / "exercises.py"

    def write(self, lesson: str, **bodies: str) -> None:
        """Fill functions and methods in: each `raise` of the stub that stands in one of them becomes these lines."""
        lines, inside = [], ""
        for line in self.module(lesson).read_text(encoding="utf-8").split("\n"):
            name = re.match(r"\s*def (\w+)", line)
            inside = name.group(1) if name else inside
            if inside in bodies and "is not written yet: read" in line:
                indent = line[: len(line) - len(line.lstrip())]
                lines.append(textwrap.indent(textwrap.dedent(bodies[inside]).strip("\n"), indent))
            elif not (inside in bodies and line.lstrip().startswith("# TODO")):
                lines.append(line)
        self.module(lesson).write_text("\n".join(lines), encoding="utf-8")

    def pytest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run pytest here."""
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
        # On a build server pytest's short summary is longer; a student sits at a terminal.
        env = {name: value for name, value in os.environ.items() if name not in ("CI", "BUILD_NUMBER")}
        return subprocess.run(command, cwd=self.root, env=env, capture_output=True, text=True, timeout=900, check=False)


def seat(folder: Path, *names: str) -> Seat:
    """Make a student's folder."""
    for name in names:
        ignore = shutil.ignore_patterns("__pycache__", "*.ipynb", "*.png")
        shutil.copytree(ROOT / "assignments" / name, folder / "assignments" / name, ignore=ignore)
    for name in ("expect.py", "conftest.py"):
        shutil.copy(ROOT / "assignments" / name, folder / "assignments")
    (folder / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    return Seat(folder)


# Without torch, whose import would take most of the time.
VISIBLE = '''\
"""The visible tests of the small lesson."""

import numpy

from assignments.lesson_9_1.exercises import average, batch_sizes, double


def test_double_of_a_whole_number():
    assert double(2) == 4


def test_double_of_a_fraction():
    assert double(1.5) == 3


def test_last_batch_is_short():
    assert batch_sizes(10, 4) == [4, 4, 2]


def test_whole_batches_have_no_rest():
    assert batch_sizes(8, 4) == [4, 4]


def test_average_of_three():
    assert average(numpy.array([1.0, 2.0, 3.0])) == 2
'''
