"""`pytest tests/lesson_9_1 --submission PATH --json-report`: a real pytest session, one item for each scenario and device."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.autograder.helpers import COURSE, Command

# Without a `confcutdir` pytest looks through all of the system's temporary folder on the way to a test.
BARE = ("-c", "/dev/null")
PYTEST = (
    "pytest",
    "--import-mode=importlib",
    "-p",
    "no:cacheprovider",
    "-q",
    "--rootdir",
    str(COURSE),
    "--confcutdir",
    str(COURSE),
    *BARE,
)


def session(command: Command, *arguments: str | Path) -> Any:
    return command(*PYTEST, "tests/lesson_9_1", *arguments, cwd=COURSE)


@pytest.fixture(scope="module")
def judged(command: Command, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, dict[str, Any]]:
    """A session on the sample `squares`, and its JSON report."""
    path = tmp_path_factory.mktemp("report") / "report.json"
    flags = ("--json-report", f"--json-report-file={path}", "--json-report-omit", "keywords", "collectors")
    done = session(command, "--submission", COURSE / "submissions" / "squares", *flags)
    return done, json.loads(path.read_text(encoding="utf-8"))


def test_without_a_submission_the_reference_is_judged_and_passes(command: Command) -> None:
    done = session(command)
    assert done.returncode == 0, done.stdout
    assert "11 passed" in done.stdout


def test_each_scenario_is_one_item_collected_once(judged: tuple[Any, dict[str, Any]]) -> None:
    names = [test["nodeid"] for test in judged[1]["tests"]]
    assert len(names) == len(set(names)) == 11
    assert "tests/lesson_9_1/test_double.py::test_the_argument_stays[cpu]" in names
    assert "tests/lesson_9_1/test_double.py::test_every_element_is_doubled[shape1-float64-cpu]" in names


def test_points_and_verdict_are_in_the_json_report(judged: tuple[Any, dict[str, Any]]) -> None:
    tests = judged[1]["tests"]
    properties = [{key: value for part in test["user_properties"] for key, value in part.items()} for test in tests]
    assert {p["verdict"] for p in properties} == {"passed", "failed"}
    assert sum(p["max_points"] for p in properties) == pytest.approx(100)
    assert sum(p["points"] for p in properties) == pytest.approx(6)
    weighty = next(p for p, test in zip(properties, tests, strict=True) if "argument_stays" in test["nodeid"])
    assert weighty["max_points"] == pytest.approx(25)


def test_a_failure_reads_as_a_sentence(judged: tuple[Any, dict[str, Any]]) -> None:
    assert judged[0].returncode == 1
    assert "double: float32 (3,), as it should; 3 of 3 values differ, the first at [0]" in judged[0].stdout
    assert "average: It uses torch.mean, which is off limits here." in judged[0].stdout
    assert "Traceback" not in judged[0].stdout


def test_the_points_are_summed_up_at_the_end(judged: tuple[Any, dict[str, Any]]) -> None:
    lines = [line.split() for line in judged[0].stdout.splitlines()]
    assert ["batch_sizes", "6.00", "of", "30"] in lines
    assert ["in", "all", "6.00", "of", "100"] in lines


def test_a_device_that_is_not_there_is_skipped_visibly(command: Command) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device here")
    done = session(command, "--device", "cpu,cuda", "--allow-unsafe", "-rs")
    assert done.returncode == 0, done.stdout
    assert "11 passed, 11 skipped" in done.stdout
    assert "There is no cuda here" in done.stdout


def test_the_untouched_stub_fails_everything_as_not_written(command: Command) -> None:
    done = session(command, "--submission", COURSE / "submissions" / "untouched_stub")
    assert "11 failed" in done.stdout
    assert "It is not written yet" in done.stdout


def test_a_module_that_does_not_import_fails_everything_and_says_why(command: Command, tmp_path: Path) -> None:
    (tmp_path / "exercises.py").write_text("import torch\n1 / 0\n", encoding="utf-8")
    done = session(command, "--submission", tmp_path / "exercises.py")
    assert "11 failed" in done.stdout
    assert "ZeroDivisionError" in done.stdout
    assert "line 2" in done.stdout


def test_the_students_own_module_comes_along(command: Command, tmp_path: Path) -> None:
    text = "from helpers import double\n\ndef batch_sizes(n, size):\n    return [n]\n\ndef average(x):\n    return x\n"
    (tmp_path / "exercises.py").write_text(text, encoding="utf-8")
    (tmp_path / "helpers.py").write_text("def double(x):\n    return 2 * x\n", encoding="utf-8")
    done = session(command, "--submission", tmp_path)
    assert "double                                   50.00 of 50" in done.stdout, done.stdout


@pytest.mark.parametrize("path", ["nowhere", "submissions/nothing", "submissions/both_worked_on"])
def test_a_submission_that_cannot_be_taken_ends_the_session_with_a_sentence(command: Command, path: str) -> None:
    done = session(command, "--submission", path)
    assert done.returncode == 4
    assert f"--submission {path}: " in done.stdout + done.stderr


def test_a_file_that_breaks_a_rule_is_an_error_of_collection(command: Command, course: Path) -> None:
    path = course / "tests" / "lesson_9_1" / "test_double.py"
    path.write_text(path.read_text(encoding="utf-8") + "\nclass TestIt:\n    pass\n", encoding="utf-8")
    done = command("pytest", "-q", *BARE, "--rootdir", course, "--confcutdir", course, "tests/lesson_9_1", cwd=course)
    assert done.returncode == 2
    assert "a scenario file has no classes" in done.stdout


def test_other_tests_are_left_to_pytest(command: Command, tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text("def test_it():\n    assert True\n", encoding="utf-8")
    done = command("pytest", "-q", *BARE, "--rootdir", tmp_path, "--confcutdir", tmp_path, tmp_path, cwd=tmp_path)
    assert "1 passed" in done.stdout
