"""`autograder grade`, typed as an instructor types it, on the small course's samples."""

from __future__ import annotations

import csv
import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.autograder.helpers import Command

GRADE = ("autograder.cli", "grade", "lesson_9_1", "submissions")

EXPECTED = {
    "all_correct": ("100", "graded"),
    "both_worked_on": ("0", "refused"),
    "nothing": ("0", "not_found"),
    "prints_much": ("50", "graded"),
    "raises": ("0", "graded"),
    "squares": ("6", "graded"),
    "untouched_stub": ("0", "not_found"),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, command: Command) -> tuple[Path, str]:
    """The samples, graded once: the course's copy, and what was printed."""
    from tests.autograder.helpers import COURSE

    course = tmp_path_factory.mktemp("graded") / "course"
    shutil.copytree(COURSE, course)
    done = command(*GRADE, "--seed", "7", cwd=course)
    assert done.returncode == 0, done.stderr
    return course, done.stdout


def scores(out: Path) -> dict[str, dict[str, str]]:
    with open(out / "scores.csv", newline="", encoding="utf-8") as file:
        return {row["submission"]: row for row in csv.DictReader(file)}


def report(out: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "reports" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def test_every_sample_gets_its_score(graded: tuple[Path, str]) -> None:
    rows = scores(graded[0] / "grades-lesson_9_1")
    assert {name: (row["score"], row["status"]) for name, row in rows.items()} == EXPECTED


def test_scores_have_a_column_an_exercise(graded: tuple[Path, str]) -> None:
    text = (graded[0] / "grades-lesson_9_1" / "scores.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0] == "submission,score,max_score,status,double,batch_sizes,average"
    assert "squares,6,100,graded,0,6,0" in text


def test_the_terminal_shows_the_table(graded: tuple[Path, str]) -> None:
    for name in EXPECTED:
        assert name in graded[1]
    assert "scores.csv" in graded[1]


def test_a_report_holds_what_it_takes_to_grade_again(graded: tuple[Path, str]) -> None:
    found = report(graded[0] / "grades-lesson_9_1", "squares")
    assert found["schema"] == "autograder/report/v1"
    assert found["seed"] == 7
    assert found["guarantee"] in ("isolated", "full")
    assert found["devices"] == {"cpu": "run"}
    assert set(found["versions"]) == {"autograder", "python", "torch"}
    assert all(len(found[key]) == 64 for key in ("module_sha256", "suite_sha256", "reference_sha256"))
    scenarios = [scenario for exercise in found["exercises"] for scenario in exercise["scenarios"]]
    assert {scenario["verdict"] for scenario in scenarios} == {"passed", "failed"}


def test_feedback_says_what_was_called_and_where_it_parts(graded: tuple[Path, str]) -> None:
    text = (graded[0] / "grades-lesson_9_1" / "feedback" / "prints_much.md").read_text(encoding="utf-8")
    assert "**50 of 100 points**" in text
    assert "average(x)   x float32 (3, 3)" in text
    assert "float64 (); wanted: float32 ()" in text
    assert '"Averaging" in assignments/lesson_9_1/README.md' in text


def test_feedback_passes_nothing_on_that_the_code_printed(graded: tuple[Path, str]) -> None:
    out = graded[0] / "grades-lesson_9_1"
    assert "bold" not in (out / "feedback" / "prints_much.md").read_text(encoding="utf-8")
    assert "bold" in report(out, "prints_much")["log"]


def test_an_off_limits_name_is_named_with_its_reason(graded: tuple[Path, str]) -> None:
    text = (graded[0] / "grades-lesson_9_1" / "feedback" / "squares.md").read_text(encoding="utf-8")
    assert "It uses torch.mean, which is off limits here." in text
    assert "the point is to sum and divide yourself" in text


def test_what_is_finished_is_not_graded_again(graded: tuple[Path, str], command: Command) -> None:
    course, out = graded[0], graded[0] / "grades-lesson_9_1"
    times = {path.name: path.stat().st_mtime_ns for path in (out / "reports").iterdir()}
    module = course / "submissions" / "squares" / "exercises.py"
    module.write_text(module.read_text(encoding="utf-8").replace("x * x", "x + x"), encoding="utf-8")
    done = command(*GRADE, cwd=course)
    assert done.returncode == 0, done.stderr
    changed = {path.name for path in (out / "reports").iterdir() if path.stat().st_mtime_ns != times[path.name]}
    assert changed == {"squares.json"}
    assert scores(out)["squares"]["score"] == "56"
    assert report(out, "squares")["seed"] == 7


def test_only_grades_only_and_keeps_the_others(graded: tuple[Path, str], command: Command) -> None:
    course = graded[0]
    done = command(*GRADE, "--only", "all_correct", "--regrade", cwd=course)
    assert done.returncode == 0, done.stderr
    assert "prints_much" not in done.stdout
    assert set(scores(course / "grades-lesson_9_1")) == set(EXPECTED)


BAD_USAGE = {
    "an unknown lesson": (("grade", "lesson_9_2", "submissions"), "Did you mean lesson_9_1"),
    "no such folder": (("grade", "lesson_9_1", "nowhere"), "There is no folder nowhere"),
    "an unknown submission": (("grade", "lesson_9_1", "submissions", "--only", "nobody"), "nobody"),
    "an unknown device": (("grade", "lesson_9_1", "submissions", "--device", "gpu"), "'gpu' is not a device"),
    "no workers": (("grade", "lesson_9_1", "submissions", "--workers", "0"), "whole number, 1 or more"),
    "another seed": (("grade", "lesson_9_1", "submissions", "--seed", "8"), "keeps its seed"),
}


@pytest.mark.parametrize("name", BAD_USAGE)
def test_bad_usage_is_one_sentence_and_status_2(graded: tuple[Path, str], command: Command, name: str) -> None:
    arguments, words = BAD_USAGE[name]
    done = command("autograder.cli", *arguments, cwd=graded[0])
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_reference_is_the_graders_fault_and_never_a_zero(course: Path, command: Command) -> None:
    reference = course / "solutions" / "lesson_9_1" / "exercises.py"
    text = reference.read_text(encoding="utf-8")
    reference.write_text(text.replace("return x.sum() / x.numel()", "return x.summ()"), encoding="utf-8")
    done = command(*GRADE, "--only", "all_correct", cwd=course)
    assert done.returncode == 1
    row = scores(course / "grades-lesson_9_1")["all_correct"]
    assert (row["score"], row["status"]) == ("", "grader_error")


def test_a_reference_that_does_not_import_is_said_at_once(course: Path, command: Command) -> None:
    reference = course / "solutions" / "lesson_9_1" / "exercises.py"
    reference.write_text(reference.read_text(encoding="utf-8") + "\n1 / 0\n", encoding="utf-8")
    done = command(*GRADE, cwd=course)
    assert done.returncode == 2
    assert "does not import: ZeroDivisionError" in done.stderr


def test_a_device_that_is_not_there_costs_nobody_points(course: Path, command: Command) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device here")
    done = command(*GRADE, "--only", "all_correct", "--device", "cpu,cuda", "--allow-unsafe", cwd=course)
    assert done.returncode == 0, done.stderr
    out = course / "grades-lesson_9_1"
    assert scores(out)["all_correct"]["score"] == "100"
    assert report(out, "all_correct")["devices"] == {"cpu": "run", "cuda": "not run"}
    assert "this machine has none: cuda" in (out / "feedback" / "all_correct.md").read_text(encoding="utf-8")
    done = command(*GRADE, "--only", "all_correct", "--device", "cuda", "--allow-unsafe", cwd=course)
    assert done.returncode == 2
    assert "Try --device cpu" in done.stderr


def test_below_the_level_isolated_nothing_is_graded(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from autograder.course import lesson as lessons
    from autograder.grading import lesson_grader
    from autograder.sandbox.sandbox import Sandbox
    from autograder.util.errors import UserError

    lesson = lessons.load(course, "lesson_9_1")
    plain = Sandbox(course, plots=False, level="none")
    monkeypatch.setattr(lesson_grader, "Sandbox", partial(Sandbox, level="none"))
    with plain, pytest.raises(UserError, match="--allow-unsafe"):
        lesson_grader.require(plain.start(), unsafe=False)
    with lesson_grader.Grading(lesson, ("cpu",), 0, unsafe=True) as grading:
        assert grading.guarantee.level == "none"


def test_the_same_seed_gives_the_same_reports_with_any_number_of_workers(course: Path, command: Command) -> None:
    chosen = [word for name in ("all_correct", "squares", "prints_much") for word in ("--only", name)]
    for workers in ("1", "2"):
        done = command(*GRADE, *chosen, "--seed", "3", "--workers", workers, "--out", f"out{workers}", cwd=course)
        assert done.returncode == 0, done.stderr
    one, two = ((course / f"out{workers}" / "scores.csv").read_text(encoding="utf-8") for workers in (1, 2))
    assert one == two
