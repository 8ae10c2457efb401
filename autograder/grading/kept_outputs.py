"""Keep what a submission gave in the scenarios that it failed: rounded, cut to a bound, and its own outputs alone.

Equal wrong outputs are how an overview finds mistakes that several students share and that have no name yet. Nothing of the
reference's is kept, and nothing here goes to a student.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from itertools import islice
from typing import Any

import torch

from autograder.course.suite import PlannedRun
from autograder.grading.results import Verdict, VerdictKind
from autograder.sandbox.decode import Opaque, TensorValue
from autograder.sandbox.jobs import Outcome, OutcomeStatus
from autograder.worker.observations import Form, Kept, Raised

SCHEMA = "autograder/kept/v1"
MAX_TEXT_LENGTH = 256 << 10
# Of one output: how many values, how many parts of a list, how deep.
MAX_VALUES, MAX_PARTS, MAX_DEPTH = 24, 16, 6
MAX_NODES = 160
MAX_WORD_LENGTH = 80
DIGITS = 6
# What two roundings of nearly one number may differ by.
RELATIVE, ABSOLUTE = 1e-4, 1e-6

# Plain data as JSON has it.
KeptOutputs = dict[str, dict[str, Any]]


def of_failed(runs: Sequence[PlannedRun], outcomes: Sequence[Outcome], verdicts: Sequence[Verdict]) -> KeptOutputs:
    """Return what came back in each scenario that failed, by `key`.

    Args:
        runs: what ran.
        outcomes: what came of it, in the same order.
        verdicts: what is held of it, in any order.
    """
    failed = {key(one.placed.name, one.device) for one in verdicts if one.verdict == VerdictKind.FAILED}
    named = ((key(run.placed.name, run.device), outcome) for run, outcome in zip(runs, outcomes, strict=True))
    return {name: of_outcome(outcome) for name, outcome in named if name in failed}


def key(scenario: str, device: str) -> str:
    """Return under which name an output is kept."""
    return f"{scenario} on {device}"


def of_outcome(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome in brief: the value that was returned, or the kind of exception, or how the run ended."""
    if outcome.status == OutcomeStatus.RETURNED:
        return {"value": _Keeper().keep(outcome.value)}
    if outcome.error is not None:
        return {"raised": outcome.error.builtin, "said": _word(outcome.error.message)}
    return {"ended": str(outcome.status)}


class _Keeper:
    """Walks through one output and keeps its beginning; counts how many parts it has met."""

    def __init__(self) -> None:
        self._left = MAX_NODES

    def keep(self, value: Any, depth: int = 0) -> Any:
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            return {"cut": type(value).__name__}
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, float):
            return rounded(value)
        if isinstance(value, int):
            return value if abs(value) < 1 << 53 else _word(hex(value))
        if isinstance(value, str):
            return _word(value)
        if isinstance(value, TensorValue):
            return _tensor(value)
        return self._composed(value, depth + 1)

    def _composed(self, value: Any, depth: int) -> Any:
        if isinstance(value, list | tuple):
            return {type(value).__name__: [self.keep(part, depth) for part in value[:MAX_PARTS]], "length": len(value)}
        if isinstance(value, dict):
            parts = islice(value.items(), MAX_PARTS)
            return {
                "dict": [[self.keep(name, depth), self.keep(part, depth)] for name, part in parts],
                "length": len(value),
            }
        if isinstance(value, Raised):
            return {"raised": [_word(kind) for kind in value.kinds[:MAX_PARTS]]}
        if isinstance(value, Kept):
            return {"kept": _word(value.what), "value": self.keep(value.value, depth)}
        if isinstance(value, Form):
            return {"form": self.keep(value.value, depth)}
        if isinstance(value, Opaque):
            return {"object": _word(value.type)}
        return {"other": type(value).__name__}


def _tensor(value: TensorValue) -> dict[str, Any]:
    flat = value.tensor.detach().reshape(-1)
    kept: dict[str, Any] = {
        "tensor": str(value.complex or value.tensor.dtype).removeprefix("torch."),
        "shape": list(value.tensor.shape),
        "kind": _word(value.kind),
        "device": _word(value.device),
        "requires_grad": value.requires_grad,
        "values": [rounded(float(one)) for one in flat[:MAX_VALUES]],
    }
    if flat.numel() > MAX_VALUES:
        # Two numbers of the whole tell apart what only begins alike.
        whole = flat.to(torch.float64)
        kept["mean"], kept["size"] = rounded(float(whole.mean())), rounded(float(whole.abs().mean()))
    return kept


def rounded(value: float) -> float | str:
    """Return a number to six digits; what JSON has no number for, by its name."""
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else repr(value)


def _word(text: str) -> str:
    """Return a text's beginning; a longer one ends in a hash of the whole."""
    if len(text) <= MAX_WORD_LENGTH:
        return text
    return f"{text[:MAX_WORD_LENGTH]}…{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def same(one: Any, other: Any) -> bool:
    """Return whether two kept outputs are equal, but for what rounding may do."""
    if isinstance(one, float | int) and isinstance(other, float | int):
        if isinstance(one, bool) or isinstance(other, bool):
            return one is other
        return math.isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(part, other[name]) for name, part in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def outline(one: Any) -> Any:
    """Return a kept output without its numbers: what two equal ones have in common to the letter."""
    if isinstance(one, float | int) and not isinstance(one, bool):
        return 0
    if isinstance(one, dict):
        return tuple((name, outline(part)) for name, part in sorted(one.items()))
    if isinstance(one, list):
        return tuple(map(outline, one))
    return one
