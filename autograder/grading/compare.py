"""Compare what a submission returned with what the reference returned, and say where they part.

Both are plain data by now. What a mismatch says may go to a student, so it names shapes, dtypes and places and never a value
that was wanted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch

from autograder.grading import disclosure
from autograder.grading.tolerance import tolerance
from autograder.sandbox.decode import EXCEPTIONS, Opaque, TensorValue, as_expected
from autograder.worker.observations import Form, Kept, Raised

# Beside what the words on a value stand: with a reference's own nothing is held back.
_NOTHING = object()


@dataclass(frozen=True)
class Mismatch:
    """The first place where two values part.

    Attributes:
        path: where, as one would index the returned value: `["grads"][1]`; "" for the value itself.
        came: what came back, in words: `float32 (7, 1)`.
        wanted: what was wanted, in words, where type, shape or dtype differ; "" where only values do.
        where: how the values differ: `3 of 7 values differ, the first at [2, 0]`; "" where types, shapes or dtypes do.
        largest: the largest absolute error of a value; for the instructor only. None where it is not a matter of values.
        moved: whether it is the device that differs.
        says: the whole sentence, where what differs is no value that came back; "" otherwise.
    """

    path: str
    came: str
    wanted: str = ""
    where: str = ""
    largest: float | None = None
    moved: bool = False
    says: str = ""

    def sentence(self) -> str:
        """Return the mismatch in a student's words."""
        if self.says:
            return self.says
        if self.wanted:
            return f"{self.came}; wanted: {self.wanted}"
        return f"{self.came}, as it should; {self.where}"


def compare(
    value: Any, wanted: Any, device: str, bounds: tuple[float, float] | None = None, path: str = ""
) -> Mismatch | None:
    """Return where `value` first differs from `wanted`, or None where it does not.

    Args:
        value: what the submission returned.
        wanted: what the reference returned.
        device: where both were computed; decides the tolerance.
        bounds: `(rtol, atol)` instead of the table's, never wider than it.
        path: where in the returned value we are.
    """
    if isinstance(wanted, TensorValue):
        return _compare_tensors(value, wanted, device, bounds, path)
    if type(value) is not type(wanted):
        return Mismatch(path, words(value, wanted), words(wanted))
    if isinstance(wanted, Raised):
        return _compare_raised(value, wanted, path)
    if isinstance(wanted, Kept):
        changed = compare(value.value, wanted.value, device, bounds)
        return None if changed is None else Mismatch("", "", moved=changed.moved, says=f"It changed {wanted.what}.")
    if isinstance(wanted, Form):
        return _compare_forms(value.value, wanted.value, path)
    if isinstance(wanted, (list, tuple)):
        if len(value) != len(wanted):
            return Mismatch(path, words(value, wanted), words(wanted))
        for index, (part, other) in enumerate(zip(value, wanted, strict=True)):
            found = compare(part, other, device, bounds, f"{path}[{index}]")
            if found is not None:
                return found
        return None
    if isinstance(wanted, dict):
        return _compare_dicts(value, wanted, device, bounds, path)
    if isinstance(wanted, float):
        rtol, atol = bounds or tolerance(torch.float32, device)
        if math.isclose(value, wanted, rel_tol=rtol, abs_tol=atol) or (math.isnan(value) and math.isnan(wanted)):
            return None
        return Mismatch(path, words(value, wanted), where="its value differs", largest=abs(value - wanted))
    if value == wanted:
        return None
    if isinstance(wanted, bool):
        return Mismatch(path, str(value), str(wanted))
    if isinstance(wanted, Opaque):
        return Mismatch(path, words(value, wanted), words(wanted))
    return Mismatch(path, words(value, wanted), where="its value differs")


def _compare_raised(value: Raised, wanted: Raised, path: str) -> Mismatch | None:
    """Return how what was raised differs. What is `wanted` may be a misconception's, and so itself not as it should be."""
    name = " or a ".join(wanted.expected)
    article = "an" if name[:1] in "AEIOU" else "a"
    came = _built_in(value)
    fine = as_expected(value, wanted)
    if fine != as_expected(wanted) or (not fine and came != _built_in(wanted)):
        other = f"{'an' if came[:1] in 'AEIOU' else 'a'} {came}" if came else "nothing"
        return Mismatch(path, "", says=f"It should raise {article} {name}; it raised {other}.")
    if [text in value.message for text in wanted.mentions] != [text in wanted.message for text in wanted.mentions]:
        says = f"It raised {article} {name}, as it should, but its message leaves out something that the docstring asks for."
        return Mismatch(path, "", says=says)
    return None


def _built_in(raised: Raised) -> str:
    """Return the nearest built-in exception's name, "" where nothing was raised: any other name was a student's to choose."""
    return next((kind for kind in raised.kinds if kind in EXCEPTIONS), "")


def _compare_forms(value: Any, wanted: Any, path: str) -> Mismatch | None:
    """Return where types, shapes or dtypes first differ."""
    if words(value) != words(wanted):
        return Mismatch(path, words(value, wanted), words(wanted))
    if isinstance(wanted, TensorValue) and value.device != wanted.device:
        return Mismatch(path, f"{words(value)} on {value.device}", f"the same on {wanted.device}", moved=True)
    pairs: list[tuple[str, Any, Any]] = []
    if isinstance(wanted, (list, tuple)):
        pairs = [(f"[{n}]", *both) for n, both in enumerate(zip(value, wanted, strict=True))]
    elif isinstance(wanted, dict):
        if value.keys() != wanted.keys():
            return Mismatch(path, words(value, wanted), "a dict with other keys")
        pairs = [(f"[{key!r}]", value[key], part) for key, part in wanted.items()]
    for place, part, other in pairs:
        found = _compare_forms(part, other, f"{path}{place}")
        if found is not None:
            return found
    return None


def _compare_dicts(
    value: dict[Any, Any], wanted: dict[Any, Any], device: str, bounds: tuple[float, float] | None, path: str
) -> Mismatch | None:
    if len(value) != len(wanted) or any(key not in value for key in wanted):
        size = disclosure.length(len(value), len(wanted))
        came = f"a dict with {size} keys" if size else "a dict with another number of keys"
        same = len(value) == len(wanted)
        return Mismatch(path, came, f"a dict with {len(wanted)} keys{', but other ones' if same else ''}")
    for key, other in wanted.items():
        found = compare(value[key], other, device, bounds, f"{path}[{key!r}]")
        if found is not None:
            return found
    return None


def _compare_tensors(
    value: Any, wanted: TensorValue, device: str, bounds: tuple[float, float] | None, path: str
) -> Mismatch | None:
    if not isinstance(value, TensorValue) or (value.kind == "ndarray") != (wanted.kind == "ndarray"):
        return Mismatch(path, words(value, wanted), words(wanted))
    a, b = value.tensor, wanted.tensor
    if (a.shape, a.dtype, value.complex) != (b.shape, b.dtype, wanted.complex):
        return Mismatch(path, words(value, wanted), words(wanted))
    if value.device != wanted.device:
        return Mismatch(path, f"{words(value, wanted)} on {value.device}", f"the same on {wanted.device}", moved=True)
    rtol, atol = bounds or tolerance(b.dtype, device)
    close = torch.isclose(a, b, rtol=rtol, atol=atol, equal_nan=True) if b.is_floating_point() else a == b
    wrong = int((~close).sum())
    if wrong == 0:
        return None
    if a.dim() == 0:
        return Mismatch(path, words(value, wanted), where="its value differs", largest=_largest(a, b))
    first = tuple(int(i) for i in (~close).nonzero()[0])
    where = disclosure.differing(wrong, first, a.shape)
    return Mismatch(path, words(value, wanted), where=where, largest=_largest(a, b))


def _largest(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a.double() - b.double()).abs().nan_to_num(nan=math.inf, posinf=math.inf).max())


def words(value: Any, beside: Any = _NOTHING) -> str:
    """Return what a value is, without what it holds: dtype and shape of a tensor, type and size of anything else.

    Args:
        value: the value.
        beside: what was wanted, where the value is a submission's: what sizes are shown then is `disclosure`'s to say.
    """
    if isinstance(value, TensorValue):
        return _tensor_words(value, beside)
    if isinstance(value, Opaque):
        if value.cut:
            return "something that is too large or too odd to compare"
        return disclosure.type_name(value.type)
    if value is None:
        return "None"
    if isinstance(value, (list, tuple, dict)):
        if beside is _NOTHING:
            return f"a {type(value).__name__} of {len(value)}"
        size = disclosure.length(len(value), len(beside) if isinstance(beside, (list, tuple, dict)) else None)
        return f"a {type(value).__name__} of {size}" if size else f"a {type(value).__name__} of another length"
    if isinstance(value, (Raised, Kept, Form)):
        return "something other than a scenario gives"
    return {"int": "an int", "str": "a str", "float": "a float", "bool": "a bool"}[type(value).__name__]


def _tensor_words(value: TensorValue, beside: Any) -> str:
    shape = _shape(value)
    dtype = value.complex or str(value.tensor.dtype).removeprefix("torch.")
    if beside is _NOTHING:
        shown = str(shape)
    else:
        shown = disclosure.shape(shape, _shape(beside) if isinstance(beside, TensorValue) else None)
    return f"{'numpy ' if value.kind == 'ndarray' else ''}{dtype} {shown}"


def _shape(value: TensorValue) -> tuple[int, ...]:
    return tuple(value.tensor.shape[:-1] if value.complex else value.tensor.shape)
