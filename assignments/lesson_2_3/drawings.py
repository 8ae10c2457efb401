"""The drawings of lesson 2.3, made by `autograder figures`: each function's is the picture of its name."""

from __future__ import annotations

from autograder.authoring.drawings import (
    DATA,
    GRADIENT,
    LOSS,
    OPERATION,
    PARAMETER,
    QUIET,
    VALUE,
    Drawing,
    batch_and_layer_norm,
)


def graph() -> Drawing:
    """Return the network of two layers as a computational graph of matrices: values above the edges, gradients below."""
    sheet = Drawing(2.55)
    x = sheet.box(0.5, 1.35, "$X$", width=0.55, height=0.5, color=DATA)
    first = sheet.box(1.9, 1.35, "$XW_1^T + b_1$", width=1.15, color=OPERATION)
    tanh = sheet.box(3.5, 1.35, "tanh", width=0.75, color=OPERATION)
    second = sheet.box(5.05, 1.35, "$H_1W_2^T + b_2$", width=1.2, color=OPERATION)
    loss = sheet.box(6.55, 1.35, "loss", width=0.65, color=LOSS)
    one = sheet.box(1.9, 0.4, "$W_1,\\ b_1$", width=0.95, height=0.4, color=PARAMETER)
    two = sheet.box(5.05, 0.4, "$W_2,\\ b_2$", width=0.95, height=0.4, color=PARAMETER)
    sheet.arrow(x, first)
    sheet.arrow(first, tanh, above="$Z_1$", below="$dZ_1$")
    sheet.arrow(tanh, second, above="$H_1$", below="$dH_1$")
    sheet.arrow(second, loss, above="$\\hat{Y}$", below="$dZ_2$")
    sheet.arrow(one, first)
    sheet.text(2.4, 0.85, "$dW_1,\\ db_1$", color=GRADIENT, size=9.5)
    sheet.arrow(two, second)
    sheet.text(5.55, 0.85, "$dW_2,\\ db_2$", color=GRADIENT, size=9.5)
    sheet.text(0.3, 2.3, "forward: values, from left to right", color=VALUE, size=9.5, align="left")
    sheet.text(3.4, 2.3, "backward: gradients, from right to left", color=GRADIENT, size=9.5, align="left")
    sheet.text(1.2, 1.75, "cached", size=8.5, color=QUIET)
    sheet.text(4.15, 1.75, "cached", size=8.5, color=QUIET)
    return sheet


def norms() -> Drawing:
    """Return what batch normalization and layer normalization take together."""
    return batch_and_layer_norm()
