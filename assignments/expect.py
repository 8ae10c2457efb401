"""Word the failures of the visible tests: the call, what it returned, what was expected, the next step.

Used by every lesson's `test_exercises.py`. Knows nothing of hidden tests, points or the grader.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
import torch

# float32 keeps about seven digits; a worked example on a page is checked to five of them.
RELATIVE = 1e-4
ABSOLUTE = 1e-5


def describe(value: Any) -> str:
    """Return a value as a student should see it: a tensor with its dtype, shape and (if it is small) its numbers."""
    if isinstance(value, torch.Tensor):
        kind = f"{str(value.dtype).removeprefix('torch.')} tensor of shape {tuple(value.shape)}"
        return f"{kind}: {value.detach().cpu().tolist()}" if value.numel() <= 24 else kind
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"


def expect(call: str, result: Any, expected: Any, next_step: str) -> None:
    """Fail with a helpful message unless `result` equals `expected`.

    Tensors must agree in shape, in dtype and, up to rounding, in value; floats up to rounding; all else by `==`.

    Args:
        call: the call as a student would type it, such as `neuron(x, w, b, relu)`.
        result: what the student's code returned.
        expected: what the page says it should return.
        next_step: one sentence on what to look at next.
    """
    if not _same(result, expected):
        _fail(call, f"returned   {describe(result)}", f"expected   {describe(expected)}", next_step)


def expect_that(condition: bool, call: str, result: Any, wanted: str, next_step: str) -> None:
    """Fail with a helpful message unless `condition` holds; `wanted` says it in words."""
    if not condition:
        _fail(call, f"returned   {describe(result)}", f"expected   {wanted}", next_step)


def expect_raises(error: type[Exception], call: str, function: Callable[[], Any], next_step: str) -> None:
    """Fail with a helpful message unless `function()` raises `error`; an exercise that is not written yet raises through."""
    try:
        result = function()
    except NotImplementedError:
        raise
    except error:
        return
    except Exception as other:  # noqa: BLE001  whatever it is, the student is told
        _fail(call, f"raised     {type(other).__name__}: {other}", f"expected   a {error.__name__}", next_step)
    _fail(call, f"returned   {describe(result)}", f"expected   a {error.__name__}", next_step)


def _fail(call: str, got: str, wanted: str, next_step: str) -> NoReturn:
    pytest.fail(f"{call}\n  {got}\n  {wanted}\n  next step  {next_step}", pytrace=False)


def _same(result: Any, expected: Any) -> bool:
    if isinstance(expected, torch.Tensor):
        return (
            isinstance(result, torch.Tensor)
            and result.shape == expected.shape
            and result.dtype == expected.dtype
            and torch.allclose(
                result.detach().cpu().double(), expected.detach().cpu().double(), rtol=RELATIVE, atol=ABSOLUTE
            )
        )
    if isinstance(expected, bool):
        return result is expected
    if isinstance(expected, float):
        return isinstance(result, (int, float)) and math.isclose(result, expected, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    if isinstance(expected, (list, tuple)):
        return (
            type(result) is type(expected)
            and len(result) == len(expected)
            and all(_same(a, b) for a, b in zip(result, expected, strict=True))
        )
    return type(result) is type(expected) and bool(result == expected)
