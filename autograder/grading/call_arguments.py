"""The parameters' names of a lesson's functions, read from the reference's syntax tree; nothing of it is run or shown else."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from autograder.sandbox.decode import Call


@dataclass(frozen=True)
class Signatures:
    """Function or class name to the names of its parameters, in order."""

    parameters: dict[str, tuple[str, ...]]

    def bind(self, call: Call) -> list[tuple[str, str]]:
        """Return a call's arguments, each with its parameter's name."""
        names = self.parameters.get(call.name, ())
        bound = []
        for place, (keyword, words) in enumerate(call.given):
            name = keyword or (names[place] if place < len(names) else f"argument {place + 1}")
            bound.append((name, words))
        return bound


_TENSOR = re.compile(r"(\w+) \(((?:\d+, ?)*\d*)\)")


def tensor(words: str) -> tuple[str, list[int]] | None:
    """Return the dtype and the shape of the tensor that an argument's words stand for; None where it is none."""
    found = _TENSOR.fullmatch(words)
    return (found[1], [int(size) for size in re.findall(r"\d+", found[2])]) if found else None


def read(text: str) -> Signatures:
    """Return the signatures of a module's top-level functions and classes."""
    parameters = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            parameters[node.name] = _names(node)
        elif isinstance(node, ast.ClassDef):
            starts = [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"]
            parameters[node.name] = _names(starts[0])[1:] if starts else ()
    return Signatures(parameters)


def _names(function: ast.FunctionDef) -> tuple[str, ...]:
    return tuple(argument.arg for argument in (*function.args.posonlyargs, *function.args.args))
