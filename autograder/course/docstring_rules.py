"""What a docstring must say of an exercise, as far as the texts of manifest and scenarios tell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from autograder.course.docstrings import DocstringContract
from autograder.course.manifests import Exercise


def unsaid(
    exercises: Sequence[Exercise],
    exercise: Exercise,
    promise: DocstringContract,
    scenarios: Mapping[tuple[str, str], ast.FunctionDef],
) -> Iterator[str]:
    """Yield what scenarios ask for, or the manifest forbids, and the docstrings do not say.

    Args:
        exercises: the lesson's.
        exercise: the one whose docstring is read.
        promise: what is written of it.
        scenarios: the functions of the hidden suite that judge it, by file and name.
    """
    where = f"the docstring of {exercise.name}"
    for argument in promise.arguments:
        if not re.search(
            rf"^[ \t]*(\w+, )*\*{{0,2}}{argument}(, \w+)*( \([^)]*\))?:", promise.words, flags=re.MULTILINE
        ):
            yield f"{where} does not describe the argument {argument}"
    if exercise.off_limits and not _names_off_limits(exercises, exercise, promise):
        yield f"lesson.toml puts {exercise.off_limits[0]} off limits, and {where} does not say that this is off limits"
    for (file, name), node in scenarios.items():
        for error in _asked_errors(node):
            if error not in promise.words:
                yield f"{file}::{name} asks for {error}, which {where} does not name"
        if any(argument.arg == "device" for argument in node.args.args) and not promise.portable:
            yield f"{file}::{name} asks for a device, which {where} does not mention"


def _names_off_limits(exercises: Sequence[Exercise], exercise: Exercise, promise: DocstringContract) -> bool:
    """Return whether docstrings say that something is off limits: a name of the manifest, its package, or "as in" another's."""
    names = {part for name in exercise.off_limits for part in (name, name.rpartition(".")[2], name.rpartition(".")[0])}
    names |= {f"`{other.name}`" for other in exercises if other.off_limits and other != exercise}
    return "off limits" in promise.words.lower() and any(name in promise.words for name in names)


def _asked_errors(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "raised" and node.args:
            first = node.args[0]
            for part in first.elts if isinstance(first, ast.Tuple) else [first]:
                yield ast.unparse(part)
