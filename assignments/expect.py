"""Word the failures of the visible tests: the call, what it returned, what was expected, the next step.

Used by every lesson's `test_exercises.py`. Knows nothing of hidden tests, points or the grader.
"""

from __future__ import annotations

import base64
import json
import math
import re
import sys
import textwrap
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
import torch

# float32 keeps about seven digits; a worked example on a page is checked to five of them.
RELATIVE = 1e-4
ABSOLUTE = 1e-5
# In what a stub raises.
NOT_WRITTEN = " is not written yet: read "
# Beside a lesson's tests: what known mistakes give in them. More of a long value than this is not looked at.
KNOWN_MISTAKES = "known_mistakes.txt"
MAX_PARTS = 24
# A sentence on a mistake is set like the lines around it.
WIDTH, INDENT = 90, "\n             "


def describe(value: Any) -> str:
    """Return a value as a student should see it: a tensor with its dtype, shape and (if it is small) its numbers."""
    if isinstance(value, torch.Tensor):
        kind = f"{str(value.dtype).removeprefix('torch.')} tensor of shape {tuple(value.shape)}"
        return f"{kind}: {value.detach().cpu().tolist()}" if value.numel() <= 24 else kind
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"


def as_float(value: Any) -> float:
    """Return a number as a float; a tensor of one element may have a graph, which is not asked for here."""
    return float(value.detach() if isinstance(value, torch.Tensor) else value)


def expect(call: str, result: Any, expected: Any, next_step: str) -> None:
    """Fail with a helpful message unless `result` equals `expected`.

    Tensors must agree in shape, in dtype and, up to rounding, in value; floats up to rounding; all else by `==`.
    A type, a shape or a dtype that differs is named before anything is said of values.

    Args:
        call: the call as a student would type it, such as `neuron(x, w, b, relu)`.
        result: what the student's code returned.
        expected: what the page says it should return.
        next_step: one sentence on what to look at next.
    """
    if not _same(result, expected):
        form = _form(result, expected)
        first = f"First {form}. Then: {next_step}" if form else next_step
        _fail(call, f"returned   {describe(result)}", f"expected   {describe(expected)}", first, picture(result))


def expect_that(condition: bool, call: str, result: Any, wanted: str, next_step: str) -> None:
    """Fail with a helpful message unless `condition` holds; `wanted` says it in words."""
    if not condition:
        _fail(call, f"returned   {describe(result)}", f"expected   {wanted}", next_step, picture(result))


def expect_raises(error: type[Exception], call: str, function: Callable[[], Any], next_step: str) -> None:
    """Fail with a helpful message unless `function()` raises `error`; an exercise that is not written yet raises through."""
    got, seen = _outcome(error, function)
    # Out here no exception is being handled, so none is told of besides the failure.
    if got:
        _fail(call, got, f"expected   a {error.__name__}", next_step, seen)


def _outcome(error: type[Exception], function: Callable[[], Any]) -> tuple[str, Any]:
    """Call a function; return "" if it raised `error`, and otherwise what it did, in words and as a picture."""
    try:
        result = function()
    except NotImplementedError:
        raise
    except error:
        return "", None
    except Exception as other:  # noqa: BLE001  whatever it is, the student is told
        return f"raised     {type(other).__name__}: {other}", {"raised": type(other).__name__}
    return f"returned   {describe(result)}", picture(result)


def words_alone() -> None:
    """In a notebook, let a check that fails, or an exercise that is not written, say its words without a traceback."""
    try:
        from IPython import get_ipython  # there in a notebook, and nowhere else needed
    except ImportError:
        return
    shell = get_ipython()
    if shell is not None:
        shell.set_custom_exc((pytest.fail.Exception, NotImplementedError), _show)


def _show(shell: Any, kind: type[BaseException], error: BaseException, trace: Any, tb_offset: Any = None) -> list[str]:
    """Show an exception in a cell: of ours the words, of any other everything."""
    if isinstance(error, NotImplementedError) and NOT_WRITTEN not in str(error):
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
        return []
    words = [str(error)]
    shell._showtraceback(kind, error, words)
    return words


def _fail(call: str, got: str, wanted: str, next_step: str, seen: Any) -> NoReturn:
    lines = [call, got, wanted, *looks_like(_folder(), call, seen), f"next step  {next_step}"]
    failure = pytest.fail.Exception("\n  ".join(lines), pytrace=False)
    vars(failure)["evidence"] = (call, seen)  # for whoever makes the file of known mistakes
    raise failure


def _folder() -> Path:
    """Return the folder of the tests that called; in a notebook it is the one that the kernel works in."""
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    file = frame.f_globals.get("__file__")
    return Path(file).parent if file else Path.cwd()


def looks_like(folder: Path, call: str, seen: Any) -> list[str]:
    """Return what a wrong result looks like: a line for each known mistake that gives it, at most two; often none.

    Args:
        folder: the lesson's, in which its file of known mistakes lies.
        call: the call, in the test's words.
        seen: a picture of what came back.
    """
    fitting = {
        (known["says"], known["section"]): None
        for known in known_mistakes(folder)
        if seen is not None and known["call"] == call and _alike(known["gives"], seen)
    }
    if len(fitting) > 2:  # then it tells too little
        return []
    lines = (textwrap.wrap(f'{says} Read again: "{section}".', WIDTH) for says, section in fitting)
    return [f"looks like {INDENT.join(words)}" for words in lines]


def raised(error: BaseException) -> dict[str, str]:
    """Return a picture of an exception: its type, and its words without addresses."""
    return {"raised": type(error).__name__, "words": re.sub(r"0x[0-9a-f]+", "0x", str(error))[:300]}


def known_mistakes(folder: Path) -> list[dict[str, Any]]:
    """Return what is known of a lesson's mistakes; nothing where there is no file, or none that can be read."""
    try:
        lines = (folder / KNOWN_MISTAKES).read_text(encoding="utf-8").split("\n")
        packed = "".join(line for line in lines if not line.startswith("#"))
        found: list[dict[str, Any]] = json.loads(zlib.decompress(base64.b64decode(packed)))
    except (OSError, ValueError, zlib.error):
        return []
    return found


def picture(value: Any) -> Any:
    """Return a value as plain data by which it is known again; None for what has no such form."""
    if isinstance(value, torch.Tensor):
        flat = value.detach().cpu().flatten()
        numbers = [picture(number) for number in flat[:MAX_PARTS].tolist()]
        total = picture(float(flat.double().sum())) if value.is_floating_point() else len(flat)
        return {"tensor": str(value.dtype), "shape": list(value.shape), "values": numbers, "sum": total}
    if isinstance(value, (bool, int, str)) and len(str(value)) < 200:
        return value
    if isinstance(value, float):
        return {"float": float(f"{value:.6g}") if math.isfinite(value) else repr(value)}
    if isinstance(value, (list, tuple)):
        parts = [picture(part) for part in value[:MAX_PARTS]]
        return None if None in parts else {type(value).__name__: parts, "length": len(value)}
    if isinstance(value, dict) and len(value) <= MAX_PARTS:
        parts = [[picture(key), picture(part)] for key, part in value.items()]
        return None if any(None in pair for pair in parts) else {"dict": parts}
    return None


def _alike(kept: Any, seen: Any) -> bool:
    """Return whether two pictures show the same, up to rounding."""
    if isinstance(kept, float) and isinstance(seen, float):
        return math.isclose(kept, seen, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    if isinstance(kept, dict) and isinstance(seen, dict):
        return kept.keys() == seen.keys() and all(_alike(kept[key], seen[key]) for key in kept)
    if isinstance(kept, list) and isinstance(seen, list):
        return len(kept) == len(seen) and all(_alike(a, b) for a, b in zip(kept, seen, strict=True))
    return type(kept) is type(seen) and bool(kept == seen)


def _form(result: Any, expected: Any) -> str:
    """Return what to do about a type, a shape or a dtype that is not the expected one; "" where only values differ."""
    if isinstance(expected, torch.Tensor):
        if not isinstance(result, torch.Tensor):
            return f"return a tensor, not {_a_kind(result)}"
        if result.shape != expected.shape:
            return f"make its shape {tuple(expected.shape)}, not {tuple(result.shape)}"
        wanted, came = (str(tensor.dtype).removeprefix("torch.") for tensor in (expected, result))
        return "" if wanted == came else f"make its dtype {wanted}, not {came}"
    number = isinstance(expected, float) and isinstance(result, int)  # 2 is as good as 2.0
    if type(result) is not type(expected) and not number:
        return f"return {_a_kind(expected)}, not {_a_kind(result)}"
    return ""


def _a_kind(value: Any) -> str:
    if value is None:
        return "None"
    name = type(value).__name__
    return f"a{'n' if name[0] in 'aeiouAEIOU' else ''} {name}"


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
