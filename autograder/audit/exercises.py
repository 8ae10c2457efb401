"""Do exercises get their points: none for the stub, each for itself, all of them for another style."""

from __future__ import annotations

import math
import re
from pathlib import Path

from autograder.audit.subject import CheckResult, Subject
from autograder.authoring import visible_tests
from autograder.course.lesson import BEGIN, END
from autograder.grading.results import Verdict, VerdictKind
from autograder.util.errors import UserError


def check_stub(subject: Subject) -> CheckResult:
    """The stub, with its TODOs as they are, earns nothing."""
    lesson = subject.lesson
    if not lesson.stub.is_file():
        return CheckResult("stub", "none", (f"{lesson.stub} is not there: run `autograder stubs {lesson.name}`.",))
    points, verdicts, why = subject.points(lesson.stub.read_text(encoding="utf-8"), subject.seeds[0])
    faults = (
        [f"{lesson.stub} does not import: {why}. Imports that only solutions need belong in a region."] if why else []
    )
    faults += [
        f"{verdict.placed.name} passes on the untouched stub: let it return what the exercise gave."
        for verdict in verdicts
        if verdict.verdict == VerdictKind.PASSED
    ]
    return CheckResult("stub", f"{sum(points.values()):g} points", tuple(faults))


def only(text: str, keep: frozenset[str]) -> str:
    """Return a reference in which the regions of these functions and classes are filled in, and no others."""
    kept: list[str] = []
    owner, hidden = "", False
    for line in text.split("\n"):
        top = re.match(r"(?:def|class) (\w+)", line)
        owner = top.group(1) if top else owner
        if BEGIN in line and owner not in keep:
            hidden = True
            kept.append(f"{line[: len(line) - len(line.lstrip())]}raise NotImplementedError")
        elif END in line and hidden:
            hidden = False
        elif not hidden:
            kept.append(line)
    return "\n".join(kept)


def check_alone(subject: Subject) -> CheckResult:
    """Solve each exercise with no others but those that the reference builds it on, or that are of the same class."""
    faults = []

    def solve(name: str) -> tuple[str, list[str], dict[str, float], str]:
        home = subject.home(name)
        owners = subject.calls.get(home, frozenset()) | {home}
        points, _, why = subject.points(only(subject.text, owners), subject.seeds[0])
        return name, subject.at_home(owners), points, why

    results = subject.bench.map(solve, [exercise.name for exercise in subject.lesson.exercises])
    good = 0
    for name, solved, points, why in results:
        expected = {e.name: e.points if e.name in solved else 0.0 for e in subject.lesson.exercises}
        wrong = [other for other, most in expected.items() if not math.isclose(points[other], most, abs_tol=0.01)]
        good += not wrong
        if why:
            faults.append(f"With {name} alone solved the module does not import: {why}.")
        elif wrong:
            got = ", ".join(f"{other} {points[other]:g} instead of {expected[other]:g}" for other in wrong)
            faults.append(
                f"With {' and '.join(sorted(solved))} alone solved, the points are off: {got}. "
                "Let each scenario make what it needs from other exercises itself."
            )
    return CheckResult("alone", f"{good} of {len(results)}", tuple(faults))


def check_alternatives(subject: Subject) -> CheckResult:
    """Every correct solution in another style has the points that it expects: all of them, unless it says otherwise."""
    paths = sorted((subject.lesson.tests / "alternatives").glob("*.py"))
    tasks = [(path, seed) for path in paths for seed in subject.seeds]
    faults, good = [], dict.fromkeys(paths, True)

    def try_one(task: tuple[Path, int]) -> tuple[dict[str, float], list[Verdict], str]:
        return subject.points(task[0].read_text(encoding="utf-8"), task[1])

    for (path, seed), (points, judged, why) in zip(tasks, subject.bench.map(try_one, tasks), strict=True):
        said = re.findall(r"^# expects: (\w+) ([\d.]+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        expected = {e.name: e.points for e in subject.lesson.exercises} | {name: float(most) for name, most in said}
        wrong = [name for name, most in expected.items() if not math.isclose(points[name], most, abs_tol=0.01)]
        if wrong and good[path]:
            failed = [v for v in judged if v.verdict != VerdictKind.PASSED and v.placed.scenario.exercise == wrong[0]]
            told = why or (
                f"{failed[0].placed.name}: {failed[0].student_message}" if failed else "it gets more than it expects"
            )
            faults.append(
                f"{path} gets {points[wrong[0]]:g} of {expected[wrong[0]]:g} points on {wrong[0]} (seed {seed}; {told}). "
                "If it is correct by the docstring, the scenario is unfair; otherwise fix the alternative."
            )
        good[path] = good[path] and not wrong
    if not paths:
        faults.append(
            f"{subject.lesson.tests / 'alternatives'} holds no correct solution in another style; write some."
        )
    return CheckResult("alternatives", f"{sum(good.values())} of {len(paths)} as expected", tuple(faults))


def check_visible_tests(subject: Subject) -> CheckResult:
    """Every visible test is named for its exercise, so that `pytest -k EXERCISE` finds it, and every exercise has one."""
    try:
        return CheckResult("visible tests", "named for their exercises", visible_tests.faults(subject.lesson))
    except UserError as error:
        return CheckResult("visible tests", "cannot be read", (str(error),))


def check_derived_files(subject: Subject) -> CheckResult:
    """The stub is what the reference gives now."""
    from autograder.authoring import stubs

    lesson = subject.lesson
    try:
        fresh = lesson.stub.is_file() and lesson.stub.read_text(encoding="utf-8") == stubs.stub(lesson)
    except ImportError as error:
        return CheckResult(
            "derived files", "not checked", notes=(f"Stubs were not checked: {error}. Install nbgrader and jupytext.",)
        )
    except UserError as error:
        return CheckResult("derived files", "cannot be made", (str(error),))
    if fresh:
        return CheckResult("derived files", "fresh")
    return CheckResult("derived files", "stale", (f"{lesson.stub} is stale: run `autograder stubs {lesson.name}`.",))
