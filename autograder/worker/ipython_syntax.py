"""Read what IPython understands and Python does not: magics, lines for the shell, help, prompts, `await` outside a function.

IPython's own input transformer does the reading, so that what runs in Jupyter is read as Jupyter reads it. It is imported only
where a text is no Python as it stands. Nothing is handed to a shell: what a magic would have run that is Python is run, and
the rest does nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

# Magics whose argument or body is Python.
RUN_PYTHON = ("time", "timeit", "capture", "prun", "memit", "mprun", "lprun")
# Magics that people type without a percent sign, and commands for which IPython has an alias.
WITHOUT_PERCENT = (
    *("pip", "conda", "mamba", "micromamba", "uv", "cd", "ls", "ll", "pwd", "cat", "cp", "mv", "rm", "mkdir", "rmdir"),
    *(
        "man",
        "more",
        "less",
        "load_ext",
        "reload_ext",
        "matplotlib",
        "config",
        "env",
        "set_env",
        "run",
        "time",
        "timeit",
    ),
    *("prun", "who", "whos", "reset", "history", "load", "system", "sx", "notebook", "precision", "autoreload"),
)
_COMMAND = re.compile(rf"(\s*)(?:{'|'.join(WITHOUT_PERCENT)})\s+[\w./~'\"-]")
# Flags of `%timeit` and its like, before the statement.
_FLAGS = re.compile(r"\s*(?:-\w+\s*\d*\s+|--[\w-]+\s+)*")
MAX_COMMANDS = 100


def tree(source: str) -> ast.Module:
    """Return the syntax tree of a cell, with the cell's own line numbers.

    Raises:
        SyntaxError: neither Python nor IPython reads it; it says what Python says.
        ValueError, RecursionError, MemoryError: Python cannot read it.
    """
    try:
        return ast.parse(source)
    except SyntaxError as error:
        found = _by_ipython(source)
        if found is None:
            raise error
    return plain(found)


def may_be_meant(source: str) -> bool:
    """Return whether there is a line in a module that is for the shell or for a magic; some systems save notebooks so."""
    return bool(re.search(r"^\s*(?:[\w.]+\s*=\s*)?[!%]{1,2}\w", source, re.MULTILINE))


def names_magics(source: str) -> bool:
    """Return whether a source speaks to IPython in IPython's own words for its syntax, as a saved script does."""
    return "get_ipython()" in source


def plain(body: ast.Module) -> ast.Module:
    """Return a tree with the statements that its calls of magics hold in place of the calls."""
    body.body = [statement for node in body.body for statement in _unfolded(node)]
    return body


def _by_ipython(source: str) -> ast.Module | None:
    """Return what IPython makes of a source; None where that is no Python either."""
    lines = source.split("\n")
    for _ in range(MAX_COMMANDS):
        try:
            return ast.parse(_transformed("\n".join(lines)))
        except SyntaxError as error:
            number = (error.lineno or 0) - 1
            if not 0 <= number < len(lines) or not (found := _COMMAND.match(lines[number])):
                return None
            lines[number] = f"{found[1]}%{lines[number].lstrip()}"
        except Exception:  # noqa: BLE001  not there, or not made for such a text: then Python's own words stand
            return None
    return None


def _transformed(source: str) -> str:
    """Return a cell by IPython's transformer, each line where it was."""
    from IPython.core.inputtransformer2 import TransformerManager

    class LineByLine(TransformerManager):
        """Leaves blank lines where several lines became one."""

        def do_one_token_transform(self, lines: list[str]) -> tuple[bool, list[str]]:
            changed, after = super().do_one_token_transform(lines)
            missing = len(lines) - len(after)
            if changed and missing > 0:
                place = next((n for n, (a, b) in enumerate(zip(lines, after, strict=False)) if a != b), len(after) - 1)
                after = [*after[: place + 1], *["\n"] * missing, *after[place + 1 :]]
            return changed, after

    body = source.lstrip("\n")
    return "\n" * (len(source) - len(body)) + str(LineByLine().transform_cell(body))


def _unfolded(node: ast.stmt) -> Iterator[ast.stmt]:
    """Yield a statement, or those that the magic holds that it is."""
    call = _magic(node.value) if isinstance(node, ast.Expr) else None
    if call is None:
        yield _Unfolding().visit(node)
        return
    name, line, cell = call
    if name not in RUN_PYTHON:
        yield node
        return
    for text, first in ((_FLAGS.sub("", line, count=1) if cell is None else "", 0), (cell or "", 1)):
        inner = _python(text)
        ast.increment_lineno(inner, node.lineno - 1 + first)
        yield from inner.body


class _Unfolding(ast.NodeTransformer):
    """Puts in the place of a `%time` within a statement what it holds."""

    def visit_Expr(self, node: ast.Expr) -> Any:
        if _magic(node.value) is None:
            return self.generic_visit(node)
        return list(_unfolded(node)) or ast.copy_location(ast.Pass(), node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        call = _magic(node)
        if call is None or call[0] not in RUN_PYTHON:
            return self.generic_visit(node)
        inner = _python(_FLAGS.sub("", call[1], count=1)).body
        if len(inner) != 1 or not isinstance(inner[0], ast.Expr):
            return node
        ast.increment_lineno(inner[0], node.lineno - 1)
        return inner[0].value


def _python(source: str) -> ast.Module:
    try:
        return tree(source)
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _magic(node: ast.expr) -> tuple[str, str, str | None] | None:
    """Return the name, line and cell of the magic that an expression calls in IPython's own words; None for any other."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    owner = node.func.value
    if not (isinstance(owner, ast.Call) and isinstance(owner.func, ast.Name) and owner.func.id == "get_ipython"):
        return None
    given = [part.value for part in node.args if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    if node.func.attr == "run_line_magic" and len(given) == 2:
        return given[0], given[1], None
    if node.func.attr == "run_cell_magic" and len(given) == 3:
        return given[0], given[1], given[2]
    return None


def provide(namespace: dict[str, Any], sources: list[str]) -> None:
    """Put what a notebook's code finds in Jupyter into its namespace: `display`, `get_ipython`, `In` and `Out`."""
    shell = ZMQInteractiveShell(namespace)
    namespace.update(display=_ignore, get_ipython=lambda: shell, In=["", *sources], Out={})


def _ignore(*_: Any, **__: Any) -> None:
    return None


class _Nothing:
    """Whatever is asked of it, it is nothing."""

    def __getattr__(self, _: str) -> _Nothing:
        return self

    def __call__(self, *_: Any, **__: Any) -> _Nothing:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __bool__(self) -> bool:
        return False


class ZMQInteractiveShell:
    """Stands in for Jupyter's shell, whose name it has because code asks for that; its magics do nothing."""

    run_line_magic = run_cell_magic = magic = system = run_cell = staticmethod(_ignore)

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.user_ns = namespace

    def getoutput(self, *_: Any, **__: Any) -> list[str]:
        """Return what a command printed that was not run."""
        return []

    def __getattr__(self, _: str) -> _Nothing:
        return _Nothing()
