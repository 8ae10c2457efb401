"""The drawings of lesson 3.5, made by `autograder figures`: each function's is the picture of its name."""

from __future__ import annotations

from autograder.authoring.drawings import GRADIENT, LOSS, NEW, PARAMETER, QUIET, Drawing, training_loop


def loop() -> Drawing:
    """Return the loop with what this lesson adds to it."""
    return training_loop(up_to="3.5")


def step() -> Drawing:
    """Return one data-parallel step: shards out, gradients in, their mean back to everybody."""
    sheet = Drawing(3.3)
    batch = sheet.matrix(0.35, 0.9, 6, 2, name="batch", cell=0.28, strong=[(r, c) for r in (2, 3) for c in (0, 1)])
    mean = sheet.box(5.0, 1.74, "mean of the\ngradients\n(all-reduce)", width=1.15, height=0.85, color=LOSS, size=9.5)
    for number, y in enumerate((2.75, 1.74, 0.73)):
        model = sheet.box(
            2.55, y, f"worker {number}\nmodel, forward,\nbackward", width=1.35, height=0.78, color=PARAMETER, size=9
        )
        sheet.arrow(batch, model)
        sheet.arrow(model, mean, color=GRADIENT)
        sheet.text(1.5, 1.74 + 0.66 * (y - 1.74) + (0.14 if y > 1 else -0.14), f"shard {number}", size=8.5, color=QUIET)
        sheet.text(3.82, 1.74 + 0.62 * (y - 1.74) + (0.16 if y > 1 else -0.16), f"$g_{number}$", color=GRADIENT)
    step = sheet.box(6.35, 1.74, "the same\nstep for all", width=1.0, height=0.6, color=NEW, size=9.5)
    sheet.arrow(mean, step, color=GRADIENT)
    sheet.text(5.77, 1.92, "$g$", color=GRADIENT)
    sheet.text(3.5, 0.12, "every worker begins and ends a step with the same parameters", size=9, color=QUIET)
    return sheet
