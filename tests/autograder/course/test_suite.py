"""What a scenario file may use, and how it is expanded."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course import lesson as lessons
from autograder.course import library_imports, suite
from autograder.course.suite import SuiteError
from tests.autograder.helpers import ROOT

GOOD = """
import pytest
import torch

@pytest.mark.exercise("double")
def test_it(lesson, device):
    return lesson.double(torch.ones(2, device=device))
"""

RULES = {
    "class TestIt:\n    pass\n": "classes",
    "import os\n": "import os",
    "from subprocess import run\n": "subprocess",
    "from autograder import compare\n": "autograder",
    "from autograder.worker import run\n": "autograder.worker.run",
    "@pytest.mark.exercise('double')\ndef test_b(lesson):\n    assert lesson.double(1) == 2\n    return 1\n": "assert",
    "@pytest.mark.exercise('double')\ndef test_b(lesson):\n    with pytest.raises(ValueError):\n        lesson.double(1)\n    return 1\n": "probes.raised",
    "@pytest.fixture\ndef helper():\n    return 1\n": "pytest.fixture",
    "@pytest.mark.exercise('double')\ndef test_b(lesson, monkeypatch):\n    return lesson.double(1)\n": "monkeypatch",
    "def test_b(lesson):\n    return lesson.double(1)\n": "exercise",
    "@pytest.mark.exercise('double')\ndef test_b(lesson):\n    lesson.double(1)\n": "returns nothing",
    "@pytest.mark.exercise('double')\n@pytest.mark.skip\ndef test_b(lesson):\n    return 1\n": "marks",
    "@pytest.mark.exercise('doubel')\ndef test_b(lesson):\n    return 1\n": "doubel",
    "@pytest.mark.exercise('double')\n@pytest.mark.check('nope')\ndef test_b(lesson):\n    return 1\n": "nope",
    "def test_b(:\n": "invalid syntax",
}


@pytest.mark.parametrize("addition", RULES)
def test_what_breaks_a_rule_is_refused_with_its_place(course: Path, addition: str) -> None:
    path = course / "tests" / "lesson_9_1" / "test_double.py"
    path.write_text(GOOD + addition)
    with pytest.raises(SuiteError) as refusal:
        suite.load(lessons.load(course, "lesson_9_1"))
    assert str(path) in str(refusal.value)
    assert RULES[addition] in str(refusal.value)


def test_an_exercise_without_a_scenario_is_refused(course: Path) -> None:
    (course / "tests" / "lesson_9_1" / "test_average.py").unlink()
    with pytest.raises(SuiteError, match="average"):
        suite.load(lessons.load(course, "lesson_9_1"))


def test_parametrized_scenarios_are_named_and_counted(course: Path) -> None:
    text = GOOD + (
        "@pytest.mark.exercise('double')\n@pytest.mark.weight(3)\n"
        "@pytest.mark.parametrize('n', [1, pytest.param(2, id='two')])\n"
        "@pytest.mark.parametrize('dtype, shape', [(torch.float32, (1, 2))], ids=['small'])\n"
        "@pytest.mark.parametrize('kind', [torch.float64], ids=str)\n"
        "def test_many(lesson, n, dtype, shape, kind):\n    return n\n"
    )
    (course / "tests" / "lesson_9_1" / "test_double.py").write_text(text)
    loaded = suite.load(lessons.load(course, "lesson_9_1"))
    found = [placed.scenario for placed in loaded.scenarios if placed.scenario.function == "test_many"]
    assert [scenario.name for scenario in found] == [
        "test_many[torch.float64-small-1]",
        "test_many[torch.float64-small-two]",
    ]
    assert [scenario.index for scenario in found] == [0, 1]
    assert {scenario.weight for scenario in found} == {3.0}
    assert found[1].arguments["shape"] == (1, 2)


def test_the_digest_changes_with_a_scenario_and_with_a_check(course: Path) -> None:
    lesson = lessons.load(course, "lesson_9_1")
    digests = {suite.load(lesson).digest}
    for name in ("test_double.py", "checks.py"):
        path = lesson.tests / name
        path.write_text(path.read_text() + "\n# more\n")
        digests.add(suite.load(lesson).digest)
    assert len(digests) == 3


def test_what_only_some_lessons_import_is_found_wherever_it_stands() -> None:
    texts = [
        "import torch\nfrom sklearn.datasets import make_moons\n",
        "def late():\n    import sklearn.metrics as m\n    return m\n",
        "from torch.utils.tensorboard import SummaryWriter\nimport torch.utils.data\n",
        "not python",
    ]
    assert library_imports.libraries(texts) == ["sklearn.datasets", "sklearn.metrics", "torch.utils.tensorboard"]


def test_what_a_page_a_stub_and_visible_tests_import_is_warm(course: Path) -> None:
    lesson = lessons.load(course, "lesson_9_1")
    lesson.page.write_text(
        lesson.page.read_text() + "\n```python\nfrom sklearn import datasets\n!pip install x\n```\n"
        "\n```python\n    >>> 1\nimport scipy.stats, os\nfrom matplotlib import pyplot as plt\n```\n"
        "\n```text\nimport nothing.of_this\n```\n"
    )
    (lesson.assignment / "test_exercises.py").write_text(
        "from assignments.lesson_9_1.exercises import double\nfrom sklearn.metrics import r2_score\n"
    )
    lesson.stub.write_text("import pandas\nfrom . import helpers\nimport torch.nn\n" + lesson.stub.read_text())
    found = library_imports.imports(lesson)
    warm = [
        "matplotlib",
        "matplotlib.pyplot",
        "pandas",
        "scipy.stats",
        "sklearn",
        "sklearn.datasets",
        "sklearn.metrics",
    ]
    assert found == warm


def test_the_lessons_own_pages_are_warm() -> None:
    for name in ("lesson_2_5", "lesson_3_3", "lesson_3_7"):
        assert "sklearn.datasets" in library_imports.imports(lessons.load(ROOT, name))
