"""Find calls that an exercise puts off limits: in the syntax tree before anything runs, and by a trap while it runs.

The trap works beside a student's code and could be undone by it; the syntax tree is read before that code has run.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeGuard

from autograder.worker import bindings
from autograder.worker.bindings import Binding, Scope, Stands, static
from autograder.worker.companions import Companions
from autograder.worker.own_methods import OwnMethods
from autograder.worker.program import MAIN, Program


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
    reading = _Reading(tree, names)
    found = {exercise: reading.uses(exercise) for exercise in names if reading.has(exercise)}
    for exercise in names.keys() - found.keys():
        itself = reading.meant(ast.Name(exercise, ast.Load()), exercise)
        found |= {exercise: sorted(itself)} if itself else {}
    if companions is not None and companions.files:
        for exercise, more in _in_companions(tree, reading, names, companions).items():
            found[exercise] = sorted({*found.get(exercise, []), *more})
    return found


def _in_companions(
    tree: ast.Module, reading: _Reading, names: dict[str, list[str]], companions: Companions
) -> dict[str, set[str]]:
    """Return which off-limits names each exercise reaches through the student's own modules, or is itself one of."""
    program = Program(tree, companions)
    readings = {MAIN: reading, **{path: _Reading(helper, names) for path, helper in program.trees.items()}}
    found: dict[str, set[str]] = {}
    for exercise, listed in names.items():
        place, meant = program.named(MAIN, exercise)
        if place is None and not meant:
            continue
        found[exercise] = {meant} & set(listed)
        for node, owner, path, through in program.reachable(exercise, names) if place is not None else ():
            used = {program.through_companion(path, node)} & set(listed)
            if through:
                used |= readings[path].meant(node, exercise)
            found[exercise] |= used if owner == exercise else used - set(names[owner])
    return found


# Where PyTorch keeps the operations of which its functions are made; `torch.ops.aten.mean` counts as `torch.mean`.
_OPERATIONS = (
    "torch.ops.",
    "torch._C._nn.",
    "torch._C._linalg.",
    "torch._C._special.",
    "torch._C._VariableFunctions.",
    "torch._C._VariableFunctionsClass.",
    "torch._C.TensorBase.",
    "torch._C._TensorBase.",
    "torch._VF.",
    "torch._refs.",
    "torch._prims.",
    "torch._decomp.decompositions.",
)
# What such an operation's name has more than the function's: `_softmax`, `native_layer_norm`, `cross_entropy_loss`.
_ADDED = ("native_", "cudnn_", "miopen_", "mkldnn_", "linalg_", "special_", "fused_", "fft_")
# What PyTorch's own ways to differentiate come down to.
_ENGINE = ("_engine_run_backward", "run_backward")


class _Names:
    """The off-limits names of an exercise, and what else counts as one of them."""

    def __init__(self, names: list[str]) -> None:
        self.names = set(names)
        self.methods = {name.rpartition(".")[2]: name for name in names if name.startswith("torch.Tensor.")}
        self._objects = [(thing, name) for name in names if (thing := static(name)) is not None]
        self._operations: dict[str, str] = {}
        for name in names:
            if name.startswith("torch."):
                self._operations.setdefault(_operation(name), name)

    def meant(self, stands: Stands) -> set[str]:
        """Return the off-limits names that a name of a library stands for."""
        found = set()
        for dotted in stands:
            one = self._one(dotted.removeprefix("sys.modules.").removesuffix(".__call__"))
            if one:
                found.add(one)
        return found

    def _one(self, dotted: str) -> str:
        if dotted in self.names:
            return dotted
        last = dotted.rpartition(".")[2]
        if dotted.startswith("torch.") and last in _ENGINE:
            ways = ("torch.autograd.backward", "torch.autograd.grad", "torch.Tensor.backward")
            return next((name for name in ways if name in self.names), "")
        if dotted.startswith("functorch."):
            return self._one(f"torch.func.{last}") if f"torch.func.{last}" in self.names else ""
        if dotted.startswith(_OPERATIONS):
            # torch.ops.aten.mean.dim: the operation, and one of its forms
            own = ".".join(dotted.split(".")[:4]) if dotted.startswith("torch.ops.") else dotted
            return self._operations.get(_operation(own), "")
        thing = static(dotted)
        return next((name for known, name in self._objects if thing is not None and known is thing), "")


def _operation(name: str) -> str:
    """Return what the names of a function, its class and its operations have in common: `relu` of `torch.nn.ReLU`, `relu_`."""
    last = name.rpartition(".")[2]
    if last[:1].isupper():
        last = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", last).lower()
    last = last.strip("_")
    for added in _ADDED:
        last = last.removeprefix(added)
    return last.removesuffix("_loss").replace("_", "")


@dataclass(frozen=True)
class _Part:
    """A piece of the module's code that makes a name what it is, with the scope that it stands in."""

    node: ast.AST
    scope: Scope
    order: float = float("inf")


class _Reading:
    """A module's code, by the names that it makes.

    Args:
        tree: the module.
        names: exercise to off-limits names.
    """

    def __init__(self, tree: ast.Module, names: dict[str, list[str]]) -> None:
        alike = {tuple(listed): _Names(listed) for listed in names.values()}  # exercises often share their names
        self._names = {exercise: alike[tuple(listed)] for exercise, listed in names.items()}
        self._scope = bindings.read(tree, {name for listed in names.values() for name in listed})
        self._own = OwnMethods(tree)
        self._parts: dict[str, list[_Part]] = {}
        for order, (statement, _) in enumerate(bindings.statements(tree)):
            self._place(statement, order)
        for node in ast.walk(tree):
            self._place_set_attributes(node)

    def has(self, exercise: str) -> bool:
        """Return whether the module makes this name."""
        return exercise in self._parts or f"self.{exercise}" in self._parts

    def uses(self, exercise: str) -> list[str]:
        """Return the off-limits names that an exercise's code refers to, or code that it mentions.

        What another exercise may not use is that exercise's own matter, and is not charged a second time.
        """
        found = set()
        for node, part, owner in self._reachable(exercise):
            meant = self._meant(node, part, self._names[exercise])
            found |= meant if owner == exercise else meant - self._names[owner].names
        return sorted(found)

    def meant(self, node: ast.AST, exercise: str) -> set[str]:
        """Return the off-limits names of an exercise that one node of the module stands for, wherever in it that is."""
        return self._meant(node, _Part(node, self._scope), self._names[exercise])

    # ------------------------------------------------------------------------------------------- what makes a name

    def _place(self, statement: ast.stmt, order: float) -> None:
        part = _Part(statement, self._scope, order)
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            self._add(statement.name, part)
            for name in _filled_from(statement, self._scope):
                self._add(name, part)
        elif isinstance(statement, ast.ClassDef):
            self._add(statement.name, part)
            self._place_members(statement)
        else:
            for name in self._made(statement):
                for expression in bindings.head(statement):
                    self._add(name, _Part(expression, self._scope, order))
            if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Name):
                # Two names of one thing: what fills it under the one is there under the other.
                for name, _, _ in bindings.bound(statement):
                    self._add(statement.value.id, _Part(ast.Name(name, ast.Load()), self._scope, order))

    def _place_members(self, node: ast.ClassDef) -> None:
        scope = bindings.class_scope(node, self._scope)
        for member in node.body:
            if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
                self._add(f"self.{member.name}", _Part(member, self._scope))
            else:
                for name, value, _ in bindings.bound(member):
                    if value is not None:
                        self._add(f"self.{name}", _Part(value, scope))

    def _made(self, statement: ast.stmt) -> set[str]:
        """Return the module's own names that a statement binds or fills: `T = …`, `T["x"] = …`, `T.update(…)`, `fill(T)`."""
        bound = {name for name, value, _ in bindings.bound(statement) if not _plain_alias(name, value, self._scope)}
        filled = set()
        for part in bindings.head(statement):
            for node in ast.walk(part):
                filled |= {name for name in _filled(node) if self._is_data(name)}
        return bound | filled

    def _is_data(self, name: str) -> bool:
        found = self._scope.bindings.get(name, [])
        return bool(found) and all(binding.own and binding.node is None for binding in found)

    def _place_set_attributes(self, node: ast.AST) -> None:
        """Note code that gives any object an attribute, the module itself or a library included, by that attribute's name."""
        if isinstance(node, ast.Assign | ast.AugAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                name = self._attribute_set(target)
                if name:
                    self._add_everywhere(name, node.value)
        elif isinstance(node, ast.Call) and len(node.args) == 3 and isinstance(node.func, ast.Name | ast.Attribute):
            bare = isinstance(node.func, ast.Attribute) and node.func.attr == "__setattr__"
            if bare or "builtins.setattr" in bindings.stands_for(node.func, self._scope):
                self._add_everywhere(bindings.text(node.args[1], self._scope) or "*", node.args[2])
        elif self._is_update(node):
            for keyword in node.keywords:
                self._add_everywhere(keyword.arg or "*", keyword.value)
            for given in node.args:
                self._add_everywhere("*", given)

    def _is_update(self, node: ast.AST) -> TypeGuard[ast.Call]:
        """Return whether a call updates the dictionary of a library or of the module."""
        return (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "update"
            and bool(bindings.stands_for(node.func.value, self._scope))
        )

    def _attribute_set(self, target: ast.expr) -> str:
        if isinstance(target, ast.Attribute):
            return target.attr
        if isinstance(target, ast.Subscript) and bindings.stands_for(target.value, self._scope):
            return bindings.text(target.slice, self._scope) or "*"
        return ""

    def _add_everywhere(self, name: str, value: ast.expr) -> None:
        part = _Part(value, self._scope)
        for key in (f".{name}", name):
            self._add(key, part)
        self._scope.add(f".{name}", Binding(float("inf"), sure=False, value=value, scope=self._scope))

    def _add(self, name: str, part: _Part) -> None:
        self._parts.setdefault(name, []).append(part)

    # ------------------------------------------------------------------------------------------- what is reached

    def _reachable(self, exercise: str) -> Iterator[tuple[ast.AST, _Part, str]]:
        """Yield every node of the exercise and of what it mentions of the module's own, each with the exercise it belongs to."""
        start = exercise if exercise in self._parts else f"self.{exercise}"
        waiting, seen = [(start, exercise), ("*", exercise)], {start, "*"}
        while waiting:
            key, owner = waiting.pop(0)
            for part in self._parts.get(key, ()):
                for node, inner in _walk(part):
                    yield node, inner, owner
                    for name in _mentioned(node, inner):
                        if name in self._parts and name not in seen:
                            seen.add(name)
                            waiting.append((name, name if name in self._names else owner))

    def _meant(self, node: ast.AST, part: _Part, names: _Names) -> set[str]:
        """Return the off-limits names that one node stands for."""
        if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
            return set()
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            return set()
        stands = bindings.stands_for(node, part.scope, part.order)
        if isinstance(node, ast.Name | ast.Attribute):
            found = names.meant(stands)
        else:
            # What a call or a container hands on was seen where it was named.
            found = names.meant(stands - _handed_on(node, part))
        method = _method(node, part)
        if method is not None and method[1] in names.methods and not self._own.may_be_own(*method, part.scope):
            found.add(names.methods[method[1]])
        return found


def _handed_on(node: ast.Subscript | ast.Call, part: _Part) -> Stands:
    inner = (
        [node.value] if isinstance(node, ast.Subscript) else [*node.args, *(keyword.value for keyword in node.keywords)]
    )
    return frozenset[str]().union(*(bindings.stands_for(one, part.scope, part.order) for one in inner))


def _method(node: ast.AST, part: _Part) -> tuple[ast.expr, str] | None:
    """Return the object and the name of a method that is taken from something that is no library's."""
    if isinstance(node, ast.Attribute) and not _library(bindings.stands_for(node.value, part.scope, part.order)):
        return node.value, node.attr
    if isinstance(node, ast.Call) and node.args:
        functions = bindings.stands_for(node.func, part.scope, part.order)
        if functions & {"builtins.getattr", "inspect.getattr_static"} and len(node.args) > 1:
            name = bindings.text(node.args[1], part.scope, part.order)
            if name and not _library(bindings.stands_for(node.args[0], part.scope, part.order)):
                return node.args[0], name
        if functions & {"operator.attrgetter", "operator.methodcaller"}:
            name = bindings.text(node.args[0], part.scope, part.order)
            if name:
                return node, name.rpartition(".")[2]  # of whatever it will be given
    return None


def _library(stands: Stands) -> bool:
    return any(not dotted.startswith(("builtins.", "<")) for dotted in stands)


def _plain_alias(name: str, value: ast.expr | None, scope: Scope) -> bool:
    """Return whether a name is but another name for something of a library: who mentions it mentions that."""
    return isinstance(value, ast.Name | ast.Attribute) and _library(scope.of(name))


def _filled(node: ast.AST) -> Iterator[str]:
    """Yield the names whose objects an expression changes or hands out."""
    if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
        yield from _base(node)
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):
            yield from _base(node.func)
        for given in (*node.args, *(keyword.value for keyword in node.keywords)):
            if isinstance(given, ast.Name):
                yield given.id


def _base(node: ast.AST) -> Iterator[str]:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        yield node.id


def _filled_from(function: ast.FunctionDef | ast.AsyncFunctionDef, module: Scope) -> set[str]:
    """Return the names from outside that a function binds or fills."""
    nodes = list(bindings.inside(function))
    found = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
    for node in nodes:
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            found |= set(_base(node))
    scope = bindings.function_scope(function, module)
    return {name for name in found if not scope.hides(name)}


def _walk(part: _Part) -> Iterator[tuple[ast.AST, _Part]]:
    """Yield every node of a piece of code, with the scope that it stands in; of a text that is run, too."""
    waiting = [(part.node, part)]
    while waiting:
        node, here = waiting.pop()
        yield node, here
        below = here
        outside: list[ast.AST] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            outside = [*getattr(node, "decorator_list", []), *node.args.defaults, *filter(None, node.args.kw_defaults)]
            below = _Part(node, bindings.function_scope(node, here.scope))
        elif isinstance(node, ast.ClassDef):
            outside = [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]
            below = _Part(node, bindings.class_scope(node, here.scope), here.order)
        elif isinstance(node, ast.Call):
            waiting += [(tree, _Part(tree, _text_scope(tree, here.scope))) for tree in _run_texts(node, here)]
        waiting += [(child, here) for child in outside]
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.arguments) or child in outside:
                continue
            method = isinstance(node, ast.ClassDef) and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            waiting.append((child, here if method else below))


def _run_texts(node: ast.Call, part: _Part) -> Iterator[ast.Module]:
    """Yield the code of texts that a call runs."""
    runs = {"builtins.eval", "builtins.exec", "builtins.compile"}
    if node.args and bindings.stands_for(node.func, part.scope, part.order) & runs:
        source = bindings.text(node.args[0], part.scope, part.order)
        if source is not None:
            with suppress(SyntaxError, ValueError):
                yield ast.parse(source.strip())


def _text_scope(tree: ast.Module, around: Scope) -> Scope:
    function = ast.FunctionDef(name="", args=_NO_ARGUMENTS, body=tree.body, decorator_list=[])
    tree.function = function  # type: ignore[attr-defined]  # kept, for scopes are found by it
    return bindings.function_scope(function, around)


_NO_ARGUMENTS = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])


def _is_self(node: ast.expr) -> bool:
    """Return whether an expression is `self`, `cls`, `super()`, `type(self)` or `self.__class__`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("super", "type"):
        return True
    if isinstance(node, ast.Attribute) and node.attr == "__class__":
        node = node.value
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def _mentioned(node: ast.AST, part: _Part) -> Iterator[str]:
    """Yield the names that a node stands for, of the module's or of the same class (`self.name`)."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and not part.scope.hides(node.id):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield f".{node.attr}"
        if _is_self(node.value):
            yield f"self.{node.attr}"
    elif isinstance(node, ast.Subscript) and bindings.GLOBALS in bindings.stands_for(
        node.value, part.scope, part.order
    ):
        yield bindings.text(node.slice, part.scope, part.order) or ""
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.args
        and bindings.GLOBALS in bindings.stands_for(node.func.value, part.scope, part.order)
    ):
        yield bindings.text(node.args[0], part.scope, part.order) or ""


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
