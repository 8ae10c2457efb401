"""Say of each statement of a submission what it binds and what it uses, and so which of them the exercises need.

Names are read from the compiled code, which knows a function's own variables from the module's. Nothing is run.
"""

from __future__ import annotations

import ast
import dis
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType

from autograder.worker.statements import Statement

_LOADS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS", "LOAD_CLASSDEREF")
_STORES = ("STORE_NAME", "STORE_GLOBAL", "DELETE_NAME", "DELETE_GLOBAL")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
# What `from … import *` binds.
EVERYTHING = "*"
_SCOPES = (*_DEFINITIONS, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True)
class Names:
    """The module's names in a statement.

    Attributes:
        uses: those that it reads, in the functions that it defines too.
        binds: those that it binds, deletes, or changes something of: `TABLE["x"] = 1` and `TABLE.append(1)` count for `TABLE`.
        defines: those that it makes a definition of: `def`, `class`, or a plain assignment.
        written: those that it makes a definition of by `def` or `class`.
        sets: those that a function that it defines binds by `global`, when somebody calls it.
    """

    uses: frozenset[str]
    binds: frozenset[str]
    defines: frozenset[str]
    written: frozenset[str]
    sets: frozenset[str]


def names(statement: Statement) -> Names:
    """Return the names of a statement."""
    loads, stores = set[str](), set[str]()
    for instruction in dis.get_instructions(statement.code):
        if instruction.opname in _LOADS:
            loads.add(instruction.argval)
        elif instruction.opname in _STORES:
            stores.add(instruction.argval)
    sets = set[str]()
    for inner in _within(statement.code):
        for instruction in dis.get_instructions(inner):
            if instruction.opname in _LOADS:
                loads.add(instruction.argval)
            elif instruction.opname == "STORE_GLOBAL":
                sets.add(instruction.argval)
    node = statement.node
    binds = stores | set(_changed(node))
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        binds.add(EVERYTHING)
    made = list(_made(node))
    defines = {name for name, _ in made}
    written = {name for name, by_assignment in made if not by_assignment}
    return Names(*map(frozenset, (loads, binds, defines, written, sets)))


def _within(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _within(constant)


def _changed(node: ast.AST) -> Iterator[str]:
    """Yield the names of what a statement changes something of: by an attribute, an item, or a method called for its effect."""
    for part in _of_the_module(node):
        changed: ast.expr | None = None
        if isinstance(part, ast.Attribute | ast.Subscript) and isinstance(part.ctx, ast.Store):
            changed = part.value
        elif isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            changed = part.value.func.value if isinstance(part.value.func, ast.Attribute) else None
        while isinstance(changed, ast.Attribute | ast.Subscript):
            changed = changed.value
        if isinstance(changed, ast.Name):
            yield changed.id


def _of_the_module(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a statement's nodes that run when it does, and so nothing inside of functions and classes."""
    yield node
    if not isinstance(node, _SCOPES):
        for part in ast.iter_child_nodes(node):
            yield from _of_the_module(part)


def defined(node: ast.stmt) -> set[str]:
    """Return the names that a statement defines, below conditions too: by `def`, `class`, or an assignment that is in no loop."""
    return {name for name, _ in _made(node)}


def _made(node: ast.AST, *, looping: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield each name that a statement defines, and whether by an assignment.

    What an exercise gave when it was called is no new definition of that exercise: `loss = loss(y, y_hat)`.
    """
    if isinstance(node, _DEFINITIONS):
        yield node.name, False
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            yield from ((name, True) for name in _targets(target) if not looping and not _calls(node.value, name))
    elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
        for part in ast.iter_child_nodes(node):
            yield from _made(part, looping=looping or isinstance(node, _LOOPS))


def _targets(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple | ast.List):
        for part in target.elts:
            yield from _targets(part)


def _calls(value: ast.expr | None, name: str) -> bool:
    """Return whether a value is what the function of this name gives."""
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == name


def is_import(statement: Statement) -> bool:
    """Return whether a statement imports."""
    return isinstance(statement.node, _IMPORTS)


def assigns(statement: Statement) -> bool:
    """Return whether a statement is an assignment, to a name, an item or an attribute."""
    return isinstance(statement.node, ast.Assign | ast.AnnAssign | ast.AugAssign)


def loops(statement: Statement) -> bool:
    """Return whether a statement has a loop in it, outside of the functions that it calls."""
    return any(isinstance(part, _LOOPS) for part in _of_the_module(statement.node))


def wraps(statement: Statement, name: str) -> bool:
    """Return whether a statement makes something new out of what has this name: `loss = jit(loss)`."""
    return name in names(statement).uses


def runs_when_imported(statement: Statement) -> bool:
    """Return whether a statement would do anything when its module is imported: a guard by `__name__` and a text do not."""
    node = statement.node
    if isinstance(node, ast.If) and isinstance(node.test, ast.Compare):
        sides = [ast.unparse(side).strip("'\"") for side in (node.test.left, *node.test.comparators)]
        if sorted(sides) == ["__main__", "__name__"] and isinstance(node.test.ops[0], ast.Eq):
            return bool(node.orelse)
    return not (isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)))


def needed(found: Sequence[Names], statements: Sequence[Statement], exercises: Collection[str]) -> set[int]:
    """Return the numbers of the statements that bind what the exercises, or other such statements, use.

    A function's name is bound by `def` and `class` alone where it has one, and an exercise's by definitions alone. What else is
    bound to it is for trying things out; whether an assignment beside a `def` is a definition nobody can say before it has run.
    """
    written = {name for names in found for name in names.written}
    imported = {name for names, one in zip(found, statements, strict=True) if is_import(one) for name in names.binds}
    setters = {name: names.sets for names in found if names.sets for name in names.written}

    def makes(names: Names, one: Statement) -> set[str]:
        if is_import(one):
            return set(names.binds)
        # By a function that it calls: `def prepare(): global TABLE; TABLE = …`, then `prepare()`.
        called = {name for user in names.uses & setters.keys() for name in setters[user]} - names.written
        loose = {name for name in names.binds | called if name in names.defines or name not in imported | {*exercises}}
        return (loose - written) | names.written

    made = [makes(names, one) for names, one in zip(found, statements, strict=True)]
    wanted, chosen = {*exercises, EVERYTHING}, set[int]()
    while True:
        more = {n for n, bound in enumerate(made) if n not in chosen and bound & wanted}
        if not more:
            return chosen
        chosen |= more
        for n in more:
            wanted |= found[n].uses
