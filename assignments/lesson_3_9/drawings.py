"""The drawings of lesson 3.9, made by `autograder figures`: each function's is the picture of its name."""

from __future__ import annotations

from autograder.authoring.drawings import DATA, GRADIENT, NEW, PARAMETER, QUIET, VALUE, Drawing, training_loop


def loop() -> Drawing:
    """Return the loop with what this lesson adds to it."""
    return training_loop(up_to="3.9")


def backbone() -> Drawing:
    """Return a pretrained backbone with its old head taken off and a new one put on."""
    sheet = Drawing(2.1)
    x = sheet.box(0.55, 0.95, "image", width=0.75, color=DATA)
    body = sheet.box(2.5, 0.95, "backbone\npretrained, frozen", width=1.9, height=0.7, color="#e3e3e3")
    old = sheet.box(5.0, 1.6, "old head: 10 classes", width=1.8, height=0.42, color="white", edge=QUIET, ink=QUIET)
    new = sheet.box(5.0, 0.55, "new head: 3 classes", width=1.8, height=0.5, color=NEW)
    sheet.arrow(x, body)
    sheet.arrow(body, old, color=QUIET, dashed=True)
    sheet.arrow(body, new, width=1.6)
    sheet.text(5.0, 1.95, "taken off", size=9, color=QUIET)
    sheet.text(5.0, 0.17, "trained: the gradient stops here", size=9, color="#2d7a2d")
    sheet.text(3.75, 0.55, "features", size=9, color=VALUE)
    return sheet


def autoencoder() -> Drawing:
    """Return an autoencoder: a wide input, a narrow code, and a wide output that is to be the input again."""
    sheet = Drawing(2.3)
    x = sheet.matrix(0.35, 0.5, 8, 1, name="$x$", cell=0.17)
    encoder = sheet.box(1.75, 1.18, "encoder", width=1.1, height=0.6, color=PARAMETER)
    code = sheet.matrix(3.2, 0.84, 2, 1, name="code", size="few numbers", cell=0.34, color=NEW)
    decoder = sheet.box(5.0, 1.18, "decoder", width=1.1, height=0.6, color=PARAMETER)
    back = sheet.matrix(6.35, 0.5, 8, 1, name="$\\hat{x}$", cell=0.17)
    for one, other in ((x, encoder), (encoder, code), (code, decoder), (decoder, back)):
        sheet.arrow(one, other)
    sheet.arrow((6.43, 0.47), (0.43, 0.47), color=GRADIENT, dashed=True, bend=-0.07, head=False)
    sheet.text(3.37, 0.12, "loss: is it the input again?", color=GRADIENT, size=9)
    return sheet
