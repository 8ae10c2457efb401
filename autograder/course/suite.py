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

from autograder.course import manifests
from autograder.course.lesson import Lesson
from autograder.course.scenario_files import broken_rules
from autograder.util.errors import UserError
from autograder.worker.loading import load as load_module
from autograder.worker.scenarios import Scenario, expand

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
