"""Drawings: the ones in the folders are fresh, what is drawn keeps to the sheet, and arrows say values above and gradients below."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from numpy.typing import NDArray

from autograder.authoring import stubs
from autograder.authoring.drawings import ADDED, WIDTH, Drawing, training_loop
from autograder.authoring.stubs import AuthoringError
from autograder.course import lesson as lessons
from tests.autograder.helpers import LESSONS, ROOT

DRAWN = [name for name in LESSONS if (ROOT / "assignments" / name / "drawings.py").is_file()]


def pixels(picture: bytes) -> NDArray[np.float32]:
    return np.asarray(matplotlib.image.imread(io.BytesIO(picture), format="png"))


@pytest.mark.parametrize("name", DRAWN)
def test_the_drawings_in_a_lessons_folder_are_fresh_and_on_its_page(name: str) -> None:
    lesson = lessons.load(ROOT, name, against_files=False)
    page = lesson.page.read_text(encoding="utf-8")
    drawn = stubs.drawings(lesson)
    assert drawn
    for file, picture in drawn.items():
        assert f"]({file})" in page
        there = pixels((lesson.assignment / file).read_bytes())
        made = pixels(picture)
        # Edges may be smoothed a little differently on another processor.
        assert there.shape == made.shape, f"run `autograder figures {name}`"
        assert np.abs(there - made).mean() < 0.002, f"run `autograder figures {name}`"


def test_the_same_drawing_gives_the_same_bytes() -> None:
    assert training_loop(up_to="3.4").png() == training_loop(up_to="3.4").png()


@pytest.mark.parametrize("number", [number for number, *_ in ADDED])
def test_the_loop_grows_by_one_box_a_lesson_and_keeps_to_its_sheet(number: str) -> None:
    sheet = training_loop(up_to=number)
    words = [text.get_text() for text in sheet.figure.axes[0].texts]
    shown = [said for _, said, *_ in ADDED if said in words]
    assert shown == [said for other, said, *_ in ADDED if other <= number]
    assert words.count(f"new in lesson {number}") == 1
    sheet.png()
    height = sheet.figure.get_size_inches()[1]
    for text in sheet.figure.axes[0].texts:
        box = text.get_window_extent().transformed(sheet.figure.dpi_scale_trans.inverted())
        assert (box.x0 > 0, box.y0 > 0, box.x1 < WIDTH, box.y1 < height) == (True,) * 4, text.get_text()


@pytest.mark.parametrize(
    ("start", "end"), [((0.5, 1), (3, 1)), ((3, 1), (0.5, 1)), ((0.5, 0.5), (3, 1.5)), ((0.5, 1.5), (3, 0.5))]
)
def test_values_stand_above_an_arrow_and_gradients_below(start: tuple[float, float], end: tuple[float, float]) -> None:
    sheet = Drawing(2)
    sheet.arrow(sheet.neuron(*start), sheet.box(*end), above="value", below="gradient")
    heights = {text.get_text(): text.get_position()[1] for text in sheet.figure.axes[0].texts}
    middle = (start[1] + end[1]) / 2
    assert heights["gradient"] < middle < heights["value"] or heights["value"] - heights["gradient"] > 0.1


def test_a_number_below_zero_has_a_minus_and_a_formula_its_own() -> None:
    sheet = Drawing(1)
    for words in ("(-1, 2)", "x-1", "$x_{-1}$", "all-reduce"):
        sheet.text(1, 0.5, words)
    shown = [text.get_text() for text in sheet.figure.axes[0].texts]
    assert shown == ["(\N{MINUS SIGN}1, 2)", "x-1", "$x_{-1}$", "all-reduce"]


def draw(course: Path, body: str) -> lessons.Lesson:
    path = course / "assignments" / "lesson_9_1" / "drawings.py"
    path.write_text(f"from autograder.authoring.drawings import Drawing, training_loop\n\n\n{body}", encoding="utf-8")
    return lessons.load(course, "lesson_9_1")


def test_each_function_of_a_lessons_drawings_is_a_picture_and_helpers_are_none(course: Path) -> None:
    lesson = draw(course, "def sheet():\n    return _empty()\n\n\ndef _empty():\n    return Drawing(1)\n")
    assert list(stubs.drawings(lesson)) == ["sheet.png"]
    assert {path.name for path in stubs.make_figures(lesson)} == {"line.png", "sheet.png"}


def test_a_drawing_with_the_name_of_a_figure_is_refused(course: Path) -> None:
    lesson = draw(course, "def line():\n    return Drawing(1)\n")
    with pytest.raises(AuthoringError, match=r"line\.png, which is a drawing, too"):
        stubs.make_figures(lesson)


def test_a_drawing_that_is_none_is_refused(course: Path) -> None:
    lesson = draw(course, "def sheet():\n    return 1\n")
    with pytest.raises(AuthoringError, match="`sheet` must return a Drawing, not int"):
        stubs.drawings(lesson)


def test_a_lesson_without_drawings_has_none(course: Path) -> None:
    assert stubs.drawings(lessons.load(course, "lesson_9_1")) == {}
