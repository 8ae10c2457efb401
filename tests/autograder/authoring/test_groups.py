"""Numbered exercises: the manifest's `group` on the page, in stub and notebook, and as a subtotal beside the points."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autograder import console
from autograder.authoring import notebooks, stubs
from autograder.authoring.stubs import AuthoringError
from autograder.batch.run import Summary
from autograder.course import lesson as lessons
from autograder.course.lesson import Lesson, LessonError
from autograder.report import feedback

EXERCISES = """\
## Exercises

How an exercise works.

### Exercise 1 · Twice and half

Two of a kind.

#### `double`

Double it.

##### A hint

Add it to itself.

#### batch_sizes

Count the batches.

### Exercise 2 · The middle

#### `average`

Find it.

"""


def number(course: Path, *groups: str, page: str = EXERCISES) -> Path:
    """Give the small lesson's exercises their groups, in order, and its page these exercises; return the manifest."""
    path = course / "assignments" / "lesson_9_1" / "lesson.toml"
    before, *tables = path.read_text(encoding="utf-8").split("[[exercise]]\n")
    listed = [
        f"group = {json.dumps(group)}\n{table}" if group else table for group, table in zip(groups, tables, strict=True)
    ]
    path.write_text("[[exercise]]\n".join([before, *listed]), encoding="utf-8")
    text = path.with_name("README.md").read_text(encoding="utf-8")
    first, _, rest = text.partition("## Exercises\n")
    path.with_name("README.md").write_text(
        f"{first}{page}## Summary{rest.partition('## Summary')[2]}", encoding="utf-8"
    )
    return path


@pytest.fixture
def numbered(course: Path) -> Lesson:
    """The small lesson with two numbered exercises."""
    number(course, "Twice and half", "Twice and half", "The middle")
    return lessons.load(course, "lesson_9_1")


def test_the_order_of_first_appearance_numbers_the_groups(numbered: Lesson) -> None:
    assert [(group.heading, group.names) for group in numbered.groups] == [
        ("Exercise 1 · Twice and half", ("double", "batch_sizes")),
        ("Exercise 2 · The middle", ("average",)),
    ]


def test_a_manifest_without_groups_numbers_nothing(course: Path) -> None:
    lesson = lessons.load(course, "lesson_9_1")
    assert lesson.groups == ()
    assert "# ---" not in stubs.stub(lesson)
    entries: list[Any] = [{"name": "double", "points": 1.0, "max_points": 1.0}]
    assert feedback.subtotals(lesson, entries) == ()


FAULTS = {
    "it has no `group`, and others have": (("One", "", "Two"), 9),
    "stand one after another": (("One", "Two", "One"), 17),
    "`group` is a title of one line": (("One\nTwo", "Two", "Two"), 4),
    "`group` is a title of one line, without backticks": (("Two", "`One`", "One"), 10),
    "of at most 50 characters": (("x" * 51, "Two", "Two"), 4),
}


@pytest.mark.parametrize("words", FAULTS)
def test_groups_that_no_page_can_number_are_refused_with_the_line(course: Path, words: str) -> None:
    groups, line = FAULTS[words]
    path = number(course, *groups)
    with pytest.raises(LessonError) as refusal:
        lessons.load(course, "lesson_9_1", against_files=False)
    assert words in str(refusal.value)
    assert str(refusal.value).startswith(f"{path}:{line}: exercise ")


def test_a_group_that_is_no_text_is_refused(course: Path) -> None:
    path = course / "assignments" / "lesson_9_1" / "lesson.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("points = 50", "group = 1\npoints = 50"), encoding="utf-8")
    with pytest.raises(LessonError, match="`group` is no text"):
        lessons.load(course, "lesson_9_1")


def test_more_than_four_groups_are_refused(course: Path) -> None:
    path = course / "assignments" / "lesson_9_1" / "lesson.toml"
    tables = [
        f'[[exercise]]\nname = "part_{n}"\npoints = 20\nsection = "Doubling"\ngroup = "Group {n}"\n'
        for n in range(1, 6)
    ]
    path.write_text('title = "A small lesson"\n\n' + "\n".join(tables), encoding="utf-8")
    with pytest.raises(LessonError) as refusal:
        lessons.load(course, "lesson_9_1", against_files=False)
    assert str(refusal.value) == (f"{path}:31: exercise 'part_5': 'Group 5' is group 5; a lesson has at most 4.")


PAGES = {
    "must have the heading `#### average` below `## Exercises`, as the next": ("#### `average`\n", ""),
    "must have the heading `### Exercise 2 · The middle`": ("Exercise 2", "Exercise 3"),
    "must have the heading `### Exercise 1 · Twice and half`": ("Twice and half", "Twice, and half"),
    "must have the heading `#### double`": ("#### `double`", "### `double`"),
    "is none of the exercises": ("#### `average`\n", "#### `average`\n\n### Exercise 3 · More\n"),
    "where `#### `average`` stands": ("### Exercise 2 · The middle\n", ""),
}


@pytest.mark.parametrize("words", PAGES)
def test_a_page_with_other_headings_than_the_manifests_is_refused(course: Path, words: str) -> None:
    old, new = PAGES[words]
    assert old in EXERCISES
    number(course, "Twice and half", "Twice and half", "The middle", page=EXERCISES.replace(old, new, 1))
    with pytest.raises(LessonError) as refusal:
        lessons.load(course, "lesson_9_1")
    assert words in str(refusal.value)


def test_a_heading_in_a_block_of_code_is_no_heading(course: Path) -> None:
    page = EXERCISES.replace("Two of a kind.", "```text\n### Exercise 7 · Of a block\n```")
    number(course, "Twice and half", "Twice and half", "The middle", page=page)
    assert len(lessons.load(course, "lesson_9_1").groups) == 2


def test_a_stub_has_a_banner_above_each_numbered_exercise(numbered: Lesson) -> None:
    text = stubs.stub(numbered)
    assert [line for line in text.split("\n") if line.startswith(("# ---", "def "))] == [
        "# --- Exercise 1 · Twice and half ---",
        "def double(x: torch.Tensor) -> torch.Tensor:",
        "def batch_sizes(n: int, size: int) -> list[int]:",
        "# --- Exercise 2 · The middle ---",
        "def average(x: torch.Tensor) -> torch.Tensor:",
    ]
    assert "# %%\n# --- Exercise 1 · Twice and half ---\n\n\ndef double(" in text


def test_a_reference_in_another_order_than_the_groups_is_refused(course: Path) -> None:
    page = EXERCISES.replace("#### batch_sizes\n\nCount the batches.\n\n", "").replace(
        "#### `average`", "#### batch_sizes\n\n#### `average`"
    )
    path = number(course, "Twice and half", "The middle", "The middle", page=page)
    text = path.read_text(encoding="utf-8")
    before, double, sizes, average = text.split("[[exercise]]\n")
    path.write_text("[[exercise]]\n".join([before, sizes, average, double]), encoding="utf-8")
    lesson = lessons.load(course, "lesson_9_1", against_files=False)
    with pytest.raises(AuthoringError, match="`double` stands among other exercises than those of its group"):
        stubs.stub(lesson)


def test_a_notebook_has_the_pages_headings_and_words_at_their_exercises(numbered: Lesson) -> None:
    notebook = json.loads(notebooks.released([numbered])[numbered.name])
    cells = {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"]}
    order = [name for name in cells if name.startswith(("exercise", "text-", "solution-", "test-"))]
    assert order == [
        "exercises",
        "exercise-1",
        *("text-double", "solution-double", "test-double"),
        *("text-batch_sizes", "solution-batch_sizes", "test-batch_sizes"),
        "exercise-2",
        *("text-average", "solution-average", "test-average"),
    ]
    assert cells["exercises"] == "## Exercises\n\nHow an exercise works."
    assert cells["exercise-1"] == "### Exercise 1 · Twice and half\n\nTwo of a kind."
    assert cells["text-double"] == "#### `double`\n\nDouble it.\n\n##### A hint\n\nAdd it to itself."
    assert cells["exercise-2"] == "### Exercise 2 · The middle"
    assert "# ---" not in cells["solution-double"]


def test_a_notebook_says_nothing_of_files_and_commands(course: Path) -> None:
    page = EXERCISES.replace("How an exercise works.", "### How to do the exercises\n\nOpen `exercises.py`.")
    number(course, "Twice and half", "Twice and half", "The middle", page=page)
    lesson = lessons.load(course, "lesson_9_1")
    notebook = json.loads(notebooks.released([lesson])[lesson.name])
    cells = {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"]}
    assert cells["exercises"] == "## Exercises"
    assert "Open `exercises.py`" not in json.dumps(notebook)
    assert "Open `exercises.py`" in lesson.page.read_text(encoding="utf-8")


def report(**points: float) -> Any:
    """Return as much of a report as pages and tables are made from; each exercise could earn 50, 30 and 20."""
    worth = {"double": 50.0, "batch_sizes": 30.0, "average": 20.0}
    entries = [
        {
            "name": name,
            "points": points[name],
            "max_points": worth[name],
            "bonus": False,
            "feedback": [] if points[name] else ["  What happened    it is not written yet"],
        }
        for name in worth
        if name in points
    ]
    return {
        "submission": "a_sample",
        "status": "graded",
        "reason": "",
        "score": sum(points.values()),
        "max_score": 100.0,
        "devices": {"cpu": "run"},
        "exercises": entries,
    }


def test_feedback_has_a_subtotal_above_the_functions_of_each_exercise(numbered: Lesson) -> None:
    page = feedback.page(numbered, report(double=50.0, batch_sizes=0.0, average=20.0))
    block = [" ".join(line.split()) for line in page.partition("```text\n")[2].split("\n")]
    assert block == [
        "Exercise 1 · Twice and half 50 of 80 points",
        "double 50 of 50 points",
        "batch_sizes 0 of 30 points",
        "What happened it is not written yet",
        "",
        "Exercise 2 · The middle 20 of 20 points",
        "average 20 of 20 points",
        "```",
        "",
    ]
    assert "\n  double " in page
    assert "\n    What happened " in page


def test_exercises_that_passed_are_set_apart_from_the_next_subtotal(numbered: Lesson) -> None:
    page = feedback.page(numbered, report(double=50.0, batch_sizes=30.0, average=20.0))
    assert page.count("\n\nExercise 2 ·") == 1


def test_a_report_from_before_the_groups_is_readable(numbered: Lesson) -> None:
    page = feedback.page(numbered, report(double=25.0, average=20.0))
    assert [one.points for one in feedback.subtotals(numbered, report(double=25.0, average=20.0)["exercises"])] == [
        25,
        20,
    ]
    assert "Exercise 1 · Twice and half                                 25 of 50 points" in page


def test_the_table_of_scores_has_a_column_for_each_exercise(
    numbered: Lesson, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    failed = {**report(), "submission": "broken", "status": "grader_error", "score": None}
    rows = [report(double=50.0, batch_sizes=0.0, average=20.0), failed]
    console.scores(numbered, Summary(rows, 0, {"new": 2}), tmp_path)
    shown = capsys.readouterr().out
    assert "ex. 1" in shown
    assert "50 / 80" in shown
    assert "20 / 20" in shown
    assert "Exercise 1 · Twice and half" in shown
    assert "0 / 0" not in shown


def test_a_narrow_terminal_keeps_its_room_for_the_reasons(
    numbered: Lesson, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    console.scores(numbered, Summary([report(double=50.0, batch_sizes=0.0, average=20.0)], 0, {"new": 1}), tmp_path)
    shown = capsys.readouterr().out
    assert "ex. 1" not in shown
    assert "batch_sizes 0/30" in shown
