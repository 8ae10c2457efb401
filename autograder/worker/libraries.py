"""Import the installed libraries that a submission names, before any of its own code runs: how slow they are is not its doing.

The names are read from the syntax tree, wherever they stand. A name that the submission itself provides is no library; one that
is not installed, or does not import, is left to Python's own error where the submission imports it. Runs in a worker only.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Collection, Iterable, Iterator

from autograder.worker.companions import installed

# Of the project's own package a worker has all that it may have.
OWN = "autograder"
# Calls that import the module that is their first argument.
CALLS = ("import_module", "__import__")

# A module's dotted name, and what is taken from it: some of that may be modules, too.
Named = tuple[str, tuple[str, ...]]


def named(trees: Iterable[ast.AST]) -> list[Named]:
    """Return the modules that some code imports, in their order, each once."""
    return list(dict.fromkeys(found for tree in trees for node in ast.walk(tree) for found in _imported(node)))


def _imported(node: ast.AST) -> Iterator[Named]:
    if isinstance(node, ast.Import):
        yield from ((alias.name, ()) for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module, tuple(alias.name for alias in node.names)
    elif isinstance(node, ast.Call) and node.args:
        function, first = node.func, node.args[0]
        called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if called in CALLS and isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value, ()


def take(found: Iterable[Named], own: Collection[str]) -> None:
    """Import those that are installed.

    Args:
        found: modules, and what is taken from each.
        own: names that the submission provides itself.
    """
    for module, names in found:
        top = module.partition(".")[0]
        if top and top not in own and top != OWN and installed(top):
            # Whatever a library raises, SystemExit included, it raises again where the submission imports it.
            with contextlib.suppress(BaseException):
                __import__(module, fromlist=names)
