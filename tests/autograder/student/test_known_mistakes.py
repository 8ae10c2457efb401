"""A known mistake is named where a visible test fails: in pytest and in a notebook's cell; the file holds nothing that tells."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from assignments import expect
from autograder.authoring import known_mistakes
from autograder.authoring.known_mistakes import Mistakes, _harmless, _telling
from autograder.course import lesson as lessons
from tests.autograder.helpers import LESSONS, ROOT, Seat, seat

# Three wrong answers to exercises of 1.1, of which the last is nobody's known mistake.
WRONG = {"predict": "return w * x", "loss": "return ((y_hat - y) ** 2).sum()", "update": "return param * 7 - grad"}


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Seat:
    made = seat(tmp_path_factory.mktemp("seat"), "lesson_1_1")
    made.write("lesson_1_1", **WRONG)
    return made


def test_a_known_mistake_is_named_and_another_is_not(wrong: Seat) -> None:
    said = wrong.pytest("assignments/lesson_1_1").stdout
    predict, loss, update = (said.index(f"_ test_{name}_") for name in ("predict", "loss", "update"))
    assert "looks like The bias is left out" in said[predict:loss]
    assert "looks like This is the sum of the squared errors" in said[loss:update]
    assert "looks like" not in said[update:]


def test_in_a_folder_of_a_notebook_the_copy_beside_it_names_the_mistake(tmp_path: Path) -> None:
    """As nbgrader hands it out: a copy of expect.py and the file, and a kernel that works in that folder."""
    for path in (ROOT / "assignments" / "expect.py", ROOT / "assignments" / "lesson_1_1" / "known_mistakes.txt"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    cell = "import torch\nfrom expect import expect\nx, y = torch.tensor([0., 2., 4., 6.]), torch.tensor([0.5, 2.5, 4.5, 6.5])\n"
    cell += "try:\n    expect('predict(x, w, b)', x, y, 'Add b.')\nexcept BaseException as error:\n    print(error)\n"
    run = subprocess.run([sys.executable, "-"], cwd=tmp_path, input=cell, capture_output=True, text=True, check=False)
    assert "looks like The bias is left out" in run.stdout


def test_more_than_two_that_fit_are_not_named(tmp_path: Path) -> None:
    def kept(*says: str) -> list[str]:
        entries = tuple({"call": "f()", "gives": 7, "says": one, "section": "S"} for one in says)
        (tmp_path / "known_mistakes.txt").write_text(
            known_mistakes.text(Mistakes(entries, (), ()), ""), encoding="utf-8"
        )
        return expect.looks_like(tmp_path, "f()", 7)

    assert [len(kept(*"ab"[:count])) for count in (1, 2)] == [1, 2]
    assert kept("a", "b", "c") == []


@pytest.mark.parametrize("broken", ["", "# no data\nnot base64!", "# cut\neJyLjgUAARUAuQ="])
def test_a_file_that_cannot_be_read_names_nothing(tmp_path: Path, broken: str) -> None:
    (tmp_path / "known_mistakes.txt").write_text(broken, encoding="utf-8")
    assert expect.looks_like(tmp_path, "f()", 7) == []


def test_what_tells_nothing_or_holds_an_answer_is_left_out() -> None:
    stated = [{"call": "key()", "gives": {"list": [1, 2], "length": 2}}, {"call": "f(2)", "gives": {"float": 0.731}}]
    assert not _telling(False)
    assert not _telling({"list": [0, 0], "length": 2})
    assert _telling({"list": [4, 4], "length": 2})
    assert not _harmless("key()", {"list": [0, 1], "length": 2}, stated, set())
    assert not _harmless(
        "f(2)",
        {"tuple": [{"float": 0.731}, {"float": 9.0}], "length": 2},
        [{"call": "f(2)", "gives": {"tuple": [{"float": 0.731}, {"float": 2.0}], "length": 2}}],
        set(),
    )
    assert _harmless("f(2)", {"float": 0.9}, stated, set())


@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_has_its_file_with_sentences_that_are_the_misconceptions_own(name: str) -> None:
    lesson = lessons.load(ROOT, name)
    entries = expect.known_mistakes(lesson.assignment)
    said = lesson.misconceptions.read_text(encoding="utf-8")
    page = lesson.page.read_text(encoding="utf-8")
    assert entries
    assert all(f"# {entry['section']}\n" in page for entry in entries)
    assert isinstance(expect, ModuleType)
    assert any(entry["says"][:30] in said for entry in entries)


def test_a_file_is_stale_once_something_that_it_is_made_from_has_changed(course: Path) -> None:
    lesson = lessons.load(course, "lesson_9_1")
    path = lesson.assignment / known_mistakes.FILE
    path.write_text(known_mistakes.text(Mistakes((), (), ()), known_mistakes.made_from(lesson)), encoding="utf-8")
    for part in (lesson.reference, lesson.misconceptions, lesson.page, lesson.assignment / "test_exercises.py"):
        assert known_mistakes.is_fresh(lesson)
        before = part.read_bytes() if part.is_file() else b""
        part.write_bytes(before + b"\n# more\n")
        assert not known_mistakes.is_fresh(lesson), part
        part.write_bytes(before)
    path.unlink()
    assert not known_mistakes.is_fresh(lesson)
