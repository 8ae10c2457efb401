"""What the checks of a lesson's `checks.py` compare with: plain data with plain data, in the grader.

A check gets both outputs as plain data. Here is what it needs to say "left as it was", "the same again", "another one" or
"equal to the reference's" of a part of them, with the tolerances that scenarios without a check have.
"""

from __future__ import annotations

from typing import Any

import torch

from autograder.grading.compare import compare
from autograder.sandbox.decode import TensorValue

# The words of `difference`, none of which a student's code can choose; numbers and labels are not among them.
VOCABULARY = """
at it its a an as of on in the to or and than with other another same should value values differ differs first far from start
less more half them wanted returned number numbers length shape size sizes dimension dimensions along many one no keys dict
list tuple int str float bool None numpy float bfloat complex int uint object type something that is too large odd compare
else scenario gives True False cpu cuda
"""


def same(one: Any, other: Any) -> bool:
    """Return whether two values are equal to the last bit: types, shapes, dtypes and values; NaN equals NaN."""
    return compare(_as_frame(one), _as_frame(other), "cpu", (0.0, 0.0)) is None


def close(one: Any, other: Any, rtol: float | None = None, atol: float | None = None) -> bool:
    """Return whether two values are equal within a tolerance: the table's for their dtypes unless another is given."""
    bounds = None if rtol is None and atol is None else (rtol or 0.0, atol or 0.0)
    return compare(_as_frame(one), _as_frame(other), "cpu", bounds) is None


def difference(came: Any, wanted: Any, what: str) -> str | None:
    """Return in a student's words where a part of the output differs from what was wanted, None where it does not.

    Args:
        came: the part as the submission gave it.
        wanted: the part as the reference gave it.
        what: its label, as a student can read it.
    """
    found = compare(_as_frame(came), _as_frame(wanted), "cpu")
    if found is None:
        return None
    return f"`{what}`{f', at {found.path}' if found.path else ''}: {found.sentence()}"


def _as_frame(value: Any) -> Any:
    """Return plain data as frames have it."""
    if isinstance(value, torch.Tensor):
        tensor = torch.view_as_real(value) if value.is_complex() else value
        kind = str(value.dtype).removeprefix("torch.") if value.is_complex() else ""
        return TensorValue(tensor, "cpu", requires_grad=False, kind="Tensor", complex=kind)
    if isinstance(value, list):
        return [_as_frame(part) for part in value]
    if isinstance(value, tuple):
        return tuple(_as_frame(part) for part in value)
    if isinstance(value, dict):
        return {key: _as_frame(part) for key, part in value.items()}
    return value
