"""What a reference's docstrings say of each exercise, read from its syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class DocstringContract:
    """What is written of one exercise.

    Attributes:
        owner: the top-level function or class that it is, or of which it is a method.
        own: its own docstring, a class's with those of its methods.
        around: the docstrings that hold for it besides: the module's, and its class's.
        arguments: the parameters that a caller gives; of a class, those of `__init__` and of its methods.
    """

    owner: str
    own: str
    around: str
    arguments: tuple[str, ...]

    @property
    def words(self) -> str:
        """All that is said."""
        return f"{self.own}\n{self.around}"

    @property
    def portable(self) -> bool:
        """Whether it says on which device the exercise works: then code that moves to another is wrong."""
        return re.search(r"\bdevices?\b", self.words) is not None


def read(text: str, names: Sequence[str]) -> dict[str, DocstringContract]:
    """Return what a module says of its exercises; an exercise may be a method. One that is not there is left out."""
    tree = ast.parse(text)
    found = {name: promise for name, promise in _promises(tree) if name in names}
    return {name: found[name] for name in names if name in found}


def _promises(tree: ast.Module) -> Iterator[tuple[str, DocstringContract]]:
    around = ast.get_docstring(tree) or ""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
            whole = f"{around}\n{ast.get_docstring(node) or ''}"
            for method in methods:
                own = ast.get_docstring(method) or ""
                yield method.name, DocstringContract(node.name, own, whole, _given(method)[1:])
            own = "\n".join([ast.get_docstring(node) or "", *(ast.get_docstring(part) or "" for part in methods)])
            # The other methods with such names are called by Python, as its own page says.
            called = [method for method in methods if method.name == "__init__" or not method.name.startswith("__")]
            arguments = tuple(dict.fromkeys(name for method in called for name in _given(method)[1:]))
            yield node.name, DocstringContract(node.name, own, around, arguments)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, DocstringContract(node.name, ast.get_docstring(node) or "", around, _given(node))


def _given(function: ast.FunctionDef) -> tuple[str, ...]:
    signature = function.args
    return tuple(part.arg for part in (*signature.posonlyargs, *signature.args, *signature.kwonlyargs))
