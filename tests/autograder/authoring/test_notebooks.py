"""Notebooks made from the one source, and notebooks handed in: the same points as a module, whatever became of their cells."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import PythonExporter

from autograder import cli
from autograder.authoring import notebooks, visible_tests
from autograder.authoring.visible_tests import VisibleTestsError
from autograder.course import lesson as lessons
from autograder.course.lesson import Lesson
from autograder.grading.lesson_grader import Grading
from autograder.report.feedback import page, with_feedback
from autograder.report.schema import ReportRow
from autograder.sandbox.jobs import Source
from autograder.submission import submission
from autograder.submission.submission import Submission
from autograder.worker import parts
from autograder.worker.parts import Kind
from tests.autograder.helpers import COURSE, LESSONS, ROOT

TESTS = '''\
"""Visible tests of the small lesson."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pytest
import torch

from assignments.expect import expect, expect_raises
from assignments.lesson_9_1.exercises import average, batch_sizes, double

# What every test starts from.
X = torch.tensor([1.0, 2.0])


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def of_ten(size):
    return batch_sizes(10, size)


@pytest.mark.parametrize(("x", "wanted"), [(X, X + X), (-X, -X - X)])
def test_double(x, wanted, tmp_path):
    (tmp_path / "note").write_text("a real folder")
    expect("double(x)", double(x), wanted, "Multiply by two.")


def test_batches_of_ten():
    expect("batch_sizes(10, 4)", of_ten(4), [4, 4, 2], "The last batch has the rest.")


def test_average_of_doubles():
    expect("average(double(X))", average(double(X)), torch.tensor(3.0), "Sum and divide.")
'''

Solved = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Lesson:
    """The small lesson with visible tests and with its notebook, as a student has it."""
    root = tmp_path_factory.mktemp("notebooks") / "course"
    shutil.copytree(COURSE, root, ignore=shutil.ignore_patterns("__pycache__"))
    small = lessons.load(root, "lesson_9_1")
    (small.assignment / "test_exercises.py").write_text(TESTS, encoding="utf-8")
    shutil.copy(ROOT / "assignments" / "expect.py", root / "assignments")
    text = notebooks.released([small])[small.name]
    (small.assignment / "lesson_9_1.ipynb").write_text(text, encoding="utf-8")
    return small


def handed_out(lesson: Lesson) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((lesson.assignment / f"{lesson.name}.ipynb").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def solved(lesson: Lesson) -> Solved:
    """Return the notebook that was handed out, with the named exercises solved (all unless named)."""
    solutions = {cell.id: cell.source for cell in notebooks.source(lesson).cells}

    def solve(*names: str) -> dict[str, Any]:
        notebook = handed_out(lesson)
        wanted = names or ("double", "batch_sizes", "average")
        for cell in notebook["cells"]:
            if cell["id"] in {f"solution-{name}" for name in wanted}:
                cell["source"] = solutions[cell["id"]]
        return notebook

    return solve


def code(source: str | list[str], name: str = "", **more: Any) -> dict[str, Any]:
    cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source, **more}
    return {**cell, "id": name} if name else cell


def read(lesson: Lesson, notebook: dict[str, Any] | str) -> Submission:
    return submission.of_notebook(notebook if isinstance(notebook, str) else json.dumps(notebook), lesson, "a_student")


def graded(grading: Grading, lesson: Lesson, notebook: dict[str, Any]) -> ReportRow:
    """Grade a notebook; return its report as JSON with feedback."""
    found = read(lesson, notebook)
    assert found.status == "found", found.reason
    grading.spare[0].start()
    return with_feedback(grading.grade(found, grading.spare[0], last=True), grading.signatures)


def points(row: ReportRow) -> dict[str, float]:
    assert row["status"] == "graded", row["private"]
    return {exercise["name"]: exercise["points"] for exercise in row["exercises"]}


FULL: dict[str, float] = {"double": 50, "batch_sizes": 30, "average": 20}


# What goes out


def test_a_notebook_is_page_then_exercises_each_with_its_checks(lesson: Lesson) -> None:
    cells = handed_out(lesson)["cells"]
    names = [cell["id"] for cell in cells if cell["cell_type"] == "code"]
    exercises = [f"{kind}-{name}" for name in FULL for kind in ("solution", "test")]
    assert names == ["demonstration-1", "demonstration-2", "setup-1", "checks", *exercises]
    about = {cell["id"]: cell["metadata"]["nbgrader"] for cell in cells if "nbgrader" in cell["metadata"]}
    assert {name: about[f"test-{name}"]["points"] for name in FULL} == FULL
    assert all(about[f"test-{name}"]["locked"] and about[f"solution-{name}"]["solution"] for name in FULL)
    text = "\n".join("".join(cell["source"]) for cell in cells)
    assert "# TODO: Multiply by two." in text
    assert (
        text.index("## Introduction") < text.index("torch.arange(3)") < text.index("# TODO") < text.index("## Summary")
    )


def test_making_it_again_gives_the_same_bytes(lesson: Lesson) -> None:
    again = notebooks.released([lesson])[lesson.name]
    assert again.encode() == (lesson.assignment / "lesson_9_1.ipynb").read_bytes()


def leaks(lesson: Lesson, text: str) -> list[str]:
    """Return the lines of the reference's solutions that stand in a notebook, wherever in it, and what else must not."""
    shown = (lesson.stub, lesson.page, lesson.assignment / "test_exercises.py")
    visible_text = "".join(path.read_text(encoding="utf-8") for path in shown)
    regions = re.findall(
        r"BEGIN SOLUTION.*?\n(.*?)# END SOLUTION", lesson.reference.read_text(encoding="utf-8"), re.DOTALL
    )
    lines = {line.strip() for region in regions for line in region.split("\n") if len(line.strip()) > 14}
    lines -= {line for line in lines if line in visible_text}
    everything = "\n".join(_texts(json.loads(text)))
    return [line for line in (*lines, "BEGIN SOLUTION", "END SOLUTION", str(lesson.root)) if line in everything]


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from (key, *_texts(part))
    elif isinstance(value, list):
        if value and all(isinstance(part, str) for part in value):
            yield "".join(value)
        for part in value:
            yield from _texts(part)


@pytest.mark.parametrize("name", LESSONS)
def test_no_notebook_holds_an_answer_an_output_or_a_path_of_the_machine(name: str) -> None:
    lesson = lessons.load(ROOT, name)
    text = (lesson.assignment / f"{name}.ipynb").read_text(encoding="utf-8")
    assert leaks(lesson, text) == []
    for cell in json.loads(text)["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_the_search_for_answers_can_find_one(lesson: Lesson) -> None:
    notebook = handed_out(lesson)
    notebook["cells"][-1]["metadata"]["notes"] = ["return x.sum() / x.numel()"]
    assert leaks(lesson, json.dumps(notebook)) == ["return x.sum() / x.numel()"]


def test_a_class_whose_methods_are_exercises_is_one_cell_with_several_checks() -> None:
    cells = notebooks.source(lessons.load(ROOT, "lesson_1_6")).cells
    names = [cell.id for cell in cells if "nbgrader" in cell.metadata]
    tests = ["test-predict", "test-fit", "test-history", "test-score"]
    assert names == ["checks", "solution-LinearRegression", *tests, "solution-quiz", "test-quiz"]


def test_check_finds_a_stale_notebook_and_writes_nothing(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(lesson.root)
    path = lesson.assignment / "lesson_9_1.ipynb"
    fresh = path.read_bytes()
    assert cli.main(["notebooks", "--check"]) == 0
    path.write_bytes(fresh + b"\n")
    assert cli.main(["notebooks", "--check"]) == 1
    assert "is stale: run `autograder notebooks lesson_9_1`" in capsys.readouterr().out
    assert path.read_bytes() == fresh + b"\n"
    assert cli.main(["notebooks", "lesson_9_1"]) == 0
    assert path.read_bytes() == fresh


def test_in_a_kernel_all_above_the_first_todo_runs_and_the_checks_judge(lesson: Lesson, solved: Solved) -> None:
    notebook = nbformat.reads(json.dumps(solved("double")), as_version=4)
    client = NotebookClient(notebook, kernel_name="python3", allow_errors=True, timeout=120)
    client.execute(cwd=str(lesson.assignment))  # where JupyterLab's kernels work
    raised = {
        cell.id: output.evalue
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    }
    assert set(raised) == {"test-batch_sizes", "test-average"}
    assert "batch_sizes is not written yet" in raised["test-batch_sizes"]
    told = {cell.id: str(cell.outputs) for cell in notebook.cells if cell.cell_type == "code"}
    assert "double: every check of this cell passes." in told["test-double"]
    assert "image/png" in told["demonstration-2"]


def test_in_nbgraders_folder_the_checks_take_the_copy_beside_the_notebook(lesson: Lesson, tmp_path: Path) -> None:
    notebooks.write_course([lesson], tmp_path / "course")
    folder = tmp_path / "course" / "source" / "lesson_9_1"
    checks = visible_tests.checks(lesson)
    program = f"def double(x):\n    return 3 * x\n{checks.setup}\n{checks.cells['double']}"
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False)
    assert "next step  Multiply by two." in done.stderr


def test_a_test_that_only_pytest_can_run_is_refused_by_name(lesson: Lesson, tmp_path: Path) -> None:
    root = Path(shutil.copytree(lesson.root, tmp_path / "course"))
    other = lessons.load(root, "lesson_9_1")
    text = TESTS.replace("def test_batches_of_ten():", "def test_batches_of_ten(capsys):")
    (other.assignment / "test_exercises.py").write_text(text, encoding="utf-8")
    with pytest.raises(VisibleTestsError, match="test_batches_of_ten asks for 'capsys'"):
        visible_tests.checks(other)


# What comes back


def test_a_notebook_gets_the_points_of_the_same_code_in_a_module(
    lesson: Lesson, solved: Solved, small_grading: Grading
) -> None:
    notebook = solved("double", "batch_sizes")
    for cell in notebook["cells"]:
        if cell["id"] == "solution-batch_sizes":
            cell["source"] = cell["source"].replace("n % size > 0", "0")  # the short batch is lost
    module = "\n\n".join(
        "".join(cell["source"]) for cell in notebook["cells"] if cell["id"].startswith(("setup-", "solution-"))
    )
    row = graded(small_grading, lesson, notebook)
    result = small_grading.run(Source("exercises", "exercises.py", module))
    assert points(row) == {scored.exercise.name: scored.points for scored in small_grading.scores(result)}
    assert 0 < points(row)["batch_sizes"] < 30


def test_a_notebook_that_was_only_run_counts_as_absent(lesson: Lesson) -> None:
    notebook = handed_out(lesson)
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.12.0"}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [{"output_type": "stream", "name": "stdout", "text": "x"}], 7
    notebook["cells"].append(code("print(1 + 1)"))
    assert read(lesson, notebook).status == "not_found"


def test_a_notebook_that_was_only_run_does_not_stand_in_a_modules_way(lesson: Lesson, tmp_path: Path) -> None:
    notebook = handed_out(lesson)
    notebook["cells"].append(code("print(1 + 1)"))
    (tmp_path / "lesson_9_1.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    (tmp_path / "exercises.py").write_text("def double(x):\n    return 2 * x\n", encoding="utf-8")
    found = submission.read(tmp_path, lesson)
    assert (found.status, found.place) == ("found", "exercises.py")


def test_a_statement_that_raises_is_told_and_costs_what_depends_on_it(
    lesson: Lesson, solved: Solved, small_grading: Grading
) -> None:
    notebook = solved()
    for cell in notebook["cells"]:
        if cell["id"] == "solution-batch_sizes":
            cell["source"] = "secret = 'of the student'\nraise KeyError(secret)\n" + cell["source"]
        if cell["id"] == "solution-average":
            cell["source"] = "import nothing_of_that_name as there\nsums = there.sums\naverage = lambda x: sums(x)"
    row = graded(small_grading, lesson, notebook)
    assert points(row) == {**FULL, "average": 0}
    assert [(cell["cell"], cell["error"], cell["line"]) for cell in row["cells"]] == [
        ("solution-batch_sizes", "KeyError", 2),
        ("solution-average", "ModuleNotFoundError", 1),
        ("solution-average", "NameError", 2),
    ]
    told = page(lesson, row)
    assert "Line 2 of the cell `solution-batch_sizes`, `raise KeyError(secret)`: it raises a KeyError itself." in told
    assert "That statement was left out, and all that it would have defined." in told
    assert "of the student" not in told
    assert "of the student" in row["cells"][0]["message"]


BROKEN = {
    "a syntax error": ("def half(x)\n    return x", "SyntaxError"),
    "leaving": ("raise SystemExit(0)", "SystemExit"),
    "a name of the page's that does not run": ("print(axes.get_title())", "NameError"),
    "a null byte": ("x = '\0'", "SyntaxError|ValueError"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_cell_between_costs_nothing(lesson: Lesson, solved: Solved, small_grading: Grading, name: str) -> None:
    source, error = BROKEN[name]
    notebook = solved()
    notebook["cells"].insert(14, code(source))
    row = graded(small_grading, lesson, notebook)
    assert points(row) == FULL
    assert len(row["cells"]) == 1
    assert re.fullmatch(error, row["cells"][0]["error"])


def test_an_error_in_a_scenario_is_placed_in_its_cell(lesson: Lesson, solved: Solved, small_grading: Grading) -> None:
    notebook = solved("batch_sizes", "average")
    for cell in notebook["cells"]:
        if cell["id"] == "solution-double":
            cell["source"] = "def double(x):\n    return x.nothing\n"
    told = page(lesson, graded(small_grading, lesson, notebook))
    assert "It raised an AttributeError at line 2 of the cell `solution-double`: `" in told


def test_helpers_of_the_students_own_count_wherever_they_are(
    lesson: Lesson, solved: Solved, small_grading: Grading
) -> None:
    notebook = solved("batch_sizes", "average")
    helper = code("from __future__ import annotations\nTWO = 2\n\ndef times(a: Unknown, b):\n    return a * b\n")
    solution = code("def double(x):\n    return times(TWO, x)\n", "solution-double")
    notebook["cells"] = [helper, *notebook["cells"], solution, code("print(double(torch.ones(2)))")]
    assert points(graded(small_grading, lesson, notebook)) == FULL


def test_of_the_pages_own_cells_only_the_imports_count(lesson: Lesson, solved: Solved, small_grading: Grading) -> None:
    notebook = solved("batch_sizes")
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] != "setup-1"]
    sources = {
        "solution-double": "def double(x):\n    return torch.mul(x, 2)\n",
        "solution-average": "average = axes\n",
    }
    for cell in notebook["cells"]:
        cell["source"] = sources.get(cell["id"], cell["source"])
    row = graded(small_grading, lesson, notebook)
    assert points(row) == {**FULL, "average": 0}
    assert [(cell["cell"], cell["error"]) for cell in row["cells"]] == [("solution-average", "NameError")]


def test_lines_for_the_shell_and_for_ipython_are_left_out(
    lesson: Lesson, solved: Solved, small_grading: Grading
) -> None:
    notebook = solved("batch_sizes", "average")
    notebook["cells"] += [
        code("%matplotlib inline\n!pip install nothing\nfiles = !ls\n?print\nif True:\n    %time\nTWO = 2"),
        code("%%bash\nrm -rf everything"),
        code("%%time\ndef double(x):\n    return TWO * x\n"),
        # No magic: a line of Python that begins with a percent sign.
        code('NAME = ("%s"\n        % "a name")'),
    ]
    row = graded(small_grading, lesson, notebook)
    assert points(row) == FULL
    assert row["cells"] == []


def test_a_cell_that_takes_long_for_nothing_is_left_out(lesson: Lesson, solved: Solved, small_grading: Grading) -> None:
    notebook = solved()
    notebook["cells"].insert(10, code("losses = []\nwhile True:\n    losses.append(0)\n    losses.clear()"))
    row = graded(small_grading, lesson, notebook)
    assert points(row) == FULL
    words = "No exercise needs this and it took long, so it was left out: lines 2 to 4 of the cell"
    assert words in page(lesson, row)


def test_off_limits_names_are_found_in_a_notebook_too(lesson: Lesson, solved: Solved, small_grading: Grading) -> None:
    notebook = solved("double", "batch_sizes")
    notebook["cells"] += [code("def broken(:"), code("def average(x):\n    return x.mean()\n")]
    row = graded(small_grading, lesson, notebook)
    assert points(row)["average"] == 0
    assert "off limits here" in page(lesson, row)


# What a student wrote where something of ours stands


def written_into(notebook: dict[str, Any], name: str, first: str, last: str = "", without: str = "") -> dict[str, Any]:
    """Write into a cell that was handed out."""
    for cell in notebook["cells"]:
        if cell["id"] == name:
            cell["source"] = f"{first}{''.join(cell['source']).replace(without, '')}{last}"
    return notebook


DOUBLE = "def double(x):\n    return torch.mul(x, 2)\n\n\n"
INTO_OURS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "above the check": lambda notebook: written_into(notebook, "test-double", DOUBLE),
    "below the check": lambda notebook: written_into(notebook, "test-double", "", f"\n\n{DOUBLE}"),
    "with a line of it gone": lambda notebook: written_into(notebook, "test-double", DOUBLE, "", "double(x), wanted, "),
    "into what the checks begin with": lambda notebook: written_into(notebook, "checks", DOUBLE),
    "into the demonstration": lambda notebook: written_into(notebook, "demonstration-2", "", f"\n{DOUBLE}"),
    "into a check that lost its metadata": lambda notebook: by_another_editor(
        written_into(notebook, "test-double", DOUBLE)
    ),
    "above the empty cell for it": lambda notebook: {**notebook, "cells": [code(DOUBLE), *notebook["cells"]]},
}


@pytest.mark.parametrize("name", INTO_OURS)
def test_what_a_student_wrote_into_a_cell_of_ours_counts(lesson: Lesson, solved: Solved, name: str) -> None:
    found = read(lesson, INTO_OURS[name](solved("batch_sizes", "average")))
    assert found.status == "found", found.reason
    own = [part for part in parts.split(found.text) if "return torch.mul(x, 2)" in part.source]
    assert len(own) == 1
    assert own[0].kind in (Kind.EDITED, Kind.OWN)
    ast.parse(own[0].source)
    for ours in ("every check of this cell", "plt.close", "def test_average", "from assignments"):
        assert ours not in own[0].source


def test_code_in_a_check_cell_is_graded_and_its_edited_checks_cost_nothing(
    lesson: Lesson, solved: Solved, small_grading: Grading
) -> None:
    notebook = written_into(solved("batch_sizes", "average"), "test-double", DOUBLE, "\nprint(double(X))\n1 / 0\n")
    row = graded(small_grading, lesson, written_into(notebook, "test-average", "", "", "average(double(X)), "))
    assert points(row) == FULL
    assert row["cells"] == []


def test_a_name_that_is_bound_again_is_told_and_a_later_definition_counts(
    lesson: Lesson, solved: Solved, small_grading: Grading
) -> None:
    notebook = solved()
    notebook["cells"] += [
        code("for double in range(3):\n    pass"),
        code("average = lambda x: x.sum() / len(x) + 1"),
        code("del batch_sizes"),
    ]
    row = graded(small_grading, lesson, notebook)
    assert points(row) == {**FULL, "average": 0}
    told = page(lesson, row)
    assert "In line 1 of the cell `code cell 11` the name `double` stands for something else" in told
    assert "`average` is defined more than once; the definition in line 1 of the cell `code cell 12` is the one" in told


# A notebook saved as a script


def nbconvert(notebook: dict[str, Any]) -> str:
    return str(PythonExporter().from_notebook_node(nbformat.reads(json.dumps(notebook), as_version=4))[0])


def colab(notebook: dict[str, Any]) -> str:
    """Save as Colab does: code as it stands, text in quotes, and magics as comments."""
    lines = ["# -*- coding: utf-8 -*-", '"""lesson_9_1.ipynb', "", "Automatically generated by Colab.", '"""', ""]
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "code":
            lines += [re.sub("^%", "# Commented out IPython magic\n# %", text, flags=re.MULTILINE), ""]
        else:
            lines += ['"""' + text.replace("\\", "\\\\").replace('"', "'") + '"""', ""]
    return "\n".join(lines)


SCRIPTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "nbconvert": nbconvert,
    "jupytext, percent": lambda notebook: str(
        jupytext.writes(nbformat.reads(json.dumps(notebook), as_version=4), fmt="py:percent")
    ),
    "jupytext, light": lambda notebook: str(
        jupytext.writes(nbformat.reads(json.dumps(notebook), as_version=4), fmt="py:light")
    ),
    "Colab": colab,
    "Windows": lambda notebook: nbconvert(notebook).replace("\n", "\r\n"),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_of_a_notebook_saved_as_a_script_what_was_handed_out_is_left_out(
    lesson: Lesson, solved: Solved, tmp_path: Path, name: str
) -> None:
    notebook = solved()
    notebook["cells"].insert(4, code("%matplotlib inline\n!pip install nothing\nTWO = 2", "own"))
    text = SCRIPTS[name](notebook)
    (tmp_path / "exercises.py").write_text(text, encoding="utf-8", newline="")
    found = submission.read(tmp_path, lesson)
    own = [part for part in parts.split(found.text) if part.kind is Kind.OWN]
    assert [part.name for part in own] == [""]
    statements = re.sub("#.*", "", own[0].source)
    for ours in ("test_double", "expect(", "every check of this cell", "axes = ", "TemporaryDirectory"):
        assert ours not in statements
    handed_in, left = text.replace("\r", "").split("\n"), own[0].source.split("\n")
    for line in handed_in:
        if line.startswith(("def double", "def average", "TWO")):
            assert left.index(line) == handed_in.index(line)


def test_a_saved_script_gets_the_points_of_the_notebook(
    lesson: Lesson, solved: Solved, small_grading: Grading, tmp_path: Path
) -> None:
    notebook = solved("batch_sizes", "average")
    for cell in notebook["cells"]:
        if cell["id"] == "solution-double":
            cell["source"] = "%%time\ndef double(x):\n    return x + x\n"
    notebook["cells"].insert(4, code("!pip install nothing\nget_ipython().run_line_magic('ls', '')", "own"))
    (tmp_path / "exercises.py").write_text(nbconvert(notebook), encoding="utf-8")
    row = graded_module(small_grading, lesson, tmp_path)
    assert points(row) == FULL
    assert row["cells"] == []


def test_a_module_that_holds_nothing_of_ours_stays_as_it_is(lesson: Lesson, tmp_path: Path) -> None:
    text = "import torch\n\n\ndef double(x):\n    return 2 * x\n\n\ndef test_of_my_own():\n    assert double(1) == 2\n"
    (tmp_path / "exercises.py").write_text(text, encoding="utf-8")
    assert submission.read(tmp_path, lesson).text == text


# Where the whole takes too long


def graded_module(grading: Grading, lesson: Lesson, folder: Path) -> ReportRow:
    """Grade the module in a folder; return its report as JSON with feedback."""
    grading.spare[0].start()
    return with_feedback(
        grading.grade(submission.read(folder, lesson), grading.spare[0], last=True), grading.signatures
    )


TOO_MUCH = {
    "training": ("while True:\n    double(torch.ones(1))\n", "took more than 4 seconds of computing time"),
    "leaving": ("import os\nos._exit(0)\n", "ended Python while it was loaded"),
    "much put out": ("while True:\n    print('x' * 100_000)\n", "put out too much while it was loaded"),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_of_a_module_that_is_too_much_as_a_whole_the_definitions_are_graded(
    lesson: Lesson, small_grading: Grading, tmp_path: Path, name: str
) -> None:
    ending, why = TOO_MUCH[name]
    text = f"import torch\n\n\ndef double(x):\n    return 2 * x\n\n\n{ending}"
    (tmp_path / "exercises.py").write_text(text, encoding="utf-8")
    row = graded_module(small_grading, lesson, tmp_path)
    assert points(row) == {"double": 50, "batch_sizes": 0, "average": 0}
    told = page(lesson, row)
    assert why in told
    assert "Left out: line" in told
    assert 'below `if __name__ == "__main__":`' in told


def test_what_was_left_out_is_read_for_off_limits_names_all_the_same(
    lesson: Lesson, small_grading: Grading, tmp_path: Path
) -> None:
    text = "import torch\n\nTABLE = {}\n\n\ndef average(x):\n    return TABLE['mean'](x)\n\n\n"
    text += "while True:\n    pass\nTABLE.update(mean=torch.mean)\n"
    (tmp_path / "exercises.py").write_text(text, encoding="utf-8")
    row = graded_module(small_grading, lesson, tmp_path)
    assert row["loading"]["gave_up"] == "cpu_time"
    assert points(row)["average"] == 0
    assert "off limits here" in page(lesson, row)


def without(notebook: dict[str, Any], *names: str) -> dict[str, Any]:
    return {**notebook, "cells": [cell for cell in notebook["cells"] if cell["id"] not in names]}


def by_another_editor(notebook: dict[str, Any]) -> dict[str, Any]:
    """Save without ids and nbgrader's metadata, sources as lists of lines, in an older version of the format."""
    cells = [
        {**cell, "metadata": {}, "source": "".join(cell["source"]).splitlines(keepends=True)}
        for cell in notebook["cells"]
    ]
    bare = [{key: value for key, value in cell.items() if key != "id"} for cell in cells]
    return {"cells": bare, "metadata": {}, "nbformat": 4, "nbformat_minor": 2}


def duplicated(notebook: dict[str, Any]) -> dict[str, Any]:
    """Copy cells as JupyterLab does, metadata and all; the first copies are earlier tries."""
    early = [
        {**cell, "source": "def double(x):\n    return x\n"}
        for cell in notebook["cells"]
        if cell["id"] == "solution-double"
    ]
    return {**notebook, "cells": [*early, *notebook["cells"], *notebook["cells"][-4:]]}


SPOILT: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], dict[str, float]]] = {
    "a solution deleted": (lambda notebook: without(notebook, "solution-double"), {**FULL, "double": 0}),
    "its test deleted": (lambda notebook: without(notebook, "test-double", "checks"), FULL),
    "cells copied": (duplicated, FULL),
    "cells turned round": (lambda notebook: {**notebook, "cells": notebook["cells"][::-1]}, FULL),
    "saved by another editor": (by_another_editor, FULL),
    "the page deleted": (lambda notebook: without(notebook, "demonstration-1", "demonstration-2", "checks"), FULL),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_became_of_the_cells_costs_no_more_than_what_is_missing(
    lesson: Lesson, solved: Solved, small_grading: Grading, name: str
) -> None:
    spoil, expected = SPOILT[name]
    assert points(graded(small_grading, lesson, spoil(solved()))) == expected


def test_outputs_of_50_megabytes_are_no_obstacle(lesson: Lesson, solved: Solved) -> None:
    notebook = solved()
    notebook["cells"][-1]["outputs"] = [{"output_type": "display_data", "data": {"image/png": "A" * (50 << 20)}}]
    assert read(lesson, notebook).text == read(lesson, solved()).text


def test_outputs_that_would_fill_the_memory_are_refused_with_what_to_do(lesson: Lesson, solved: Solved) -> None:
    notebook = solved()
    notebook["metadata"]["flood"] = [[] for _ in range(1_100_000)]
    found = read(lesson, notebook)
    assert found.status == "refused"
    assert "clear the outputs of all cells" in found.reason


NO_NOTEBOOKS = [
    "{",
    "[]",
    '{"cells": 1}',
    '{"cells": [{"cell_type": "code", "source": 1}]}',
    "[" * 100_000,
    '{"cells": [1]}',
]


@pytest.mark.parametrize("text", NO_NOTEBOOKS)
def test_what_is_no_notebook_is_refused(lesson: Lesson, text: str) -> None:
    found = read(lesson, text)
    assert found.status == "refused"
    assert "JupyterLab" in found.reason
