"""A manifest that is wrong is refused in a sentence that names the file, the line and the fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder import cli
from autograder.course import lesson as lessons
from autograder.course import manifests, suite
from autograder.course.lesson import LessonError

OFF = 'off_limits = ["torch.mean", "torch.Tensor.mean"]'
# What the sentence says: the line (0: of the whole file), the text to replace, and by what.
FAULTS = {
    "points add up": (0, "points = 50", "points = 51"),
    "unknown key 'pionts'": (5, "points = 50", "pionts = 50"),
    "unknown key 'titel'": (1, "title", "titel"),
    "`points` is a number above 0, without quotes": (5, "points = 50", 'points = "50"'),
    "`points` is a number": (5, "points = 50", "points = nan"),
    "`points` is a number above": (5, "points = 50", "points = inf"),
    "`points` is a number above 0": (5, "points = 50", "points = true"),
    "exercise 'double': `points`": (3, "points = 50\n", ""),
    "`section` is missing or empty": (3, 'section = "Doubling"\n', ""),
    "`section` is no text": (6, 'section = "Doubling"', "section = 3"),
    "has no heading 'Dubbling'": (6, '"Doubling"', '"Dubbling"'),
    "has no heading 'doubling'": (6, '"Doubling"', '"doubling"'),
    "listed twice": (15, 'name = "average"', 'name = "double"'),
    "has no function, class or method of that name": (4, 'name = "double"', 'name = "duoble"'),
    "`name` is the name of a function": (4, 'name = "double"', 'name = "double it"'),
    "`name` is no text": (4, 'name = "double"', "name = 2"),
    "but no `off_limits_reason`": (18, "off_limits_reason", "# "),
    "`off_limits` is a list": (18, OFF, 'off_limits = "torch.mean"'),
    "`off_limits` is a list, also": (18, OFF, 'off_limits = {name = "torch.mean"}'),
    "'mean' is not a dotted name": (20, OFF, 'off_limits = [\n    "torch.mean",\n    "mean",\n]'),
    "'torch..mean' is not a dotted name": (18, OFF, 'off_limits = ["torch..mean"]'),
    "3 is not a dotted name": (18, OFF, "off_limits = [3]"),
    "a reason, but no `off_limits`": (19, OFF, "off_limits = []"),
    "`off_limits_reason` is no text": (
        19,
        'off_limits_reason = "the point is to sum and divide yourself"',
        "off_limits_reason = 1",
    ),
    "`bonus` is true or false": (5, "points = 50", 'bonus = "yes"\npoints = 50'),
    "`bonus` is true or false, without": (5, "points = 50", "bonus = 1\npoints = 50"),
    "`forgeable` is no text": (5, "points = 50", "forgeable = true\npoints = 50"),
    "`follow_through` is true or false": (
        2,
        'title = "A small lesson"',
        'title = "A small lesson"\nfollow_through = "no"',
    ),
    "not a TOML file": (3, "[[exercise]]", "[[exercise"),
    "`title` is missing or empty": (1, "title", "# "),
    "`title` is no text": (1, '"A small lesson"', "7"),
    "headed [[exercise]] with two brackets": (1, "", "[exercise]\n#"),
}


def rewrite(course: Path, old: str, new: str) -> Path:
    """Change the small lesson's manifest in one place, or write it anew."""
    path = course / "assignments" / "lesson_9_1" / "lesson.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1) if old else new, encoding="utf-8")
    return path


@pytest.mark.parametrize("words", FAULTS)
def test_a_faulty_manifest_is_refused_with_the_line(course: Path, words: str) -> None:
    line, old, new = FAULTS[words]
    path = rewrite(course, old, new)
    with pytest.raises(LessonError) as refusal:
        lessons.load(course, "lesson_9_1")
    assert words in str(refusal.value)
    assert str(refusal.value).startswith(f"{path}:{line}: " if line else f"{path}: ")


@pytest.mark.parametrize("name", ["torch.maen", "torhc.mean", "torch.Tensor.maen", "torch.nn.nothing.mean"])
def test_a_ban_that_is_misspelt_is_refused_before_anything_is_graded(course: Path, name: str) -> None:
    path = rewrite(course, OFF, f'off_limits = [\n    "torch.mean",\n    "{name}",\n]')
    with pytest.raises(LessonError) as refusal:
        suite.load(lessons.load(course, "lesson_9_1"))
    assert str(refusal.value) == f"{path}:20: exercise 'average': there is no {name}; is it spelt as in Python?"


def test_a_misspelt_ban_of_a_package_that_nobody_imports_is_found_where_all_are_imported(course: Path) -> None:
    path = rewrite(course, OFF, 'off_limits = ["json.tool.mian"]')
    lesson = lessons.load(course, "lesson_9_1")
    with pytest.raises(LessonError, match=r"there is no json\.tool\.mian"):
        manifests.check_off_limits(path, lesson.exercises, importing=True)


def test_grade_says_the_line_and_grades_nothing(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = rewrite(course, OFF, 'off_limits = "torch.mean"')
    monkeypatch.chdir(course)
    assert cli.main(["grade", "9.1", "submissions"]) == 2
    assert f"{path}:18: exercise 'average': `off_limits` is a list" in capsys.readouterr().err
    assert not (course / "grades-lesson_9_1").exists()


def test_a_students_repository_has_no_reference_to_hold_names_against(course: Path) -> None:
    rewrite(course, '"Doubling"', '"Another heading"')
    (course / "solutions" / "lesson_9_1" / "exercises.py").unlink()
    assert lessons.load(course, "lesson_9_1").exercises[0].section == "Another heading"


def test_points_may_be_fractions_that_add_up(course: Path) -> None:
    path = rewrite(course, "points = 50", "points = 50.1")
    path.write_text(path.read_text().replace("points = 30", "points = 29.7").replace("points = 20", "points = 20.2"))
    assert sum(exercise.points for exercise in lessons.load(course, "lesson_9_1").exercises) == pytest.approx(100)


@pytest.mark.parametrize("name", ["lesson_9_2", "lesson_9.1", "../lesson_9_1", ""])
def test_an_unknown_lesson_is_refused(course: Path, name: str) -> None:
    with pytest.raises(LessonError, match="lesson_9_1"):
        lessons.load(course, name)


def test_the_course_is_found_from_below(course: Path) -> None:
    assert lessons.find_root(course / "assignments" / "lesson_9_1") == course
    with pytest.raises(LessonError, match="course"):
        lessons.find_root(course.parent)
