"""Say how outputs differ from what was wanted, where it can be said exactly: transposed, a factor, moved by one place.

A student reads what it says, so it names ways and factors and never a value that was wanted; and it says nothing where what
differs is not explained to tolerance, all of it, by one and the same way.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from autograder.grading import disclosure
from autograder.grading.call_arguments import Signatures, tensor
from autograder.grading.compare import compare
from autograder.grading.tolerance import tolerance
from autograder.sandbox.decode import Call, TensorValue

# So many numbers must share a factor before it is more than chance.
ENOUGH = 3


@dataclass(frozen=True)
class OutputPair:
    """What one scenario gave and what was wanted of it.

    Attributes:
        came: the submission's output.
        wanted: the reference's output.
        device: where both were computed.
        bounds: the scenario's own `(rtol, atol)`, or None.
        calls: how the exercise was called, by the reference's notes.
    """

    came: Any
    wanted: Any
    device: str
    bounds: tuple[float, float] | None = None
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True)
class _LeafDiff:
    """Two parts at the same place that differ, with the call that gave them where that is known."""

    came: Any
    wanted: Any
    pair: OutputPair
    calls: tuple[Call, ...]


def describe(pairs: Sequence[OutputPair], signatures: Signatures) -> str:
    """Return in what way all outputs differ from what was wanted, such as `what was wanted, transposed`; "" for no such way."""
    leaves = [leaf for pair in pairs for leaf in _leaves(pair)]
    if not leaves:
        return ""
    ways = set.intersection(*(set(_ways(leaf)) for leaf in leaves))
    for way in _WAYS:
        if way in ways:
            return _WAYS[way]
    axes = sorted(ways)
    if axes:
        return axes[0]
    return _scaled(leaves, signatures)


_WAYS = {
    "type": "the right numbers, as another type",
    "dtype": "the right values in another dtype",
    "device": "the right values on another device",
    "sign": "what was wanted with the sign flipped",
    "transposed": "what was wanted, transposed",
}


def _leaves(pair: OutputPair) -> list[_LeafDiff]:
    """Return the innermost parts that differ; a part without a partner stands as it is."""
    found = list(_differing(pair.came, pair.wanted, pair))
    parts = len(pair.wanted) if isinstance(pair.wanted, (list, tuple)) else 1
    if len(pair.calls) != parts or parts == 1:
        return [_LeafDiff(came, wanted, pair, pair.calls[-1:]) for _, came, wanted in found]
    # A scenario that returns a list of results called the exercise once for each.
    return [_LeafDiff(came, wanted, pair, (pair.calls[place],)) for place, came, wanted in found]


def _differing(
    came: Any, wanted: Any, pair: OutputPair, place: int = 0, depth: int = 0
) -> Iterator[tuple[int, Any, Any]]:
    if _same(came, wanted, pair):
        return
    both = (type(came), type(wanted))
    if both in ((list, list), (tuple, tuple)) and len(came) == len(wanted):
        for number, (part, other) in enumerate(zip(came, wanted, strict=True)):
            yield from _differing(part, other, pair, place if depth else number, depth + 1)
    elif both == (dict, dict) and came.keys() == wanted.keys():
        for key, other in wanted.items():
            yield from _differing(came[key], other, pair, place, depth + 1)
    else:
        yield place, came, wanted


def _same(came: Any, wanted: Any, pair: OutputPair) -> bool:
    return compare(came, wanted, pair.device, pair.bounds) is None


def _ways(leaf: _LeafDiff) -> Iterator[str]:
    """Yield each way in which one part differs; those along a dimension as the words themselves."""
    came, wanted = leaf.came, leaf.wanted
    if isinstance(came, (list, tuple)) and isinstance(wanted, (list, tuple)):
        yield from _sequence_ways(list(came), list(wanted), leaf)
    elif isinstance(came, TensorValue) and isinstance(wanted, TensorValue):
        if not came.complex and not wanted.complex and "ndarray" not in (came.kind, wanted.kind):
            yield from _tensor_ways(came, wanted, leaf)
    elif _is_number(came) and _is_number(wanted):
        rtol, atol = leaf.pair.bounds or tolerance(torch.float32, leaf.pair.device)
        if type(came) is not type(wanted) and math.isclose(came, wanted, rel_tol=rtol, abs_tol=atol):
            yield "type"


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _sequence_ways(came: list[Any], wanted: list[Any], leaf: _LeafDiff) -> Iterator[str]:
    if len(wanted) >= 2 and len(came) == len(wanted) - 1:
        if _same(came, wanted[1:], leaf.pair):
            yield "what was wanted without the first entry"
        if _same(came, wanted[:-1], leaf.pair):
            yield "what was wanted without the last entry"
    if len(wanted) >= 1 and len(came) == len(wanted) + 1:
        if _same(came[1:], wanted, leaf.pair):
            yield "what was wanted with one entry too many in front"
        if _same(came[:-1], wanted, leaf.pair):
            yield "what was wanted with one entry too many at the end"


def _tensor_ways(came: TensorValue, wanted: TensorValue, leaf: _LeafDiff) -> Iterator[str]:
    a, b = came.tensor, wanted.tensor
    if a.dtype != b.dtype:
        if came.device == wanted.device and a.shape == b.shape and _close(a, b, leaf.pair):
            yield "dtype"
        return
    if came.device != wanted.device:
        if a.shape == b.shape and _close(a, b, leaf.pair):
            yield "device"
        return
    if b.dim() >= 2 and a.shape == b.mT.shape and _close(a, b.mT, leaf.pair):
        yield "transposed"
    if a.dim() == b.dim():
        for axis in range(b.dim()):
            yield from _axis_ways(a, b, axis, leaf.pair)
    if a.shape == b.shape and a.dtype.is_floating_point and _close(a, -b, leaf.pair):
        yield "sign"


def _axis_ways(a: torch.Tensor, b: torch.Tensor, axis: int, pair: OutputPair) -> Iterator[str]:
    size, others = b.shape[axis], [n for n in range(b.dim()) if n != axis]
    if any(a.shape[n] != b.shape[n] for n in others):
        return
    if a.shape[axis] == size and size >= 3:
        before, after = (0, size - 1), (1, size - 1)
        for mine, theirs in ((after, before), (before, after)):
            part, moved, unmoved = a.narrow(axis, *mine), b.narrow(axis, *theirs), b.narrow(axis, *mine)
            if _close(part, moved, pair) and not _close(part, unmoved, pair):
                yield f"what was wanted, moved by one place along dimension {axis}"
    if a.shape[axis] == size - 1 and size >= 2:
        if _close(a, b.narrow(axis, 1, size - 1), pair):
            yield f"what was wanted without the first entry of dimension {axis}"
        if _close(a, b.narrow(axis, 0, size - 1), pair):
            yield f"what was wanted without the last entry of dimension {axis}"
    if a.shape[axis] == size + 1:
        if _close(a.narrow(axis, 1, size), b, pair):
            yield f"what was wanted with one entry too many at the start of dimension {axis}"
        if _close(a.narrow(axis, 0, size), b, pair):
            yield f"what was wanted with one entry too many at the end of dimension {axis}"


def _close(a: torch.Tensor, b: torch.Tensor, pair: OutputPair) -> bool:
    """Return whether two tensors hold the same values, whatever their dtypes; the coarser dtype's tolerance counts."""
    floating = [tensor.dtype for tensor in (a, b) if tensor.dtype.is_floating_point]
    if not floating:
        return torch.equal(a.to(torch.int64), b.to(torch.int64))
    bounds = pair.bounds or max(tolerance(dtype, pair.device) for dtype in floating)
    rtol, atol = bounds
    return bool(torch.isclose(a.double(), b.double(), rtol=rtol, atol=atol, equal_nan=True).all())


def _scaled(leaves: Sequence[_LeafDiff], signatures: Signatures) -> str:
    """Return the factor that all values are off by, or the size of an argument that it is everywhere; "" for none."""
    factors = [_factor(leaf) for leaf in leaves]
    if any(factor is None for factor in factors):
        return ""
    known = [factor for factor in factors if factor is not None]
    numbers = sum(count for _, count in known)
    # One number is always some multiple of another; and the size of an argument must show at two sizes at least.
    if len({round(value, 6) for value, _ in known}) > 1:
        return _by_size(leaves, [value for value, _ in known], signatures)
    value = known[0][0]
    if numbers < ENOUGH:
        return ""
    # A factor may be chosen to say something, so only those that mistakes lead to are told.
    told = disclosure.factor(value)
    return f"{told} what was wanted" if told else "what was wanted times one and the same factor"


def _factor(leaf: _LeafDiff) -> tuple[float, int] | None:
    """Return by what a part's values are off, and how many numbers show it; None where it is no one factor."""
    tensors = [part.tensor for part in (leaf.came, leaf.wanted) if isinstance(part, TensorValue)]
    if len({tensor.shape for tensor in tensors}) > 1:
        return None  # before numbers are made of a tensor of any size
    a, b = _numbers(leaf.came), _numbers(leaf.wanted)
    if a is None or b is None or a.shape != b.shape or not b.numel() or not (a.isfinite().all() and b.isfinite().all()):
        return None
    if isinstance(leaf.came, TensorValue) and isinstance(leaf.wanted, TensorValue):
        if (leaf.came.tensor.dtype, leaf.came.device) != (leaf.wanted.tensor.dtype, leaf.wanted.device):
            return None
        dtype = leaf.wanted.tensor.dtype
    else:
        dtype = torch.float32
    rtol, atol = leaf.pair.bounds or tolerance(dtype, leaf.pair.device)
    clear = b.abs() > 100 * atol
    if not clear.any():
        return None
    largest = int(b.abs().argmax())
    value = float(a.flatten()[largest] / b.flatten()[largest])
    if not value or not math.isfinite(value):
        return None
    scale = max(1.0, abs(value))
    if not torch.isclose(a, value * b, rtol=2 * rtol, atol=atol * scale).all():
        return None
    return value, int(clear.sum())


def _numbers(value: Any) -> torch.Tensor | None:
    if isinstance(value, TensorValue):
        real = value.tensor.dtype.is_floating_point and not value.complex
        return value.tensor.double() if real else None
    return torch.tensor(value, dtype=torch.float64) if type(value) is float else None


def _by_size(leaves: Sequence[_LeafDiff], factors: Sequence[float], signatures: Signatures) -> str:
    """Return which size of which argument the factor is, everywhere; or one over it."""
    for over, verb in ((False, "multiplied by"), (True, "divided by")):
        fitting = [
            {
                words
                for words, size in _sizes(leaf.calls, signatures)
                if math.isclose(_turn(factor, over), size, rel_tol=1e-3)
            }
            for leaf, factor in zip(leaves, factors, strict=True)
        ]
        named = set.intersection(*fitting)
        if named:
            # The number of all elements comes first: it is what a mean divides by.
            best = min(named, key=lambda words: (not words.startswith("the number of elements"), words))
            return f"what was wanted, {verb} {best}"
    return ""


def _turn(factor: float, over: bool) -> float:
    return 1 / factor if over else factor


def _sizes(calls: Iterable[Call], signatures: Signatures) -> Iterator[tuple[str, int]]:
    """Yield the sizes of a call's tensors, each with what to call it."""
    for name, words in itertools.chain.from_iterable(signatures.bind(call) for call in calls):
        _, shape = tensor(words) or ("", [])
        if shape:
            yield f"the number of elements of {name}", math.prod(shape)
        if len(shape) > 1:
            for axis, size in enumerate(shape):
                yield f"the size of dimension {axis} of {name}", size
