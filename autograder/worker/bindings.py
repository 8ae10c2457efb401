"""What the names of a module stand for: imports, aliases, containers, arguments, read from its syntax tree. Runs nothing of it.

A name of a library is written with dots, `torch.nn.functional.relu`, however the module came by it. Where a name may stand for
one thing or another, it stands for both: who reads this looks for what may be, and not for what must be.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

Stands = frozenset[str]
NOTHING: Stands = frozenset()
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
# Expressions that are nested more deeply, and names that may stand for more things, are nobody's by accident.
MAX_DEPTH, MOST = 40, 100

# Where a name of the module's own globals is looked up by its text.
GLOBALS = "<globals>"
# A function that takes an attribute of whatever it is given.
GETTER = "<getter> "
# Calls whose result is, or holds, what they are given.
_PASSING = (
    *("builtins.next", "builtins.iter", "builtins.reversed", "builtins.list", "builtins.tuple", "builtins.set"),
    *("builtins.frozenset", "builtins.sorted", "builtins.enumerate", "builtins.zip", "builtins.dict", "builtins.vars"),
    *("functools.partial", "functools.partialmethod", "copy.copy", "copy.deepcopy", "types.SimpleNamespace"),
)
_LOOK_UPS = ("get", "pop", "setdefault", "__getitem__", "__getattr__", "__getattribute__")
_PARTS_OF = ("values", "items", "popleft", "pop", "get")


@dataclass(frozen=True)
class Binding:
    """One place where a name is bound.

    Attributes:
        order: the number of the module's statement; what a function binds globally comes after all.
        sure: whether it is bound there whatever happens, so that what was bound before is gone.
        stands: what it stands for, where that is known at once.
        value: otherwise the expression that it is bound to, or taken from.
        scope: where the expression, or the definition, stands.
        node: the function or class, of a definition.
        own: whether it is a function, class or value of the module itself, and no import.
    """

    order: float
    sure: bool
    stands: Stands = NOTHING
    value: ast.expr | None = None
    scope: Scope | None = None
    node: ast.AST | None = None
    own: bool = True


class Scope:
    """The names of a module, class or function, with those around it.

    Args:
        around: the scope around it; None for a module's.
        node: the function, of a function's scope.
        known: dotted names that a star may bring where its library has not been imported.
    """

    def __init__(self, around: Scope | None = None, node: ast.AST | None = None, known: Collection[str] = ()) -> None:
        self.around = around
        self.node = node
        self.known: Collection[str] = around.known if around is not None else known
        self.bindings: dict[str, list[Binding]] = {}
        self._asked: set[tuple[str, float]] = set()

    def add(self, name: str, binding: Binding) -> None:
        """Bind a name."""
        self.bindings.setdefault(name, []).append(binding)

    def found(self, name: str, order: float = float("inf")) -> list[Binding]:
        """Return the bindings that may hold when a statement runs; none where the name is bound nowhere."""
        if name not in self.bindings:
            return self.around.found(name, order) if self.around else []
        if self.around is not None:
            return self.bindings[name]
        known = [binding for binding in self.bindings[name] if binding.order <= order or binding.order == float("inf")]
        sure = max((n for n, binding in enumerate(known) if binding.sure), default=0)
        return known[sure:]

    def of(self, name: str, order: float = float("inf")) -> Stands:
        """Return what a name may stand for."""
        key = (name, order)
        if key in self._asked:
            return NOTHING  # a name that is bound to itself, one way or another
        self._asked.add(key)
        try:
            found = self.found(name, order)
            if not found:
                return frozenset({f"builtins.{name}"}) if hasattr(builtins, name) else NOTHING
            stands: set[str] = set()
            for binding in found:
                stands |= binding.stands
                if binding.value is not None and binding.scope is not None:
                    stands |= stands_for(binding.value, binding.scope, binding.order)
            return frozenset(sorted(stands)[:MOST])
        finally:
            self._asked.discard(key)

    def hides(self, name: str) -> bool:
        """Return whether a name is a function's own here, so that the module's name is not meant."""
        return self.around is not None and (name in self.bindings or self.around.hides(name))

    @property
    def module(self) -> Scope:
        """The module's scope."""
        return self if self.around is None else self.around.module


def stands_for(node: ast.AST | None, scope: Scope, order: float = float("inf"), depth: int = 0) -> Stands:
    """Return the dotted names that an expression may stand for, or hold.

    Args:
        node: the expression.
        scope: where it stands.
        order: of the module's statement, for one that runs while the module is loaded.
        depth: how deep in an expression it is.
    """
    if node is None or depth > MAX_DEPTH:
        return NOTHING

    def of(part: ast.AST | None) -> Stands:
        return stands_for(part, scope, order, depth + 1)

    def all_of(parts: Sequence[ast.AST | None]) -> Stands:
        return NOTHING.union(*map(of, parts))

    if isinstance(node, ast.Name):
        return scope.of(node.id, order)
    if isinstance(node, ast.Attribute):
        return _attribute(of(node.value), node, scope)
    if isinstance(node, ast.Subscript):
        owners = of(node.value)  # once: of a chain, asking twice at each link would double the time with each
        return _looked_up(owners, text(node.slice, scope, order), scope) | owners
    if isinstance(node, ast.IfExp):
        return all_of([node.body, node.orelse])
    if isinstance(node, ast.BoolOp):
        return all_of(node.values)
    if isinstance(node, ast.NamedExpr | ast.Starred | ast.Await):
        return of(node.value)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return all_of(node.elts)
    if isinstance(node, ast.Dict):
        return all_of(node.values)
    if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
        return of(node.elt)
    if isinstance(node, ast.DictComp):
        return of(node.value)
    return _called(node, scope, order, depth) if isinstance(node, ast.Call) else NOTHING


def _attribute(owners: Stands, node: ast.Attribute, scope: Scope) -> Stands:
    if node.attr in ("__dict__", "__func__", "__wrapped__"):
        return owners
    if owners:
        return frozenset(f"{owner}.{node.attr}" for owner in owners)
    # An attribute that some object of the module was given.
    return scope.module.of(f".{node.attr}") if f".{node.attr}" in scope.module.bindings else NOTHING


def _looked_up(owners: Stands, name: str | None, scope: Scope) -> Stands:
    if name is None:
        return NOTHING
    found = {f"{owner}.{name}" for owner in owners if owner != GLOBALS}
    if GLOBALS in owners:
        found |= scope.module.of(name)
    return frozenset(found)


def _called(node: ast.Call, scope: Scope, order: float, depth: int) -> Stands:
    def of(part: ast.AST | None) -> Stands:
        return stands_for(part, scope, order, depth + 1)

    given = node.args
    texts = [text(part, scope, order) for part in given]
    # Once, here too, where a method is called.
    owners = of(node.func.value) if isinstance(node.func, ast.Attribute) else NOTHING
    functions = _attribute(owners, node.func, scope) if isinstance(node.func, ast.Attribute) else of(node.func)
    found: set[str] = set()
    for name in functions:
        if name in ("builtins.getattr", "inspect.getattr_static", "operator.getitem") and len(given) > 1:
            found |= _looked_up(of(given[0]), texts[1], scope) | of(given[2] if len(given) > 2 else None)
        elif name.endswith(("object.__getattribute__", "type.__getattribute__")) and len(given) > 1:
            found |= _looked_up(of(given[0]), texts[1], scope)
        elif name in ("builtins.__import__", "importlib.import_module", "importlib.__import__") and given:
            found |= {part for part in (texts[0], (texts[0] or "").partition(".")[0]) if part}
        elif name in ("builtins.globals", "builtins.vars", "builtins.locals") and not given:
            found.add(GLOBALS)
        elif name in ("operator.attrgetter", "operator.methodcaller"):
            found |= {f"{GETTER}{part}" for part in texts if part}
        elif name.startswith(GETTER) and given:
            found |= _looked_up(of(given[0]), name.removeprefix(GETTER), scope)
        elif name in _PASSING:
            found = found.union(*map(of, [*given, *(keyword.value for keyword in node.keywords)]))
        elif name.startswith("torch._C."):
            found |= {f"torch.ops.{part.replace('::', '.')}" for part in texts if part and "::" in part}
    if isinstance(node.func, ast.Attribute):
        if node.func.attr in _LOOK_UPS and given:
            found |= _looked_up(owners, texts[0], scope)
        if node.func.attr in _PARTS_OF:
            found |= owners
    return frozenset(found) | _returned(node, scope, order, depth)


def _returned(node: ast.Call, scope: Scope, order: float, depth: int) -> Stands:
    """Return what a function of the module itself gives back, as far as that is a library's or holds it."""
    found: set[str] = set()
    for function, inner in own_functions(node.func, scope, order):
        for value in returns(function):
            found |= stands_for(value, inner, depth=depth + 10)
    return frozenset(found)


def own_functions(node: ast.expr, scope: Scope, order: float = float("inf")) -> Iterator[tuple[Function, Scope]]:
    """Yield the functions of the module itself that an expression names, each with the scope of its body."""
    if isinstance(node, ast.Name):
        for binding in scope.found(node.id, order):
            if isinstance(binding.value, ast.Lambda) and binding.scope is not None:
                yield binding.value, function_scope(binding.value, binding.scope)
            elif isinstance(binding.node, ast.FunctionDef) and binding.scope is not None:
                yield binding.node, function_scope(binding.node, binding.scope)


def returns(function: Function) -> list[ast.expr]:
    """Return the expressions that a function gives back."""
    if isinstance(function, ast.Lambda):
        return [function.body]
    return [node.value for node in inside(function) if isinstance(node, ast.Return) and node.value is not None]


def text(node: ast.AST | None, scope: Scope, order: float = float("inf"), depth: int = 0) -> str | None:
    """Return the text that an expression puts together from constants, or None."""

    def of(part: ast.AST | None) -> str | None:
        return text(part, scope, order, depth + 1)

    if depth > MAX_DEPTH:
        return None
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        values = [b for b in scope.found(node.id, order) if b.value is not None]
        return of(values[-1].value) if values and isinstance(values[-1].value, ast.Constant | ast.BinOp) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _joined("", [of(node.left), of(node.right)])
    if isinstance(node, ast.JoinedStr):
        return _joined("", [of(part.value if isinstance(part, ast.FormattedValue) else part) for part in node.values])
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Slice)
        and isinstance(node.slice.step, ast.UnaryOp)
    ):
        backwards = of(node.value)
        return backwards[::-1] if backwards is not None else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "join" and node.args:
        between, parts = of(node.func.value), node.args[0]
        if between is not None and isinstance(parts, ast.List | ast.Tuple):
            return _joined(between, [of(part) for part in parts.elts])
    return None


def _joined(between: str, parts: Sequence[str | None]) -> str | None:
    known = [part for part in parts if part is not None]
    return between.join(known) if len(known) == len(parts) else None


def read(tree: ast.Module, known: Collection[str] = ()) -> Scope:
    """Return the scope of a module.

    Args:
        tree: the module.
        known: dotted names that a star may bring where its library has not been imported.
    """
    scope = Scope(known=known)
    for order, (statement, sure) in enumerate(statements(tree)):
        _bind(statement, scope, order, sure=sure)
    nodes = list(ast.walk(tree))
    for node in nodes:
        _bind_attributes(node, scope)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            _bind_arguments(node, node.func.id, scope)
    if any(isinstance(node, ast.Global) for node in nodes):
        for function in nodes:
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                _bind_globals(function, scope)
    return scope


def statements(tree: ast.Module) -> Iterator[tuple[ast.stmt, bool]]:
    """Yield the statements of a module in their order, those below conditions too; and whether it runs whatever happens."""
    waiting: list[tuple[ast.AST, bool]] = [(node, True) for node in reversed(tree.body)]
    while waiting:
        node, sure = waiting.pop()
        if isinstance(node, ast.stmt):
            yield node, sure
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            below = sure and isinstance(node, ast.With)
            waiting += [
                (part, below) for part in reversed(list(ast.iter_child_nodes(node))) if isinstance(part, _HOLDERS)
            ]


_HOLDERS = (ast.stmt, ast.ExceptHandler, ast.match_case)


def head(statement: ast.AST) -> Iterator[ast.AST]:
    """Yield a statement's expressions without the statements below it."""
    for part in ast.iter_child_nodes(statement):
        if isinstance(part, ast.ExceptHandler | ast.match_case):
            yield from (child for child in ast.iter_child_nodes(part) if not isinstance(child, ast.stmt))
        elif not isinstance(part, ast.stmt):
            yield part


def _bind(statement: ast.stmt, scope: Scope, order: float, *, sure: bool) -> None:
    """Bind what one statement of a module, class or function binds, without what is below it."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        for name, stands in imported(statement, scope.known):
            scope.add(name, Binding(order, sure, stands, own=False))
    elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        scope.add(statement.name, Binding(order, sure, scope=scope, node=statement))
    else:
        for name, value, whole in bound(statement):
            scope.add(name, Binding(order, sure and whole, value=value, scope=scope))


def bound(statement: ast.AST) -> Iterator[tuple[str, ast.expr | None, bool]]:
    """Yield each name that a statement's own expressions bind, what to, and whether always."""
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield from ((name, value, True) for name, value in _unpacked(target, statement.value))
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        yield from ((name, value, True) for name, value in _unpacked(statement.target, statement.value))
    elif isinstance(statement, ast.AugAssign):
        yield from ((name, value, False) for name, value in _unpacked(statement.target, statement.value))
    elif isinstance(statement, ast.For | ast.AsyncFor):
        yield from ((name, value, False) for name, value in _unpacked(statement.target, statement.iter))
    elif isinstance(statement, ast.With | ast.AsyncWith):
        for item in statement.items:
            if item.optional_vars is not None:
                yield from ((name, value, True) for name, value in _unpacked(item.optional_vars, item.context_expr))
    elif isinstance(statement, ast.Match):
        for node in ast.walk(statement):
            if isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
                yield node.name, statement.subject, False
    elif isinstance(statement, ast.Try):
        yield from ((handler.name, None, False) for handler in statement.handlers if handler.name)
    for part in head(statement):
        for node in ast.walk(part):
            if isinstance(node, ast.NamedExpr) and isinstance(node.target, ast.Name):
                yield node.target.id, node.value, False
            elif isinstance(node, ast.comprehension):
                yield from ((name, value, False) for name, value in _unpacked(node.target, node.iter))


def _unpacked(target: ast.AST, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Starred):
        yield from _unpacked(target.value, value)
    elif isinstance(target, ast.Tuple | ast.List):
        whole = not isinstance(value, ast.Tuple | ast.List) or len(value.elts) != len(target.elts)
        for number, part in enumerate(target.elts):
            yield from _unpacked(part, value if whole else value.elts[number])  # type: ignore[attr-defined]  # it has, by the line above


def imported(statement: ast.Import | ast.ImportFrom, known: Collection[str]) -> Iterator[tuple[str, Stands]]:
    """Yield each name that an import binds, a star's included, and what it stands for."""
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            top = alias.name.partition(".")[0]
            yield alias.asname or top, frozenset({alias.name if alias.asname else top})
    elif statement.module and not statement.level:
        for alias in statement.names:
            if alias.name == "*":
                yield from (
                    (name, frozenset({f"{statement.module}.{name}"})) for name in public(statement.module, known)
                )
            else:
                yield alias.asname or alias.name, frozenset({f"{statement.module}.{alias.name}"})


def public(name: str, known: Collection[str]) -> Sequence[str]:
    """Return the names that a star takes from a library; of one that has not been imported those that are known."""
    module = sys.modules.get(name)
    if not isinstance(module, ModuleType):
        return [part.rpartition(".")[2] for part in known if part.rpartition(".")[0] == name]
    listed = vars(module).get("__all__")
    if isinstance(listed, list | tuple):
        return [part for part in listed if isinstance(part, str)]
    return [part for part in vars(module) if not part.startswith("_")]


def inside(function: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function's body without those of the functions and classes in it."""
    body = [function.body] if isinstance(function, ast.Lambda) else list(getattr(function, "body", []))
    waiting: list[ast.AST] = list(reversed(body))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting += reversed(list(ast.iter_child_nodes(node)))


def function_scope(function: Function, around: Scope) -> Scope:
    """Return the scope of a function's body."""
    kept: dict[int, Scope] = vars(around).setdefault("_functions", {})
    if id(function) not in kept:
        kept[id(function)] = scope = Scope(around, function)
        _bind_parameters(function, scope, around)
        nodes = list(inside(function))
        elsewhere = {name for node in nodes if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}
        for node in nodes:
            if isinstance(node, ast.stmt):
                _bind(node, scope, float("inf"), sure=False)
        if isinstance(function, ast.Lambda):
            _bind(ast.Expr(function.body), scope, float("inf"), sure=False)
        for name in elsewhere:
            scope.bindings.pop(name, None)
    return kept[id(function)]


def class_scope(node: ast.ClassDef, around: Scope) -> Scope:
    """Return the scope of a class's own statements; its methods do not see it."""
    scope = Scope(around, node)
    for statement in node.body:
        _bind(statement, scope, float("inf"), sure=False)
    return scope


def _bind_parameters(function: Function, scope: Scope, around: Scope) -> None:
    arguments = function.args
    placed = [*arguments.posonlyargs, *arguments.args]
    defaults: Mapping[str, ast.expr | None] = {
        **{a.arg: value for a, value in zip(reversed(placed), reversed(arguments.defaults), strict=False)},
        **{a.arg: value for a, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)},
    }
    for argument in (*placed, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
        if argument is not None:
            value = defaults.get(argument.arg)
            scope.add(argument.arg, Binding(float("inf"), sure=False, value=value, scope=around))
            for binding in around.module.bindings.get(f"{getattr(function, 'name', '')}({argument.arg}", ()):
                scope.add(argument.arg, binding)


def _bind_globals(function: ast.FunctionDef | ast.AsyncFunctionDef, module: Scope) -> None:
    """Bind what a function binds globally: it may be called at any time."""
    names = {name for node in inside(function) if isinstance(node, ast.Global) for name in node.names}
    if not names:
        return
    inner = function_scope(function, module)
    for node in inside(function):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name, stands in imported(node, module.known):
                if name in names:
                    module.add(name, Binding(float("inf"), sure=False, stands=stands))
        elif isinstance(node, ast.stmt):
            for name, value, _ in bound(node):
                if name in names:
                    module.add(name, Binding(float("inf"), sure=False, value=value, scope=inner))


def _bind_attributes(node: ast.AST, module: Scope) -> None:
    """Note what attributes objects are given, whatever the object: `self.f = torch`, a class's own `f = torch`."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Attribute):
                module.add(f".{target.attr}", Binding(float("inf"), sure=False, value=node.value, scope=module))
    elif isinstance(node, ast.ClassDef):
        for statement in node.body:
            if not isinstance(
                statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
            ):
                for name, value, _ in bound(statement):
                    module.add(f".{name}", Binding(float("inf"), sure=False, value=value, scope=module))


def _bind_arguments(call: ast.Call, called: str, module: Scope) -> None:
    """Note what a function of the module is given where it is called by name."""
    for binding in module.bindings.get(called, ()):
        if isinstance(binding.node, ast.FunctionDef):
            arguments = binding.node.args
            names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
            given = list(zip(names, call.args, strict=False))
            given += [(keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg]
            for name, value in given:
                passed = Binding(float("inf"), sure=False, value=value, scope=module)
                module.add(f"{called}({name}", passed)


def static(dotted: str) -> object | None:
    """Return the object that a dotted name stands for in libraries that have been imported; runs none of their code."""
    parts = dotted.split(".")
    for size in range(len(parts) - 1, 0, -1):
        owner: object = sys.modules.get(".".join(parts[:size]))
        if isinstance(owner, ModuleType):
            for part in parts[size:]:
                owner = vars(owner).get(part) if isinstance(owner, ModuleType) else _of_class(owner, part)
                if owner is None:
                    return None
            return owner
    return None


def _of_class(owner: object, name: str) -> object | None:
    return inspect.getattr_static(owner, name, None) if isinstance(owner, type) else None
