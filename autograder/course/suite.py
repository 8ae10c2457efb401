"""A lesson's hidden suite: its scenarios, and the checks that judge some of them.

Refuses what a scenario file may not use.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.course import manifests, scenario_rules
from autograder.course.lesson import Lesson
from autograder.course.library_imports import below
from autograder.util.errors import UserError
from autograder.worker.loading import load as load_module
from autograder.worker.scenarios import FIXTURES, Scenario, expand

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

Check = Callable[[Any, Any], str | None]


class SuiteError(UserError):
    """A scenario file that breaks a rule; the sentence names file, line and rule."""


@dataclass(frozen=True)
class SuiteScenario:
    """A scenario and the file that it stands in."""

    file: str
    scenario: Scenario

    @property
    def name(self) -> str:
        """The scenario's full name: `test_make_loader.py::test_last_short_batch_is_kept`."""
        return f"{self.file}::{self.scenario.name}"


@dataclass(frozen=True)
class PlannedRun:
    """A scenario on a device: what a job runs, and what an outcome and a verdict are of."""

    placed: SuiteScenario
    device: str


@dataclass(frozen=True)
class Suite:
    """The hidden suite of a lesson.

    Attributes:
        files: file name to text.
        scenarios: every scenario, in the order of the files' names and texts.
        checks: name to function; `grading.checking` runs them in a process of their own.
        checks_text: the text that they stand in.
        digest: a hash over all of it, for reports.
    """

    files: dict[str, str]
    scenarios: tuple[SuiteScenario, ...]
    checks: dict[str, Check]
    checks_text: str
    digest: str

    def runs(self, devices: Sequence[str]) -> tuple[PlannedRun, ...]:
        """Return every scenario on every device, in the one order that jobs, outcomes and verdicts have."""
        return tuple(PlannedRun(placed, device) for placed in self.scenarios for device in devices)


def load(lesson: Lesson) -> Suite:
    """Read a lesson's hidden suite.

    Raises:
        SuiteError: a file breaks a rule, or an exercise has no scenario.
        LessonError: the manifest puts a name off limits that there is not: the trap for it could not be set.
    """
    manifests.check_off_limits(lesson.manifest, lesson.exercises)
    files = {path.name: read_file(path) for path in sorted(lesson.tests.glob("test_*.py"))}
    checks_path = lesson.tests / "checks.py"
    checks_text = checks_path.read_text(encoding="utf-8") if checks_path.is_file() else ""
    checks = _load_checks(lesson, checks_path, checks_text) if checks_text else {}
    scenarios = tuple(
        SuiteScenario(name, scenario)
        for name in files
        for scenario in file_scenarios(lesson, name, files[name], checks)
    )
    bare = [e.name for e in lesson.exercises if not any(p.scenario.exercise == e.name for p in scenarios)]
    if bare:
        raise SuiteError(f"{lesson.tests}: no scenario judges the exercise {bare[0]!r} of the manifest.")
    digest = hashlib.sha256()
    for name, text in [*files.items(), ("checks.py", checks_text)]:
        digest.update(f"{name}\0{len(text)}\0{text}".encode())
    return Suite(files, scenarios, checks, checks_text, digest.hexdigest())


def read_file(path: Path) -> str:
    """Return a scenario file's text, once it is known to keep the rules.

    Raises:
        SuiteError: it breaks one.
    """
    text = path.read_text(encoding="utf-8")
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise SuiteError(f"{path}:{error.lineno}: {error.msg}") from error
    for line, sentence in broken_rules(tree):
        raise SuiteError(f"{path}:{line}: {sentence}")
    return text


def file_scenarios(lesson: Lesson, name: str, text: str, checks: dict[str, Check]) -> Iterator[Scenario]:
    """Yield the scenarios of one file; their exercises and checks must exist.

    Raises:
        SuiteError: one does not.
    """
    path = lesson.tests / name
    known = {exercise.name for exercise in lesson.exercises}
    try:
        module = load_module(text, f"scenarios.{lesson.name}.{path.stem}", str(path))
        found = list(expand(module))
    except Exception as error:
        raise SuiteError(f"{path}: {type(error).__name__}: {error}") from error
    for scenario in found:
        if scenario.exercise not in known:
            raise SuiteError(
                f"{path}: {scenario.name} names the exercise {scenario.exercise!r}, which is not in lesson.toml."
            )
        if scenario.check is not None and scenario.check not in checks:
            raise SuiteError(f"{path}: {scenario.name} names the check {scenario.check!r}, which is not in checks.py.")
        yield scenario


def _load_checks(lesson: Lesson, path: Path, text: str) -> dict[str, Check]:
    module = load_module(text, f"checks.{lesson.name}", str(path))
    return {
        name: value
        for name, value in vars(module).items()
        if callable(value) and not name.startswith("_") and getattr(value, "__module__", "") == module.__name__
    }


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
    marks = [mark for decorator in function.decorator_list if (mark := _mark(decorator)) is not None]
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


def _mark(decorator: ast.expr) -> tuple[str, ast.Call | None] | None:
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
