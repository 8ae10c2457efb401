"""The drawings of lesson 1.1, made by `autograder figures`: each function's is the picture of its name."""

from __future__ import annotations

from autograder.authoring.drawings import Drawing, training_loop


def loop() -> Drawing:
    """Return the loop as a circle of four boxes."""
    words = {
        "predict": "predict\n$\\hat{y} = wx + b$",
        "loss": "measure the loss\nhow wrong is it?",
        "gradient": "find the gradient\nwhich way is uphill?",
        "update": "update $w$ and $b$\none step downhill",
    }
    return training_loop(words)
