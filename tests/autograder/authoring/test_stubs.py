"""Stubs from references, figures from pages, and what is said when a source is wrong."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from autograder.authoring import stubs
from autograder.authoring.stubs import AuthoringError
from autograder.course import lesson as lessons
from tests.autograder.helpers import Command


def test_a_stub_says_what_to_write_and_where_to_read(course: Path) -> None:
    text = stubs.stub(lessons.load(course, "lesson_9_1"))
    assert "    # TODO: Multiply by two.\n" in text
    assert (
        "    raise NotImplementedError('double is not written yet: read \"Doubling\" in assignments/lesson_9_1/README.md')"
        in text
    )
    assert '"""Return `2 * x`, a new tensor of x\'s shape and dtype, on x\'s device.\n' in text


def test_a_stub_holds_nothing_of_the_solution(course: Path) -> None:
    text = stubs.stub(lessons.load(course, "lesson_9_1"))
    assert "SOLUTION" not in text
    assert "2 * x\n" not in text
    assert "numel" not in text
    assert [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)] == [
        "double",
        "batch_sizes",
        "average",
    ]


FAULTS = {
    "`END SOLUTION` without": ("    # BEGIN SOLUTION Multiply by two.\n", ""),
    "is not closed": ("    # END SOLUTION\n\n\n# %%\ndef batch", "\n\n# %%\ndef batch"),
    "does not say what to write": (" Multiply by two.", ""),
    "not an exercise of lesson.toml": ("def double(", "def triple("),
    "must start with a cell": ("# %%\n", "\n"),
}


@pytest.mark.parametrize("words", FAULTS)
def test_a_faulty_reference_is_refused(course: Path, words: str) -> None:
    lesson = lessons.load(course, "lesson_9_1")
    text = lesson.reference.read_text(encoding="utf-8")
    old, new = FAULTS[words]
    assert old in text
    lesson.reference.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(AuthoringError) as refusal:
        stubs.stub(lesson)
    assert words in str(refusal.value)


def test_an_exercise_without_a_region_is_refused(course: Path) -> None:
    lesson = lessons.load(course, "lesson_9_1")
    text = lesson.reference.read_text(encoding="utf-8")
    text = text.replace(
        "    # BEGIN SOLUTION Multiply by two.\n    return 2 * x\n    # END SOLUTION\n", "    return 2 * x\n"
    )
    lesson.reference.write_text(text, encoding="utf-8")
    with pytest.raises(AuthoringError, match="`double` has no solution region"):
        stubs.stub(lesson)


def test_check_finds_a_stale_stub_and_writes_nothing(course: Path, command: Command) -> None:
    stub = course / "assignments" / "lesson_9_1" / "exercises.py"
    assert command("autograder.cli", "stubs", "--check", cwd=course).returncode == 0
    stub.write_text("# old\n", encoding="utf-8")
    done = command("autograder.cli", "stubs", "--check", cwd=course)
    assert done.returncode == 1
    assert "is stale: run `autograder stubs lesson_9_1`" in done.stdout
    assert stub.read_text(encoding="utf-8") == "# old\n"
    assert command("autograder.cli", "stubs", "lesson_9_1", cwd=course).returncode == 0
    assert command("autograder.cli", "stubs", "--check", cwd=course).returncode == 0


def test_a_demonstration_is_the_sections_blocks_in_order_and_no_others(course: Path) -> None:
    program = stubs.demonstration(lessons.load(course, "lesson_9_1"))
    assert program.index("torch.arange") < program.index("savefig")
    assert "SystemExit" not in program


def test_figures_are_what_the_demonstration_saves(course: Path, command: Command) -> None:
    done = command("autograder.cli", "figures", cwd=course)
    assert done.returncode == 0, done.stderr
    assert (course / "assignments" / "lesson_9_1" / "line.png").read_bytes().startswith(b"\x89PNG")


def test_a_demonstration_that_fails_says_so(course: Path, command: Command) -> None:
    page = course / "assignments" / "lesson_9_1" / "README.md"
    page.write_text(page.read_text(encoding="utf-8").replace("torch.arange(3)", "torch.arangee(3)"), encoding="utf-8")
    done = command("autograder.cli", "figures", cwd=course)
    assert done.returncode == 2
    assert "arangee" in done.stderr
