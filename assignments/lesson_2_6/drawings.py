"""The drawings of lesson 2.6, made by `autograder figures`: each function's is the picture of its name."""

from __future__ import annotations

from autograder.authoring.drawings import DATA, LOSS, NEW, QUIET, Drawing


def split() -> Drawing:
    """Return the data as one bar that is cut in three."""
    sheet = Drawing(1.75)
    parts = (("training", 60, DATA, "fits the parameters"), ("validation", 20, NEW, "chooses the\nhyperparameters"))
    left = 0.3
    for name, share, color, what in (*parts, ("test", 20, LOSS, "is looked at once,\nat the very end")):
        width = 6.4 * share / 100
        sheet.box(left + width / 2, 1.05, f"{name}\n{share} %", width=width, height=0.62, color=color)
        sheet.text(left + width / 2, 0.45, what, size=9, color=QUIET)
        left += width
    sheet.text(0.3, 1.57, "all the data, shuffled and then cut in three", size=9, align="left")
    return sheet
