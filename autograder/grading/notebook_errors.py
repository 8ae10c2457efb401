"""Say in which cell of a notebook something happened, instead of in which line of the text that its cells were joined to.

Only text that `submission` wrote is looked at here; what a worker sends names a cell by its number, and lines by theirs.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from autograder.grading import disclosure, import_errors
from autograder.grading.import_errors import Texts
from autograder.sandbox.decode import CellError, RunError
from autograder.sandbox.jobs import Result, Source
from autograder.util.wording import loading as wording
from autograder.worker import parts
from autograder.worker.parts import Part

MOST = 10


@dataclass(frozen=True)
class CellFailure:
    """A statement that raised while a submission was loaded.

    Attributes:
        cell: the name of its cell; "" in a module.
        error: the nearest built-in exception's name.
        line: the cell's line, or the module's; None where the error came from elsewhere.
        message: what the exception said; for the instructor only.
        said: for the student: its line, the line's text, what is wrong, and what that cost.
    """

    cell: str
    error: str
    line: int | None
    message: str
    said: str


@dataclass(frozen=True)
class LeftOut:
    """Lines of a cell, or of a module (then `cell` is ""), that were not run."""

    cell: str
    first: int
    last: int


@dataclass(frozen=True)
class Rebound:
    """An exercise that was bound again in this line, and whether that was a definition and counts."""

    name: str
    cell: str
    line: int
    counts: bool


def located(result: Result, text: str) -> Result:
    """Return a result whose errors name lines of the module's code alone; in a notebook the cell, and the cell's line."""
    result = _within(result, text)
    if not parts.is_notebook(text):
        return result
    cells = parts.split(text)
    outcomes = [
        outcome if outcome.error is None else replace(outcome, error=_placed(outcome.error, cells))
        for outcome in result.outcomes
    ]
    return replace(result, outcomes=tuple(outcomes))


def _within(result: Result, text: str) -> Result:
    """Return a result without lines at which the module has no code: a worker may name any."""

    def bounded(error: RunError) -> RunError:
        # Of a line in one of the student's other modules `helpers.located` has seen to it already.
        return error if error.file else replace(error, line=disclosure.line(error.line, text))

    import_error = None if result.import_error is None else bounded(result.import_error)
    outcomes = [o if o.error is None else replace(o, error=bounded(o.error)) for o in result.outcomes]
    raised = tuple(replace(one, error=bounded(one.error)) for one in result.loading.cells)
    loading = replace(result.loading, cells=raised)
    return replace(result, import_error=import_error, outcomes=tuple(outcomes), loading=loading)


def failures(result: Result, source: Source, notes: Mapping[str, str]) -> tuple[CellFailure, ...]:
    """Return the statements that raised; `notes` say what of the student's own modules did not come along."""
    cells = parts.split(source.text) if result.loading.cells else []
    found = []
    for raised in result.loading.cells[:MOST]:
        if 0 <= raised.number < len(cells):
            cell = cells[raised.number]
            error = _placed(raised.error, cells)
            line = error.line if error.cell == cell.name and not error.file else None
            said = _said(raised, cell, result, source, notes)
            found.append(CellFailure(cell.name, error.builtin, line, f"{error.type}: {error.message}", said))
    return tuple(found)


def _said(raised: CellError, cell: Part, result: Result, source: Source, notes: Mapping[str, str]) -> str:
    """Return what a student reads about a statement that raised, or about a part that is no Python."""
    error = raised.error
    # Of what the compiler said of the graded text only what stopped this statement; of helpers it may be any.
    syntax = [one for one in result.syntax if one.file or (one.line, one.kind) == (error.line, error.builtin)]
    if not error.file:
        inside = error.line is not None and 0 <= error.line - cell.first <= cell.source.count("\n")
        # Otherwise it was in a function of an earlier cell, which is not at fault.
        line = error.line - cell.first + 1 if inside and error.line is not None else None
        error = replace(error, line=line)
        syntax = [one if one.file else replace(one, line=line) for one in syntax]
    texts = Texts(cell.source, source.helpers, source.folder, notes, cell.name)
    cost = wording.nothing_run(cell=bool(cell.name)) if raised.whole else wording.STATEMENT_LEFT_OUT
    follows = raised.follows and not error.file
    why = import_errors.of_missing(error, texts) if follows else import_errors.sentence(error, syntax, texts)
    return f"{why} {cost}"


def left_out(result: Result, text: str) -> tuple[LeftOut, ...]:
    """Return the lines that were not run, those that follow one another as one."""
    cells = parts.split(text) if result.loading.left_out else []
    lines = text.split("\n")
    found: list[LeftOut] = []
    for first, last in sorted(result.loading.left_out):
        if not first <= last <= len(lines):
            continue  # no honest worker says that
        cell, line = _place(first, cells)
        one = LeftOut(cell.name, line, last - first + line)
        before = found[-1] if found else None
        if before and before.cell == one.cell and not _says_anything(lines[cell.first + before.last - 1 : first - 1]):
            one = replace(one, first=before.first, last=max(before.last, one.last))
            found.pop()
        found.append(one)
    return tuple(found[:MOST])


def _says_anything(lines: Sequence[str]) -> bool:
    """Return whether there is more in these lines than comments."""
    return any(line.strip() and not line.lstrip().startswith("#") for line in lines)


def rebound(result: Result, text: str, names: Sequence[str]) -> tuple[Rebound, ...]:
    """Return the exercises that were bound again, the last time of each; `names` are those that there are."""
    cells = parts.split(text) if result.loading.rebound else []
    found = {}
    for one in result.loading.rebound:
        if one.name in names:
            cell, line = _place(one.line, cells)
            found[one.name, one.counts] = Rebound(one.name, cell.name, line, one.counts)
    return tuple(found.values())[:MOST]


def _place(line: int, cells: Sequence[Part]) -> tuple[Part, int]:
    """Return the cell that a line of the whole text is in, and which of its lines that is."""
    cell = cells[max(0, bisect_right([cell.first for cell in cells], line) - 1)]
    return cell, max(1, line - cell.first + 1)


def _placed(error: RunError, cells: Sequence[Part]) -> RunError:
    """Return an error with its line counted from the beginning of its cell."""
    if error.line is None or error.file or not cells or error.line < cells[0].first:
        return error
    cell, line = _place(error.line, cells)
    return replace(error, line=line, cell=cell.name)
