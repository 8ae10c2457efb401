"""Find calls that an exercise puts off limits: in the syntax tree before anything runs, and by a trap while it runs.

The trap works beside a student's code and could be undone by it; the syntax tree is read before that code has run.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from collections.abc import Collection, Iterator
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
    return in_tree(tree, names)


def in_tree(tree: ast.Module, names: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the same for a module's syntax tree."""
    aliases = _aliases(tree)
    parts = _parts(tree, aliases)
    return {exercise: _uses(exercise, parts, aliases, names) for exercise in names if exercise in parts}


def _uses(
    exercise: str, parts: dict[str, list[ast.stmt]], aliases: dict[str, str], names: dict[str, list[str]]
) -> list[str]:
    """Return the off-limits names that an exercise's code refers to, or code that it mentions.

    What another exercise may not use is that exercise's own matter, and is not charged a second time.
    """
    methods = {name.rpartition(".")[2]: name for name in names[exercise] if name.startswith("torch.Tensor.")}
    found = set()
    for node, owner in _reachable(exercise, parts, names):
        name = _dotted(node, aliases)
        if name is None and isinstance(node, ast.Attribute):
            name = methods.get(node.attr)  # whatever the object is
        if name in names[exercise] and (owner == exercise or name not in names[owner]):
            found.add(name)
    return sorted(found)


def _parts(tree: ast.Module, aliases: dict[str, str]) -> dict[str, list[ast.stmt]]:
    """Return the statements that bind or fill each name of the module: definitions and assignments, below conditions too."""
    parts: dict[str, list[ast.stmt]] = {}
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            parts.setdefault(node.name, []).append(node)
            for method in ast.iter_child_nodes(node):
                if isinstance(node, ast.ClassDef) and isinstance(method, ast.FunctionDef):
                    parts.setdefault(method.name, []).append(method)
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


def _reachable(
    exercise: str, parts: dict[str, list[ast.stmt]], exercises: Collection[str]
) -> Iterator[tuple[ast.AST, str]]:
    """Yield every node of the exercise and of what it mentions of the module's own, each with the exercise it belongs to."""
    waiting, seen = [(exercise, exercise)], {exercise}
    while waiting:
        part, owner = waiting.pop(0)
        for statement in parts[part]:
            local = _local_names(statement)
            for node in ast.walk(statement):
                yield node, owner
                name = _mentioned(node)
                if name in parts and name not in seen | (local if isinstance(node, ast.Name) else set()):
                    seen.add(name)
                    waiting.append((name, name if name in exercises else owner))


def _mentioned(node: ast.AST) -> str:
    """Return the name that a node stands for, of the module's or of the same class (`self.name`), or ""."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self" else ""


def _local_names(statement: ast.stmt) -> set[str]:
    """Return the parameters and variables of a function: there they hide the module's own names."""
    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return set()
    stored = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return stored | {node.arg for node in ast.walk(statement) if isinstance(node, ast.arg)}


@contextmanager
def trapped(exercise: str, names: dict[str, list[str]], filename: str, used: list[str]) -> Iterator[None]:
    """Replace each function that is off limits by one that notes its name in `used` and raises, as long as the block lasts.

    Args:
        exercise: the exercise at hand.
        names: exercise to dotted names.
        filename: the module's; a call from another of its exercises, of which the name is off limits too, goes through,
            for it is that exercise's own matter.
        used: takes the names that were called.
    """
    undo = []
    for name in names.get(exercise, []):
        if name.partition(".")[0] not in sys.modules:
            continue  # what nobody has imported is found in the source alone; importing it here would cost every worker
        owner, attribute = _resolve(name)
        own = vars(owner).get(attribute)
        others = [other for other, listed in names.items() if other != exercise and name in listed]
        setattr(owner, attribute, _trap(name, getattr(owner, attribute), filename, others, used))
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


def _trap(name: str, original: Any, filename: str, others: Collection[str], used: list[str]) -> Any:
    def off_limits(*args: Any, **kwargs: Any) -> Any:
        if others and _called_from(others, filename):
            return original(*args, **kwargs)
        used.append(name)
        raise OffLimits(f"{name} is off limits in this exercise")

    return off_limits


def _called_from(exercises: Collection[str], filename: str) -> bool:
    """Return whether one of these exercises of the module is among the callers."""
    frame = inspect.currentframe()
    while frame is not None:
        code = frame.f_code
        if code.co_filename == filename and code.co_qualname.partition(".")[0] in exercises:
            return True
        frame = frame.f_back
    return False
