"""Load a notebook's code as one module, cell by cell, so that a cell that raises costs what depends on it and nothing more.

`autograder/submission.py` writes the text: a first line with HEAD and the names that the exercises have, then each cell behind
a line with CELL (a student's own) or PAGE (the page's demonstration, of which only the imports count) and its name.

Cells run in their order. One that no exercise needs gets little time, and is left out when that is up: in a notebook people
try things. `split` only cuts text; everything else parses what a student wrote, and so belongs in a worker.
"""

from __future__ import annotations
import __future__

import ast
import contextlib
import re
import signal
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType, FrameType, ModuleType

from autograder.worker import loading

HEAD, CELL, PAGE = "# %% notebook:", "# %% cell:", "# %% page:"
# For all the cells together that no exercise needs: seconds of CPU, and by the clock.
SPARE_CPU, SPARE_WALL = 1.0, 5.0
# Cell magics whose body is Python, and lines that are not Python.
PYTHON_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")
NO_PYTHON = re.compile(r"(\s*)([%!?].*|[\w.]+\s*=\s*[%!].*|[\w.]+\?{1,2}\s*)$")
FUTURES = sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names})

_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


class TooLong(BaseException):
    """A cell that no exercise needs ran longer than it may."""


@dataclass(frozen=True)
class Cell:
    """A cell: its name, the number of its first line in the whole text, whether it is the page's, and its source."""

    name: str
    first: int
    page: bool
    source: str


@dataclass(frozen=True)
class Parsed:
    """A cell as a syntax tree, with the whole text's line numbers; or why it has none."""

    cell: Cell
    tree: ast.Module
    error: Exception | None = None


def is_notebook(text: str) -> bool:
    """Return whether a module's text is that of a notebook."""
    return text.startswith(HEAD)


def split(text: str) -> list[Cell]:
    """Return the cells of a notebook's text."""
    lines = text.split("\n")
    starts = [n for n, line in enumerate(lines) if line.startswith((CELL, PAGE))]
    cells = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        mark, page = lines[start], lines[start].startswith(PAGE)
        name = mark.removeprefix(PAGE if page else CELL).strip()
        cells.append(Cell(name, start + 2, page, "\n".join(lines[start + 1 : end])))
    return cells


def parse(text: str) -> list[Parsed]:
    """Return the cells of a notebook's text as syntax trees, without what is for the shell or for IPython."""
    return [_parsed(cell) for cell in split(text)]


def _parsed(cell: Cell) -> Parsed:
    try:
        tree = _tree(cell.source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, SyntaxError) and error.lineno is not None:
            error.lineno += cell.first - 1
        return Parsed(cell, ast.Module([], []), error)
    if cell.page:
        tree.body = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    ast.increment_lineno(tree, cell.first - 1)
    return Parsed(cell, tree)


def _tree(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:
        # Only now: a line that begins with a percent sign may well be Python, in the middle of an expression.
        return ast.parse(_python_only(source))


def _python_only(source: str) -> str:
    """Return a cell with every line that is for the shell or for IPython in place of which nothing happens."""
    first = source.lstrip().partition("\n")[0]
    if first.startswith("%%") and not first.startswith(PYTHON_MAGICS):
        return ""  # another language
    return "\n".join(NO_PYTHON.sub(r"\1pass", line) for line in source.split("\n"))


def whole(parsed: Sequence[Parsed]) -> ast.Module:
    """Return the syntax tree of one module that has the code of all cells that are Python."""
    return ast.Module([node for one in parsed for node in one.tree.body], [])


def load(
    text: str, parsed: Sequence[Parsed], name: str, filename: str
) -> tuple[ModuleType, list[tuple[int, BaseException]]]:
    """Run the cells as the module `name`; return it, and the number of each cell that raised with what it raised."""
    module = loading.load(text, name, filename, compile("", filename, "exec"))
    needed = _needed(parsed, text.partition("\n")[0].removeprefix(HEAD).split())
    raised: dict[int, BaseException] = {}
    with _spare_time() as spare:
        runs = _Runs(module, filename, spare)
        for number, one in enumerate(parsed):
            error = runs.run(one, spare=number not in needed)
            if error is not None:
                raised[number] = error
        # In a notebook a cell may stand above what it needs: it was run later. Nothing that is there is overwritten, though.
        for number in [n for n, error in raised.items() if isinstance(error, NameError) and n in needed]:
            if not set(_bound(parsed[number].tree)) & vars(module).keys():
                error = runs.run(parsed[number])
                if error is None:
                    del raised[number]
    return module, [(number, error) for number, error in raised.items() if not parsed[number].cell.page]


class _Runs:
    """Runs cells in one module; what `from __future__` brings holds from its cell on, as in a notebook."""

    def __init__(self, module: ModuleType, filename: str, spare: _Spare) -> None:
        self._module = module
        self._filename = filename
        self._spare = spare
        self._flags = 0

    def run(self, one: Parsed, *, spare: bool = False) -> BaseException | None:
        """Run a cell, in spare time or in all that it takes; return what it raised."""
        if isinstance(one.error, SyntaxError):
            one.error.filename = self._filename
        if one.error is not None:
            return one.error
        try:
            code = compile(one.tree, self._filename, "exec", self._flags, dont_inherit=True)
            self._flags |= code.co_flags & FUTURES
            if spare:
                self._spare.run(code, self._module)
            else:
                exec(code, vars(self._module))
        except BaseException as error:  # noqa: BLE001  SystemExit in a cell is the student's, too
            return error
        return None


class _Spare:
    """The time that is left for cells that no exercise needs."""

    def __init__(self) -> None:
        self._cpu, self._wall, self._up = SPARE_CPU, SPARE_WALL, False

    def run(self, code: CodeType, module: ModuleType) -> None:
        """Run a cell within the time that is left, or not at all once it is up."""
        if self._up:
            return
        signal.setitimer(signal.ITIMER_PROF, self._cpu)
        signal.setitimer(signal.ITIMER_REAL, self._wall)
        try:
            exec(code, module.__dict__)
        except TooLong:
            self._up = True
            raise
        finally:
            # A timer set to 0 would be none at all.
            self._cpu = max(0.01, signal.setitimer(signal.ITIMER_PROF, 0)[0])
            self._wall = max(0.01, signal.setitimer(signal.ITIMER_REAL, 0)[0])


@contextlib.contextmanager
def _spare_time() -> Iterator[_Spare]:
    def stop(_: int, __: FrameType | None) -> None:
        raise TooLong("nothing depends on this cell, and it takes long")

    before = {number: signal.signal(number, stop) for number in (signal.SIGPROF, signal.SIGALRM)}
    try:
        yield _Spare()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _needed(parsed: Sequence[Parsed], exercises: Collection[str]) -> set[int]:
    """Return the numbers of the cells that bind what the exercises, or other such cells, use."""
    bound = [set(_bound(one.tree)) for one in parsed]
    wanted, chosen = set(exercises), set[int]()
    while True:
        more = {n for n, names in enumerate(bound) if n not in chosen and names & wanted}
        if not more:
            return chosen
        chosen |= more
        for n in more:
            wanted |= {node.id for node in ast.walk(parsed[n].tree) if isinstance(node, ast.Name)}


def _bound(node: ast.AST) -> Iterator[str]:
    """Yield the names that code binds at the top of its module, or changes something of: `f.x = 1` counts for `f`."""
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in part.names)
        elif isinstance(part, ast.Attribute | ast.Subscript) and isinstance(part.ctx, ast.Store):
            yield from (inner.id for inner in ast.walk(part.value) if isinstance(inner, ast.Name))
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id
        if isinstance(part, _Scope):
            yield getattr(part, "name", "")
        else:
            yield from _bound(part)
