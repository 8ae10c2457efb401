"""Draw the pages' diagrams in one style: boxes, arrows, neurons, matrices with their sizes, computational graphs.

A sheet is measured in inches from its lower left corner. Everything is drawn by matplotlib without pyplot, so that a drawing
depends on nothing that was drawn before, and gives the same pixels each time.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Patch, Rectangle

# A page is some 700 to 850 pixels wide.
WIDTH = 7.0
DPI = 120
INK, QUIET = "#222222", "#767676"
VALUE, GRADIENT = "#1f5fa8", "#c0392b"
DATA, PARAMETER, OPERATION, LOSS, NEW = "#dbe9f6", "#fdeaca", "#eeeeee", "#f6d9d6", "#d4ecd2"

Point = tuple[float, float]
# The hyphen before a number; a formula has a minus of its own.
MINUS = re.compile(r"(?<!\w)-(?=[\d½])")


@dataclass(frozen=True)
class Node:
    """Something drawn that arrows can go to: its centre, its size, and its outline, at which they end."""

    x: float
    y: float
    width: float
    height: float
    outline: Patch


class Drawing:
    """A sheet and what is drawn on it so far."""

    def __init__(self, height: float, width: float = WIDTH) -> None:
        self.figure = Figure(figsize=(width, height), dpi=DPI)
        self._canvas = FigureCanvasAgg(self.figure)
        self._axes = self.figure.add_axes((0.0, 0.0, 1.0, 1.0))
        self._axes.set(xlim=(0, width), ylim=(0, height), aspect="equal")
        self._axes.axis("off")

    def png(self) -> bytes:
        """Return the sheet as a picture."""
        file = io.BytesIO()
        self.figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None})
        return file.getvalue()

    def plot(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Return axes for a curve on a part of the sheet."""
        sheet = self.figure.get_size_inches()
        place = (left / sheet[0], bottom / sheet[1], width / sheet[0], height / sheet[1])
        axes = self.figure.add_axes(place)
        axes.spines[["top", "right"]].set_visible(False)
        return axes

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        color: str = INK,
        size: float = 10,
        bold: bool = False,
        align: str = "center",
    ) -> None:
        """Write words around a place; with `align` "left" or "right" from it."""
        weight = "bold" if bold else "normal"
        words = words if "$" in words else MINUS.sub("\N{MINUS SIGN}", words)
        self._axes.text(x, y, words, color=color, fontsize=size, fontweight=weight, ha=align, va="center", zorder=5)

    def box(
        self,
        x: float,
        y: float,
        words: str = "",
        *,
        width: float = 1.3,
        height: float = 0.5,
        color: str = OPERATION,
        size: float = 10,
        ink: str = INK,
        edge: str = INK,
    ) -> Node:
        """Draw a box with rounded corners around a centre."""
        corner, style = (x - width / 2, y - height / 2), "round,pad=0,rounding_size=0.07"
        outline = FancyBboxPatch(
            corner, width, height, boxstyle=style, facecolor=color, edgecolor=edge, linewidth=1.1, zorder=3
        )
        self._axes.add_patch(outline)
        self.text(x, y, words, size=size, color=ink)
        return Node(x, y, width, height, outline)

    def frame(self, left: float, bottom: float, width: float, height: float, words: str, *, color: str = QUIET) -> Node:
        """Draw a dashed frame around other things, with its name at the top."""
        outline = Rectangle(
            (left, bottom),
            width,
            height,
            facecolor="none",
            edgecolor=color,
            linewidth=1.0,
            linestyle=(0, (4, 3)),
            zorder=1,
        )
        self._axes.add_patch(outline)
        self.text(left + 0.08, bottom + height - 0.15, words, color=color, size=9, align="left")
        return Node(left + width / 2, bottom + height / 2, width, height, outline)

    def neuron(self, x: float, y: float, words: str = "", *, radius: float = 0.2, color: str = PARAMETER) -> Node:
        """Draw a neuron, or a node of a graph: a circle."""
        outline = Circle((x, y), radius, facecolor=color, edgecolor=INK, linewidth=1.1, zorder=3)
        self._axes.add_patch(outline)
        self.text(x, y, words)
        return Node(x, y, 2 * radius, 2 * radius, outline)

    def arrow(
        self,
        start: Node | Point,
        end: Node | Point,
        *,
        above: str = "",
        below: str = "",
        color: str = INK,
        bend: float = 0.0,
        dashed: bool = False,
        width: float = 1.2,
        head: bool = True,
    ) -> None:
        """Draw an arrow, from outline to outline; what is said above it is a value, below it a gradient."""
        (x, y), (to_x, to_y) = (_center(one) for one in (start, end))
        self._axes.add_patch(
            FancyArrowPatch(
                (x, y),
                (to_x, to_y),
                patchA=start.outline if isinstance(start, Node) else None,
                patchB=end.outline if isinstance(end, Node) else None,
                connectionstyle=f"arc3,rad={bend}",
                arrowstyle="-|>" if head else "-",
                mutation_scale=11,
                shrinkA=0,
                shrinkB=0,
                color=color,
                linewidth=width,
                linestyle=(0, (4, 3)) if dashed else "solid",
                zorder=2,
            )
        )
        if above or below:
            (first_x, first_y), (last_x, last_y) = _ends(start, end)
            across = _across(last_x - first_x, last_y - first_y)
            middle = ((first_x + last_x) / 2, (first_y + last_y) / 2)
            for words, side, ink in ((above, 1, VALUE), (below, -1, GRADIENT)):
                self.text(middle[0] + side * across[0], middle[1] + side * across[1], words, color=ink, size=9.5)

    def matrix(
        self,
        left: float,
        bottom: float,
        rows: int,
        columns: int,
        *,
        name: str = "",
        size: str = "",
        values: Sequence[Sequence[str]] = (),
        cell: float = 0.32,
        color: str = DATA,
        strong: Sequence[Point] = (),
        strong_color: str = NEW,
    ) -> Node:
        """Draw a matrix with its name above and its size below; `strong` are the (row, column) of cells in another colour."""
        for row in range(rows):
            for column in range(columns):
                corner = (left + column * cell, bottom + (rows - 1 - row) * cell)
                fill = strong_color if (row, column) in strong else color
                self._axes.add_patch(
                    Rectangle(corner, cell, cell, facecolor=fill, edgecolor="white", linewidth=1.2, zorder=3)
                )
                if values:
                    self.text(corner[0] + cell / 2, corner[1] + cell / 2, values[row][column], size=9)
        width, height = columns * cell, rows * cell
        outline = Rectangle((left, bottom), width, height, facecolor="none", edgecolor=INK, linewidth=1.1, zorder=4)
        self._axes.add_patch(outline)
        self.text(left + width / 2, bottom + height + 0.16, name, size=11)
        self.text(left + width / 2, bottom - 0.16, size, color=QUIET, size=9)
        return Node(left + width / 2, bottom + height / 2, width, height, outline)


def _center(place: Node | Point) -> Point:
    return (place.x, place.y) if isinstance(place, Node) else place


def _ends(start: Node | Point, end: Node | Point) -> tuple[Point, Point]:
    """Return about where an arrow leaves one outline and meets the other."""
    (x, y), (to_x, to_y) = _center(start), _center(end)
    length = math.hypot(to_x - x, to_y - y) or 1.0
    step = ((to_x - x) / length, (to_y - y) / length)
    leave, meet = (_reach(one, step) for one in (start, end))
    return (x + step[0] * leave, y + step[1] * leave), (to_x - step[0] * meet, to_y - step[1] * meet)


def _reach(place: Node | Point, step: Point) -> float:
    """Return how far it is from a centre to the outline, in a direction."""
    if not isinstance(place, Node):
        return 0.0
    if isinstance(place.outline, Circle):
        return place.width / 2
    sides = [half / abs(part) for half, part in zip((place.width / 2, place.height / 2), step, strict=True) if part]
    return min(sides)


def _across(x: float, y: float) -> Point:
    """Return a short way to the upper side of a line in this direction."""
    length = math.hypot(x, y) or 1.0
    way = (-y / length, x / length)
    sign = 1 if way[1] > 0 or (way[1] == 0 and way[0] < 0) else -1
    return (sign * 0.15 * way[0] * 1.4, sign * 0.15 * way[1])


# The training loop, and what the lessons of module 3 add to it: lesson, words, centre, the step that it belongs to, and
# whether its arrow goes into that step or comes out of it.
STEPS = {"predict": (2.6, 3.1), "loss": (4.4, 3.1), "gradient": (4.4, 1.65), "update": (2.6, 1.65)}
STEP_WORDS = {
    "predict": "predict",
    "loss": "measure\nthe loss",
    "gradient": "find the\ngradient",
    "update": "update the\nparameters",
}
ADDED = (
    ("3.1", "an optimizer\nthat remembers", (3.0, 0.5), "update", True),
    ("3.2", "a schedule for\nthe learning rate", (0.95, 1.9), "update", True),
    ("3.3", "initial weights\nof the right size", (0.95, 3.9), "predict", True),
    ("3.4", "normalization\nand shortcuts", (2.85, 4.3), "predict", True),
    ("3.5", "the mean over\nall workers", (6.05, 1.65), "gradient", True),
    ("3.6", "a log, and\nsomebody who looks", (6.05, 3.1), "loss", False),
    ("3.7", "regularization,\nand a time to stop", (4.85, 4.3), "loss", True),
    ("3.8", "a checkpoint\nto go on from", (0.95, 0.75), "update", False),
    ("3.9", "a pretrained\nbackbone", (0.95, 2.95), "predict", True),
)


def training_loop(words: Mapping[str, str] | None = None, *, up_to: str = "") -> Drawing:
    """Return the training loop as a circle of four boxes, with what the lessons up to one of module 3 have added to it.

    Args:
        words: what stands in the four boxes, by the name of the step.
        up_to: the lesson's number, "3.4"; its own addition is the green one.
    """
    added = [one for one in ADDED if one[0] <= up_to]
    sheet = Drawing((4.85 if any(y > 3.5 for _, _, (_, y), _, _ in added) else 3.7) if up_to else 3.0)
    nodes = _steps(sheet, words or STEP_WORDS, small=bool(up_to))
    for number, said, place, step, goes_in in added:
        _added(sheet, said, place, nodes[step], goes_in=goes_in, lesson=number if number == up_to else "")
    return sheet


def _steps(sheet: Drawing, words: Mapping[str, str], *, small: bool) -> dict[str, Node]:
    """Draw the circle of the four steps."""
    nodes = {}
    size, width, height = (10.0, 1.25, 0.6) if small else (11.0, 2.0, 0.8)
    for name, (x, y) in STEPS.items():
        place = (x, y) if small else (3.5 + (x - 3.5) * 1.35, 1.5 + (y - 2.375) * 1.15)
        color = LOSS if name == "loss" else PARAMETER if name == "update" else OPERATION
        nodes[name] = sheet.box(*place, words[name], width=width, height=height, color=color, size=size)
    order = list(nodes.values())
    for one, other in zip(order, [*order[1:], order[0]], strict=True):
        sheet.arrow(one, other, bend=-0.25, width=1.8)
    sheet.text(3.5, (order[0].y + order[2].y) / 2, "again\nand again", color=QUIET, size=size)
    return nodes


def _added(sheet: Drawing, words: str, place: Point, step: Node, *, goes_in: bool, lesson: str) -> None:
    """Draw what a lesson adds to a step; the lesson that adds it now is named."""
    fill, ink = (NEW, INK) if lesson else ("white", QUIET)
    box = sheet.box(*place, words, width=1.65, height=0.52, size=9, color=fill, edge=ink, ink=ink)
    ends = (box, step) if goes_in else (step, box)
    sheet.arrow(*ends, color=ink, width=1.4 if lesson else 1.0)
    if lesson:
        side = 0.37 if place[1] > 1 else -0.37
        sheet.text(place[0], place[1] + side, f"new in lesson {lesson}", color="#2d7a2d", size=8.5)


def batch_and_layer_norm() -> Drawing:
    """Return a table of activations twice: batch normalization takes a column together, layer normalization a row."""
    sheet = Drawing(2.75)
    for left, name, strong, what in (
        (1.1, "batch normalization", [(row, 1) for row in range(4)], "one feature, over all samples"),
        (4.5, "layer normalization", [(1, column) for column in range(5)], "one sample, over all its features"),
    ):
        sheet.matrix(left, 0.75, 4, 5, cell=0.36, strong=strong)
        sheet.text(left + 0.9, 2.58, name, bold=True)
        sheet.text(left + 0.9, 2.34, "features", size=9, color=QUIET)
        sheet.text(left - 0.12, 1.47, "samples", size=9, color=QUIET, align="right")
        sheet.text(left + 0.9, 0.5, what, size=9.5, color="#2d7a2d")
        sheet.text(left + 0.9, 0.25, "share one mean and one variance", size=9.5, color="#2d7a2d")
    return sheet
