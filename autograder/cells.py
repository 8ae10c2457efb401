"""Say in which cell of a notebook something happened, instead of in which line of the text that its cells were joined to.

Only text that `submission` wrote is looked at here; what a worker sends names a cell by its number, and no more.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from autograder import disclosure
from autograder.frames import RunError
from autograder.sandbox import Result
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
    """

    cell: str
    error: str
    line: int | None
    message: str
    spare: bool


def located(result: Result, text: str) -> Result:
    """Return a result whose errors name lines of the module's code alone; in a notebook the cell, and the cell's line."""
    result = _within(result, text)
    if not notebook.is_notebook(text):
        return result
    cells = notebook.split(text)
    outcomes = [
        outcome if outcome.error is None else replace(outcome, error=_placed(outcome.error, cells))
        for outcome in result.outcomes
    ]
    return replace(result, outcomes=tuple(outcomes))


def _within(result: Result, text: str) -> Result:
    """Return a result without lines at which the module has no code: a worker may name any."""

    def bounded(error: RunError) -> RunError:
        return replace(error, line=disclosure.line(error.line, text))

    import_error = None if result.import_error is None else bounded(result.import_error)
    outcomes = [o if o.error is None else replace(o, error=bounded(o.error)) for o in result.outcomes]
    raised = [replace(one, error=bounded(one.error)) for one in result.cells]
    return replace(result, import_error=import_error, outcomes=tuple(outcomes), cells=tuple(raised))


def failures(result: Result, text: str) -> tuple[CellFailure, ...]:
    """Return the cells that raised."""
    cells = notebook.split(text) if result.cells else []
    found = []
    for raised in result.cells[:MOST]:
        if 0 <= raised.number < len(cells):
            name = cells[raised.number].name
            error = _placed(raised.error, cells)
            message = f"{error.type}: {error.message}"
            line = error.line if error.cell == name else None
            found.append(CellFailure(name, error.builtin, line, message, error.type == notebook.TooLong.__name__))
    return tuple(found)


def _placed(error: RunError, cells: Sequence[Cell]) -> RunError:
    """Return an error with its line counted from the beginning of its cell."""
    number = bisect_right([cell.first for cell in cells], error.line or 0) - 1
    if error.line is None or number < 0:
        return error
    cell = cells[number]
    return replace(error, line=error.line - cell.first + 1, cell=cell.name)
