"""`autograder check`: everything that is wrong with a lesson is told at once, each fault with its file and line."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.authoring import check, stubs
from autograder.course import lesson as lessons
from tests.autograder.helpers import ROOT

NAME = "lesson_9_1"
VISIBLE = """\
from assignments.lesson_9_1.exercises import average, batch_sizes, double


def test_double():
    assert double(2) == 4


def test_batch_sizes():
    assert batch_sizes(3, 2) == [2, 1]


def test_average():
    assert average
"""


@pytest.fixture
def sound(course: Path) -> Path:
    """A course whose one lesson has nothing wrong, but that no notebook was made."""
    (course / "assignments" / NAME / "test_exercises.py").write_text(VISIBLE, encoding="utf-8")
    lesson = lessons.load(course, NAME)
    lesson.stub.write_text(stubs.stub(lesson), encoding="utf-8")
    return course


def told(course: Path) -> list[str]:
    """Return the faults, as they are printed, but for the notebook's."""
    found = [fault.told(course, course) for fault in check.check(course, NAME).faults]
    return [line for line in found if ".ipynb" not in line]


MANIFEST, PAGE = f"assignments/{NAME}/lesson.toml", f"assignments/{NAME}/README.md"
REFERENCE, WRONG = f"solutions/{NAME}/exercises.py", f"solutions/{NAME}/misconceptions.py"
SCENARIOS, HINTS = f"tests/{NAME}/test_double.py", f"assignments/{NAME}/hints.toml"
TESTS, STYLE = f"assignments/{NAME}/test_exercises.py", f"tests/{NAME}/alternatives/loops.py"

# File, what stands there, what is written instead, and what is told.
BROKEN = [
    (MANIFEST, 'title = "A small lesson"', "", "lesson.toml:1: `title` is missing"),
    (MANIFEST, "points = 50", 'points = "50"', "lesson.toml:5: exercise 'double': `points` is a number"),
    (MANIFEST, "points = 50", "points = 51", "lesson.toml:1: the exercises' points add up to 101"),
    (MANIFEST, "points = 50", "point = 50", "lesson.toml:5: exercise 'double': unknown key 'point'"),
    (MANIFEST, '"Doubling"', '"Trebling"', f"lesson.toml:6: exercise 'double': {PAGE} has no heading 'Trebling'"),
    (MANIFEST, 'name = "double"', 'name = "treble"', "lesson.toml:4: exercise 'treble'"),
    (MANIFEST, '["torch.mean", ', '["mean", ', "lesson.toml:18: exercise 'average': 'mean' is not a dotted name"),
    (MANIFEST, "[[exercise]]", "[[exercise", "lesson.toml:3: this is not a TOML file"),
    (PAGE, "A small lesson", "A tiny lesson", "README.md:1: the title ends with"),
    (PAGE, "## Summary", "## Sumary", "README.md:43: the section `## Summary` is missing"),
    (PAGE, "## Summary", "## Sumary", "README.md:41: `## Sumary` is no section of a page"),
    (PAGE, "print(torch", "print torch", "README.md:22: this block of the demonstration is no Python"),
    (PAGE, "## In depth", "![plot](no.png)\n\n## In depth", "README.md:9: there is no no.png beside the page"),
    (PAGE, "## In depth", "![plot](no.png)\n\n## In depth", "README.md:9: the picture no.png has no alternative text"),
    (PAGE, "## In depth", "[1.1](../lesson_1_1/README.md)\n\n## In depth", "README.md:9: the link to"),
    (PAGE, "## In depth", "$\\{1\\}$\n\n## In depth", "README.md:9: GitHub takes the backslash"),
    (PAGE, "## In depth", "$$ x\n\n## In depth", "README.md:9: the number of `$$` is odd"),
    (REFERENCE, "# BEGIN SOLUTION Multiply by two.", "# BEGIN SOLUTION", "exercises.py:14: this region does not say"),
    (REFERENCE, "return 2 * x\n    # END SOLUTION", "return 2 * x", "exercises.py:14: this region is not closed"),
    (
        REFERENCE,
        "        x: any tensor.\n",
        "",
        "exercises.py:8: the docstring of double does not describe the argument x",
    ),
    (REFERENCE, "; `torch.mean` is off limits", "", "does not say that this is off limits"),
    (REFERENCE, "def double(x", "def double(x:", "exercises.py:8: this is no Python"),
    (WRONG, 'section="Doubling"', 'section="Trebling"', "misconceptions.py:7: squared: "),
    (WRONG, "def doubled_twice", "def squared", "misconceptions.py:12: there are two misconceptions called squared"),
    (
        WRONG,
        '"double", says="It squares',
        '"treble", says="It squares',
        "misconceptions.py:6: squared is a misconception",
    ),
    (
        SCENARIOS,
        '    """The result is a new tensor."""\n',
        "",
        "test_double.py:15: test_the_argument_stays has no docstring",
    ),
    (SCENARIOS, "import torch\n", "import os\nimport torch\n", "test_double.py:2: a scenario file may not import os"),
    (SCENARIOS, 'exercise("double")', 'exercise("treble")', "test_double.py:8: there is no exercise 'treble'"),
    (HINTS, '["double"]', '["treble"]', "hints.toml:1: assignments/lesson_9_1/hints.toml has hints for `treble`"),
    (
        HINTS,
        "One line: a product.",
        "Ask if n < 1 or size < 1: refuse.",
        "hints.toml:1: A hint of `double` holds a line",
    ),
    (TESTS, "def test_double", "def test_it", "test_exercises.py:4: test_it is about `double`"),
    (TESTS, "assert average", "assert double", "test_exercises.py:1: this file has no test of the exercise `average`"),
    (STYLE, "def average", "def mean", "loops.py:1: it has no `average`"),
]


@pytest.mark.parametrize(("file", "old", "new", "words"), BROKEN, ids=[words for *_, words in BROKEN])
def test_a_fault_is_told_with_its_file_and_line(sound: Path, file: str, old: str, new: str, words: str) -> None:
    path = sound / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert [line for line in told(sound) if words in line], told(sound)


def test_all_faults_of_all_files_are_told_at_once(sound: Path) -> None:
    wanted = []
    for file, old, new, words in (BROKEN[n] for n in (1, 4, 6, 8, 11, 17, 19, 25, 30)):
        path = sound / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
        wanted.append(re.sub(r":\d+:", ":", words))
    lines = "\n".join(re.sub(r":\d+:", ":", line) for line in told(sound))
    assert not [words for words in wanted if words not in lines], lines


def test_a_sound_lesson_has_no_fault(sound: Path) -> None:
    assert told(sound) == []


def test_a_stale_stub_is_told_with_the_command_that_makes_it(sound: Path) -> None:
    (sound / "assignments" / NAME / "exercises.py").write_text("pass\n", encoding="utf-8")
    assert told(sound) == [f"assignments/{NAME}/exercises.py:1: this file is stale: run `autograder stubs {NAME}`."]


@pytest.mark.parametrize("missing", ["lesson.toml", "README.md", "test_exercises.py", "hints.toml"])
def test_a_file_that_is_missing_is_a_fault_and_no_crash(sound: Path, missing: str) -> None:
    (sound / "assignments" / NAME / missing).unlink()
    assert [line for line in told(sound) if line.startswith(f"assignments/{NAME}/{missing}:1: ")]


def test_checking_imports_no_pytorch() -> None:
    program = (
        "import sys; from pathlib import Path; from autograder.authoring import check; "
        f"check.check(Path({str(ROOT)!r}), 'lesson_1_1'); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["False"], done.stderr


def test_the_command_says_what_is_wrong_and_exits_with_1(
    sound: Path, command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    (sound / PAGE).write_text("nothing", encoding="utf-8")
    done = command("autograder.cli", "check", "9.1", cwd=sound)
    assert done.returncode == 1
    assert f"{PAGE}:1: the page begins with its title" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("lesson_9_1: ")
