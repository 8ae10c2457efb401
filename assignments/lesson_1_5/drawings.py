"""The drawings of lesson 1.5, made by `autograder figures`: each function's is the picture of its name."""

from __future__ import annotations

from autograder.authoring.drawings import DATA, GRADIENT, INK, LOSS, OPERATION, PARAMETER, VALUE, Drawing


def chain() -> Drawing:
    """Return the page's second sample as a computational graph: values above the edges, gradients below."""
    sheet = Drawing(2.7)
    w = sheet.neuron(0.45, 2.0, "$w$", color=PARAMETER)
    x = sheet.neuron(0.45, 0.6, "$x$", color=DATA)
    times = sheet.neuron(1.75, 1.4, "$\\times$", color=OPERATION)
    b = sheet.neuron(3.0, 0.45, "$b$", color=PARAMETER)
    plus = sheet.neuron(3.0, 1.4, "+", color=OPERATION)
    tanh = sheet.neuron(4.2, 1.4, "tanh", radius=0.27, color=OPERATION)
    minus = sheet.neuron(5.35, 1.4, "$-$", color=OPERATION)
    y = sheet.neuron(5.35, 0.45, "$y$", color=DATA)
    square = sheet.neuron(6.5, 1.4, "( )²", radius=0.24, color=LOSS)
    sheet.arrow(w, times, above="0.5493", below="2.25")
    sheet.arrow(x, times, above="3")
    sheet.arrow(times, plus, above="1.6479", below="0.75")
    sheet.arrow(b, plus)
    sheet.text(2.65, 0.88, "-1.0986", color=VALUE, size=9.5)
    sheet.text(3.25, 0.88, "0.75", color=GRADIENT, size=9.5)
    sheet.arrow(plus, tanh, above="0.5493", below="0.75")
    sheet.arrow(tanh, minus, above="0.5", below="1")
    sheet.arrow(y, minus, above="")
    sheet.text(5.5, 0.95, "0", color=VALUE, size=9.5)
    sheet.arrow(minus, square, above="0.5", below="1")
    sheet.arrow(square, (6.5, 2.2), color=INK)
    sheet.text(6.5, 2.33, "0.25", color=VALUE, size=9.5)
    sheet.text(0.3, 2.5, "forward: values, from left to right", color=VALUE, size=9.5, align="left")
    sheet.text(3.4, 2.5, "backward: gradients, from right to left", color=GRADIENT, size=9.5, align="left")
    for at, words in ((3.62, "$z$"), (4.82, "$t$"), (5.9, "$e$")):
        sheet.text(at, 1.83, words, size=10)
    return sheet
