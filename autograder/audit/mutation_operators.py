"""The small mistakes that mutants are made of: where in a text they can be made, and what is put there."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from autograder.course.lesson import BEGIN, END


@dataclass(frozen=True)
class Edit:
    """Put `new` in the place of the characters from `start` to `end`."""

    start: int
    end: int
    new: str
    description: str


class Source:
    """A module's text with its tree, its regions, and where each of its characters lies."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._lines = text.splitlines()
        self._regions = list(self._find_regions())

    def _find_regions(self) -> Iterator[tuple[int, int]]:
        begun = 0
        for number, line in enumerate(self._lines, start=1):
            if line.lstrip().startswith("#") and BEGIN in line:
                begun = number
            elif line.lstrip().startswith("#") and END in line:
                yield begun, number

    def inside(self, node: ast.AST) -> bool:
        """Return whether a node lies in a region."""
        first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0) or 0
        return any(begin < first and last < end for begin, end in self._regions)

    def offset(self, line: int, column: int) -> int:
        """Return the place of a position of the tree, whose columns count bytes."""
        before = self._lines[line - 1].encode()[:column].decode()
        return self._starts[line - 1] + len(before)

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return where a node begins and ends."""
        assert isinstance(node, ast.expr | ast.stmt | ast.arg | ast.keyword), "every such node has a place"
        assert node.end_lineno is not None, "a parsed node ends somewhere"
        assert node.end_col_offset is not None, "a parsed node ends somewhere"
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def get(self, node: ast.AST) -> str:
        """Return a node's own text."""
        start, end = self.span(node)
        return self.text[start:end]

    def line_at(self, place: int) -> int:
        """Return the line of a place, from 1."""
        return self.text.count("\n", 0, place) + 1

    def first_binding(self, statement: ast.Assign) -> bool:
        """Return whether an assignment only gives names their first values in its function."""
        names = {
            part.id
            for target in statement.targets
            for part in ast.walk(target)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        }
        plain = all(
            isinstance(part, ast.Name | ast.Tuple | ast.List | ast.Starred | ast.expr_context)
            for target in statement.targets
            for part in ast.walk(target)
        )
        return plain and not names & self._bound_before(statement)

    def functions(self, statement: ast.stmt) -> list[ast.FunctionDef]:
        """Return the functions that a statement lies in, the outermost first."""
        around = [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.FunctionDef) and node.lineno < statement.lineno <= (node.end_lineno or 0)
        ]
        return sorted(around, key=lambda node: node.lineno)

    def _bound_before(self, statement: ast.stmt) -> set[str]:
        function = self.functions(statement)[-1]
        arguments = {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}
        stored = {
            node.id
            for node in ast.walk(function)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.lineno < statement.lineno
        }
        return arguments | stored

    def owner(self, line: int) -> str:
        """Return the top-level function or class that a line lies in."""
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.lineno <= line <= (node.end_lineno or 0):
                return node.name
        return ""


_COMPARISONS: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Lt: ("<=", ">="),
    ast.LtE: ("<", ">"),
    ast.Gt: (">=", "<="),
    ast.GtE: (">", "<"),
    ast.Eq: ("!=",),
    ast.NotEq: ("==",),
    ast.Is: ("is not",),
    ast.IsNot: ("is",),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
}


_ARITHMETIC: dict[type[ast.operator], tuple[str, ...]] = {
    ast.Add: ("-",),
    ast.Sub: ("+",),
    ast.Mult: ("/",),
    ast.Div: ("*",),
    ast.FloorDiv: ("/",),
    ast.Mod: ("//",),
    ast.Pow: ("*",),
    ast.MatMult: ("*",),
}


_SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
}


_REDUCTIONS = {
    "mean": "sum",
    "sum": "mean",
    "max": "min",
    "min": "max",
    "amax": "amin",
    "amin": "amax",
    "argmax": "argmin",
    "argmin": "argmax",
    "std": "var",
    "var": "std",
    "any": "all",
    "all": "any",
    "prod": "sum",
    "cumsum": "cumprod",
    "cat": "stack",
    "stack": "cat",
    "zeros": "ones",
    "ones": "zeros",
    "zeros_like": "ones_like",
    "ones_like": "zeros_like",
    "new_zeros": "new_ones",
    "new_ones": "new_zeros",
}


# Made by the tensor itself, these keep its dtype and device; made by torch, they take the defaults.
_NEW = {"new_zeros": "zeros", "new_ones": "ones", "new_full": "full", "new_tensor": "tensor", "new_empty": "empty"}


_TRANSPOSES = ("T", "mT", "H", "mH")


_DROPPED_CALLS = (
    "abs",
    "clamp",
    "clone",
    "contiguous",
    "cpu",
    "detach",
    "double",
    "exp",
    "flatten",
    "float",
    "item",
    "log",
    "long",
    "numpy",
    "requires_grad_",
    "reshape",
    "sqrt",
    "square",
    "squeeze",
    "sum",
    "mean",
    "t",
    "to",
    "tolist",
    "transpose",
    "type_as",
    "unsqueeze",
    "view",
)


def edits(source: Source) -> Iterator[Edit]:
    """Yield every small mistake that can be made in a source's regions."""
    for node in ast.walk(source.tree):
        if source.inside(node):
            for make in _OPERATORS:
                yield from make(source, node)
    for parent in ast.walk(source.tree):
        for body in (getattr(parent, name, None) for name in ("body", "orelse", "finalbody")):
            if isinstance(body, list):
                for statement in body:
                    if isinstance(statement, ast.stmt) and source.inside(statement):
                        yield from _without(source, statement)


def _comparisons(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another comparison: the boundary moved, the direction turned."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        for place, operator in enumerate(node.ops):
            start, end = source.span(sides[place])[1], source.span(sides[place + 1])[0]
            between = source.text[start:end]
            old = between.strip(" ()\n")
            for new in _COMPARISONS[type(operator)]:
                yield Edit(start, end, between.replace(old, new, 1), f"{old} made {new}")


def _arithmetic(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Another operator between two values, or in an assignment such as `+=`; or a sign dropped."""
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        start, end = source.span(node.left)[1], source.span(node.right)[0]
        between, old = source.text[start:end], _SIGNS[type(node.op)]
        for new in _ARITHMETIC[type(node.op)]:
            yield Edit(start, end, between.replace(old, new, 1), f"{old} made {new}")
    elif isinstance(node, ast.AugAssign) and type(node.op) in _ARITHMETIC:
        start, end = source.span(node.target)[1], source.span(node.value)[0]
        old = f"{_SIGNS[type(node.op)]}="
        for new in [f"{sign}=" for sign in _ARITHMETIC[type(node.op)]] + ["="]:
            yield Edit(start, end, f" {new} ", f"{old} made {new}")
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield Edit(*source.span(node), source.get(node.operand), "a minus sign dropped")


def _constants(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A number one higher or lower, a truth value turned."""
    if not isinstance(node, ast.Constant):
        return
    if isinstance(node.value, bool):
        yield Edit(*source.span(node), str(not node.value), f"{node.value} made {not node.value}")
    elif isinstance(node.value, int):
        for new in (node.value + 1, node.value - 1):
            if new >= 0:
                yield Edit(*source.span(node), str(new), f"{node.value} made {new}")
    elif isinstance(node.value, float):
        new_value = node.value * 2 if node.value else 1.0
        yield Edit(*source.span(node), repr(new_value), f"{node.value} made {new_value}")


def _conditions(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A condition turned round; `and` made `or`."""
    tests = []
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        tests.append(node.test)
    elif isinstance(node, ast.comprehension):
        tests += node.ifs
    for test in tests:
        if source.inside(test):
            yield Edit(*source.span(test), f"(not ({source.get(test)}))", "a condition turned round")
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield Edit(*source.span(node), source.get(node.operand), "`not` dropped")
    if isinstance(node, ast.BoolOp):
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            start, end = source.span(left)[1], source.span(right)[0]
            if len(node.values) == 2:
                yield Edit(start, end, source.text[start:end].replace(old, new, 1), f"{old} made {new}")
        for value in node.values:
            yield Edit(*source.span(node), f"({source.get(value)})", f"only `{source.get(value)}` of a condition kept")


def _calls(source: Source, node: ast.AST) -> Iterator[Edit]:
    """Arguments swapped or dropped, another reduction, a call dropped."""
    if not isinstance(node, ast.Call):
        return
    for one, two in zip(node.args, node.args[1:], strict=False):
        first, second = source.span(one), source.span(two)
        swapped = source.get(two) + source.text[first[1] : second[0]] + source.get(one)
        yield Edit(first[0], second[1], swapped, "two arguments swapped")
    for place, keyword in enumerate(node.keywords):
        before = [*node.args, *node.keywords[:place]]
        if keyword.arg and before:
            start, end = source.span(before[-1])[1], source.span(keyword)[1]
            yield Edit(start, end, "", f"{keyword.arg}= dropped")
        elif keyword.arg:
            start, end = source.span(keyword)
            after = source.span(node.keywords[1])[0] if len(node.keywords) > 1 else end
            yield Edit(start, after, "", f"{keyword.arg}= dropped")
        if keyword.arg in ("dim", "axis") and isinstance(keyword.value, ast.UnaryOp):
            yield Edit(*source.span(keyword.value), "0", f"{source.get(keyword)} made {keyword.arg}=0")
    function = node.func
    if isinstance(function, ast.Attribute):
        owner, name = function.value, function.attr
        start, end = source.span(owner)[1], source.span(function)[1]
        if name in _REDUCTIONS:
            yield Edit(start, end, f".{_REDUCTIONS[name]}", f"{name} made {_REDUCTIONS[name]}")
        if name in _NEW and not (isinstance(owner, ast.Name) and owner.id == "torch"):
            yield Edit(*source.span(function), f"torch.{_NEW[name]}", f"{name} made torch.{_NEW[name]}")
        if name in _DROPPED_CALLS and not (isinstance(owner, ast.Name) and owner.id == "torch"):
            yield Edit(*source.span(node), source.get(owner), f"{name}() dropped")
    if len(node.args) == 1 and not isinstance(node.args[0], ast.Starred | ast.GeneratorExp):
        yield Edit(*source.span(node), f"({source.get(node.args[0])})", f"{source.get(function)}() dropped")


def _transposes(source: Source, node: ast.AST) -> Iterator[Edit]:
    """`.T` dropped; an operand of a product transposed is the same mistake elsewhere."""
    if isinstance(node, ast.Attribute) and node.attr in _TRANSPOSES:
        yield Edit(*source.span(node), source.get(node.value), f".{node.attr} dropped")


def _subscripts(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A bound of a slice dropped; a tuple's two indices swapped."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        for bound in (node.slice.lower, node.slice.upper):
            if bound is not None:
                yield Edit(*source.span(bound), "", "a slice's bound dropped")
    if isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.ctx, ast.Load):
        one, two = (source.span(part) for part in node.elts)
        swapped = source.get(node.elts[1]) + source.text[one[1] : two[0]] + source.get(node.elts[0])
        yield Edit(one[0], two[1], swapped, "two entries swapped")


def _early(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A loop that ends after its first round, or a return in the middle of it."""
    if isinstance(node, ast.For | ast.While):
        last = node.body[-1]
        start, end = source.span(last)
        indent = " " * last.col_offset
        yield Edit(start, end, f"{source.get(last)}\n{indent}break", "the loop ends after its first round")
    if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield Edit(*source.span(node), "return None", "None returned")


def _devices(source: Source, node: ast.AST) -> Iterator[Edit]:
    """A tensor that is returned moved to a device that somebody had in mind."""
    if isinstance(node, ast.Return) and node.value is not None:
        functions = source.functions(node)
        returns = functions[0].returns if len(functions) == 1 else None
        if returns is not None and ast.unparse(returns) == "torch.Tensor":
            for device in ("cpu", "cuda"):
                value = source.get(node.value)
                yield Edit(*source.span(node.value), f"({value}).{device}()", f"moved to the device {device}")


def _without(source: Source, statement: ast.stmt) -> Iterator[Edit]:
    """A statement dropped, unless dropping it is another mutant already or means nothing."""
    if isinstance(statement, ast.Return | ast.Import | ast.ImportFrom | ast.FunctionDef | ast.Pass | ast.AnnAssign):
        return
    if isinstance(statement, ast.Assign) and source.first_binding(statement):
        return  # what follows would only miss the name: such a mutant tells nothing of a suite
    start, end = source.span(statement)
    first = source.get(statement).split("\n")[0]
    yield Edit(start, end, "pass", f"dropped: {first}")


_OPERATORS: tuple[Callable[[Source, ast.AST], Iterator[Edit]], ...] = (
    _comparisons,
    _arithmetic,
    _constants,
    _conditions,
    _calls,
    _transposes,
    _subscripts,
    _early,
    _devices,
)
