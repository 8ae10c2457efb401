"""The drawings of lesson 3.4, made by `autograder figures`: each function's is the picture of its name."""

from __future__ import annotations

from autograder.authoring.drawings import (
    DATA,
    GRADIENT,
    OPERATION,
    PARAMETER,
    QUIET,
    Drawing,
    batch_and_layer_norm,
    training_loop,
)


def loop() -> Drawing:
    """Return the loop with what this lesson adds to it."""
    return training_loop(up_to="3.4")


def norms() -> Drawing:
    """Return what batch normalization and layer normalization take together."""
    return batch_and_layer_norm()


def residual() -> Drawing:
    """Return a residual block: two layers, and the way around them."""
    sheet = Drawing(2.0)
    x = sheet.box(0.55, 0.75, "$x$", width=0.55, color=DATA)
    layer = sheet.box(1.95, 0.75, "layer", width=0.9, color=PARAMETER)
    relu = sheet.box(3.2, 0.75, "ReLU", width=0.8, color=OPERATION)
    other = sheet.box(4.45, 0.75, "layer", width=0.9, color=PARAMETER)
    plus = sheet.neuron(5.55, 0.75, "+", color=OPERATION)
    for one, following in zip((x, layer, relu, other), (layer, relu, other, plus), strict=True):
        sheet.arrow(one, following)
    sheet.arrow(plus, (6.45, 0.75))
    sheet.text(6.5, 0.75, "$x + F(x)$", align="left", size=9)
    sheet.arrow((1.15, 0.75), (1.15, 1.5), head=False, color=GRADIENT, width=1.8)
    sheet.arrow((1.15, 1.5), (5.55, 1.5), head=False, color=GRADIENT, width=1.8)
    sheet.arrow((5.55, 1.5), plus, color=GRADIENT, width=1.8)
    sheet.text(3.35, 1.67, "the way around: $x$ itself", color=GRADIENT, size=9.5)
    sheet.text(3.2, 0.27, "$F(x)$: what the layers add to $x$", size=9.5, color=QUIET)
    return sheet
