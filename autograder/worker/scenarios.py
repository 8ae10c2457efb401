"""Expand a scenario module into its scenarios and run one of them.

The grader uses `expand` too, to list what there is: both sides count a scenario's combinations with this one function.
"""

from __future__ import annotations

import hashlib
import inspect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch


@dataclass(frozen=True)
class Scenario:
    """One combination of one scenario function.

    Attributes:
        function: the function's name.
        index: which combination of its `parametrize` marks, from 0.
        name: the function's name and, in brackets, the combination: `test_short_batch[3-float64]`.
        exercise: the exercise that it judges.
        weight: its share of the exercise's points, against the exercise's other scenarios.
        check: the function of `checks.py` that judges it, or None for equality.
        tolerance: `(rtol, atol)` tighter than the table's, or None.
        arguments: the parametrized arguments of this combination.
        says: what must hold, a sentence for the student: the first paragraph of the function's docstring.
    """

    function: str
    index: int
    name: str
    exercise: str
    weight: float
    check: str | None
    tolerance: tuple[float, float] | None
    arguments: dict[str, Any]
    says: str = ""


def expand(module: ModuleType) -> Iterator[Scenario]:
    """Yield the scenarios of a module in the order of its text, a parametrized one once a combination."""
    for name, function in vars(module).items():
        if name.startswith("test_") and inspect.isfunction(function):
            marks = list(getattr(function, "pytestmark", []))
            by_name = {mark.name: mark for mark in marks}
            if "exercise" not in by_name:
                raise ValueError(f"{name} has no @pytest.mark.exercise(name)")
            weight = by_name["weight"].args[0] if "weight" in by_name else 1
            check = by_name["check"].args[0] if "check" in by_name else None
            tolerance = by_name["tolerance"].args if "tolerance" in by_name else None
            says = " ".join((inspect.getdoc(function) or "").partition("\n\n")[0].split())
            combinations = itertools.product(*(_values(mark) for mark in marks if mark.name == "parametrize"))
            for index, combination in enumerate(combinations):
                arguments = {key: value for _, part in combination for key, value in part.items()}
                label = "-".join(text for text, _ in combination)
                yield Scenario(
                    function=name,
                    index=index,
                    name=f"{name}[{label}]" if label else name,
                    exercise=by_name["exercise"].args[0],
                    weight=float(weight),
                    check=check,
                    tolerance=tolerance,
                    arguments=arguments,
                    says=says,
                )


def _values(mark: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return a parametrize mark's combinations, each with its label."""
    names = mark.args[0]
    names = [part.strip() for part in names.split(",")] if isinstance(names, str) else list(names)
    ids = mark.kwargs.get("ids")
    values = []
    for position, entry in enumerate(mark.args[1]):
        row = entry.values if hasattr(entry, "marks") and hasattr(entry, "values") else entry  # pytest.param
        label = getattr(entry, "id", None) if row is not entry else None
        row = tuple(row) if len(names) > 1 or row is not entry else (row,)
        if label is None and ids is not None:
            label = ids(row[0]) if callable(ids) else ids[position]
        if label is None:
            label = "-".join(_label(value, name, position) for name, value in zip(names, row, strict=True))
        values.append((str(label), dict(zip(names, row, strict=True))))
    return values


def _label(value: Any, name: str, position: int) -> str:
    if isinstance(value, (bool, int, float, str)) or value is None:
        return str(value)
    if isinstance(value, torch.dtype):
        return str(value).removeprefix("torch.")
    return getattr(value, "__name__", None) or f"{name}{position}"


def generator(seed: int, file: str, name: str) -> torch.Generator:
    """Return the scenario's own CPU generator: from the batch's seed and the scenario's name, never from the submission."""
    digest = hashlib.sha256(f"{seed}/{file}/{name}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
