"""Whether a method that is called may be one that the module's own classes define, or must be a library's.

Where a student's class has a method `backward`, `layer.backward(…)` is that method; `loss.backward()` is PyTorch's. What an
object is can be read from where it comes from: a call of a class, arithmetic, a call of a library. Where that says nothing, the
module's own method is believed to be meant: the trap at run time sees the rest.
"""

from __future__ import annotations

import ast
from enum import Enum

from autograder.worker.bindings import MAX_DEPTH, Scope, own_functions, returns, stands_for


class Origin(Enum):
    """Where an object comes from."""

    OWN = "an instance of a class that defines the method"
    FOREIGN = "something else"
    UNKNOWN = "nothing is known"


# Calls that hand on what they are given, or parts of it.
_PASSING = ("next", "iter", "reversed", "list", "tuple", "sorted", "enumerate", "zip", "filter")
_PARTS_OF = ("pop", "get", "values", "items", "popleft", "setdefault", "copy")


class OwnMethods:
    """The methods that a module's classes define.

    Args:
        tree: the module.
    """

    def __init__(self, tree: ast.Module) -> None:
        self._classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        self._methods = {name: self._defined(name) for name in self._classes}
        self._within: dict[int, str] = {}
        self._attributes: dict[str, list[ast.expr]] = {}
        for name, kind in self._classes.items():
            for part in kind.body:
                if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                    self._within[id(part)] = name
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Attribute):
                        self._attributes.setdefault(target.attr, []).append(node.value)

    def _defined(self, name: str, seen: tuple[str, ...] = ()) -> set[str]:
        """Return the methods that a class has of the module's own."""
        if name not in self._classes or name in seen:
            return set()
        node = self._classes[name]
        found = {part.name for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)}
        found |= {
            target.id
            for part in node.body
            if isinstance(part, ast.Assign)
            for target in part.targets
            if isinstance(target, ast.Name)
        }
        for base in node.bases:
            if isinstance(base, ast.Name):
                found |= self._defined(base.id, (*seen, name))
        return found

    def may_be_own(self, value: ast.expr, method: str, scope: Scope) -> bool:
        """Return whether `value.method` may be a method of the module's own.

        Args:
            value: the object.
            method: the method's name.
            scope: where the expression stands.
        """
        if not any(method in methods for methods in self._methods.values()):
            return False
        return self._origin(value, method, scope, 0) is not Origin.FOREIGN

    def _origin(self, node: ast.expr | None, method: str, scope: Scope, depth: int) -> Origin:
        if node is None or depth > MAX_DEPTH // 4:
            return Origin.UNKNOWN
        if stands_for(node, scope) and not isinstance(node, ast.Name | ast.List | ast.Tuple | ast.Call):
            return Origin.FOREIGN  # a library's own
        if isinstance(node, ast.Name):
            return self._of_name(node.id, method, scope, depth)
        if isinstance(node, ast.Call):
            return self._of_call(node, method, scope, depth)
        if isinstance(node, ast.Attribute):
            return self._any(self._attributes.get(node.attr, []), method, scope.module, depth)
        if isinstance(node, ast.Subscript | ast.Starred | ast.NamedExpr | ast.Await):
            return self._origin(node.value, method, scope, depth + 1)
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return self._any(node.elts, method, scope, depth)
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
            return self._origin(node.elt, method, scope, depth + 1)
        if isinstance(node, ast.IfExp):
            return self._any([node.body, node.orelse], method, scope, depth)
        if isinstance(node, ast.BoolOp):
            return self._any(node.values, method, scope, depth)
        if isinstance(node, ast.Dict | ast.DictComp):
            return self._any(node.values if isinstance(node, ast.Dict) else [node.value], method, scope, depth)
        return Origin.FOREIGN  # arithmetic, a comparison, a constant

    def _any(self, nodes: list[ast.expr], method: str, scope: Scope, depth: int) -> Origin:
        """Return what one of several expressions makes an object: something else, if one does."""
        found = [self._origin(node, method, scope, depth + 1) for node in nodes]
        for origin in (Origin.FOREIGN, Origin.OWN):
            if origin in found:
                return origin
        return Origin.UNKNOWN

    def _of_name(self, name: str, method: str, scope: Scope, depth: int) -> Origin:
        if name in self._classes and not scope.hides(name):
            return self._of_class(name, method)
        owner = self._class_of(scope, name)
        if owner:
            return self._of_class(owner, method)
        found = []
        for binding in scope.found(name):
            if binding.stands:
                found.append(Origin.FOREIGN)
            elif binding.value is not None and binding.scope is not None:
                found.append(self._origin(binding.value, method, binding.scope, depth + 1))
        for origin in (Origin.FOREIGN, Origin.OWN):
            if origin in found:
                return origin
        return Origin.UNKNOWN

    def _class_of(self, scope: Scope, name: str) -> str:
        """Return the class of which `name` is the `self` or `cls` here, or ""."""
        inner: Scope | None = scope
        while inner is not None:
            function = inner.node
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and id(function) in self._within:
                placed = [*function.args.posonlyargs, *function.args.args]
                static = any(
                    isinstance(part, ast.Name) and part.id == "staticmethod" for part in function.decorator_list
                )
                if placed and placed[0].arg == name and not static:
                    return self._within[id(function)]
            inner = inner.around
        return ""

    def _of_class(self, name: str, method: str) -> Origin:
        """Return whether a class of the module, one above it or one below it defines the method."""
        family = {name, *(other for other in self._classes if self._is_below(other, name))}
        return Origin.OWN if any(method in self._methods[one] for one in family) else Origin.FOREIGN

    def _is_below(self, name: str, other: str, depth: int = 0) -> bool:
        bases = [base.id for base in self._classes[name].bases if isinstance(base, ast.Name)]
        return other in bases or (
            depth < MAX_DEPTH
            and any(base in self._classes and self._is_below(base, other, depth + 1) for base in bases)
        )

    def _of_call(self, node: ast.Call, method: str, scope: Scope, depth: int) -> Origin:
        function = node.func
        if isinstance(function, ast.Name):
            if function.id in self._classes and not scope.hides(function.id):
                return self._of_class(function.id, method)
            if function.id == "super":
                return self._of_super(method, scope)
            if function.id in _PASSING and not scope.found(function.id):
                return self._any(node.args, method, scope, depth)
            own = list(own_functions(function, scope))
            if own:
                found = [self._any(returns(one), method, inner, depth) for one, inner in own]
                return next((o for o in (Origin.FOREIGN, Origin.OWN) if o in found), Origin.UNKNOWN)
            return Origin.FOREIGN  # what a model or a loss gives
        if isinstance(function, ast.Attribute):
            if stands_for(function, scope):
                return Origin.FOREIGN  # a library's
            if function.attr in _PARTS_OF:
                return self._origin(function.value, method, scope, depth + 1)
            if any(function.attr in methods for methods in self._methods.values()):
                return Origin.UNKNOWN
        return Origin.FOREIGN

    def _of_super(self, method: str, scope: Scope) -> Origin:
        inner: Scope | None = scope
        while inner is not None:
            owner = self._within.get(id(inner.node), "")
            if owner:
                bases = [base.id for base in self._classes[owner].bases if isinstance(base, ast.Name)]
                own = any(method in self._methods.get(base, ()) for base in bases)
                return Origin.OWN if own else Origin.FOREIGN
            inner = inner.around
        return Origin.FOREIGN
