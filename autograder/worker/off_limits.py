"""Find calls that an exercise puts off limits: in the syntax tree before anything runs, and by a trap while it runs.

The trap works beside a student's code and could be undone by it; the syntax tree is read before that code has run.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from autograder.worker.companions import Companions

# What a helper may stand behind, one within the other: more names than honest code has.
MOST_RENAMED = 50


class OffLimits(RuntimeError):
    """Raised by a trapped function."""


def in_source(text: str, names: dict[str, list[str]], companions: Companions | None = None) -> dict[str, list[str]]:
    """Return, for each exercise, which of its off-limits names its code, or a function that it calls, refers to.

    Args:
        text: a module's source. Text that does not parse has no findings (it will not import either).
        names: exercise to dotted names, such as `torch.autograd.grad`; `torch.Tensor.backward` finds any `.backward`.
        companions: the student's own modules, into which calls are followed.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return {}
    return in_tree(tree, names, companions)


def in_tree(
    tree: ast.Module, names: dict[str, list[str]], companions: Companions | None = None
) -> dict[str, list[str]]:
    """Return the same for a module's syntax tree."""
    program = _program(tree, companions)
    starts = {exercise: program.named(MAIN, exercise) for exercise in names}
    owners = {place: exercise for exercise, found in starts.items() if (place := found[0]) is not None}
    return {
        exercise: _uses(exercise, place, program, names, owners, {meant} & set(names[exercise]))
        for exercise, (place, meant) in starts.items()
        if place is not None or meant
    }


# A name of one of the modules: the module's path in the tree ("" for the graded one), and the name.
_Place = tuple[str, str]
MAIN = ""


def _uses(
    exercise: str,
    start: _Place | None,
    program: _Program,
    names: dict[str, list[str]],
    owners: dict[_Place, str],
    found: set[str],
) -> list[str]:
    """Return the off-limits names that an exercise's code refers to, or code that it mentions.

    What another exercise may not use is that exercise's own matter, and is not charged a second time.
    """
    methods = {name.rpartition(".")[2]: name for name in names[exercise] if name.startswith("torch.Tensor.")}
    for node, owner, path in _reachable(exercise, start, program, owners) if start is not None else ():
        name = program.stands_for(path, node)[1]
        if not name and isinstance(node, ast.Attribute):
            name = methods.get(node.attr, "")  # whatever the object is
        if name in names[exercise] and (owner == exercise or name not in names[owner]):
            found.add(name)
    return sorted(found)


@dataclass(frozen=True)
class _Module:
    """What a module binds: statements by name, what imported names stand for, and of which modules it takes all names."""

    parts: dict[str, list[ast.stmt]]
    aliases: dict[str, str]
    stars: tuple[str, ...]


@dataclass(frozen=True)
class _Program:
    """The graded module, under MAIN, and the student's own modules, under their paths in the tree."""

    modules: Mapping[str, _Module]
    companions: Companions | None

    def named(self, path: str, name: str) -> tuple[_Place | None, str]:
        """Return what a name at the top of a module is: a place of the student's own, or a library's dotted name."""
        module = self.modules[path]
        if name in module.aliases:
            return self.meaning(module.aliases[name])
        if name in module.parts:
            return (path, name), ""
        for star in module.stars:
            place, _ = self.meaning(f"{star}.{name}")
            if place is not None:
                return place, ""
        return None, ""

    def stands_for(self, path: str, node: ast.AST) -> tuple[_Place | None, str]:
        """Return what an expression in a module is, in the same way; nothing where it is neither."""
        name = _dotted(node, self.modules[path].aliases)
        return (None, "") if name is None else self.meaning(name)

    def meaning(self, name: str) -> tuple[_Place | None, str]:
        """Return what a dotted name stands for, followed through the student's own modules."""
        for _ in range(MOST_RENAMED):
            path, rest = self._module_of(name)
            if path is None or path not in self.modules:
                return None, name
            if not rest:
                return None, ""
            module = self.modules[path]
            if rest[0] in module.aliases:
                name = ".".join([module.aliases[rest[0]], *rest[1:]])
            elif rest[0] in module.parts:
                return (path, rest[0]), ""
            elif module.stars:
                # Of several the last that is the student's own: a library's names are read where they are used.
                own = [star for star in module.stars if self._module_of(star)[0] is not None]
                name = ".".join([(own or [*module.stars])[-1], *rest])
            else:
                return None, ""
        return None, ""

    def _module_of(self, name: str) -> tuple[str | None, list[str]]:
        """Return the student's own module that a dotted name begins with, and the rest of the name."""
        parts = name.split(".")
        for size in range(len(parts), 0, -1) if self.companions is not None else ():
            path = self.companions.path(".".join(parts[:size])) if self.companions is not None else None
            if path is not None:
                return path, parts[size:]
        return None, parts


def _program(tree: ast.Module, companions: Companions | None) -> _Program:
    package = companions.package if companions is not None else ""
    modules = {MAIN: _module(tree, package)}
    for path, text in companions.files.items() if companions is not None else ():
        try:
            helper = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        modules[path] = _module(helper, path.rpartition("/")[0].replace("/", "."))
    return _Program(modules, companions)


def _module(tree: ast.Module, package: str) -> _Module:
    aliases = _aliases(tree, package)
    stars = [
        _source(node, package)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    ]
    return _Module(_parts(tree, aliases), aliases, tuple(stars))


def _source(node: ast.ImportFrom, package: str) -> str:
    """Return the absolute name of the module that names are imported from, or "" where it is beyond the top."""
    if not node.level:
        return node.module or ""
    above = package.split(".") if package else []
    if node.level > len(above):
        return ""
    return ".".join([*above[: len(above) - node.level + 1], *([node.module] if node.module else [])])


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


def _aliases(tree: ast.Module, package: str) -> dict[str, str]:
    """Return what each imported name of the module stands for, wherever in it the import is."""
    aliases = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                aliases[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and (source := _source(node, package)):
            for alias in node.names:
                if alias.name != "*":
                    aliases[alias.asname or alias.name] = f"{source}.{alias.name}"
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
    exercise: str, start: _Place, program: _Program, owners: dict[_Place, str]
) -> Iterator[tuple[ast.AST, str, str]]:
    """Yield every node of the exercise and of what it mentions of the student's own, with the exercise it belongs to.

    The last is the path of the module that the node is in.
    """
    waiting, seen = [(start, exercise)], {start}
    while waiting:
        (path, part), owner = waiting.pop(0)
        module = program.modules[path]
        for statement in module.parts[part]:
            local = _local_names(statement)
            for node in ast.walk(statement):
                yield node, owner, path
                name = _mentioned(node)
                place = program.stands_for(path, node)[0]
                if place is None and name and name not in (local if isinstance(node, ast.Name) else set()):
                    place = program.named(path, name)[0]
                if place is not None and place not in seen:
                    seen.add(place)
                    waiting.append((place, owners.get(place, owner)))


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
def trapped(
    exercise: str, names: dict[str, list[str]], filename: str, used: list[str], helpers: Collection[str] = ()
) -> Iterator[None]:
    """Replace each function that is off limits by one that notes its name in `used` and raises, as long as the block lasts.

    Args:
        exercise: the exercise at hand.
        names: exercise to dotted names.
        filename: the module's; a call from another of its exercises, of which the name is off limits too, goes through,
            for it is that exercise's own matter.
        used: takes the names that were called.
        helpers: the files of the student's own modules, in which an exercise may be as well.
    """
    undo = []
    for name in names.get(exercise, []):
        if name.partition(".")[0] not in sys.modules:
            continue  # what nobody has imported is found in the source alone; importing it here would cost every worker
        owner, attribute = _resolve(name)
        own = vars(owner).get(attribute)
        others = [other for other, listed in names.items() if other != exercise and name in listed]
        setattr(owner, attribute, _trap(name, getattr(owner, attribute), {filename, *helpers}, others, used))
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


def _trap(name: str, original: Any, files: Collection[str], others: Collection[str], used: list[str]) -> Any:
    def off_limits(*args: Any, **kwargs: Any) -> Any:
        if others and _called_from(others, files):
            return original(*args, **kwargs)
        used.append(name)
        raise OffLimits(f"{name} is off limits in this exercise")

    return off_limits


def _called_from(exercises: Collection[str], files: Collection[str]) -> bool:
    """Return whether one of these exercises of the module is among the callers."""
    frame = inspect.currentframe()
    while frame is not None:
        code = frame.f_code
        if code.co_filename in files and code.co_qualname.partition(".")[0] in exercises:
            return True
        frame = frame.f_back
    return False
