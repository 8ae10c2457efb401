"""A lesson's answers: what they show, and that they go out only when they are asked for, and then stay out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from autograder.authoring import answers
from autograder.course import lesson as lessons
from autograder.release import leaks
from autograder.release import student_repository as releases

NAME = "lesson_9_1"
PLACE = f"assignments/{NAME}/answers.md"
VISIBLE = (
    "from assignments.lesson_9_1.exercises import average, batch_sizes, double\n\n\n"
    + "\n\n\n".join(f"def test_{name}():\n    {name}" for name in ("double", "batch_sizes", "average"))
    + "\n"
)


@pytest.fixture
def releasable(course: Path) -> Path:
    """The small course with the visible tests that a release needs."""
    (course / "assignments" / NAME / "test_exercises.py").write_text(VISIBLE, encoding="utf-8")
    return course


def test_answers_show_the_reference_other_right_ways_and_what_goes_wrong(course: Path) -> None:
    page = answers.text(lessons.load(course, NAME))
    assert "```python\ndef double(x: torch.Tensor) -> torch.Tensor:\n    return 2 * x\n```" in page
    assert "```python\ndef double(x):\n    return x + x\n```" in page
    assert '- It squares. The lesson doubles. (Read "Doubling".)' in page
    assert "SOLUTION" not in page
    assert page.index("`double`") < page.index("`batch_sizes`") < page.index("`average`")


def test_a_release_has_no_answers_unless_they_are_asked_for(releasable: Path, tmp_path: Path) -> None:
    releases.release(releasable, tmp_path / "out", [NAME])
    assert not (tmp_path / "out" / PLACE).exists()


def test_answers_that_are_out_stay_out(releasable: Path, tmp_path: Path) -> None:
    releases.release(releasable, tmp_path / "out", [NAME])
    releases.release(releasable, tmp_path / "out", [], [NAME])
    page = (tmp_path / "out" / PLACE).read_text(encoding="utf-8")
    assert page == answers.text(lessons.load(releasable, NAME))
    releases.release(releasable, tmp_path / "out")
    assert (tmp_path / "out" / PLACE).read_text(encoding="utf-8") == page


def test_a_students_marker_brings_no_answers(releasable: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    releases.release(releasable, out, [NAME])
    marker = json.loads((out / releases.MARKER).read_text(encoding="utf-8"))
    marker["files"][PLACE] = "0" * 64
    (out / releases.MARKER).write_text(json.dumps(marker), encoding="utf-8")
    for mine in (None, "my own notes\n"):
        if mine is not None:
            (out / PLACE).write_text(mine, encoding="utf-8")
        releases.release(releasable, out)
        assert not (out / PLACE).exists() or (out / PLACE).read_text(encoding="utf-8") == mine


def test_a_line_that_another_lessons_solution_repeats_is_listed(course: Path) -> None:
    line = "return [size] * (n // size) + [n % size] * (n % size > 0)"
    page = {"assignments/lesson_9_2/answers.md": f"```python\n{line}\n```\n".encode()}
    assert len(leaks.repeated(page, course, ["lesson_9_2"])) == 1
    assert leaks.repeated(page, course, [NAME]) == []


def test_answers_go_with_no_other_systems_file(
    releasable: Path, tmp_path: Path, command: Callable[..., CompletedProcess[str]]
) -> None:
    line = ["release", tmp_path / "a.zip", NAME, "--gradescope", "--answers", NAME]
    done = command("autograder.cli", *line, cwd=releasable)
    assert done.returncode == 2
    assert "--answers goes with" in done.stderr
