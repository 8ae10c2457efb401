"""Follow what a scenario returns back through its file, and find where it judges instead of telling.

"Outputs are compared in a process that runs no submission" holds only as long as a scenario compares nothing: a comparison of
what the student's code gave runs beside that code, which can patch whatever it is made with. So a file is refused in which
one reaches the returned value, through names and the file's own helpers. Making inputs, choosing a case and finding a layer
may compare: nothing of the student's is compared there, or nothing of the comparison is returned.

Text alone is read here, and nothing is run.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

# What makes a verdict of its arguments, by the function's or method's name.
VERDICT_FUNCTIONS = frozenset({"isinstance", "issubclass", "all", "any", "hasattr", "callable"})
VERDICT_METHODS = frozenset(
    {
        "equal",
        "allclose",
        "isclose",
        "array_equal",
        "array_equiv",
        "isin",
        "all",
        "any",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "isnan",
        "isfinite",
        "isinf",
        "is_tensor",
        "issubset",
        "issuperset",
        "isdisjoint",
        "startswith",
        "endswith",
    }
)
# Tensors that keep nothing but the form of what they were made from.
EMPTYING = frozenset({"zeros_like", "ones_like", "empty_like", "full_like", "new_zeros", "new_ones", "new_empty"})
# Tensors made afresh: what their size was taken from is not in them.
MAKING = frozenset(
    {"arange", "empty", "eye", "full", "linspace", "ones", "rand", "randint", "randn", "randperm", "tensor", "zeros"}
)
INSTEAD = (
    "a scenario compares nothing, for it runs beside the student's code: return what is compared, under names, and let the "
    "grader compare (equality needs nothing; all else is a check in checks.py)"
)


@dataclass(frozen=True)
class _Flow:
    """What an expression holds: whether anything of the student's is in it, and the lines of the verdicts that are."""

    students: bool = False
    verdicts: frozenset[tuple[int, str]] = frozenset()

    def __or__(self, other: _Flow) -> _Flow:
        return _Flow(self.students or other.students, self.verdicts | other.verdicts)


_NOTHING = _Flow()


@dataclass
class _Function:
    """A function of the file, and what is known so far of its names and of what it returns."""

    node: ast.FunctionDef
    names: dict[str, _Flow] = field(default_factory=dict)
    returned: _Flow = _NOTHING


def verdicts_returned(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line of each comparison that reaches what a scenario returns, with a sentence on what to do instead."""
    functions = {node.name: _Function(node) for node in tree.body if isinstance(node, ast.FunctionDef)}
    for function in functions.values():
        if _is_scenario(function.node) or any(argument.arg == "lesson" for argument in function.node.args.args):
            function.names["lesson"] = _Flow(students=True)
    before = None
    while before != (known := _known(functions)):
        before = known
        for function in functions.values():
            _Reader(functions, function).read()
    found = {
        one for function in functions.values() if _is_scenario(function.node) for one in function.returned.verdicts
    }
    for line, what in sorted(found):
        yield line, f"{what} reaches what is returned; {INSTEAD}."


def unlabelled(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line of each scenario's return of several values without a name for each."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and _is_scenario(node):
            for part in _own_statements(node):
                returned = part.value if isinstance(part, ast.Return) else None
                if isinstance(returned, ast.Tuple | ast.List) and len(returned.elts) > 1:
                    yield (
                        returned.lineno,
                        'several values are returned under names that a student can read: {"w after the step": …}.',
                    )


def using(tree: ast.Module, probes: Collection[str]) -> set[str]:
    """Return the scenarios of a file that use one of these probes, themselves or through helpers of the file."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    users = {
        name
        for name, node in functions.items()
        if any(
            isinstance(p, ast.Attribute) and ast.unparse(p.value) == "probes" and p.attr in probes
            for p in ast.walk(node)
        )
    }
    while True:
        more = {name for name, node in functions.items() if name not in users and users & _names(node)}
        if not more:
            return {name for name in users if _is_scenario(functions[name])}
        users |= more


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _is_scenario(node: ast.FunctionDef) -> bool:
    return node.name.startswith("test_")


def _own_statements(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield the parts of a function, without those of functions inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def _known(functions: dict[str, _Function]) -> list[tuple[str, _Flow, dict[str, _Flow]]]:
    return [(name, function.returned, dict(function.names)) for name, function in functions.items()]


class _Reader:
    """Reads one function once, adding to what is known; called again until nothing is added."""

    def __init__(self, functions: dict[str, _Function], function: _Function) -> None:
        self._functions = functions
        self._function = function
        # A function inside this one shares its names; what it returns is kept under its own name.
        self._inner = {node.name: node for node in ast.walk(function.node) if isinstance(node, ast.FunctionDef)}

    def read(self) -> None:
        """Read the function's statements, those of functions inside it included."""
        for statement in self._function.node.body:
            self._statement(statement, self._function.node.name)

    def _add(self, name: str, flow: _Flow) -> None:
        self._function.names[name] = self._function.names.get(name, _NOTHING) | flow

    def _statement(self, node: ast.stmt, inside: str) -> None:
        if isinstance(node, ast.FunctionDef):
            for part in node.body:
                self._statement(part, node.name)
            return
        if isinstance(node, ast.Return):
            self._return(self._flow(node.value), inside)
            return
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            flow = self._flow(node.value)
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                self._bind(target, flow)
        elif isinstance(node, ast.For):
            self._bind(node.target, self._flow(node.iter))
        elif isinstance(node, ast.With):
            for item in node.items:
                flow = self._flow(item.context_expr)
                if item.optional_vars is not None:
                    self._bind(item.optional_vars, flow)
        elif isinstance(node, ast.If) and self._judges(node):
            self._decided(node)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._flow(child)
            elif isinstance(child, ast.ExceptHandler):
                for part in child.body:
                    self._statement(part, inside)
            elif isinstance(child, ast.stmt):
                self._statement(child, inside)

    def _return(self, flow: _Flow, inside: str) -> None:
        if inside == self._function.node.name:
            self._function.returned |= flow
        else:
            self._add(f"{inside}()", flow)

    def _bind(self, target: ast.expr, flow: _Flow) -> None:
        """Let what a target names hold what is assigned to it; an entry or attribute counts for the whole."""
        if isinstance(target, ast.Tuple | ast.List):
            for part in target.elts:
                self._bind(part, flow)
            return
        while isinstance(target, ast.Attribute | ast.Subscript | ast.Starred):
            target = target.value
        if isinstance(target, ast.Name):
            self._add(target.id, flow)

    def _judges(self, node: ast.If) -> bool:
        return bool(self._flow(node.test).verdicts)

    def _decided(self, node: ast.If) -> None:
        """Count what is set to a constant under a condition on the student's outputs as that condition's verdict."""
        verdict = _Flow(verdicts=self._flow(node.test).verdicts)
        for part in [*node.body, *node.orelse]:
            if isinstance(part, ast.Assign) and isinstance(part.value, ast.Constant):
                for target in part.targets:
                    self._bind(target, verdict)
            elif isinstance(part, ast.Return) and isinstance(part.value, ast.Constant):
                self._return(verdict, self._function.node.name)

    def _flow(self, node: ast.expr | None) -> _Flow:
        """Return what an expression holds."""
        if node is None or isinstance(node, ast.Constant):
            return _NOTHING
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.Compare):
            return self._verdict(node, "a comparison", [node.left, *node.comparators])
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self._verdict(node, "`not`", [node.operand])
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Lambda):
            return self._flow(node.body)
        if isinstance(node, ast.IfExp):
            flow = self._flow(node.body) | self._flow(node.orelse)
            both_fixed = isinstance(node.body, ast.Constant) and isinstance(node.orelse, ast.Constant)
            return flow | self._flow(node.test) if both_fixed else flow
        if isinstance(node, ast.Subscript):
            self._flow(node.slice)  # what is chosen by a comparison is still what was there
            return self._flow(node.value)
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            return self._comprehension(node)
        if isinstance(node, ast.Dict):
            flow = _NOTHING
            for key, value in zip(node.keys, node.values, strict=True):
                flow |= self._entry(key, value)
            return flow
        if isinstance(node, ast.NamedExpr):
            flow = self._flow(node.value)
            self._bind(node.target, flow)
            return flow
        return self._all(part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr))

    def _name(self, name: str) -> _Flow:
        """Return what a name holds; a function that is handed on is called by whoever gets it."""
        flow = self._function.names.get(name, _NOTHING) | self._function.names.get(f"{name}()", _NOTHING)
        return flow | self._functions[name].returned if name in self._functions else flow

    def _all(self, parts: Iterator[ast.expr] | list[ast.expr]) -> _Flow:
        flow = _NOTHING
        for part in parts:
            flow |= self._flow(part)
        return flow

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> _Flow:
        for generator in node.generators:
            self._bind(generator.target, self._flow(generator.iter))
            for condition in generator.ifs:
                self._flow(condition)
        if isinstance(node, ast.DictComp):
            return self._entry(node.key, node.value)
        return self._flow(node.elt)

    def _entry(self, key: ast.expr | None, value: ast.expr) -> _Flow:
        """Return what an entry of a dict holds; a key that is a name or a text is a label."""
        is_label = key is None or isinstance(key, ast.Name | ast.Constant | ast.JoinedStr)
        return self._flow(value) if is_label else self._flow(key) | self._flow(value)

    def _verdict(self, node: ast.expr, what: str, operands: list[ast.expr]) -> _Flow:
        flow = self._all(operands)
        if not flow.students:
            return flow
        return flow | _Flow(verdicts=frozenset({(node.lineno, what)}))

    def _call(self, node: ast.Call) -> _Flow:
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        given = self._all(arguments)
        function = node.func
        if isinstance(function, ast.Name):
            return self._call_by_name(node, function.id, arguments, given)
        if not isinstance(function, ast.Attribute):
            return self._flow(function) | given
        owner = self._flow(function.value)
        if isinstance(function.value, ast.Name) and function.value.id == "lesson":
            # What is handed to the student's code may come back changed; what it was made with is no verdict on it.
            for argument in arguments:
                self._mark_students(argument)
            return _Flow(students=True)
        if function.attr in VERDICT_METHODS and (owner.students or given.students):
            return owner | given | _Flow(verdicts=frozenset({(node.lineno, f"`{function.attr}`")}))
        if function.attr in EMPTYING and (owner.students or given.students):
            return _Flow(
                True, frozenset({(node.lineno, f"`{function.attr}` (for a tensor's form alone: probes.form)")})
            )
        if function.attr in MAKING:
            return _Flow(verdicts=given.verdicts)
        if function.attr in ("append", "add", "extend", "update", "insert", "setdefault", "put"):
            self._bind(function.value, given)
        if function.attr == "raised":
            return _Flow(students=True)  # an exception is told as a value
        return owner | given

    def _call_by_name(self, node: ast.Call, name: str, arguments: list[ast.expr], given: _Flow) -> _Flow:
        if name in VERDICT_FUNCTIONS and given.students:
            return given | _Flow(verdicts=frozenset({(node.lineno, f"`{name}`")}))
        if name == "len" and arguments and self._counts_verdicts(arguments[0]):
            return given | _Flow(verdicts=frozenset({(node.lineno, "a count of what compares equal")}))
        if name in self._inner:
            inner = self._inner[name]
            for parameter, argument in zip(inner.args.args, node.args, strict=False):
                self._add(parameter.arg, self._flow(argument))
            return self._function.names.get(f"{name}()", _NOTHING)
        if name in self._functions:
            return self._call_helper(node, self._functions[name])
        return self._function.names.get(name, _NOTHING) | given

    def _counts_verdicts(self, node: ast.expr) -> bool:
        if not isinstance(node, ast.ListComp | ast.SetComp):
            return False
        return any(self._flow(test).verdicts for generator in node.generators for test in generator.ifs)

    def _call_helper(self, node: ast.Call, helper: _Function) -> _Flow:
        parameters = [argument.arg for argument in (*helper.node.args.args, *helper.node.args.kwonlyargs)]
        given = list(zip(parameters, node.args, strict=False))
        given += [(keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg is not None]
        takes_lesson = "lesson" in parameters
        for parameter, argument in given:
            flow = self._flow(argument)
            helper.names[parameter] = helper.names.get(parameter, _NOTHING) | flow
            if takes_lesson:
                self._mark_students(argument)
        return helper.returned

    def _mark_students(self, node: ast.expr) -> None:
        """Note that what an argument names has been in the student's hands."""
        while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
            node = node.value
        if isinstance(node, ast.Name):
            self._add(node.id, _Flow(students=True))
        elif isinstance(node, ast.Tuple | ast.List):
            for part in node.elts:
                self._mark_students(part)
