"""Make mutants of a reference: each is the same text with one small mistake in it, inside the solution regions alone.

Pure: text in, mutants out. Of a lesson it knows the marks of its regions alone; it runs nothing, and judges no mutant.
"""

from __future__ import annotations

import ast
import difflib
from dataclasses import dataclass

from autograder.audit.mutation_operators import Source, edits


@dataclass(frozen=True)
class Mutant:
    """One changed reference.

    Attributes:
        id: the line, and which of that line's changes it is: `45.3`. Stable as long as the text is.
        line: the first line that is changed, from 1.
        exercise: the top-level function or class that it lies in.
        description: what was changed: `< made <=`.
        original: the changed lines as they were, without the indentation.
        becomes: the same lines as they are now.
        diff: both, as a unified diff.
        text: the whole changed module.
    """

    id: str
    line: int
    exercise: str
    description: str
    original: str
    becomes: str
    diff: str
    text: str


def mutants(text: str) -> tuple[Mutant, ...]:
    """Return the mutants of a module's text in the order of its lines; none is the same as another, or as the original.

    Raises:
        SyntaxError: the text is no Python.
    """
    source = Source(text)
    plain = ast.dump(source.tree)
    found: list[Mutant] = []
    seen = {plain}
    counts: dict[int, int] = {}
    for edit in sorted(edits(source), key=lambda edit: (edit.start, edit.end)):
        changed = text[: edit.start] + edit.new + text[edit.end :]
        try:
            shape = ast.dump(ast.parse(changed))
        except SyntaxError:
            continue
        if shape in seen:
            continue
        seen.add(shape)
        line = source.line_at(edit.start)
        counts[line] = counts.get(line, 0) + 1
        original, becomes = _changed_lines(text, changed)
        found.append(
            Mutant(
                id=f"{line}.{counts[line]}",
                line=line,
                exercise=source.owner(line),
                description=edit.description,
                original=original,
                becomes=becomes,
                diff=_diff(text, changed),
                text=changed,
            )
        )
    return tuple(found)


def _changed_lines(text: str, changed: str) -> tuple[str, str]:
    """Return the lines that differ, stripped, before and after."""
    before, after = text.splitlines(), changed.splitlines()
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    parts = (before[start : len(before) - end], after[start : len(after) - end])
    first, second = ("\n".join(line.strip() for line in part) for part in parts)
    return first, second


def _diff(text: str, changed: str) -> str:
    lines = difflib.unified_diff(text.splitlines(), changed.splitlines(), "reference", "mutant", n=0, lineterm="")
    return "\n".join(list(lines)[2:])
