"""The pytest plugin: `pytest tests/lesson_2_5 --submission PATH [--device cpu,cuda]`, one item for each scenario and device.

It takes over the collection of hidden suites and of nothing else. Everything that costs time is imported when it is needed:
the plugin is loaded whenever the package is installed, for visible tests too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from autograder.util.arguments import devices

if TYPE_CHECKING:
    from autograder.course.lesson import Lesson
    from autograder.course.suite import Suite, SuiteScenario
    from autograder.grading.lesson_grader import Sandboxes
    from autograder.grading.results import Verdict
    from autograder.submission.submission import Submission

SUITE_FILE = re.compile(r"tests/lesson_\d+_\d+/test_\w+\.py")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of hidden suites."""
    group = parser.getgroup("autograder", "hidden suites of the course")
    group.addoption(
        "--submission", metavar="PATH", help="a student's folder or module to judge (default: the reference solution)"
    )
    group.addoption(
        "--device",
        type=devices,
        default=("cpu",),
        metavar="LIST",
        help="where scenarios run: cpu, cuda, or a list: cpu,fake_cuda",
    )
    group.addoption(
        "--grading-seed", type=int, default=0, metavar="N", help="the seed of the scenarios' inputs (default: 0)"
    )
    group.addoption("--allow-unsafe", action="store_true", help="run below the guarantee level `isolated`")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marks of scenarios known."""
    for mark in ("exercise(name)", "weight(n)", "check(name)", "tolerance(rtol, atol)"):
        config.addinivalue_line("markers", f"{mark}: of a hidden suite's scenario")


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    """Collect a hidden suite's file as scenarios, and any other file as pytest does."""
    if not SUITE_FILE.fullmatch("/".join(module_path.parts[-3:])):
        return None
    collector: ScenarioFile = ScenarioFile.from_parent(parent, path=module_path)
    return collector


class ScenarioFile(pytest.File):
    """A file of a hidden suite."""

    def collect(self) -> Iterator[ScenarioItem]:
        """Yield an item for each scenario and device."""
        from autograder.course import lesson as lessons
        from autograder.course import suite
        from autograder.util.errors import UserError

        read = self.session.stash.setdefault(_SUITES, {})
        try:
            # Once for all files of a lesson: to load a suite is to read every one of them.
            if self.path.parent not in read:
                lesson = lessons.load(self.path.parents[2], self.path.parent.name)
                read[self.path.parent] = (lesson, suite.load(lesson))
            lesson, loaded = read[self.path.parent]
        except UserError as error:
            raise self.CollectError(str(error)) from error
        for placed in loaded.scenarios:
            if placed.file == self.path.name:
                for device in self.config.getoption("--device"):
                    name = placed.scenario.name
                    label = f"{name[:-1]}-{device}]" if name.endswith("]") else f"{name}[{device}]"
                    yield ScenarioItem.from_parent(self, name=label, lesson=lesson, placed=placed, device=device)


class ScenarioFailed(Exception):
    """A scenario that the submission failed; carries the verdict."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.student_message)
        self.verdict = verdict


class ScenarioItem(pytest.Item):
    """One scenario on one device."""

    def __init__(self, *, lesson: Lesson, placed: SuiteScenario, device: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lesson = lesson
        self.placed = placed
        self.device = device

    def runtest(self) -> None:
        """Look the verdict up; the first item of a lesson has all of them run."""
        verdict, points, share = self.session.stash.setdefault(_GRADINGS, Gradings(self.config)).verdict(self)
        self.user_properties += [
            ("exercise", self.placed.scenario.exercise),
            ("verdict", str(verdict.verdict)),
            ("reason", str(verdict.reason)),
            ("points", points),
            ("max_points", share),
            ("device", self.device),
        ]
        if verdict.verdict == "not_run":
            pytest.skip(verdict.student_message)
        if verdict.verdict != "passed":
            raise ScenarioFailed(verdict)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the verdict in words; a traceback through the grader would tell nothing."""
        from autograder.util.errors import UserError

        error = excinfo.value
        if isinstance(error, UserError):
            return str(error)
        if not isinstance(error, ScenarioFailed):
            return super().repr_failure(excinfo, style)
        from autograder.util.safe_text import printable

        verdict = error.verdict
        place = f"at {verdict.mismatch.path}: " if verdict.mismatch and verdict.mismatch.path else ""
        lines = [f"{verdict.placed.scenario.exercise}: {place}{verdict.student_message or verdict.verdict}"]
        if verdict.instructor_message:
            lines.append(f"for the instructor: {verdict.instructor_message}")
        return printable("\n".join(lines))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the scenario stands."""
        return self.path, None, self.name


class Gradings:
    """The verdicts of a session, a lesson at a time."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        # By the lesson's folder: two courses may each have a lesson of one name.
        self._lessons: dict[Path, dict[tuple[str, str], tuple[Verdict, float, float]]] = {}
        self._sandboxes: dict[Path, Sandboxes] = {}

    def close(self) -> None:
        """End the sandboxes, if any were started."""
        for made in self._sandboxes.values():
            made.close()

    def verdict(self, item: ScenarioItem) -> tuple[Verdict, float, float]:
        """Return an item's verdict, its points and the most it could have."""
        lesson = item.lesson.tests
        if lesson not in self._lessons:
            self._lessons[lesson] = self._judge(item)
        return self._lessons[lesson][item.placed.name, item.device]

    def _judge(self, item: ScenarioItem) -> dict[tuple[str, str], tuple[Verdict, float, float]]:
        """Run a whole lesson's suite; what the person at the keyboard can put right ends the session with a sentence."""
        from autograder.util.errors import UserError

        try:
            return self._run(item)
        except UserError as error:
            pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)

    def _run(self, item: ScenarioItem) -> dict[tuple[str, str], tuple[Verdict, float, float]]:
        from autograder.grading.lesson_grader import Grading, sandboxes

        option = self._config.getoption
        path = option("--submission")
        handed_in = _handed_in(Path(path), item.lesson) if path else None
        devices, seed, unsafe = option("--device"), option("--grading-seed"), option("--allow-unsafe")
        root = item.lesson.root
        if root not in self._sandboxes:
            others = [other.lesson for other in item.session.items if isinstance(other, ScenarioItem)]
            asked = {lesson.name: lesson for lesson in others if lesson.root == root}
            # One zygote serves the references of all lessons of a course; another is only started where there is a submission.
            self._sandboxes[root] = sandboxes([*asked.values()], devices, 1 if path else 0)
        with Grading(item.lesson, devices, seed, unsafe=unsafe, lent=self._sandboxes[root]) as grading:
            result = grading.run(grading.source(handed_in)) if handed_in else grading.run_reference()
            scores = grading.scores(result)
        found = {}
        for scored in scores:
            weight = sum(v.placed.scenario.weight for v in scored.verdicts if v.verdict in ("passed", "failed"))
            for verdict in scored.verdicts:
                ran = verdict.verdict in ("passed", "failed")
                share = scored.exercise.points * verdict.placed.scenario.weight / weight if ran else 0.0
                points = share if verdict.verdict == "passed" or verdict.follows else 0.0
                found[verdict.placed.name, verdict.device] = (verdict, round(points, 6), round(share, 6))
        return found


def _handed_in(path: Path, lesson: Lesson) -> Submission:
    """Return the submission at a path, the untouched stub too: here its failures are asked for."""
    from autograder.submission import submission
    from autograder.util.errors import UserError

    if not path.exists():
        raise UserError(f"--submission {path}: there is no such file or folder.")
    handed_in = submission.read(path.absolute(), lesson)
    if not handed_in.text:
        raise UserError(f"--submission {path}: {handed_in.reason}")
    return handed_in


_GRADINGS: pytest.StashKey[Gradings] = pytest.StashKey()
_SUITES: pytest.StashKey[dict[Path, tuple[Lesson, Suite]]] = pytest.StashKey()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End the sandboxes that hidden suites were run in."""
    gradings = session.stash.get(_GRADINGS, None)
    if gradings is not None:
        gradings.close()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the points, exercise by exercise, where a hidden suite ran."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    totals: dict[str, list[float]] = {}
    for report in reports:
        properties = dict(report.user_properties)
        if "max_points" in properties and report.when == "call":
            total = totals.setdefault(properties["exercise"], [0.0, 0.0])
            total[0] += properties["points"]
            total[1] += properties["max_points"]
    if totals and terminalreporter.config.getoption("--submission"):
        terminalreporter.section("points")
        for exercise, (points, most) in totals.items():
            terminalreporter.line(f"{exercise:<40}{points:6.2f} of {most:g}")
        earned, most = (sum(total[i] for total in totals.values()) for i in (0, 1))
        terminalreporter.line(f"{'in all':<40}{earned:6.2f} of {most:g}")
