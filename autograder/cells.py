"""Say in which cell of a notebook something happened, instead of in which line of the text that its cells were joined to.

Only text that `submission` wrote is looked at here; what a worker sends names a cell by its number, and no more.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from autograder import import_errors
from autograder.frames import RunError
from autograder.import_errors import Texts
from autograder.sandbox import Result, Source
from autograder.worker import notebook
from autograder.worker.notebook import Cell

MOST = 10


@dataclass(frozen=True)
class CellFailure:
    """A cell that raised while the notebook's code was run.

    Attributes:
        cell: its name.
        error: the nearest built-in exception's name.
        line: the cell's line, or None where the error came from elsewhere.
        message: what the exception said; for the instructor only.
        spare: whether it was stopped because it took long and no exercise needs it.
        said: for the student: its line, the line's text, and what is wrong.
    """

    cell: str
    error: str
    line: int | None
    message: str
    spare: bool
    said: str = ""


def located(result: Result, text: str) -> Result:
    """Return a result whose errors name a notebook's cell and the cell's line; any other module's result stays as it is."""
    if not notebook.is_notebook(text):
        return result
    cells = notebook.split(text)
    outcomes = [
        outcome if outcome.error is None else replace(outcome, error=_placed(outcome.error, cells))
        for outcome in result.outcomes
    ]
    return replace(result, outcomes=tuple(outcomes))


def failures(result: Result, source: Source, notes: Mapping[str, str]) -> tuple[CellFailure, ...]:
    """Return the cells that raised; `notes` say what of the student's own modules did not come along."""
    cells = notebook.split(source.text) if result.cells else []
    found = []
    for raised in result.cells[:MOST]:
        if 0 <= raised.number < len(cells):
            name = cells[raised.number].name
            error = _placed(raised.error, cells)
            message = f"{error.type}: {error.message}"
            line = error.line if error.cell == name else None
            said = _said(raised.error, cells[raised.number], result, source, notes)
            found.append(CellFailure(name, error.builtin, line, message, error.type == notebook.TooLong.__name__, said))
    return tuple(found)


def _said(error: RunError, cell: Cell, result: Result, source: Source, notes: Mapping[str, str]) -> str:
    """Return what a student reads about a cell that raised."""
    length = cell.source.count("\n") + 1
    inside = not error.file and error.line is not None and 0 <= error.line - cell.first < length
    if not inside and not error.file:
        error = replace(error, line=None)  # in a function of an earlier cell, which is not at fault
    elif inside and error.line is not None:
        error = replace(error, line=error.line - cell.first + 1)
    own = [
        replace(one, line=None if one.line is None else one.line - cell.first + 1)
        for one in result.syntax
        if not one.file and one.line is not None and 0 <= one.line - cell.first < length
    ]
    texts = Texts(cell.source, source.helpers, source.folder, notes, cell.name)
    cost = "Nothing of this cell was run." if own else "What it would have defined after that was missing."
    return f"{import_errors.sentence(error, [*own, *(one for one in result.syntax if one.file)], texts)} {cost}"


def _placed(error: RunError, cells: Sequence[Cell]) -> RunError:
    """Return an error with its line counted from the beginning of its cell."""
    number = bisect_right([cell.first for cell in cells], error.line or 0) - 1
    if error.line is None or error.file or number < 0:
        return error
    cell = cells[number]
    return replace(error, line=error.line - cell.first + 1, cell=cell.name)
