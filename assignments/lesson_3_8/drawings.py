"""The drawings of lesson 3.8, made by `autograder figures`: each function's is the picture of its name."""

from __future__ import annotations

from autograder.authoring.drawings import DATA, GRADIENT, OPERATION, PARAMETER, QUIET, Drawing, training_loop


def loop() -> Drawing:
    """Return the loop with what this lesson adds to it."""
    return training_loop(up_to="3.8")


def queries_and_keys() -> Drawing:
    """Return the page's text `aba`: the table of query times key, and what softmax makes of each row."""
    sheet = Drawing(3.0)
    scores = (("0", "", ""), ("ln 3", "0", ""), ("ln 2", "0", "2 ln 2"))
    weights = (("1", "0", "0"), ("3/4", "1/4", "0"), ("2/7", "1/7", "4/7"))
    keys, queries = ("k = 1", "k = 0", "k = 2"), ("q = 0", "q = ln 3", "q = ln 2")
    seen = [(row, column) for row in range(3) for column in range(row + 1)]
    for left, values, name in ((1.15, scores, "scores  $q_t \\cdot k_s$"), (4.85, weights, "attention weights")):
        sheet.matrix(left, 0.75, 3, 3, values=values, cell=0.55, color="#eeeeee", strong=seen, strong_color=DATA)
        sheet.text(left + 0.83, 2.85, name)
        for place, letter in enumerate("aba"):
            sheet.text(left + 0.28 + 0.55 * place, 2.55, f"{letter}\n{keys[place]}", size=8.5, color=QUIET)
            row = 0.75 + 0.28 + 0.55 * (2 - place)
            sheet.text(left - 0.08, row, f"{letter}   {queries[place]}", size=8.5, color=QUIET, align="right")
    sheet.arrow((2.95, 1.57), (3.85, 1.57))
    sheet.text(3.4, 1.76, "softmax,", size=9)
    sheet.text(3.4, 1.38, "row by row", size=9)
    sheet.text(1.98, 0.42, "nobody looks ahead:\ngrey cells are masked", size=9, color=QUIET)
    sheet.text(5.68, 0.42, "each row adds up to 1", size=9, color=QUIET)
    return sheet


def block() -> Drawing:
    """Return a transformer block: attention and an MLP, each normalized before and added to what came in."""
    sheet = Drawing(2.0)
    y = 0.75
    x = sheet.box(0.45, y, "$x$", width=0.5, color=DATA)
    parts = []
    for at, words, width, color in (
        (1.5, "layer\nnorm", 0.7, OPERATION),
        (2.55, "attention", 0.95, PARAMETER),
        (4.35, "layer\nnorm", 0.7, OPERATION),
        (5.3, "MLP", 0.75, PARAMETER),
    ):
        parts.append(sheet.box(at, y, words, width=width, color=color, size=9.5))
    first, second = sheet.neuron(3.4, y, "+", color=OPERATION), sheet.neuron(6.1, y, "+", color=OPERATION)
    for one, other in zip(
        (x, parts[0], parts[1], first, parts[2], parts[3]),
        (parts[0], parts[1], first, parts[2], parts[3], second),
        strict=True,
    ):
        sheet.arrow(one, other)
    sheet.arrow(second, (6.85, y))
    for start, plus in ((0.9, first), (3.8, second)):
        sheet.arrow((start, y), (start, 1.5), head=False, color=GRADIENT, width=1.6)
        sheet.arrow((start, 1.5), (plus.x, 1.5), head=False, color=GRADIENT, width=1.6)
        sheet.arrow((plus.x, 1.5), plus, color=GRADIENT, width=1.6)
    sheet.text(2.15, 1.68, "residual connection", size=9, color=GRADIENT)
    sheet.text(4.95, 1.68, "residual connection", size=9, color=GRADIENT)
    sheet.text(2.05, 0.27, "positions exchange what they know", size=9, color=QUIET)
    sheet.text(4.9, 0.27, "each position thinks for itself", size=9, color=QUIET)
    return sheet
