"""What `pytest assignments/lesson_M_N` says of exercises that are not written yet: a line each, and which one is next.

pytest loads it by itself; it needs nothing but pytest. Every test keeps its outcome (an exercise that is not written fails),
so exit status and reports are what they would be; only the long tracebacks that say the same thing again are left out.
"""

from __future__ import annotations

import ast
import re
import tomllib
import traceback
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# What a stub raises; `autograder stubs` writes it.
STUB = re.compile(r"(\w+) is not written yet: (read .+)", re.DOTALL)
TODO = "# TODO"
# Beside a lesson's tests; see `assignments/expect.py`.
KNOWN_MISTAKES = "known_mistakes.txt"
# What the docstring says of a method that the stub gives.
GIVEN = "written already"


def pytest_configure(config: pytest.Config) -> None:
    """Leave out what PyTorch and NumPy have to settle among themselves: a tensor may be given to matplotlib as it is."""
    for words in ("__array__ implementation doesn't accept a copy", "__array_wrap__ must accept context"):
        config.addinivalue_line("filterwarnings", f"ignore:{words}:DeprecationWarning")
    if not hasattr(config, "workerinput"):  # of pytest-xdist's processes, the one that reports keeps the progress
        config.pluginmanager.register(_Kept(), "progress of the visible tests")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note which exercise a test found unwritten: the stub's own sentence says it, a traceback has no more to tell."""
    report = yield
    error = call.excinfo.value if call.excinfo else None
    found = STUB.fullmatch(str(error)) if isinstance(error, NotImplementedError) else None
    if found and report.failed:
        report.longrepr = str(error)
        vars(report)["unwritten"] = found.group(1)  # travels with the report, from a process of pytest-xdist's, too
    elif error is not None and report.failed and not hasattr(error, "evidence"):
        lines = _mistake(item, error)
        if lines:
            report.longrepr = "\n".join([report.longreprtext, *lines])
    return report


def _mistake(item: pytest.Item, error: BaseException) -> list[str]:
    """Return what an exception looks like that no `expect` has told of, if a known mistake raises the same in this test."""
    if not item.path.with_name(KNOWN_MISTAKES).is_file():
        return []
    from assignments.expect import looks_like, raised

    test = getattr(item, "originalname", item.name)
    return looks_like(item.path.parent, f"test {test}", raised(error))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Where exercises.py cannot be imported, say which line of it, and what is wrong there."""
    try:
        report = yield
    except SystemExit as leaving:  # or pytest itself would end, without a word on where
        report = pytest.CollectReport(collector.nodeid, "failed", None, None)
        error: BaseException | None = leaving
    else:
        excinfo = getattr(getattr(report, "call", None), "excinfo", None)
        error = (excinfo.value.__cause__ or excinfo.value) if excinfo else None
    if report.failed and error is not None:
        report.longrepr = _import_trouble(
            error, collector.path.with_name("exercises.py"), collector.config.rootpath
        ) or (report.longrepr or f"{type(error).__name__}: {error}")
    return report


class _Kept:
    """Notes which tests ran and which of them passed, and keeps at the end what that says of each exercise."""

    def __init__(self) -> None:
        self.outcomes: dict[Path, dict[str, bool]] = {}
        self.left_out: set[tuple[str, str]] = set()
        self.said = ""

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        for item in items:
            path, _, test = item.nodeid.partition("::")
            self.left_out.add((path, test.partition("[")[0]))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        path, _, test = report.nodeid.partition("::")
        tests = self.outcomes.setdefault(Path(path), {})
        name = test.partition("[")[0]
        tests[name] = tests.get(name, True) and not report.failed and not report.skipped
        if report.failed:
            self.left_out.discard((path, name))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Keep what each exercise's tests said, where all of them ran; without the course's package nothing is kept."""
        if not self.outcomes or any("[" in argument for argument in session.config.args):
            return
        try:
            from autograder.student import progress, seat
            from autograder.util.errors import UserError
        except ImportError:
            return
        with suppress(UserError):  # a manifest that is broken is told of where it is used; the tests' results stand
            self._keep(progress, seat, session.config.rootpath)

    def _keep(self, progress: Any, seat: Any, root: Path) -> None:
        for path, tests in self.outcomes.items():
            folder = (root / path).parent
            if folder.parent != root / "assignments":
                continue
            lesson, results = seat.load(root, folder.name), {}
            for exercise, names in seat.tests_of(lesson).items():
                whole = all(name in tests and (path.as_posix(), name) not in self.left_out for name in names)
                if names and whole:
                    results[exercise] = (sum(tests[name] for name in names), len(names))
            if results:
                self.said = progress.record(root, lesson.name, results, seat.digest(lesson)) or self.said

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.said:
            terminalreporter.write_line(self.said)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> Generator[None, None, None]:
    """Leave tests of unwritten exercises out of pytest's list of failures, and say a line for each exercise instead."""
    stats = terminalreporter.stats
    failed = list(stats.get("failed", []))
    stats["failed"] = [report for report in failed if not hasattr(report, "unwritten")]
    try:
        yield
    finally:
        stats["failed"] = failed
    lines = _summary([*failed, *stats.get("error", [])], config.rootpath)
    if lines:
        terminalreporter.section("what to do")
        for line in lines:
            terminalreporter.write_line(line)


def _import_trouble(error: BaseException, module: Path, root: Path) -> str:
    """Return why a lesson's module cannot be imported, with the line; "" if the fault is not in it."""
    place = module.relative_to(root).as_posix() if module.is_relative_to(root) else module.as_posix()
    after = f"\nNo test of {module.parent.name} ran: fix that first."
    missing = re.match(r"cannot import name '(\w+)' from '[\w.]*\.exercises'", str(error))
    if isinstance(error, ImportError) and missing:
        name = missing.group(1)
        return f"{place} has no `{name}`, which the tests call. Give it the name and the arguments of the stub again.{after}"
    if isinstance(error, ModuleNotFoundError) and not module.is_file():
        return f"There is no file {place}. Put your work there, under that name.{after}"
    frames = traceback.extract_tb(error.__traceback__)
    first = next((number for number, frame in enumerate(frames) if Path(frame.filename) == module), len(frames))
    broken = isinstance(error, SyntaxError) and error.filename is not None and Path(error.filename) == module
    if first == len(frames) and not broken:
        return ""
    shown = [*traceback.format_list(frames[first:]), *traceback.format_exception_only(error)]
    return f"{place} cannot be imported:\n" + "".join(shown).replace(str(module), place).rstrip() + after


@dataclass(frozen=True)
class _Open:
    """A stub's `raise NotImplementedError` that is still in a module.

    Attributes:
        exercise: the exercise that it names.
        read: where to read, as it says.
        inside: the function or method that it stands in.
        line: its line.
        begun: whether something was written before it: the comment `TODO` does not stand right above it any more.
        at_first: whether it stands in the first method of its class, or in a function.
    """

    exercise: str
    read: str
    inside: str
    line: int
    begun: bool
    at_first: bool


def _open(module: Path) -> list[_Open]:
    """Return what is still to be written in a module, by its text."""
    try:
        text = module.read_bytes().decode("utf-8-sig")
        body = ast.parse(text).body
    except (OSError, ValueError, SyntaxError):
        return []
    lines, found = text.split("\n"), []
    for top in body:
        methods = [node for node in getattr(top, "body", []) if isinstance(node, ast.FunctionDef)]
        functions = methods if isinstance(top, ast.ClassDef) else [top] if isinstance(top, ast.FunctionDef) else []
        functions = [function for function in functions if GIVEN not in (ast.get_docstring(function) or "")]
        for function in functions:
            for node in ast.walk(function):
                words = _raised_words(node)
                if words:
                    begun = not lines[node.lineno - 2].lstrip().startswith(TODO)
                    first = function is functions[0]
                    found.append(_Open(words[0], words[1], function.name, node.lineno, begun, first))
    return found


def _raised_words(node: ast.AST) -> tuple[str, str] | None:
    """Return exercise and advice of a stub's `raise`; None for anything else."""
    if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args):
        return None
    argument = node.exc.args[0]
    found = STUB.fullmatch(str(argument.value)) if isinstance(argument, ast.Constant) else None
    return (found.group(1), found.group(2)) if found else None


def _summary(reports: Sequence[Any], root: Path) -> list[str]:
    """Return a line for each exercise that is not written, lesson by lesson, and at last which exercise is next."""
    folders: dict[Path, list[Any]] = {}
    for report in reports:
        path, _, test = report.nodeid.partition("::")
        if test:
            folders.setdefault((root / path).parent, []).append(report)
    lines, following = [], ""
    for folder in sorted(folders, key=lambda folder: [int(part) for part in re.findall(r"\d+", folder.name)]):
        names = _exercises(folder)
        said = _lesson(folders[folder], names, _open(folder / "exercises.py"))
        lines += [line for line in said.values() if line]
        order = [name for name in names if name in said] or list(said)
        if order and not following:
            following = f"next: `{order[0]}`" + (f" in {folder.name}" if len(folders) > 1 else "")
    return [*lines, following] if following else lines


def _exercises(folder: Path) -> list[str]:
    """Return a lesson's exercises in the manifest's order, in which each builds on those before it."""
    try:
        manifest = tomllib.loads((folder / "lesson.toml").read_text(encoding="utf-8"))
        return [table["name"] for table in manifest["exercise"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _lesson(reports: Sequence[Any], names: Sequence[str], left: Sequence[_Open]) -> dict[str, str]:
    """Return what to say of each exercise that has a failure, in the manifest's order; "" where the failure itself says it."""
    said: dict[str, str] = {}
    for report in reports:
        missing = getattr(report, "unwritten", "")
        own = _exercise(report.nodeid.rpartition("::")[2], names) or missing
        if missing and own != missing and own not in {one.exercise for one in left}:
            said.setdefault(own, f"`{own}`: its tests need `{missing}`, which is not written yet")
        elif missing:
            said[own] = "".join(_unwritten(own, left)) or f"`{own}`: {report.longrepr}"
        else:
            said.setdefault(own, "")
        if missing and missing not in said:
            said[missing] = "".join(_unwritten(missing, left)) or f"`{missing}`: {report.longrepr}"
    return {name: said[name] for name in [*names, *said] if name in said}


def _unwritten(exercise: str, left: Sequence[_Open]) -> Iterator[str]:
    """Yield the line on an exercise that its module does not have yet, if its module says so."""
    own = [one for one in left if one.exercise == exercise]
    if not own:
        return
    first = own[0]
    if any((one.at_first or one.inside == exercise) and not one.begun for one in own):
        yield f"`{exercise}`: not written yet, {first.read}"
    elif first.begun:
        yield f"`{exercise}`: line {first.line} of exercises.py still says that it is not written. Delete that line once it is."
    else:
        yield f"`{exercise}`: its `{first.inside}` is not written yet, {first.read}"


def _exercise(test: str, names: Sequence[str]) -> str:
    """Return the exercise that a test's name holds: `test_predict_adds_the_bias` is about `predict`."""
    held = [(test.find(name), -len(name), name) for name in names if name in test]
    return min(held)[2] if held else ""
