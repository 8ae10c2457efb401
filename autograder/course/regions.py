"""The solution regions of a reference: what lies between its two comments, and which of its lines tell anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from autograder.course.lesson import BEGIN, END

# Lines of the training loop, without blanks, as the course prints them on page after page: whoever has one knows nothing new.
EVERYBODYS = re.compile(
    r"optimizer=torch\.optim\.\w+\(model\.parameters\(\),lr=[\w.]+\)"
    r"|loss=nn\.functional\.cross_entropy\(model\(\w+\)[\w.,()]*\)"
    r"|loss=\(\(y-model\(X\)\)\*\*2\)\.mean\(\)"
    r"|optimizer\.zero_grad\(\)|loss\.backward\(\)|optimizer\.step\(\)|\w+\.append\(loss\.item\(\)\)"
    r"|for[\w,]+in[\w.]+(\(\))?:"
)


def solution_lines(text: str) -> Iterator[str]:
    """Yield each line of a reference's solution regions, without blanks and comments, but for those that everybody writes."""
    for _, region in regions(text.split("\n")):
        yield from (line for line in region if line and not everybodys(line))


def regions(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield each solution region: the number of its first line, and its lines without blanks and comments."""
    inside: list[str] | None = None
    begun = 0
    for number, line in enumerate(lines, 1):
        if BEGIN in line:
            inside, begun = [], number
        elif END in line:
            yield begun, inside or []
            inside = None
        elif inside is not None:
            inside.append(without_blanks(line.partition("  # ")[0]))


def everybodys(line: str) -> bool:
    """Return whether a line without blanks is one that everybody writes."""
    return EVERYBODYS.fullmatch(line) is not None


def without_blanks(text: str) -> str:
    """Return a text without blanks."""
    return re.sub(r"\s+", "", text)
