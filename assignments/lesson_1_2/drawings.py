"""The drawings of lesson 1.2, made by `autograder figures`: each function's is the picture of its name."""

from __future__ import annotations

from autograder.authoring.drawings import GRADIENT, PARAMETER, Drawing


def product() -> Drawing:
    """Return X w as rectangles: the inner sizes are equal and vanish, the outer ones stay."""
    sheet = Drawing(2.6)
    rows = [(row, column) for row, column in ((1, 0), (1, 1), (1, 2))]
    sheet.matrix(0.6, 0.75, 4, 3, name="$X$", strong=rows)
    sheet.text(2.1, 1.39, "@", size=16)
    sheet.matrix(2.75, 0.91, 3, 1, name="$w$", color=PARAMETER)
    sheet.text(3.75, 1.39, "=", size=16)
    sheet.matrix(4.4, 0.75, 4, 1, name="$Xw$", strong=[(1, 0)])
    sheet.text(0.78, 0.42, "(N,", size=11, align="left")
    sheet.text(1.32, 0.42, "D)", size=11, color=GRADIENT, bold=True)
    sheet.text(2.78, 0.42, "(D,)", size=11, color=GRADIENT, bold=True)
    sheet.text(4.56, 0.42, "(N,)", size=11)
    sheet.arrow((1.42, 0.3), (2.68, 0.3), bend=0.25, color=GRADIENT, head=False)
    sheet.text(2.05, 0.3, "equal", size=9, color=GRADIENT)
    sheet.text(5.05, 1.55, "one row of $X$, times $w$", size=9.5, align="left")
    sheet.text(5.05, 1.3, "number by number,", size=9.5, align="left")
    sheet.text(5.05, 1.05, "added up: one number", size=9.5, align="left")
    return sheet
