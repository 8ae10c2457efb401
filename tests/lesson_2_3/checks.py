"""Lesson 2.3: word what scenarios found out where values may differ: random weights, and how low a loss gets."""

from __future__ import annotations

from typing import Any


def weights_are_scaled(student: Any, reference: Any) -> str | None:
    """Shape, a deviation in proportion to 1/√n_in, mean 0, and entries that are drawn one by one."""
    if not isinstance(student, list) or len(student) != len(reference):
        return f"it has not as many layers as it should, {len(reference)}"
    for number, (facts, wanted) in enumerate(zip(student, reference, strict=True), start=1):
        sentence = _of_one_layer(facts, wanted)
        if sentence:
            return f"layer {number}: {sentence}"
    return None


def _of_one_layer(facts: dict[str, Any], wanted: dict[str, Any]) -> str | None:
    for name in ("shape", "dtype"):
        if facts[name] != wanted[name]:
            return f"W has the {name} {facts[name]}; it should be {wanted[name]}"
    if facts["finite"] is not True:
        return "W holds a NaN or an infinity"
    if facts["deviation"] != "within":
        bound = "below 0.4 / sqrt(n_in)" if facts["deviation"] == "below" else "above 2.5 / sqrt(n_in)"
        return f"the standard deviation of W is {bound}"
    if facts["mean is near 0"] is not True:
        return "the weights do not average to about 0"
    if facts["rows and columns vary"] is not True:
        return "the weights of a row (or of a column) are much alike; every weight should be drawn on its own"
    return None


def sine_is_learned(student: Any, reference: Any) -> str | None:
    """The loss of the returned params lies under the bound, and the history is whole."""
    if student["epochs"] != reference["epochs"]:
        return f"the history has {student['epochs']} losses; it should have {reference['epochs']}, one an epoch"
    if student["low"] is not True:
        return f"after {reference['epochs']} epochs the returned params' loss on the sine is not at most 0.05"
    return None
