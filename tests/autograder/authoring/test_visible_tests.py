"""What a student reads who runs `pytest assignments/lesson_M_N`, in a folder that has no grader in it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from assignments import expect
from autograder.authoring import visible_tests
from autograder.course import lesson as lessons
from tests.autograder.helpers import LESSONS, ROOT, seat


def told(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the lines under "what to do"."""
    below = re.split(r"^=+ what to do =+\n", done.stdout, flags=re.MULTILINE)
    assert len(below) == 2, done.stdout[-3000:]
    return (
        re.split(r"^=", re.sub(r"^(\d+ failed).*", "=", below[1], flags=re.MULTILINE), maxsplit=1, flags=re.MULTILINE)[
            0
        ]
        .strip("\n")
        .splitlines()
    )


@pytest.mark.parametrize("name", LESSONS)
def test_every_visible_test_is_named_for_its_exercise(name: str) -> None:
    lesson = lessons.load(ROOT, name)
    assert visible_tests.faults(lesson) == ()
    for exercise, tests in visible_tests.tests_by_exercise(lesson).items():
        assert [test.name for test in tests if not test.name.startswith(f"test_{exercise}")] == []


SMALL = """
from assignments.lesson_9_1.exercises import average, batch_sizes, double


def test_double_doubles():
    double(1)


def test_the_mean_is_taken():
    average(double(1))
"""


def test_a_test_that_k_does_not_find_and_an_exercise_without_a_test_are_faults(course: Path) -> None:
    lesson = lessons.load(course, "lesson_9_1")
    assert visible_tests.faults(lesson) == ()
    path = lesson.assignment / "test_exercises.py"
    path.write_text(SMALL, encoding="utf-8")
    assert visible_tests.faults(lesson) == (
        f"{path}:9: test_the_mean_is_taken is about `average` and its name does not say so: call it test_average_…, "
        "so that `pytest -k average` finds it.",
        f"{path} has no test of the exercise `batch_sizes`; add one.",
    )


# Collects once, and lets pytest's own filter choose for each exercise.
CHOOSE = """
import json
import sys

import pytest
from _pytest.mark import deselect_by_keyword


class Chosen:
    def pytest_collection_finish(self, session):
        self.found = []
        for lesson, exercise in json.load(sys.stdin):
            items = [item for item in session.items if item.path.parent.name == lesson]
            session.config.option.keyword = exercise
            deselect_by_keyword(items, session.config)
            self.found.append([item.originalname for item in items])


chosen = Chosen()
pytest.main([*sys.argv[1:], "--collect-only", "-q", "-s", "-p", "no:cacheprovider"], [chosen])
print(json.dumps(chosen.found))
"""


def test_k_and_an_exercises_name_find_its_tests() -> None:
    # One with classes, and one with exercises whose names are part of others'. The names of all lessons are looked at above.
    names = ("lesson_2_1", "lesson_2_4")
    asked = [(lesson.name, *pair) for lesson in map(load, names) for pair in of(lesson).items()]
    given = json.dumps([(lesson, exercise) for lesson, exercise, _ in asked])
    command = [sys.executable, "-c", CHOOSE, *(f"assignments/{name}" for name in names)]
    done = subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True, timeout=600, check=True)
    for (lesson, exercise, tests), found in zip(asked, json.loads(done.stdout.splitlines()[-1]), strict=True):
        assert tests, (lesson, exercise)
        assert set(tests) <= set(found), (lesson, exercise)


def load(name: str) -> lessons.Lesson:
    return lessons.load(ROOT, name)


def of(lesson: lessons.Lesson) -> dict[str, Sequence[str]]:
    return {name: [test.name for test in tests] for name, tests in visible_tests.tests_by_exercise(lesson).items()}


def test_the_untouched_stub_gets_a_line_for_each_exercise_and_the_first_is_next(tmp_path: Path) -> None:
    done = seat(tmp_path, "lesson_2_5").pytest("assignments/lesson_2_5")
    assert done.returncode == 1
    assert told(done) == [
        *(
            f'`{e.name}`: not written yet, read "{e.section}" in assignments/lesson_2_5/README.md'
            for e in load("lesson_2_5").exercises
        ),
        "next: `ToyDataset`",
    ]
    assert len(done.stdout.splitlines()) < 25
    assert "Traceback" not in done.stdout
    assert "NotImplementedError" not in done.stdout
    assert done.stdout.count("A Dataset answers two questions") == 1


def test_an_exercise_that_is_written_shows_its_failures_in_full(tmp_path: Path) -> None:
    student = seat(tmp_path, "lesson_1_1")
    student.write("lesson_1_1", predict="return w * x - b", loss="return ((y_hat - y) ** 2).mean()")
    done = student.pytest("assignments/lesson_1_1")
    assert done.returncode == 1
    assert re.search(r"returned   float32 tensor.*\n  expected   float32 tensor.*\n  next step", done.stdout)
    assert [line.partition(":")[0] for line in told(done)] == ["`gradients`", "`update`", "`training_loop`", "next"]
    assert told(done)[-1] == "next: `predict`"
    assert "test_gradients" not in done.stdout


def test_an_exercise_whose_tests_need_another_that_is_not_written_says_which(tmp_path: Path) -> None:
    student = seat(tmp_path, "lesson_1_1")
    student.write("lesson_1_1", training_loop="return predict(x, w, b), b, []")
    done = student.pytest("assignments/lesson_1_1", "-q", "-k", "training_loop")
    assert told(done) == [
        '`predict`: not written yet, read "The prediction" in assignments/lesson_1_1/README.md',
        "`training_loop`: its tests need `predict`, which is not written yet",
        "next: `predict`",
    ]


def test_a_class_that_is_partly_written_names_the_method_that_is_left(tmp_path: Path) -> None:
    student = seat(tmp_path, "lesson_2_5")
    student.write("lesson_2_5", __init__="self.n = n_samples", __len__="return self.n")
    done = student.pytest("assignments/lesson_2_5", "-k", "test_ToyDataset")
    section = 'read "A Dataset answers two questions" in assignments/lesson_2_5/README.md'
    assert told(done) == [f"`ToyDataset`: its `__getitem__` is not written yet, {section}", "next: `ToyDataset`"]


def test_a_stubs_last_line_that_was_left_below_the_work_is_named(tmp_path: Path) -> None:
    student = seat(tmp_path, "lesson_1_1")
    text = student.module("lesson_1_1").read_text(encoding="utf-8")
    text = text.replace(
        "    raise NotImplementedError('predict", "    z = w * x + b\n    raise NotImplementedError('predict"
    )
    student.module("lesson_1_1").write_text(text, encoding="utf-8")
    line = next(n for n, words in enumerate(text.split("\n"), 1) if "NotImplementedError('predict" in words)
    said = told(student.pytest("assignments/lesson_1_1", "-k", "predict"))
    assert said[0].startswith(f"`predict`: line {line} of exercises.py still says that it is not written.")


def test_another_not_implemented_error_than_the_stubs_is_shown_in_full(tmp_path: Path) -> None:
    student = seat(tmp_path, "lesson_1_1")
    student.write("lesson_1_1", predict="raise NotImplementedError('no such kernel')")
    done = student.pytest("assignments/lesson_1_1", "-k", "predict")
    assert "no such kernel" in done.stdout.split("what to do")[0]
    assert told(done) == ["next: `predict`"]


def test_nothing_is_to_do_when_every_test_passes(tmp_path: Path) -> None:
    student = seat(tmp_path, "lesson_1_1")
    shutil.copy(ROOT / "solutions" / "lesson_1_1" / "exercises.py", student.module("lesson_1_1"))
    done = student.pytest("assignments/lesson_1_1")
    assert done.returncode == 0
    assert "what to do" not in done.stdout


def test_of_several_lessons_the_first_is_next(tmp_path: Path) -> None:
    student = seat(tmp_path, "lesson_1_1", "lesson_1_2")
    done = student.pytest("assignments")
    assert told(done)[-1] == "next: `predict` in lesson_1_1"
    assert len([line for line in told(done) if line.startswith("`predict`")]) == 2


def test_it_says_the_same_on_several_cores_and_stops_at_the_first_with_x(tmp_path: Path) -> None:
    student = seat(tmp_path, "lesson_1_1")
    alone = student.pytest("assignments/lesson_1_1")
    assert told(student.pytest("assignments/lesson_1_1", "-n", "2")) == told(alone)
    stopped = student.pytest("assignments/lesson_1_1", "-x", "-v")
    assert stopped.returncode == 1
    assert [line.partition(":")[0] for line in told(stopped)][:2] == ["`predict`", "next"]
    assert "test_predict_multiplies_and_adds FAILED" in stopped.stdout


def test_reports_for_programs_say_failed_and_why(tmp_path: Path) -> None:
    student = seat(tmp_path, "lesson_1_1")
    options = ("--json-report", f"--json-report-file={tmp_path / 'r.json'}", f"--junitxml={tmp_path / 'r.xml'}")
    student.pytest("assignments/lesson_1_1", "-k", "predict", *options)
    words = 'predict is not written yet: read "The prediction" in assignments/lesson_1_1/README.md'
    found = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert {(test["outcome"], test["call"]["longrepr"]) for test in found["tests"]} == {("failed", words)}
    failures = ElementTree.parse(tmp_path / "r.xml").findall(".//failure")
    assert [failure.get("message") for failure in failures] == [words] * 2


IMPORTS = {
    "a syntax error": ("import torch\n\nx = = 1\n", "exercises.py:3|line 3", "SyntaxError"),
    "a name that is not there": ("import torch\n\nx = nothing\n", "line 3", "NameError: name 'nothing' is not defined"),
    "a package that is not there": (
        "import torch\nimport tornado_of_paper\n",
        "line 2",
        "No module named 'tornado_of_paper'",
    ),
    "an end of the program": ("import sys\nsys.exit()\n", "line 2", "SystemExit"),
    "a question at import": ("a = 1\nb = input()\n", "line 2", "reading from stdin"),
    "an exercise that was renamed": ("import torch\n", "no `gradients`|no `loss`|no `predict`", "of the stub again"),
}


@pytest.mark.parametrize("case", IMPORTS)
def test_a_module_that_does_not_import_shows_the_line_once(tmp_path: Path, case: str) -> None:
    text, place, words = IMPORTS[case]
    student = seat(tmp_path, "lesson_1_1")
    student.module("lesson_1_1").write_text(text, encoding="utf-8")
    done = student.pytest("assignments/lesson_1_1")
    assert done.returncode == 2
    assert re.search(place, done.stdout), done.stdout
    assert done.stdout.count(words) == 1
    assert "No test of lesson_1_1 ran" in done.stdout
    assert "importlib" not in done.stdout
    assert "During handling" not in done.stdout
    assert len(done.stdout.splitlines()) < 22, done.stdout


def test_a_module_that_is_gone_is_asked_for(tmp_path: Path) -> None:
    student = seat(tmp_path, "lesson_1_1")
    student.module("lesson_1_1").unlink()
    assert "There is no file assignments/lesson_1_1/exercises.py." in student.pytest("assignments/lesson_1_1").stdout


def test_expect_raises_tells_of_one_exception_alone(tmp_path: Path) -> None:
    student = seat(tmp_path, "lesson_1_1")
    (student.root / "test_it.py").write_text(
        "from assignments.expect import expect_raises\n\n\ndef test_it():\n"
        "    expect_raises(IndexError, 'data[5]', lambda: {}['five'], 'Look.')\n",
        encoding="utf-8",
    )
    done = student.pytest("test_it.py")
    assert "raised     KeyError: 'five'\n  expected   a IndexError\n  next step  Look." in done.stdout
    assert "During handling" not in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize(
    ("result", "expected", "first"),
    [
        (torch.zeros(2), torch.ones(2, dtype=torch.float64), "First make its dtype float64, not float32. Then: Look."),
        (torch.zeros(2, 1), torch.ones(2), "First make its shape (2,), not (2, 1). Then: Look."),
        (None, torch.ones(2), "First return a tensor, not None. Then: Look."),
        (2.0, 3, "First return an int, not a float. Then: Look."),
        (torch.tensor(True), True, "First return a bool, not a Tensor. Then: Look."),
        (torch.zeros(2), torch.ones(2), "Look."),
        (1, 2.5, "Look."),
    ],
)
def test_expect_names_type_shape_and_dtype_before_values(result: object, expected: object, first: str) -> None:
    with pytest.raises(pytest.fail.Exception) as failure:
        expect.expect("double(3)", result, expected, "Look.")
    assert str(failure.value).splitlines()[-1] == f"  next step  {first}"
