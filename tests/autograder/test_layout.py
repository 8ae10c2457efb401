"""The package's folders keep their order, and what is handed out is whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.autograder.helpers import ROOT

PLANTED = {
    "an upward import": ("autograder/course/lesson.py", "from autograder.grading import score", "every folder imports"),
    "a worker that knows the grader": (
        "autograder/worker/run.py",
        "import autograder.util.files",
        "every folder imports",
    ),
    "a sandbox that knows answers": (
        "autograder/sandbox/pool.py",
        "from autograder.course import suite",
        "expected value",
    ),
    "a format that knows another": (
        "autograder/gradebook/formats/canvas.py",
        "from autograder.gradebook.formats import moodle",
        "do not know one another",
    ),
    "a folder without a place": ("autograder/attic/__init__.py", '"""Old things."""', "attic"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    env = os.environ | {"PYTHONPATH": str(folder)}
    return subprocess.run([program, "--no-cache"], cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package with its rules."""
    shutil.copytree(ROOT / "autograder", tmp_path / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_rules_are_kept(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("case", PLANTED)
def test_a_planted_import_breaks_a_rule(copy: Path, case: str) -> None:
    name, line, words = PLANTED[case]
    path = copy / name
    path.parent.mkdir(exist_ok=True)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{before}\n{line}\n", encoding="utf-8")
    done = lint(copy)
    assert done.returncode == 1, done.stdout
    assert words in done.stdout + done.stderr


def test_the_address_in_instructors_configurations_of_nbgrader_stays() -> None:
    from autograder import nbgrader_engine
    from autograder.integrations import nbgrader_plugin

    assert nbgrader_engine.configure is nbgrader_plugin.configure
