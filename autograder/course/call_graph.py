"""Which of a module's functions and classes mention which others, read from its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Sequence


def callers(text: str, names: Sequence[str]) -> dict[str, frozenset[str]]:
    """Return, for each of a module's functions and classes in `names`, which others of these it mentions, near or far."""
    parts = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    near = {name: _mentioned(part) for name, part in parts.items()}
    found = {}
    for name in names:
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            more = (near.get(waiting.pop(), set()) & parts.keys()) - seen
            seen |= more
            waiting += more
        found[name] = frozenset(seen & set(names)) - {name}
    return found


def _mentioned(part: ast.AST) -> set[str]:
    """Return the names that a function or class takes from outside: a parameter may be called as an exercise is."""
    loaded, own = set[str](), set[str]()
    for node in ast.walk(part):
        if isinstance(node, ast.Name):
            (loaded if isinstance(node.ctx, ast.Load) else own).add(node.id)
        elif isinstance(node, ast.arg):
            own.add(node.arg)
    return loaded - own
