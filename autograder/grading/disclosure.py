"""How much of what a student's code made may stand in that student's feedback: a few bits per scenario, nothing that spells.

Student code sees the hidden scenarios and their inputs while it runs, and a shape, a length, a line or a type's name can be
chosen to spell what it saw. So each of these is shown where an honest mistake would give it, and told in words of a fixed
list where it would not. `autograder/docs/security.md` says what remains.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import torch

KNOWN_TYPES = frozenset(
    {"generator", "function", "method", "set", "frozenset", "map", "filter", "zip", "range", "Figure", "Axes"}
    | {"DataLoader", "TensorDataset", "Size", "Linear"}
)
_TORCH_NAMES = frozenset(
    [str(value) for value in vars(torch).values() if isinstance(value, torch.dtype)]
    + [f"{kind}{number}" for kind in ("cpu", "cuda", "mps", "xpu", "fake_cuda") for number in ("", ":0", ":1")]
)
# Numbers up to this one are shown whatever was wanted: one of ten.
SMALL = 9
# So many values may be counted, and located, one by one.
COUNTED = 100
# The highest line that is named: one of two thousand.
LAST_LINE = 2_000
# The factors that a mistake leads to.
FACTORS = (*range(2, 11), 100, 1000)
MAX_SENTENCE_LENGTH = 400
MAX_NUMBERS = 4
# So many digits has a number that may stand in any sentence: that of a question, of an axis.
FEW_DIGITS = 2
_NUMBER = re.compile(r"\d[\d.]*\d|\d")


def type_name(name: str) -> str:
    """Return what may be said of an object by its type's name."""
    known = name in KNOWN_TYPES or name in _TORCH_NAMES
    return f"an object of type {name}" if known else "an object of another type"


def shape(came: Sequence[int], wanted: Sequence[int] | None) -> str:
    """Return a tensor's shape in words: as it is where it is one step from what was wanted, otherwise where it differs.

    Args:
        came: the shape.
        wanted: the one that was wanted; None where no tensor was.
    """
    came = tuple(came)
    if wanted is None:
        return str(came) if len(came) <= 2 and all(size <= SMALL for size in came) else f"of {dimensions(len(came))}"
    wanted = tuple(wanted)
    if came == wanted or _one_step(came, wanted):
        return str(came)
    if len(came) != len(wanted):
        return f"of {dimensions(len(came))}"
    other = [axis for axis, (a, b) in enumerate(zip(came, wanted, strict=True)) if a != b]
    if len(other) == 1:
        return f"with another size along dimension {other[0]}"
    return "of another shape"


def dimensions(count: int) -> str:
    """Return a number of dimensions in words."""
    return {0: "no dimension", 1: "one dimension"}.get(
        count, f"{count} dimensions" if count <= SMALL else "many dimensions"
    )


def _one_step(came: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Return whether one mistake leads from one shape to the other: a dimension lost, added, swapped or of another size."""
    if not came or came == (_product(wanted),):
        return True
    if sorted(came) == sorted(wanted) and len(came) <= 4:
        return True
    sizes = {1, *wanted}
    if len(came) == len(wanted) - 1:
        return any(came == wanted[:axis] + wanted[axis + 1 :] for axis in range(len(wanted)))
    if len(came) == len(wanted) + 1:
        return any(came[:axis] + came[axis + 1 :] == wanted and came[axis] in sizes for axis in range(len(came)))
    other = [axis for axis, (a, b) in enumerate(zip(came, wanted, strict=False)) if a != b]
    if len(came) != len(wanted) or len(other) != 1:
        return False
    size, right = came[other[0]], wanted[other[0]]
    return size <= SMALL or abs(size - right) <= 1 or size in sizes


def _product(sizes: Sequence[int]) -> int:
    product = 1
    for size in sizes:
        product *= size
    return product


def length(came: int, wanted: int | None) -> str:
    """Return how long something is, where a mistake may have made it so long; "" where it is not said."""
    near = wanted is not None and (abs(came - wanted) <= 2 or came == 2 * wanted)
    return f"{came}" if came <= SMALL or near else ""


def differing(wrong: int, first: Sequence[int], sizes: Sequence[int]) -> str:
    """Return how many values of a tensor differ, and where the first is.

    Args:
        wrong: how many.
        first: the place of the first.
        sizes: the tensor's shape.
    """
    total = _product(sizes)
    if total <= COUNTED or wrong in (1, total):
        share = f"{wrong} of {total} values differ"
    elif wrong * 2 <= total:
        share = f"less than half of {total} values differ"
    else:
        share = f"more than half of {total} values differ"
    flat = 0
    for place, size in zip(first, sizes, strict=True):
        flat = flat * size + place
    return (
        f"{share}, the first at {list(first)}" if flat < COUNTED else f"{share}, the first of them far from the start"
    )


def factor(value: float) -> str:
    """Return a factor in words, where it is one that mistakes lead to; "" otherwise."""
    sign = "minus " if value < 0 else ""
    for whole in FACTORS:
        if abs(abs(value) - whole) < 1e-4 * whole:
            return f"{sign}{whole} times"
        if abs(abs(value) * whole - 1) < 1e-4:
            words = {2: "half", 3: "a third of", 4: "a quarter of"}.get(whole, f"1/{whole} of")
            return f"{sign}{words}"
    return ""


def line(number: int | None, text: str) -> int | None:
    """Return the line of a module at which something happened: 0 where none of its code stands there.

    Args:
        number: the line that the worker named; None where it named none.
        text: the module's text.
    """
    if number is None:
        return None
    lines = text.split("\n", LAST_LINE)[:LAST_LINE]
    code = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    return number if code and not code.startswith("#") else 0


def sentence(said: str, known: Collection[str]) -> str:
    """Return a check's sentence without words that the check does not have, and with few and short numbers.

    A check may put a title or a type's name that a student's code chose into its sentence.

    Args:
        said: the sentence.
        known: texts whose words may be said: the check's own source, and the reference's output.
    """
    vocabulary = {word for text in known for word in re.findall(r"[^\W\d_]+", text)}
    numbers = 0

    def kept(found: re.Match[str]) -> str:
        nonlocal numbers
        part = found.group()
        if part[0].isdigit():
            numbers += 1
            return part if numbers <= MAX_NUMBERS and len(part) <= 6 else "…"
        return part if part in vocabulary else "…"

    return re.sub(r"\d[\d.]*\d|\d|[^\W\d_]+", kept, said[:MAX_SENTENCE_LENGTH])


def few_numbers(sentences: Sequence[str]) -> list[str]:
    """Return the sentences on one exercise with few numbers in all: after the first ones only such of few digits.

    A scenario may have a sentence of its own, and each of these its numbers: together they would spell.
    """
    numbers = 0

    def kept(found: re.Match[str]) -> str:
        nonlocal numbers
        numbers += 1
        short = len(found.group()) <= FEW_DIGITS
        return found.group() if numbers <= MAX_NUMBERS or short else "…"

    return [_NUMBER.sub(kept, said) for said in sentences]
