"""Take a submission's parts apart into statements, each compiled by itself: what fails or takes long then costs no other.

Everything here parses what a student wrote, and so belongs in a worker; nothing of it runs.
"""

from __future__ import annotations
import __future__

import ast
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import CodeType

from autograder.worker import ipython_syntax, parts
from autograder.worker.parts import Kind, Part

FUTURES = sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names})


@dataclass(frozen=True)
class Parsed:
    """A part as a syntax tree, with the whole text's line numbers; or why it has none."""

    part: Part
    tree: ast.Module
    error: Exception | None = None


@dataclass(frozen=True)
class Statement:
    """One statement at the top of a part.

    Attributes:
        part: the part's number.
        kind: whose the part is.
        node: its syntax tree.
        code: the same, compiled.
        last: whether it is its part's last; in a notebook the value of such an expression is shown, and kept as `_`.
    """

    part: int
    kind: Kind
    node: ast.stmt
    code: CodeType
    last: bool

    @property
    def lines(self) -> tuple[int, int]:
        """The first line, decorators included, and the last."""
        first = min([self.node.lineno, *(part.lineno for part in getattr(self.node, "decorator_list", []))])
        return first, self.node.end_lineno or first


def parse(text: str) -> list[Parsed]:
    """Return the parts of a text as syntax trees; of a page's, only the imports."""
    saved = parts.is_notebook(text)
    return [_parsed(part, saved) for part in parts.split(text)]


def _parsed(part: Part, in_notebook: bool) -> Parsed:
    try:
        if in_notebook or ipython_syntax.may_be_meant(part.source):
            tree = ipython_syntax.tree(part.source)
        else:
            tree = ast.parse(part.source)
        if ipython_syntax.names_magics(part.source):
            tree = ipython_syntax.plain(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, SyntaxError) and error.lineno is not None:
            error.lineno += part.first - 1
        return Parsed(part, ast.Module([], []), error)
    if part.kind is Kind.PAGE:
        tree.body = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    ast.increment_lineno(tree, part.first - 1)
    return Parsed(part, tree)


def whole(parsed: Sequence[Parsed]) -> ast.Module:
    """Return the syntax tree of one module that has the code of all parts that are Python."""
    return ast.Module([node for one in parsed for node in one.tree.body], [])


def refused(parsed: Sequence[Parsed], filename: str, *, in_notebook: bool) -> Iterator[Exception]:
    """Yield what keeps parts, and statements of the others, from being run at all."""
    yield from (one.error for one in parsed if one.error is not None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is said when they are run
        for found in compiled(parsed, filename, in_notebook=in_notebook):
            if not isinstance(found, Statement):
                yield found[1]


def compiled(
    parsed: Sequence[Parsed], filename: str, *, in_notebook: bool
) -> Iterator[Statement | tuple[int, Exception]]:
    """Yield each statement in its order, or the number of a part with the reason why a statement of it is none.

    What `from __future__` brings holds from its statement on, as in a notebook; so does it in a module, where it stands first.
    """
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if in_notebook else 0
    for number, one in enumerate(parsed):
        nodes = [inner for node in one.tree.body for inner in _single(node)]
        for place, node in enumerate(nodes, 1):
            try:
                code = compile(ast.Module([node], []), filename, "exec", flags, dont_inherit=True)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                yield number, error
                continue
            flags |= code.co_flags & FUTURES
            yield Statement(number, one.part.kind, node, code, last=in_notebook and place == len(nodes))


def _single(node: ast.stmt) -> Iterator[ast.stmt]:
    """Yield a statement; one that imports several modules as several statements, which means the same."""
    if isinstance(node, ast.Import) and len(node.names) > 1:
        yield from (ast.copy_location(ast.Import([alias]), node) for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and len(node.names) > 1 and node.module != "__future__":
        for alias in node.names:
            yield ast.copy_location(ast.ImportFrom(node.module, [alias], node.level), node)
    else:
        yield node
