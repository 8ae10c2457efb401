"""A student's own modules beside the graded one: which come along, what they may not do, and where they are shown."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.batch import run as batch
from autograder.batch.backend import Options
from autograder.batch.run import Progress
from autograder.course import lesson as lessons
from autograder.course.lesson import Lesson
from autograder.grading.lesson_grader import Grading
from autograder.grading.results import Report
from autograder.report.report import as_json
from autograder.submission import helpers, submission
from autograder.worker.companions import Companions, Import, imports
from autograder.worker.off_limits import in_source
from tests.autograder.sandboxes import feedback

LESSON = "lesson_9_1"
RIGHT = """
import torch

def double(x):
    return 2 * x

def batch_sizes(n, size):
    if n < 1 or size < 1:
        raise ValueError("at least 1")
    return [size] * (n // size) + ([n % size] if n % size else [])

def average(x):
    return x.sum() / x.numel()
"""
# All of the lesson, its arithmetic in helpers: one written for each form that an import of one's own module has.
SPLIT = """
import torch
{first}

def double(x):
    return {call}

def batch_sizes(n, size):
    if n < 1 or size < 1:
        raise ValueError("at least 1")
    return [size] * (n // size) + ([n % size] if n % size else [])

def average(x):
    return x.sum() / x.numel()
"""
DOUBLER = "def twice(x):\n    return 2 * x\n"
CHAIN = "from {how} import twice as inner\n\ndef twice(x):\n    return inner(x)\n"

FORMS = {
    "import": ("import helpers", "helpers.twice(x)", {"helpers.py": DOUBLER}),
    "import as": ("import helpers as h", "h.twice(x)", {"helpers.py": DOUBLER}),
    "from import": ("from helpers import twice", "twice(x)", {"helpers.py": DOUBLER}),
    "from import in brackets": ("from helpers import (\n    twice,\n)", "twice(x)", {"helpers.py": DOUBLER}),
    "from import, continued": ("from helpers \\\n    import twice", "twice(x)", {"helpers.py": DOUBLER}),
    "star": ("from helpers import *", "twice(x)", {"helpers.py": DOUBLER}),
    "relative": ("from .helpers import twice", "twice(x)", {"helpers.py": DOUBLER}),
    "relative module": ("from . import helpers", "helpers.twice(x)", {"helpers.py": DOUBLER}),
    "by the lesson's folder": (f"from {LESSON}.helpers import twice", "twice(x)", {"helpers.py": DOUBLER}),
    "by the whole path": (f"from assignments.{LESSON}.helpers import twice", "twice(x)", {"helpers.py": DOUBLER}),
    "whole path, plain import": (
        f"import assignments.{LESSON}.helpers",
        f"assignments.{LESSON}.helpers.twice(x)",
        {"helpers.py": DOUBLER},
    ),
    "folder": ("import utils.maths", "utils.maths.twice(x)", {"utils/maths.py": DOUBLER}),
    "from folder": ("from utils import maths", "maths.twice(x)", {"utils/maths.py": DOUBLER}),
    "package": (
        "import utils",
        "utils.twice(x)",
        {"utils/__init__.py": "from .maths import *\n", "utils/maths.py": DOUBLER},
    ),
    "package and module": (
        "from utils.maths import twice",
        "twice(x)",
        {
            "utils/__init__.py": "FACTOR = 2\n",
            "utils/maths.py": "from . import FACTOR\n\ndef twice(x):\n    return FACTOR * x\n",
        },
    ),
    "chain": (
        "import a",
        "a.twice(x)",
        {"a.py": CHAIN.format(how="b"), "b.py": CHAIN.format(how=".c"), "c.py": DOUBLER},
    ),
    "inside the function": ("", "__import__('helpers').twice(x)", {"helpers.py": DOUBLER}),
    "import_module": (
        "from importlib import import_module",
        "import_module('utils.maths').twice(x)",
        {"utils/maths.py": DOUBLER},
    ),
    "second statement of a line": ("x = 1; import helpers", "helpers.twice(x)", {"helpers.py": DOUBLER}),
    "behind a condition": ("if True: import helpers", "helpers.twice(x)", {"helpers.py": DOUBLER}),
    "back to the graded module": (
        "import helpers",
        "helpers.twice(x)",
        {"helpers.py": "import exercises\n\ndef twice(x):\n    return 2 * x + 0 * exercises.average(x)\n"},
    ),
    "own random, relative": ("from .random import twice", "twice(x)", {"random.py": DOUBLER}),
}


def put(folder: Path, files: dict[str, str]) -> Path:
    """Write a submission and return its folder."""
    for place, text in files.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def split(name: str) -> tuple[str, dict[str, str]]:
    first, call, files = FORMS[name]
    return SPLIT.format(first=first, call=call), files


@pytest.fixture
def grade(small_grading: Grading, tmp_path: Path) -> Callable[[dict[str, str]], Report]:
    """Grade a submission that has these files."""

    def graded(files: dict[str, str]) -> Report:
        handed_in = submission.read(put(tmp_path / "a_student", files), small_grading.lesson)
        small_grading.spare[0].start()
        return small_grading.grade(handed_in, small_grading.spare[0])

    return graded


@pytest.mark.parametrize("base", ["", f"{LESSON}/", f"assignments/{LESSON}/"])
@pytest.mark.parametrize("form", FORMS)
def test_module_beside_the_graded_one_comes_along(tmp_path: Path, small_lesson: Lesson, form: str, base: str) -> None:
    text, files = split(form)
    folder = put(tmp_path, {f"{base}{place}": words for place, words in {"exercises.py": text, **files}.items()})
    found = submission.read(folder, small_lesson)
    assert found.helpers == {f"{base}{place}": words for place, words in files.items()}
    assert not found.notes


@pytest.mark.parametrize("form", FORMS)
def test_graded_with_its_helper_it_has_all_points(grade: Callable[[dict[str, str]], Report], form: str) -> None:
    text, files = split(form)
    report = grade({f"{LESSON}/{place}": words for place, words in {"exercises.py": text, **files}.items()})
    assert (report.status, report.score) == ("graded", 100), (report.reason, report.instructor_message)
    assert set(report.helpers) == {f"{LESSON}/{place}" for place in files}


def test_module_in_the_folder_that_was_handed_in_comes_along(grade: Callable[[dict[str, str]], Report]) -> None:
    text = SPLIT.format(first="from common import twice", call="twice(x)")
    report = grade({f"assignments/{LESSON}/exercises.py": text, "common.py": DOUBLER})
    assert (report.score, list(report.helpers)) == (100, ["common.py"])


def test_another_lesson_of_the_students_own_comes_along(grade: Callable[[dict[str, str]], Report]) -> None:
    text = SPLIT.format(first="from assignments.lesson_9_0.exercises import twice", call="twice(x)")
    report = grade({f"assignments/{LESSON}/exercises.py": text, "assignments/lesson_9_0/exercises.py": DOUBLER})
    assert (report.score, list(report.helpers)) == (100, ["assignments/lesson_9_0/exercises.py"])


def test_exercise_that_is_a_helpers_own_counts(grade: Callable[[dict[str, str]], Report]) -> None:
    text = RIGHT.replace("def double(x):\n    return 2 * x\n", "from helpers import double\n")
    report = grade({"exercises.py": text, "helpers.py": "def double(x):\n    return 2 * x\n"})
    assert report.score == 100


def test_error_in_a_helper_is_placed_in_the_helper(
    grade: Callable[[dict[str, str]], Report], small_grading: Grading
) -> None:
    text = RIGHT.replace("def double(x):\n    return 2 * x\n", "from helpers import double\n")
    report = grade({"exercises.py": text, "helpers.py": "def double(x):\n    return x.nothing\n"})
    assert "It raised an AttributeError at line 2 of your `helpers.py`: `" in feedback(report, small_grading.signatures)


def test_notebook_takes_the_module_beside_it_along(grade: Callable[[dict[str, str]], Report]) -> None:
    cells = [
        "import torch\nfrom helpers import twice\nimport exercises\n",
        *SPLIT.format(first="", call="twice(x)").split("\n\n"),
    ]
    notebook = {"cells": [{"cell_type": "code", "source": cell, "metadata": {}} for cell in cells]}
    files = {f"{LESSON}/{LESSON}.ipynb": json.dumps(notebook), f"{LESSON}/helpers.py": DOUBLER}
    assert grade(files).score == 100


def test_notebook_may_import_the_module_that_was_handed_out(
    grade: Callable[[dict[str, str]], Report], small_lesson: Lesson
) -> None:
    stub = small_lesson.stub.read_text(encoding="utf-8")
    cells = ["import torch\nimport exercises\nKEPT = exercises.double\n", *RIGHT.split("\n\n")]
    notebook = {"cells": [{"cell_type": "code", "source": cell, "metadata": {}} for cell in cells]}
    report = grade({f"{LESSON}.ipynb": json.dumps(notebook), "exercises.py": stub})
    assert (report.score, list(report.helpers)) == (100, ["exercises.py"])


def test_only_what_is_imported_comes_along(tmp_path: Path, small_lesson: Lesson) -> None:
    files = {
        "exercises.py": RIGHT + "import helpers\n",
        "helpers.py": "import more\n",
        "more.py": "",
        "other.py": "1 / 0",
    }
    found = submission.read(put(tmp_path, {**files, "conftest.py": "", "data.json": "{}"}), small_lesson)
    assert list(found.helpers) == ["helpers.py", "more.py"]


def test_installed_name_is_not_shadowed_and_the_student_is_told(grade: Callable[[dict[str, str]], Report]) -> None:
    bad = "raise RuntimeError('shadowed')\n"
    text = "import random, numpy as np\nfrom torch import nn\nimport json.decoder\n" + RIGHT
    report = grade({"exercises.py": text, "torch.py": bad, "numpy.py": bad, "random.py": bad, "json/__init__.py": bad})
    assert (report.score, report.helpers) == (100, {})
    assert len(report.helper_notes) == 3
    page = " ".join(report.helper_notes)
    assert all(
        f"Your own {name}.py was not used: `import {name}` means the installed" in page for name in ("torch", "numpy")
    )


def test_off_limits_names_are_found_in_a_helper(
    grade: Callable[[dict[str, str]], Report], small_grading: Grading
) -> None:
    text = RIGHT.replace("x.sum() / x.numel()", "helpers.mean_of(x)").replace("import torch", "import torch, helpers")
    report = grade({"exercises.py": text, "helpers.py": "import torch\n\ndef mean_of(x):\n    return torch.mean(x)\n"})
    assert [scored.points for scored in report.exercises] == [50, 30, 0]
    assert "It uses torch.mean, which is off limits here." in feedback(report, small_grading.signatures)


def test_off_limits_trap_works_in_a_helper(grade: Callable[[dict[str, str]], Report]) -> None:
    text = RIGHT.replace("x.sum() / x.numel()", "helpers.mean_of(x)").replace("import torch", "import torch, helpers")
    report = grade(
        {
            "exercises.py": text,
            "helpers.py": "import torch\n\ndef mean_of(x):\n    return getattr(torch, 'me' + 'an')(x)\n",
        }
    )
    assert [scored.points for scored in report.exercises] == [50, 30, 0]
    assert {verdict.reason for verdict in report.exercises[2].verdicts} == {"off_limits"}


NAMES = {"mine": ["torch.mean", "torch.Tensor.mean"], "other": ["torch.sum"]}
USES = {
    "module": (
        "import helpers\ndef mine(x): return helpers.f(x)",
        {"helpers": "import torch\ndef f(x): return torch.mean(x)"},
    ),
    "method": ("from helpers import f\ndef mine(x): return f(x)", {"helpers": "def f(x): return x.mean()"}),
    "renamed there": ("from helpers import m\ndef mine(x): return m(x)", {"helpers": "from torch import mean as m"}),
    "library handed on": ("from helpers import t\ndef mine(x): return t.mean(x)", {"helpers": "import torch as t"}),
    "star": (
        "from helpers import *\ndef mine(x): return f(x)",
        {"helpers": "import torch\ndef f(x): return torch.mean(x)"},
    ),
    "star of a star": (
        "from a import *\ndef mine(x): return f(x)",
        {"a": "from b import *", "b": "def f(x): return x.mean()"},
    ),
    "relative": ("from . import helpers as h\ndef mine(x): return h.f(x)", {"helpers": "def f(x): return x.mean()"}),
    "class": (
        "from helpers import Base\nclass Mine(Base): pass\ndef mine(x): return Mine()(x)",
        {"helpers": "class Base:\n    def __call__(self, x): return x.mean()"},
    ),
    "chain": (
        "import a\ndef mine(x): return a.f(x)",
        {"a": "from .b import g\ndef f(x): return g(x)", "b": "import torch\ndef g(x): return torch.mean(x)"},
    ),
    "the exercise itself": ("from helpers import mine", {"helpers": "import torch\ndef mine(x): return torch.mean(x)"}),
    "assigned": ("import helpers\nmine = helpers.f", {"helpers": "import torch\ndef f(x): return torch.mean(x)"}),
    "the function itself": ("import torch\nmine = torch.mean", {}),
    "folder": ("import u.m\ndef mine(x): return u.m.f(x)", {"u/m": "import torch\ndef f(x): return torch.mean(x)"}),
    "back and forth": (
        "import a\ndef more(x): return x.mean()\ndef mine(x): return a.f(x)",
        {"a": "import exercises\ndef f(x): return exercises.more(x)"},
    ),
    "own torch": (
        "from .torch import f\nimport torch\ndef mine(x): return torch.mean(x)",
        {"torch": "def f(x): return x"},
    ),
}
FREE = {
    "unused function": (
        "import helpers\ndef mine(x): return helpers.g(x)",
        {"helpers": "def f(x): return x.mean()\ndef g(x): return x"},
    ),
    "another exercise's": (
        "import helpers\ndef mine(x): return helpers.g(x)",
        {"helpers": "import torch\ndef g(x): return torch.sum(x)"},
    ),
    "circle": ("import a\ndef mine(x): return a.f(x)", {"a": "from b import f", "b": "from a import f"}),
    "does not parse": ("import a\ndef mine(x): return a.f(x)", {"a": "def f(:"}),
}


def companions(files: dict[str, str]) -> Companions:
    return Companions(
        f"assignments/{LESSON}", {f"assignments/{LESSON}/{k}.py": v for k, v in files.items()}, "exercises"
    )


@pytest.mark.parametrize("name", USES)
def test_reading_follows_a_call_into_a_helper(name: str) -> None:
    text, files = USES[name]
    assert in_source(text, NAMES, companions(files))["mine"], name


@pytest.mark.parametrize("name", FREE)
def test_reading_finds_nothing_in_what_the_exercise_does_not_use(name: str) -> None:
    text, files = FREE[name]
    assert in_source(text, NAMES, companions(files))["mine"] == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs here")
def test_what_is_no_plain_file_does_not_come_along_and_the_rest_is_graded(tmp_path: Path, small_lesson: Lesson) -> None:
    names = ("linked", "folder_linked.inner", "pipe", "binary", "utf16", "huge", "is_a_folder")
    text = RIGHT + "try:\n" + "".join(f"    import {name}\n" for name in names) + "except ImportError:\n    pass\n"
    secret = put(tmp_path / "elsewhere", {"secret.py": "SECRET = 1\n", "inner.py": "SECRET = 1\n"})
    folder = put(tmp_path / "a_student", {"exercises.py": text})
    (folder / "linked.py").symlink_to(secret / "secret.py")
    (folder / "folder_linked").symlink_to(secret)
    os.mkfifo(folder / "pipe.py")
    (folder / "binary.py").write_bytes(b"x = 1\0")
    (folder / "utf16.py").write_text("x = 1\n", encoding="utf-16")
    (folder / "huge.py").write_text("x = 1\n" * 200_000)
    (folder / "is_a_folder.py").mkdir()
    found = submission.read(folder, small_lesson)
    assert (found.status, found.helpers) == ("found", {})
    assert {name.partition(".")[0] for name in found.notes} == {name.partition(".")[0] for name in names}
    assert "save it as UTF-8" in found.notes["utf16"]
    assert all(sentence.endswith("So it did not come along.") for sentence in found.notes.values())


def test_too_many_too_large_and_too_deep_ones_stay_behind_and_the_rest_is_graded(
    tmp_path: Path, small_lesson: Lesson
) -> None:
    deep = "/".join("abcdef")
    files = {
        **{f"m{number}.py": f"import m{number + 1}\n" for number in range(helpers.MAX_FILES + 5)},
        f"{deep}.py": "",
        "exercises.py": RIGHT + f"import {deep.replace('/', '.')}\nimport m0\n",
    }
    found = submission.read(put(tmp_path / "many", files), small_lesson)
    assert len(found.helpers) == helpers.MAX_FILES
    assert "did not come along: at most 20 modules of your own do" in found.notes[f"m{helpers.MAX_FILES}"]
    assert "folders deep" in found.notes["a.b.c.d.e.f"]
    large = {"exercises.py": RIGHT + "import a, b\n", "a.py": "#" * 700_000, "b.py": "#" * 700_000}
    found = submission.read(put(tmp_path / "large", large), small_lesson)
    assert (list(found.helpers), list(found.notes)) == (["a.py"], ["b"])


def test_another_students_file_is_nobodys_helper(tmp_path: Path, small_lesson: Lesson) -> None:
    put(tmp_path, {"ada.py": RIGHT + "from ben import double\n", "ben.py": RIGHT})
    assert submission.read(tmp_path / "ada.py", small_lesson).helpers == {}
    put(tmp_path / "cid", {"exercises.py": RIGHT + "from ..ben import double\nfrom ...ben import double\n"})
    assert submission.read(tmp_path / "cid", small_lesson).helpers == {}


def test_answers_in_the_courses_own_folder_are_no_helpers(course: Path) -> None:
    lesson = lessons.load(course, LESSON)
    steal = f"from solutions.{LESSON}.exercises import *\nfrom tests.{LESSON} import checks\n"
    put(course, {f"assignments/{LESSON}/exercises.py": RIGHT + steal})
    assert submission.read(course, lesson).helpers == {}


@pytest.mark.parametrize(
    "text",
    [
        "import " * 100_000,
        "from . " * 100_000,
        "from (" * 100_000,
        "import a" + ", a" * 300_000,
        "import \\\n" * 100_000,
        "".join(f"import m{n}\n" for n in range(50_000)),
        "from a import (" + "\n" * 500_000,
        "import " + "a." * 200_000,
    ],
    ids=["imports", "froms", "brackets", "names", "continued", "modules", "lines", "dots"],
)
def test_hostile_text_costs_little(text: str) -> None:
    def read(place: str) -> str:
        raise FileNotFoundError(place)

    begun = time.process_time()
    helpers.gather(text, "exercises.py", LESSON, read)
    assert time.process_time() - begun < 5


def test_imports_are_read_by_their_words() -> None:
    text = (
        "import a.b as c, d\nfrom ..e import (f, g as h)  # import x\nfrom . import i\nfrom j import *\nimportant = 1\n"
    )
    assert list(imports(text)) == [
        Import(0, "a.b"), Import(0, "d"), Import(2, "e", ("f", "g")), Import(1, "", ("i",)), Import(0, "j"),
    ]  # fmt: skip


def test_changed_helper_is_graded_again_and_an_unchanged_one_is_not(course: Path, tmp_path: Path) -> None:
    text, files = split("import")
    put(tmp_path / "in" / "ada", {"exercises.py": text, **files})
    lesson = lessons.load(course, LESSON)

    def run() -> dict[str, int]:
        told: list[Progress] = []
        return batch.grade_all(lesson, tmp_path / "in", tmp_path / "out", Options(seed=0), told.append).graded

    assert run() == {"new": 1}
    report = json.loads((tmp_path / "out/reports/ada.json").read_text())
    assert report["helpers"] == helpers.hashes({"helpers.py": DOUBLER})
    assert "Graded together with your own `helpers.py`." in (tmp_path / "out/feedback/ada.md").read_text()
    assert run() == {}
    put(tmp_path / "in" / "ada", {"helpers.py": DOUBLER.replace("2", "3")})
    assert run() == {"its module changed": 1}
    assert json.loads((tmp_path / "out/reports/ada.json").read_text())["score"] < 100


def test_report_names_helpers_as_plain_data(grade: Callable[[dict[str, str]], Report]) -> None:
    text, files = split("import")
    row = as_json(grade({"exercises.py": text, **files}))
    assert json.loads(json.dumps(row))["helpers"].keys() == files.keys()
