"""The README keeps its word: its commands exist, its first screen has the two that matter, and pytest is the environment's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import cli
from autograder import lesson as lessons
from tests.autograder.conftest import LESSONS, ROOT, Command

README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> set[str]:
    """Return the subcommands that the command line has."""
    parser = cli._parser()
    return {name for action in parser._actions if action.choices for name in action.choices}


def test_every_command_is_in_the_readme_and_every_one_there_exists() -> None:
    table = set(re.findall(r"^\| `autograder (\w+)", README, flags=re.MULTILINE))
    assert table == commands()


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        cli.main([name, "--help"])
    assert leaving.value.code == 0
    shown = capsys.readouterr().out
    for option in re.findall(r"--[a-z-]+", next(line for line in README.splitlines() if f"`autograder {name}" in line)):
        assert option in shown


def test_the_first_screen_has_the_two_commands() -> None:
    screen = README.split("\n## ")[0]
    assert "uv run autograder grade lesson_2_5 tests/autograder/submissions/lesson_2_5" in screen
    assert "uv run pytest\n" in screen
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "uv run autograder grade lesson_2_5 tests/autograder/submissions/lesson_2_5" in ci
    assert "uv run pytest" in ci


def test_uv_run_pytest_is_the_environments_own_pytest() -> None:
    assert Path(pytest.__file__).is_relative_to(sys.prefix)
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'default-groups = \[[^\]]*"test"', settings)


def test_as_many_exercises_are_marked_forgeable_as_the_readme_says() -> None:
    assert "it is about a third of all exercises" in README
    exercises = [exercise for name in LESSONS for exercise in lessons.load(ROOT, name).exercises]
    assert 0.28 < sum(bool(exercise.forgeable) for exercise in exercises) / len(exercises) < 0.4


def test_help_without_a_command_lists_them(command: Command) -> None:
    done = command("autograder.cli")
    assert done.returncode == 2
    assert "grade" in command("autograder.cli", "--help").stdout


def test_nothing_tracked_names_a_registry_or_keeps_a_lock() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    if not any(tracked):
        pytest.skip("this is no git checkout")
    assert not [name for name in tracked if name.endswith((".lock", "requirements.txt"))]
    # In two halves each, or this line would be found.
    halves = (("python", r"hosted\.org"), ("py", r"pi\.org"), ("files", r"\.python"))
    hosts = re.compile("|".join(first + second for first, second in halves))
    for name in tracked:
        path = ROOT / name
        if path.suffix in (".py", ".toml", ".md", ".yml", ".ipynb", "") and path.is_file():
            assert not hosts.search(path.read_text(encoding="utf-8", errors="replace")), name


def test_the_top_level_is_what_the_course_promises() -> None:
    visible = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    promised = {"assignments", "solutions", "autograder", "tests", "datasets", "pyproject.toml", "README.md"}
    assert promised <= visible
    tracked = subprocess.run(
        ["git", "ls-tree", "--name-only", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    listed = {name for name in tracked.stdout.split() if not name.startswith(".")}
    assert not listed or listed == promised | {"LICENSE"}
