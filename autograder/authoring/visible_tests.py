"""Turn a lesson's visible tests, plain pytest, into code that runs in a notebook's cells.

In a notebook there is no pytest to collect tests: parameters become loops, `tmp_path` a temporary folder, and what an automatic
fixture does after each test comes last in the cell. The words of a failure stay those of `assignments/expect.py`.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.course.lesson import Lesson
from autograder.util.errors import UserError

# The kernel works in the notebook's folder, wherever JupyterLab was started. So the course is looked for above it; in a course
# of nbgrader's, whose folders hold a lesson and nothing else, a copy of expect.py lies beside the notebook.
FIND_EXPECT = """\
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

# The checks below word their failures with the course's assignments/expect.py, or with a copy of it beside this notebook.
for folder in (Path.cwd(), *Path.cwd().parents):
    if (folder / "assignments" / "expect.py").is_file():
        sys.path.append(str(folder))
        break
try:
    from assignments.expect import {names}
except ModuleNotFoundError:
    from expect import {names}
words_alone()
"""


class VisibleTestsError(UserError):
    """A visible test that has no form in a notebook; the sentence names it."""


@dataclass(frozen=True)
class NotebookChecks:
    """A lesson's visible tests for a notebook.

    Attributes:
        setup: what all of them need: imports, constants, helper functions.
        cells: exercise to the code of its checks, for every exercise.
    """

    setup: str
    cells: dict[str, str]


def checks(lesson: Lesson) -> NotebookChecks:
    """Return a lesson's visible tests; without a `test_exercises.py` the exercises have none.

    Raises:
        VisibleTestsError: one asks for something that there is only in pytest.
    """
    path = lesson.assignment / "test_exercises.py"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return _Tests(lesson, path, text).checks()


@dataclass(frozen=True)
class VisibleTest:
    """A test function of a lesson's `test_exercises.py`, and the line that it begins on."""

    name: str
    line: int


def tests_by_exercise(lesson: Lesson) -> dict[str, tuple[VisibleTest, ...]]:
    """Return each exercise's visible tests, in the order of the file.

    Raises:
        VisibleTestsError: there are none, or an exercise has none.
    """
    path = lesson.assignment / "test_exercises.py"
    if not path.is_file():
        raise VisibleTestsError(f"There are no visible tests {path}.")
    found = _Tests(lesson, path, path.read_text(encoding="utf-8")).tests_by_exercise()
    bare = [name for name, tests in found.items() if not tests]
    if bare:
        raise VisibleTestsError(f"{path} has no test of the exercise `{bare[0]}`; add one.")
    return found


def faults(lesson: Lesson) -> tuple[str, ...]:
    """Return a sentence for each visible test that `pytest -k EXERCISE` does not find, and each exercise that has none.

    A lesson without a `test_exercises.py` has no visible tests and no fault.

    Raises:
        VisibleTestsError: a test uses no exercise.
    """
    path = lesson.assignment / "test_exercises.py"
    if not path.is_file():
        return ()
    found = _Tests(lesson, path, path.read_text(encoding="utf-8")).tests_by_exercise()
    return tuple(
        [_misnamed(path, test, name) for name, tests in found.items() for test in tests if name not in test.name]
        + [f"{path} has no test of the exercise `{name}`; add one." for name, tests in found.items() if not tests]
    )


def every_fault(lesson: Lesson) -> Iterator[str]:
    """Yield a sentence, with its place, for each visible test that cannot be used or is misnamed.

    Also for each exercise that has none.
    """
    path = lesson.assignment / "test_exercises.py"
    yield from _Tests(lesson, path, path.read_text(encoding="utf-8")).faults()


class _Tests:
    """A file of visible tests, taken apart."""

    def __init__(self, lesson: Lesson, path: Path, text: str) -> None:
        self._lesson = lesson
        self._path = path
        self._lines = text.split("\n")
        self._body = ast.parse(text).body
        functions = [node for node in self._body if isinstance(node, ast.FunctionDef)]
        self._tests = [node for node in functions if node.name.startswith("test_")]
        self._fixtures = [node for node in functions if _decorated(node, "fixture")]
        self._helpers = {node.name: node for node in functions if node not in self._tests + self._fixtures}

    def tests_by_exercise(self) -> dict[str, tuple[VisibleTest, ...]]:
        """Return the tests of each exercise."""
        about = [(self._exercise(test), VisibleTest(test.name, test.lineno)) for test in self._tests]
        names = [exercise.name for exercise in self._lesson.exercises]
        return {name: tuple(test for exercise, test in about if exercise == name) for name in names}

    def faults(self) -> Iterator[str]:
        """Yield what is wrong, test by test, and what is missing."""
        names = [exercise.name for exercise in self._lesson.exercises if exercise.name]
        tested: set[str] = set()
        for test in self._tests:
            try:
                exercise = self._exercise(test)
            except VisibleTestsError as error:
                yield str(error)
                continue
            try:
                self._test(test)
            except VisibleTestsError as error:
                yield str(error)
            tested.add(exercise)
            if exercise not in test.name:
                yield _misnamed(self._path, VisibleTest(test.name, test.lineno), exercise)
        for name in names:
            if name not in tested:
                yield f"{self._path}:1: this file has no test of the exercise `{name}`; add one."

    def checks(self) -> NotebookChecks:
        """Return the tests as a notebook's code."""
        cells = {exercise.name: "" for exercise in self._lesson.exercises}
        for test in self._tests:
            cells[self._exercise(test)] += f"{self._test(test)}\n\n\n"
        return NotebookChecks(self._setup(), {name: self._cell(name, code) for name, code in cells.items()})

    def _cell(self, exercise: str, code: str) -> str:
        if not code:
            return f"# `{exercise}` has no check here; hidden ones follow when you hand in."
        last = f'print("{exercise}: every check of this cell passes.")'
        return code + "".join(f"{line}\n" for line in self._afterwards()) + last

    def _setup(self) -> str:
        """Return everything but the tests, without the line that would show no picture in a notebook, either."""
        lines = list(self._lines)
        names: list[str] = []
        for node in self._body:
            of_ours = isinstance(node, ast.ImportFrom) and (node.module or "").startswith("assignments.")
            if isinstance(node, ast.ImportFrom) and node.module == "assignments.expect":
                names += [alias.name for alias in node.names]
            if (
                of_ours
                or node in self._tests + self._fixtures
                or _is_text(node)
                or "matplotlib.use(" in self._raw(node)
            ):
                first, last = self._extent(node)
                lines[first:last] = [""] * (last - first)
        rest = re.sub(r"\n{3,}", "\n\n\n", "\n".join(lines)).strip()
        return FIND_EXPECT.format(names=", ".join([*names, "words_alone"])) + "\n" + rest if names else rest

    def _test(self, test: ast.FunctionDef) -> str:
        """Return a test's source and the lines that call it."""
        known = {name for names, _ in self._parameters(test) for name in names} | {"tmp_path"}
        unknown = [argument.arg for argument in test.args.args if argument.arg not in known]
        if unknown:
            raise VisibleTestsError(
                f"{self._path}:{test.lineno}: {test.name} asks for {unknown[0]!r}, which no notebook has."
            )
        call = f"{test.name}({', '.join(self._argument(argument.arg) for argument in test.args.args)})"
        if any(argument.arg == "tmp_path" for argument in test.args.args):
            call = f"with TemporaryDirectory() as folder:\n    {call}"
        for names, values in self._parameters(test):
            call = f"for {', '.join(names)} in {values}:\n{textwrap.indent(call, '    ')}"
        return f"{self._raw(test)}\n\n\n{call}"

    def _argument(self, name: str) -> str:
        return "Path(folder)" if name == "tmp_path" else name

    def _parameters(self, test: ast.FunctionDef) -> list[tuple[list[str], str]]:
        """Return a test's `parametrize` marks: the names, and the text of the list of values."""
        found = []
        for decorator in test.decorator_list:
            words = ast.unparse(decorator)
            if (
                not isinstance(decorator, ast.Call)
                or not words.startswith("pytest.mark.parametrize(")
                or "param(" in words
            ):
                raise VisibleTestsError(
                    f"{self._path}:{test.lineno}: {test.name} has a mark that no notebook knows: @{words}"
                )
            names = ast.literal_eval(decorator.args[0])
            listed = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
            found.append((listed, ast.unparse(decorator.args[1])))
        return found

    def _afterwards(self) -> Iterator[str]:
        """Yield what the automatic fixtures do after a test."""
        for fixture in self._fixtures:
            for statement in fixture.body:
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
                    yield ast.unparse(statement)

    def _exercise(self, test: ast.FunctionDef) -> str:
        """Return the exercise that a test is about: the last of those that it uses, since exercises build on earlier ones."""
        used = self._used(test, set())
        about = [exercise.name for exercise in self._lesson.exercises if exercise.name in used]
        if not about:
            raise VisibleTestsError(f"{self._path}:{test.lineno}: {test.name} uses no exercise of {self._lesson.name}.")
        return about[-1]

    def _used(self, function: ast.FunctionDef, seen: set[str]) -> set[str]:
        """Return the names and attributes that a test uses, or a helper that it calls."""
        seen.add(function.name)
        used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        used |= {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
        for name in used & self._helpers.keys() - seen:
            used |= self._used(self._helpers[name], seen)
        return used

    def _raw(self, node: ast.stmt) -> str:
        return "\n".join(self._lines[node.lineno - 1 : node.end_lineno])

    def _extent(self, node: ast.stmt) -> tuple[int, int]:
        """Return where a statement begins, with its decorators and the comments right above it, and where it ends."""
        first = min([node.lineno, *(part.lineno for part in getattr(node, "decorator_list", []))]) - 1
        while first and self._lines[first - 1].startswith("#"):
            first -= 1
        return first, node.end_lineno or node.lineno


def _misnamed(path: Path, test: VisibleTest, exercise: str) -> str:
    return (
        f"{path}:{test.line}: {test.name} is about `{exercise}` and its name does not say so: call it test_{exercise}_…, "
        f"so that `pytest -k {exercise}` finds it."
    )


def _decorated(function: ast.FunctionDef, word: str) -> bool:
    return any(word in ast.unparse(decorator) for decorator in function.decorator_list)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
