"""A manifest that is wrong is refused in a sentence that names the file and the fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder import lesson as lessons
from autograder.lesson import LessonError

FAULTS = {
    "points add up": ("points = 50", "points = 51"),
    "unknown key 'pionts'": ("points = 50", "pionts = 50"),
    "`points`": ("points = 50", 'points = "50"'),
    "`section`": ('section = "Doubling"\n', ""),
    "listed twice": ('name = "average"', 'name = "double"'),
    "off_limits_reason": ("off_limits_reason", "# "),
    "not a TOML file": ("[[exercise]]", "[[exercise"),
    "`title`": ("title", "# "),
}


@pytest.mark.parametrize("words", FAULTS)
def test_a_faulty_manifest_is_refused(course: Path, words: str) -> None:
    path = course / "assignments" / "lesson_9_1" / "lesson.toml"
    old, new = FAULTS[words]
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(LessonError) as refusal:
        lessons.load(course, "lesson_9_1")
    assert words in str(refusal.value)
    assert str(path) in str(refusal.value)


@pytest.mark.parametrize("name", ["lesson_9_2", "lesson_9.1", "../lesson_9_1", ""])
def test_an_unknown_lesson_is_refused(course: Path, name: str) -> None:
    with pytest.raises(LessonError, match="lesson_9_1"):
        lessons.load(course, name)


def test_the_course_is_found_from_below(course: Path) -> None:
    assert lessons.find_root(course / "assignments" / "lesson_9_1") == course
    with pytest.raises(LessonError, match="course"):
        lessons.find_root(course.parent)
