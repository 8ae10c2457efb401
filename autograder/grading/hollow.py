"""Answers that take no work, as stand-ins for an exercise, and what an output must hold to tell more than they do.

A stand-in returns nothing, one of its arguments as it came, or zeros. Whatever it gives shows nothing of what a student has
written, so no points are given back for it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from autograder.grading.compare import compare
from autograder.sandbox.decode import TensorValue

# What a function returns where there is nothing to compute: no such number tells anything.
_PLAIN_NUMBERS = (-1, 0, 1)


@dataclass(frozen=True)
class Seen:
    """One scenario's output, and what is known beside it.

    Attributes:
        came: the submission's output.
        wanted: the reference's.
        failed: whether the scenario failed.
        hollow: what the stand-ins returned there.
        device: where all of it was computed.
        bounds: the scenario's own `(rtol, atol)`, or None.
    """

    came: Any
    wanted: Any
    failed: bool
    hollow: tuple[Any, ...]
    device: str
    bounds: tuple[float, float] | None = None


def stand_ins(text: str, exercise: str) -> tuple[str, list[str]]:
    """Return a module's source with stand-ins for a function or class of the reference, and their names.

    Args:
        text: the reference's source.
        exercise: the function's or class's name.
    """
    part = next(
        (n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name == exercise), None
    )
    if isinstance(part, ast.ClassDef):
        return _CLASSES, ["Nothing", "Same"]
    count = 0 if part is None else len([*part.args.posonlyargs, *part.args.args])
    lines = [_FUNCTIONS]
    lines += [f"def same_{n}(*given, **named):\n    return [*given, *named.values()][{n}]\n" for n in range(count)]
    return "\n\n".join(lines), ["nothing", "zeros", *(f"same_{n}" for n in range(count))]


_FUNCTIONS = """import torch


def nothing(*given, **named):
    return None


def zeros(*given, **named):
    tensors = [part for part in [*given, *named.values()] if isinstance(part, torch.Tensor)]
    return torch.zeros_like(tensors[0]) if tensors else 0.0
"""

_CLASSES = """from torch import nn


class Nothing(nn.Module):
    def __init__(self, *given, **named):
        super().__init__()

    def forward(self, *given):
        return None


class Same(Nothing):
    def forward(self, x, *given):
        return x
"""


def took_work(outputs: Sequence[Seen]) -> bool:
    """Return whether nobody gets these outputs who has not written the exercise.

    Several must hold computed numbers that differ from those of every stand-in and from each other, and one of these must be
    a failure's, which differs from the reference's as well.
    """
    telling = [(seen.failed, parts) for seen in outputs if (parts := list(_telling(seen)))]
    return any(
        (failed or other_failed) and all(compare(a, b, "cpu") is not None for a in parts for b in others)
        for number, (failed, parts) in enumerate(telling)
        for other_failed, others in telling[number + 1 :]
    )


def _telling(seen: Seen) -> Iterator[Any]:
    """Yield the numbers of an output that no stand-in gives; of a failure's, those that the reference does not give either."""
    others = [dict(_parts(value)) for value in (*seen.hollow, *([seen.wanted] if seen.failed else []))]
    for path, part in _parts(seen.came):
        if _computed(part) and all(
            path not in other or compare(part, other[path], seen.device, seen.bounds) is not None for other in others
        ):
            yield part


def _parts(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the innermost parts of a value, each with its place."""
    if isinstance(value, (list, tuple)):
        for number, part in enumerate(value):
            yield from _parts(part, f"{path}[{number}]")
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _parts(part, f"{path}[{key!r}]")
    else:
        yield path, value


def _computed(part: Any) -> bool:
    """Return whether a part holds numbers that somebody computed: no flag, no name, and nothing of one number all over."""
    if isinstance(part, TensorValue):
        numbers = part.tensor
        if numbers.dtype == torch.bool or not numbers.numel():
            return False
        first = numbers.flatten()[0]
        if numbers.numel() > 1:
            return not bool((numbers == first).all()) and not bool(numbers.isnan().all())
        part = first.item()
    return type(part) in (int, float) and part == part and abs(part) != float("inf") and part not in _PLAIN_NUMBERS
