"""Tell a student's code from what was handed out: in a cell of checks with more in it, in a script saved from a notebook.

Only what was handed out is parsed here. A student's text is compared with it line by line, and what was handed out goes: of the
lines that are left, each keeps its number.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# What makes a block of lines nobody's but ours: checks are functions of this kind.
CHECK = "def test_"


@dataclass(frozen=True)
class Block:
    """Lines that were handed out: a statement or a whole cell, and the source of the imports in them."""

    lines: tuple[str, ...]
    imports: str = ""


@dataclass(frozen=True)
class Left:
    """What is left of a text: a student's own, with empty lines where something was handed out, and imports that went with it.

    `checks` says whether a check of ours was among what went.
    """

    source: str
    imports: str
    checks: bool


def statements(source: str) -> tuple[Block, ...]:
    """Return the statements of a cell that was handed out."""
    lines = _lines(source)
    return tuple(
        Block(tuple(lines[first - 1 : node.end_lineno]), _imports([node]))
        for node in ast.parse(source).body
        for first in [min([node.lineno, *(part.lineno for part in getattr(node, "decorator_list", []))])]
    )


def whole(source: str) -> Block:
    """Return a cell that was handed out as one block."""
    return Block(tuple(_lines(source)), _imports(ast.parse(source).body))


def _imports(nodes: Sequence[ast.stmt]) -> str:
    """Return the imports at the top of statements, those of a `try` or an `if` apart, which are ours alone."""
    return "\n".join(ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))


def _lines(source: str) -> list[str]:
    return [line.rstrip() for line in source.split("\n")]


def without(source: str, blocks: Sequence[Block]) -> Left:
    """Return a text without the blocks that stand in it, longest first, each as often as it stands there."""
    lines = source.split("\n")
    bare = _lines(source)
    by_first: dict[str, list[Block]] = {}
    for block in sorted(blocks, key=lambda block: len(block.lines), reverse=True):
        if any(block.lines):
            by_first.setdefault(block.lines[0], []).append(block)
    imports: dict[str, None] = {}
    checks, place = False, 0
    while place < len(bare):
        found = next(_at(bare, place, by_first.get(bare[place], ())), None)
        if found is None:
            place += 1
            continue
        end = place + len(found.lines)
        lines[place:end] = [""] * len(found.lines)
        checks = checks or any(line.startswith(CHECK) for line in found.lines)
        imports |= dict.fromkeys(found.imports.split("\n")) if found.imports else {}
        place = end
    return Left("\n".join(lines), "\n".join(imports), checks)


def _at(lines: Sequence[str], place: int, blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the blocks that stand at a place, and end there: a student may have written on in a function of ours."""
    for block in blocks:
        end = place + len(block.lines)
        if tuple(lines[place:end]) == block.lines:
            after = next((line for line in lines[end:] if line), "")
            if not after[:1].isspace():
                yield block
