"""The drawings of lesson 2.1, made by `autograder figures`: each function's is the picture of its name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograder.authoring.drawings import DATA, GRADIENT, PARAMETER, QUIET, VALUE, Drawing, Node


def network() -> Drawing:
    """Return one neuron, a layer of them, and a network."""
    sheet = Drawing(3.0)
    sheet.text(1.1, 2.8, "a neuron", bold=True)
    inputs = [sheet.neuron(0.35, y, f"$x_{n}$", color=DATA, radius=0.17) for n, y in ((1, 2.0), (2, 1.1))]
    unit = sheet.box(1.3, 1.55, "$w \\cdot x + b$\nthen $\\phi$", width=0.95, height=0.6, color=PARAMETER, size=9)
    for one in inputs:
        sheet.arrow(one, unit)
    sheet.arrow(unit, (2.1, 1.55))
    sheet.text(1.1, 0.45, "numbers in,\none number out", size=9, color=QUIET)
    sheet.text(3.2, 2.8, "a layer", bold=True)
    _layers(sheet, (2.75, 3.7), (2, 3), (DATA, PARAMETER))
    sheet.text(3.2, 0.45, "neurons that look\nat the same inputs", size=9, color=QUIET)
    sheet.text(5.6, 2.8, "a network", bold=True)
    _layers(sheet, (4.6, 5.6, 6.6), (2, 3, 1), (DATA, PARAMETER, PARAMETER))
    sheet.text(5.6, 0.45, "layers, each of which takes\nwhat the one before gives", size=9, color=QUIET)
    return sheet


def _layers(sheet: Drawing, across: Sequence[float], sizes: Sequence[int], colors: Sequence[str]) -> None:
    before: list[Node] = []
    for x, size, color in zip(across, sizes, colors, strict=True):
        here = [sheet.neuron(x, 1.55 + 0.58 * ((size - 1) / 2 - n), color=color, radius=0.17) for n in range(size)]
        for one in before:
            for other in here:
                sheet.arrow(one, other, width=0.9)
        before = here


def activations() -> Drawing:
    """Return the three activations, each with its slope."""
    sheet = Drawing(2.5)
    z = np.linspace(-4, 4, 401)
    sigmoid = 1 / (1 + np.exp(-z))
    curves = (
        ("ReLU", np.maximum(z, 0), (z > 0) * 1.0),
        ("sigmoid", sigmoid, sigmoid * (1 - sigmoid)),
        ("tanh", np.tanh(z), 1 - np.tanh(z) ** 2),
    )
    for place, (name, value, slope) in enumerate(curves):
        axes = sheet.plot(0.35 + 2.27 * place, 0.4, 1.95, 1.7)
        axes.axhline(0, color="0.8", linewidth=0.8)
        axes.axvline(0, color="0.8", linewidth=0.8)
        axes.plot(z, value, color=VALUE, linewidth=2, label="value")
        axes.plot(z, slope, color=GRADIENT, linewidth=1.3, linestyle="--", label="slope")
        axes.set(title=name, xlabel="", ylim=(-1.2, 2.2), xticks=(-4, -2, 0, 2, 4), yticks=(-1, 0, 1, 2))
        axes.tick_params(labelsize=8)
    axes.legend(fontsize=8, loc="upper left", frameon=False)
    return sheet


def surprise() -> Drawing:
    """Return the loss -ln p against the probability p of the right class."""
    sheet = Drawing(2.6)
    axes = sheet.plot(1.2, 0.5, 4.6, 1.85)
    p = np.linspace(0.01, 1, 400)
    axes.plot(p, -np.log(p), color=VALUE, linewidth=2)
    for at in (0.1, 0.5, 0.9):
        axes.plot(at, -np.log(at), "o", color=GRADIENT)
        axes.annotate(
            f"$-\\ln$ {at} = {-np.log(at):.2f}",
            (at, -np.log(at)),
            xytext=(8, 5),
            textcoords="offset points",
            fontsize=9,
        )
    axes.set(xlim=(0, 1.05), ylim=(0, 4.7), xlabel="probability $p$ of what is true", ylabel="loss  $-\\ln p$")
    return sheet
