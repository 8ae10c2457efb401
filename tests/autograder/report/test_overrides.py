"""An instructor's own decisions: what `overrides.csv` may hold, and that they outlive every regrade."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from autograder.batch import run as batch
from autograder.batch.backend import Options
from autograder.batch.local_backend import LocalBackend
from autograder.batch.run import Summary
from autograder.course.lesson import Lesson
from autograder.grading.lesson_grader import Grading
from autograder.report import overrides
from autograder.report.overrides import OverridesError
from autograder.report.results_folder import settle_seed
from autograder.util.errors import UserError
from tests.autograder.helpers import COURSE

NAMES = ("all_correct", "both_worked_on", "squares")
HEAD = "submission,exercise,points,reason\n"


class Desk:
    """A copy of some samples, a grading folder, and what an instructor does with them."""

    def __init__(self, place: Path, grading: Grading) -> None:
        self.folder, self.out = place / "in", place / "out"
        self._grading = grading
        for name in NAMES:
            shutil.copytree(COURSE / "submissions" / name, self.folder / name)

    def grade(self, **options: Any) -> Summary:
        lesson, chosen = self._grading.lesson, Options(seed=0, **options)
        opener: batch.Opener = lambda _seed, _most: LocalBackend(self._grading)  # noqa: E731  it carries a type
        return batch.grade_all(lesson, self.folder, self.out, chosen, lambda _: None, opener)

    def decide(self, *rows: str) -> None:
        self.out.mkdir(exist_ok=True)
        (self.out / "overrides.csv").write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")

    def row(self, name: str) -> dict[str, str]:
        with open(self.out / "scores.csv", newline="", encoding="utf-8") as file:
            return {row["submission"]: row for row in csv.DictReader(file)}[name]

    def feedback(self, name: str) -> str:
        return (self.out / "feedback" / f"{name}.md").read_text(encoding="utf-8")

    def report(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.out / "reports" / f"{name}.json").read_text(encoding="utf-8"))
        return found


@pytest.fixture
def desk(tmp_path: Path, small_grading: Grading) -> Desk:
    return Desk(tmp_path, small_grading)


def test_a_decision_shows_in_scores_report_and_feedback_and_outlives_a_regrade(desk: Desk) -> None:
    desk.decide('squares,average,15.5,"Shown at the board, ```with``` care."')
    for options in ({}, {}, {"regrade": True}):
        desk.grade(**options)
        row = desk.row("squares")
        assert (row["average"], row["score"], row["status"]) == ("15.5", "21.5", "graded")
        assert desk.row("all_correct")["score"] == "100"
        page = desk.feedback("squares")
        assert "**21.5 of 100 points**" in page
        assert "15.5 of 20 points" in page
        assert "set by your instructor: Shown at the board, ```with``` care." in page
        entry = next(entry for entry in desk.report("squares")["exercises"] if entry["name"] == "average")
        assert entry["points"] == 15.5
        assert entry["override"]["graded_points"] == 0.0


def test_a_decision_made_later_needs_no_grading_and_can_be_taken_back(desk: Desk) -> None:
    desk.grade()
    before = desk.feedback("squares"), desk.report("squares"), desk.row("squares")
    desk.decide("squares,double,50,A slip of the pen.")
    summary = desk.grade()
    assert (summary.kept, summary.graded) == (3, {})
    assert desk.row("squares")["score"] == "56"
    desk.decide("squares,double,25,Half of it.")
    desk.grade()
    assert desk.row("squares")["score"] == "31"
    (desk.out / "overrides.csv").unlink()
    desk.grade()
    assert (desk.feedback("squares"), desk.report("squares"), desk.row("squares")) == before


def test_a_submission_that_never_ran_can_be_given_points_too(desk: Desk) -> None:
    desk.decide("both_worked_on,double,40,The notebook counts.", "both_worked_on,average,0,")
    desk.grade()
    row = desk.row("both_worked_on")
    assert (row["score"], row["double"], row["average"], row["status"]) == ("40", "40", "0", "refused")
    assert "set by your instructor: The notebook counts." in desk.feedback("both_worked_on")
    desk.decide()
    desk.grade()
    assert desk.row("both_worked_on")["score"] == "0"
    assert desk.report("both_worked_on")["exercises"] == []


BAD = {
    "an unknown submission": (
        ("sqares,double,1,x",),
        r"line 2: there is no submission 'sqares'\. Did you mean 'squares'",
    ),
    "an unknown exercise": (("squares,treble,1,x",), r"line 2: lesson_9_1 has no exercise 'treble'"),
    "no number": (("squares,double,1,x", "squares,average,most,x"), r"line 3: the points must be a number .* 'most'"),
    "not a number": (("squares,double,nan,x",), r"line 2: double is worth 50 points; give 0 to 50, not nan"),
    "too many points": (("squares,double,50.5,x",), r"line 2: double is worth 50 points; give 0 to 50, not 50\.5"),
    "under nothing": (("squares,double,-1,x",), r"line 2: double is worth 50 points"),
    "twice the same": (
        ("squares,double,1,x", "", "squares,double,2,y"),
        r"line 4: line 2 decides on double of 'squares'",
    ),
    "a comma unquoted": (("squares,double,1,late, but right",), r"line 2: 5 values where 4 belong"),
    "a quote left open": (('squares,double,1,"x',), r"is not a table in CSV format"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_row_that_does_not_fit_is_one_sentence_before_anything_is_graded(desk: Desk, name: str) -> None:
    rows, words = BAD[name]
    desk.decide(*rows)
    with pytest.raises(OverridesError, match=words):
        desk.grade()
    assert not (desk.out / "reports").exists()


def test_other_columns_are_refused(tmp_path: Path, small_lesson: Lesson) -> None:
    path = tmp_path / "overrides.csv"
    path.write_text("submission;exercise;points;reason\n", encoding="utf-8")
    with pytest.raises(
        OverridesError, match=r"line 1: the columns must be submission,exercise,points,reason, with commas"
    ):
        overrides.read(path, small_lesson, ())


@pytest.mark.parametrize("kind", ["pipe", "link to a device", "endless"])
def test_decisions_are_read_from_a_plain_file_of_bounded_size(tmp_path: Path, small_lesson: Lesson, kind: str) -> None:
    path = tmp_path / "overrides.csv"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "endless":
        with open(path, "wb") as file:
            file.truncate(1 << 40)
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(OverridesError, match=r"could not be read: it is (not a plain file|larger than 16 MiB)"):
        overrides.read(path, small_lesson, ())


@pytest.mark.parametrize("content", ["[" * 20_000, " " * (2 << 20), "pipe"])
def test_a_grading_folders_record_is_read_with_bounds(tmp_path: Path, small_lesson: Lesson, content: str) -> None:
    path = tmp_path / "grading.json"
    if content == "pipe":
        os.mkfifo(path)
    else:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match="is not a grading folder's record"):
        settle_seed(tmp_path, small_lesson, None)


def test_what_a_spreadsheet_saves_is_read(tmp_path: Path, small_lesson: Lesson) -> None:
    path = tmp_path / "overrides.csv"
    path.write_bytes(b"\xef\xbb\xbfsubmission,exercise,points,reason\r\n'=sum,double,7,ok\r\n,,,\r\n")
    made = overrides.read(path, small_lesson, ("=sum",)).of("=sum")
    assert [(decision.exercise, decision.points) for decision in made] == [("double", 7.0)]


def test_with_only_an_unknown_submission_is_a_warning(desk: Desk) -> None:
    desk.decide("somebody,double,1,x")
    summary = desk.grade(only=("all_correct",))
    assert "there is no submission 'somebody'" in summary.warnings[0]
    assert desk.row("all_correct")["score"] == "100"


def test_a_submission_that_the_grader_failed_on_stays_blank_until_all_is_decided(small_lesson: Lesson) -> None:
    row: Any = {"submission": "x", "status": "grader_error", "score": None, "exercises": []}
    one = overrides.Decision("x", "double", 50, "")
    rest = [overrides.Decision("x", "batch_sizes", 10, ""), overrides.Decision("x", "average", 5, "")]
    assert overrides.lay_over(row, [one], small_lesson)["score"] is None
    assert overrides.lay_over(row, [one, *rest], small_lesson)["score"] == 65
