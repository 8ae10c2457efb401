"""Lesson 2.5: judge what may differ between correct solutions: noise and figures."""

from __future__ import annotations

import math
import re
from typing import Any

import torch

PICTURES = 8


def noise_is_normal(student: Any, reference: Any) -> str | None:
    """The residuals `y - (3x + 1)` of many samples: mean 0, deviation 0.5, normal, unrelated to x.

    The bounds are at least five standard errors wide.
    """
    residual, expected = student.double().flatten(), reference.double().flatten()
    if residual.shape != expected.shape or not bool(torch.isfinite(residual).all()):
        return f"expected {len(expected)} finite targets, one a sample"
    n = len(residual)
    if abs(float(residual.mean())) > 2.5 / math.sqrt(n):
        return (
            f"y - (3x + 1) has the mean {float(residual.mean()):.3f} over {n} samples; noise should average to about 0"
        )
    x = torch.linspace(-2, 2, n, dtype=torch.float64)
    slope = float((residual * x).mean() / (x * x).mean())
    if abs(slope) > 2.5 / math.sqrt(n):
        return f"y - (3x + 1) still rises by {slope:.3f} a unit of x; it should be noise alone"
    deviation = float(residual.std())
    if abs(deviation - 0.5) > 2.0 / math.sqrt(n):
        return f"y - (3x + 1) has the standard deviation {deviation:.3f} over {n} samples; it should be about 0.5"
    within = float((residual.abs() < 0.5).double().mean())
    if abs(within - 0.6827) > 2.5 / math.sqrt(n):
        return f"{within:.0%} of the noise lies within one standard deviation; of normal noise about 68 % does"
    neighbours = float((residual[1:] * residual[:-1]).mean() / residual.var())
    if abs(neighbours) > 5.5 / math.sqrt(n):
        return "the noise of neighbouring samples is related; each sample should have noise of its own"
    return None


def grid_of_eight(student: Any, reference: Any) -> str | None:
    """Eight axes in two rows of four, all without axis lines; nothing drawn on the spare ones."""
    axes, problem = _in_reading_order(student)
    if axes is None:
        return problem
    for number, ax in enumerate(axes, start=1):
        if ax["visible"] and ax["axis_on"]:
            return f"axes {number} still has its axis lines; every axes should be switched off, the empty ones too"
    for number, ax in enumerate(axes, start=1):
        if number > len(reference["labels"]) and (ax["images"] or ax["title"]):
            return f"axes {number} should stay empty: the batch has only {len(reference['labels'])} image(s)"
    return None


def labels_are_titles(student: Any, reference: Any) -> str | None:
    """The title of each used axes holds its label as a whole number; nothing was shown, no argument changed."""
    if student["shown"]:
        return "plt.show() was called; return the figure and leave it to the caller to show it"
    if student["unchanged"] is not True:
        return "the images or labels were changed in place"
    axes, problem = _in_reading_order(student)
    if axes is None:
        return problem
    for number, (ax, label) in enumerate(zip(axes, reference["labels"].tolist(), strict=False), start=1):
        if "tensor" in ax["title"] or re.findall(r"[\d.]+", ax["title"]) != [str(label)]:
            return (
                f"axes {number} has the title {ax['title'][:40]!r}; it should hold the label {label} as a whole number"
            )
    return None


def pictures_are_whole(student: Any, reference: Any) -> str | None:
    """Each axes shows its own image, upright, all grey levels on the colour scale."""
    axes, problem = _in_reading_order(student)
    if axes is None:
        return problem
    images = reference["images"].double()
    for number, (ax, image) in enumerate(zip(axes, images, strict=False), start=1):
        if len(ax["images"]) != 1:
            return f"axes {number} has {len(ax['images'])} images drawn with imshow; it should have one"
        sentence = _shows(ax["images"][0], image[0])
        if sentence:
            return f"axes {number} {sentence}"
    return None


def _shows(drawn: dict[str, Any], image: torch.Tensor) -> str | None:
    data = torch.as_tensor(drawn["data"]).double()
    in_colour = data.ndim == 3
    data = data[..., 0] if in_colour else data
    if data.shape != image.shape:
        return f"shows a picture of {tuple(data.shape)}; the image is {tuple(image.shape)}"
    if drawn["origin"] == "lower":
        data = data.flip(0)
    # What is drawn must be the image times a number plus a number: shifted and stretched, but nothing cut off.
    a, b = data - data.mean(), image - image.mean()
    factor = (a * b).sum() / (b * b).sum()
    spread = float(data.max() - data.min())
    if not spread > 0 or float((a - factor * b).abs().max()) > 0.02 * spread:
        return "does not show its image: grey levels are cut off, or the image is another one or turned"
    if not in_colour:
        low, high = drawn["clim"]
        if float(data.min()) < low - 0.02 * spread or float(data.max()) > high + 0.02 * spread:
            return (
                f"has grey levels from {float(data.min()):.2f} to {float(data.max()):.2f}, "
                f"but a colour scale from {low:.2f} to {high:.2f}: the rest is cut off"
            )
    return None


def _in_reading_order(student: Any) -> tuple[list[dict[str, Any]] | None, str]:
    """Return the eight axes, left to right and top to bottom, or None and what is wrong."""
    figure = student["figure"]
    if figure["type"] != "Figure":
        return None, f"expected a matplotlib Figure, not {figure['type']}"
    if len(figure["axes"]) != PICTURES:
        return None, f"the figure has {len(figure['axes'])} axes; it should always have eight"
    cells = [tuple(cell) for cell in student["cells"]]
    if sorted(cells) != [(row, column) for row in range(2) for column in range(4)]:
        return None, "the axes do not form two rows of four"
    return [ax for _, ax in sorted(zip(cells, figure["axes"], strict=True), key=lambda pair: pair[0])], ""
