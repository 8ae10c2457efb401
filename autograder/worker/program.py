"""A submission's modules as one program: which function of which module a name stands for, and what an exercise reaches.

The graded module and the student's own beside it import names from each other. Text alone is read here; nothing is run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autograder.worker.companions import Companions

# What a name may stand behind, one within the other: more names than honest code has.
MAX_RENAMED = 50
# The path of the graded module; the others are under their paths in the tree.
MAIN = ""
# A name of one of the modules: the module's path, and the name.
Place = tuple[str, str]


@dataclass(frozen=True)
class _Module:
    """What a module binds: statements by name, what imported names stand for, and of which modules it takes all names."""

    parts: dict[str, list[ast.stmt]]
    aliases: dict[str, str]
    stars: tuple[str, ...]


class Program:
    """The graded module and the student's own.

    Args:
        tree: the graded module.
        companions: the student's own modules.

    Attributes:
        trees: the student's own modules, parsed, by their paths; one that does not parse is left out.
    """

    def __init__(self, tree: ast.Module, companions: Companions) -> None:
        self._companions = companions
        self.trees = dict(_parsed(companions))
        self._modules = {MAIN: _module(tree, companions.package)}
        for path, helper in self.trees.items():
            self._modules[path] = _module(helper, path.rpartition("/")[0].replace("/", "."))

    def named(self, path: str, name: str) -> tuple[Place | None, str]:
        """Return what a name at the top of a module is: a place of the student's own, or a library's dotted name."""
        module = self._modules[path]
        if name in module.aliases:
            return self.meaning(module.aliases[name])
        if name in module.parts:
            return (path, name), ""
        for star in module.stars:
            place, _ = self.meaning(f"{star}.{name}")
            if place is not None:
                return place, ""
        return None, ""

    def stands_for(self, path: str, node: ast.AST) -> tuple[Place | None, str]:
        """Return what an expression in a module is, in the same way; nothing where it is neither."""
        name = _dotted(node, self._modules[path].aliases)
        return (None, "") if name is None else self.meaning(name)

    def through_companion(self, path: str, node: ast.AST) -> str:
        """Return the library's name that an expression stands for by way of one of the student's modules, or ""."""
        name = _dotted(node, self._modules[path].aliases)
        return self.meaning(name)[1] if name is not None and self._module_of(name)[0] is not None else ""

    def reachable(self, exercise: str, exercises: Iterable[str]) -> Iterator[tuple[ast.AST, str, str, bool]]:
        """Yield every node of an exercise and of what it mentions of the student's own, each with the exercise it belongs to.

        The third is the path of the module that the node is in; the last says whether the way there leads through one of the
        student's own modules.
        """
        places = {name: self.named(MAIN, name)[0] for name in exercises}
        owners = {place: name for name, place in places.items() if place is not None}
        start = places[exercise]
        waiting = [] if start is None else [(start, exercise, start[0] != MAIN)]
        seen = {place for place, *_ in waiting}
        while waiting:
            (path, part), owner, through = waiting.pop(0)
            for statement in self._modules[path].parts[part]:
                local = _local_names(statement)
                for node in ast.walk(statement):
                    yield node, owner, path, through
                    name = _mentioned(node)
                    place = self.stands_for(path, node)[0]
                    if place is None and name and name not in (local if isinstance(node, ast.Name) else set()):
                        place = self.named(path, name)[0]
                    if place is not None and place not in seen:
                        seen.add(place)
                        waiting.append((place, owners.get(place, owner), through or place[0] != MAIN))

    def meaning(self, name: str) -> tuple[Place | None, str]:
        """Return what a dotted name stands for, followed through the student's own modules."""
        for _ in range(MAX_RENAMED):
            path, rest = self._module_of(name)
            if path is None or path not in self._modules:
                return None, name
            if not rest:
                return None, ""
            module = self._modules[path]
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
        for size in range(len(parts), 0, -1):
            path = self._companions.path(".".join(parts[:size]))
            if path is not None:
                return path, parts[size:]
        return None, parts


def _parsed(companions: Companions) -> Iterator[tuple[str, ast.Module]]:
    for path, text in companions.files.items():
        try:
            yield path, ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue


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
