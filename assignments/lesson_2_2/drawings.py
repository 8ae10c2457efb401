"""The drawings of lesson 2.2, made by `autograder figures`: each function's is the picture of its name."""

from __future__ import annotations

from autograder.authoring.drawings import DATA, GRADIENT, LOSS, NEW, OPERATION, PARAMETER, QUIET, VALUE, Drawing


def layer() -> Drawing:
    """Return the page's two judges as a layer, and the row of W that belongs to the first of them."""
    sheet = Drawing(2.9)
    inputs = [sheet.neuron(0.5, y, value, color=DATA) for y, value in ((2.1, "1"), (1.4, "2"), (0.7, "0"))]
    for one, name in zip(inputs, ("lemon", "sugar", "water"), strict=True):
        sheet.text(0.5, one.y + 0.31, name, size=8.5, color=QUIET)
    first = sheet.box(2.0, 1.85, "neuron 1", width=0.9, height=0.42, color=NEW)
    second = sheet.box(2.0, 0.95, "neuron 2", width=0.9, height=0.42, color=PARAMETER)
    for one, weight in zip(inputs, ("2", "1", "-1"), strict=True):
        sheet.arrow(one, first, color="#2d7a2d", width=1.6)
        sheet.arrow(one, second, color="#999999", width=0.9)
        along = 0.3
        place = (one.x + along * (first.x - one.x), one.y + along * (first.y - one.y) + 0.13)
        sheet.text(*place, weight, size=9.5, color="#2d7a2d", bold=True)
    sheet.arrow(first, (3.1, 1.85))
    sheet.text(3.22, 1.85, "3", size=11, align="left")
    sheet.arrow(second, (3.1, 0.95))
    sheet.text(3.22, 0.95, "0", size=11, align="left")
    sheet.text(2.75, 2.25, "ReLU(3)", size=8.5, color=QUIET)
    sheet.text(2.75, 0.55, "ReLU(-½)", size=8.5, color=QUIET)
    values = (("2", "1", "-1"), ("-1", "0", "2"))
    strong = [(0, 0), (0, 1), (0, 2)]
    sheet.matrix(
        3.9, 1.15, 2, 3, name="$W$", size="(H, D) = (2, 3)", values=values, cell=0.4, color=PARAMETER, strong=strong
    )
    sheet.matrix(5.4, 0.95, 3, 1, name="$x$", size="(3,)", values=(("1",), ("2",), ("0",)), cell=0.4)
    sheet.matrix(
        6.25, 1.15, 2, 1, name="$b$", size="(2,)", values=(("-1",), ("½",)), cell=0.4, color=PARAMETER, strong=[(0, 0)]
    )
    sheet.text(5.98, 1.55, "+", size=13)
    sheet.text(5.15, 0.35, "a row of $W$ holds the weights of one neuron", size=9, color="#2d7a2d")
    return sheet


def graph() -> Drawing:
    """Return glass 4 of the page's batch as a computational graph: values above the edges, gradients below."""
    sheet = Drawing(2.3)
    w = sheet.neuron(0.5, 1.05, "$W$", color=PARAMETER)
    product = sheet.neuron(2.35, 1.05, r"$\cdot$", color=OPERATION)
    x = sheet.neuron(2.35, 0.25, "$x$", color=DATA)
    relu = sheet.neuron(3.65, 1.05, "ReLU", radius=0.28, color=OPERATION)
    minus = sheet.neuron(4.9, 1.05, "$-$", color=OPERATION)
    y = sheet.neuron(4.9, 0.25, "$y$", color=DATA)
    square = sheet.neuron(6.3, 1.05, "( )²", radius=0.25, color=LOSS)
    sheet.arrow(w, product, above="(-1, 2, 1, -1)", below="(-4, -4, -4, -4)")
    sheet.arrow(x, product)
    sheet.text(2.9, 0.62, "(1, 1, 1, 1)", color=VALUE, size=9.5)
    sheet.arrow(product, relu, above="$z = 1$", below="-4")
    sheet.arrow(relu, minus, above="$\\hat{y} = 1$", below="-4")
    sheet.arrow(y, minus)
    sheet.text(5.08, 0.62, "3", color=VALUE, size=9.5)
    sheet.arrow(minus, square, above="-2", below="-4")
    sheet.arrow(square, (6.3, 1.75))
    sheet.text(6.3, 1.87, "4", color=VALUE, size=9.5)
    sheet.text(0.3, 2.13, "forward: values, from left to right", color=VALUE, size=9.5, align="left")
    sheet.text(3.4, 2.13, "backward: gradients, from right to left", color=GRADIENT, size=9.5, align="left")
    return sheet
