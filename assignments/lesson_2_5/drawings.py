"""The drawings of lesson 2.5, made by `autograder figures`: each function's is the picture of its name."""

from __future__ import annotations

from autograder.authoring.drawings import DATA, OPERATION, PARAMETER, QUIET, VALUE, Drawing


def pipeline() -> Drawing:
    """Return how samples get from a data set to a model, with their shapes."""
    sheet = Drawing(1.9)
    places = (0.85, 2.6, 4.35, 6.15)
    words = ("Dataset", "DataLoader", "device", "model")
    colors = (DATA, OPERATION, OPERATION, PARAMETER)
    boxes = [
        sheet.box(x, 1.1, name, width=1.05, color=color) for x, name, color in zip(places, words, colors, strict=True)
    ]
    said = ("one sample\nx (D,)  y (1,)", "a batch\nX (B, D)  y (B, 1)", "the same\non the device")
    for one, other, shape in zip(boxes, boxes[1:], said, strict=False):
        sheet.arrow(one, other)
        sheet.text((one.x + other.x) / 2, 1.62, shape, size=8.5, color=VALUE)
    does = (
        "sample number i,\nand how many",
        "shuffles, cuts,\nstacks rows",
        "`to(device)`",
        "predicts all B\nrows at once",
    )
    for box, what in zip(boxes, does, strict=True):
        sheet.text(box.x, 0.52, what.replace("`", ""), size=8.5, color=QUIET)
    return sheet
