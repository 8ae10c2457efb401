"""A fault of a lesson: where it is, and what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PLACE = re.compile(r"(?::(\d+))?(?:: | )")


@dataclass(frozen=True, order=True)
class Fault:
    """Something that is wrong with a lesson.

    Attributes:
        path: the file.
        line: where in it, from 1.
        text: what is wrong and what to do.
    """

    path: Path
    line: int
    text: str

    def told(self, root: Path, start: Path) -> str:
        """Return the fault as a line to print: a place that an editor opens, from the folder `start`, and the sentence."""
        path = self.path.relative_to(start) if self.path.is_relative_to(start) else self.path
        return f"{path}:{self.line}: {self.text.replace(f'{root}/', '')}"


def of_error(error: Exception | str, path: Path, line: int = 1) -> Fault:
    """Return the fault that an error's sentence tells: with its own place if it begins with one, else with the one given."""
    words = str(error)
    if words.startswith(str(path)):
        rest = words[len(str(path)) :]
        place = PLACE.match(rest)
        if place and place[1]:
            return Fault(path, int(place[1]), rest[place.end() :])
        if rest.startswith(": "):
            return Fault(path, line, rest[2:])
    return Fault(path, line, words)
