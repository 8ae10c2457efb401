"""What a scenario file may not use, told from its text alone: nothing is run, and no PyTorch imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autograder.course import scenario_rules
from autograder.course.library_imports import below

# What a scenario may ask for; `autograder.worker.scenarios` makes it.
FIXTURES = ("lesson", "device", "rng", "data", "tmp_path")
MARKS = ("exercise", "weight", "check", "tolerance", "parametrize")
PACKAGES = (
    "torch",
    "torchvision",
    "numpy",
    "sklearn",
    "matplotlib",
    "tensorboard",
    "pytest",
    "autograder.worker.probes",
    "__future__",
)
STANDARD = [
    "collections",
    "copy",
    "functools",
    "gc",
    "gzip",
    "inspect",
    "itertools",
    "math",
    "pathlib",
    "random",
    "struct",
    "types",
    "typing",
    "warnings",
]


def broken_rules(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line of each rule that a scenario file breaks, and a sentence on what to do instead."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.lineno, "a scenario file has no classes; write a plain function."
        elif isinstance(node, ast.Assert):
            yield (
                node.lineno,
                "a scenario has no assert: it returns what the lesson's functions gave, and the grader compares.",
            )
        elif isinstance(node, ast.Import):
            yield from _imports(node, [alias.name for alias in node.names])
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from _imports(node, names if node.module == "autograder.worker" else [node.module or "."])
        elif (
            isinstance(node, ast.Attribute)
            and ast.unparse(node.value) == "pytest"
            and node.attr not in ("mark", "param")
        ):
            yield node.lineno, f"pytest.{node.attr} is not for scenarios; to see an exception use probes.raised."
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef) and statement.name.startswith("test_"):
            yield from _scenario_rules(statement)
    yield from scenario_rules.verdicts_returned(tree)
    yield from scenario_rules.unlabelled(tree)


def _imports(node: ast.stmt, names: list[str]) -> Iterator[tuple[int, str]]:
    for name in names:
        if not below(name, (*STANDARD, *PACKAGES)):
            yield (
                node.lineno,
                f"a scenario file may not import {name}; tests/README.md lists what it may import.",
            )


def _scenario_rules(function: ast.FunctionDef) -> Iterator[tuple[int, str]]:
    marks = [mark for decorator in function.decorator_list if (mark := mark_of(decorator)) is not None]
    if len(marks) != len(function.decorator_list) or any(mark not in MARKS for mark, _ in marks):
        yield function.lineno, f"{function.name} may carry only these marks of pytest: {', '.join(MARKS)}."
    if "exercise" not in [mark for mark, _ in marks]:
        yield function.lineno, f"{function.name} needs @pytest.mark.exercise(name), the exercise that it judges."
    given = {name for mark, call in marks if mark == "parametrize" for name in _parametrized(call)}
    for argument in function.args.args:
        if argument.arg not in given and argument.arg not in FIXTURES:
            yield (
                function.lineno,
                f"{function.name} asks for {argument.arg!r}; a scenario's fixtures are {', '.join(FIXTURES)}.",
            )
    if not any(isinstance(node, ast.Return) and node.value is not None for node in ast.walk(function)):
        yield function.lineno, f"{function.name} returns nothing, so nothing would be compared."


def mark_of(decorator: ast.expr) -> tuple[str, ast.Call | None] | None:
    """Return the name of a mark of pytest, and its call if it is called; None where the decorator is something else."""
    call = decorator if isinstance(decorator, ast.Call) else None
    name = ast.unparse(call.func if call else decorator)
    return (name.removeprefix("pytest.mark."), call) if name.startswith("pytest.mark.") else None


def _parametrized(call: ast.Call | None) -> list[str]:
    if call is None or not call.args:
        return []
    try:
        names = ast.literal_eval(call.args[0])
    except ValueError:
        return []
    return [part.strip() for part in names.split(",")] if isinstance(names, str) else list(names)
