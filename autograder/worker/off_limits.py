"""Find calls that an exercise puts off limits: in the syntax tree before anything runs, and by a trap while it runs.

The trap works beside a student's code and could be undone by it; the syntax tree is read before that code has run.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class OffLimits(RuntimeError):
    """Raised by a trapped function."""


def in_source(text: str, names: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return, for each exercise, which of its off-limits names its code, or a function that it calls, refers to.

    Args:
        text: a module's source. Text that does not parse has no findings (it will not import either).
        names: exercise to dotted names, such as `torch.autograd.grad`; `torch.Tensor.backward` finds any `.backward`.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return {}
    aliases = _aliases(tree)
    parts = _parts(tree, aliases)
    return {
        exercise: sorted(_found(exercise, parts, aliases) & set(wanted))
        or sorted(_methods(exercise, parts, aliases, wanted))
        for exercise, wanted in names.items()
        if exercise in parts
    }


def _parts(tree: ast.Module, aliases: dict[str, str]) -> dict[str, list[ast.stmt]]:
    """Return the statements that bind or fill each name of the module: definitions and assignments, below conditions too."""
    parts: dict[str, list[ast.stmt]] = {}
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            parts.setdefault(node.name, []).append(node)
            continue
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Expr):
            # TABLE = …, TABLE["x"] = …, TABLE.update(…)
            for name in {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} - set(aliases):
                parts.setdefault(name, []).append(node)
        waiting += [part for part in ast.iter_child_nodes(node) if isinstance(part, _STATEMENTS)]
    return parts


_STATEMENTS = (ast.stmt, ast.ExceptHandler, ast.match_case)


def _aliases(tree: ast.Module) -> dict[str, str]:
    """Return what each imported name of the module stands for, wherever in it the import is."""
    aliases = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                aliases[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    for node in tree.body:  # F = torch.nn.functional, at the top of the module
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            dotted = _dotted(node.value, aliases)
            if dotted is not None:
                aliases[node.targets[0].id] = dotted
    return aliases


def _dotted(node: ast.AST, aliases: dict[str, str]) -> str | None:
    """Return the dotted name that an expression stands for, or None."""
    if isinstance(node, ast.Name):
        return aliases.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value, aliases)
        return None if owner is None else f"{owner}.{node.attr}"
    return None


def _reachable(exercise: str, parts: dict[str, list[ast.stmt]]) -> Iterator[ast.AST]:
    """Yield every node of the exercise and of what it mentions of the module's own."""
    waiting, seen = [exercise], {exercise}
    while waiting:
        for statement in parts[waiting.pop()]:
            for node in ast.walk(statement):
                yield node
                if isinstance(node, ast.Name) and node.id in parts and node.id not in seen:
                    seen.add(node.id)
                    waiting.append(node.id)


def _found(exercise: str, parts: dict[str, list[ast.stmt]], aliases: dict[str, str]) -> set[str]:
    return {name for node in _reachable(exercise, parts) if (name := _dotted(node, aliases)) is not None}


def _methods(exercise: str, parts: dict[str, list[ast.stmt]], aliases: dict[str, str], wanted: list[str]) -> set[str]:
    """Return the off-limits tensor methods that are called on some object, whatever the object is."""
    methods = {name.rpartition(".")[2]: name for name in wanted if name.startswith("torch.Tensor.")}
    return {
        methods[node.attr]
        for node in _reachable(exercise, parts)
        if isinstance(node, ast.Attribute) and node.attr in methods and _dotted(node, aliases) is None
    }


@contextmanager
def trapped(names: list[str], used: list[str]) -> Iterator[None]:
    """Replace each named function by one that notes its name in `used` and raises, as long as the block lasts."""
    undo = []
    for name in names:
        owner, attribute = _resolve(name)
        own = vars(owner).get(attribute)
        setattr(owner, attribute, _trap(name, used))
        undo.append((owner, attribute, own))
    try:
        yield
    finally:
        for owner, attribute, own in reversed(undo):
            if own is None:
                delattr(owner, attribute)
            else:
                setattr(owner, attribute, own)


def _resolve(name: str) -> tuple[Any, str]:
    """Return the module or class that holds a dotted name, and the attribute."""
    parts = name.split(".")
    for size in range(len(parts) - 1, 0, -1):
        try:
            owner: Any = importlib.import_module(".".join(parts[:size]))
        except ImportError:
            continue
        for part in parts[size:-1]:
            owner = getattr(owner, part)
        return owner, parts[-1]
    raise ImportError(f"off-limits name {name!r} is in no module")


def _trap(name: str, used: list[str]) -> Any:
    def off_limits(*_: Any, **__: Any) -> Any:
        used.append(name)
        raise OffLimits(f"{name} is off limits in this exercise")

    return off_limits
