"""Attacks on the true lessons: each beside its twin, the same text without the attack, and worth no more than it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.sandbox.template import Template
from autograder.course import lesson as lessons
from autograder.course import library_imports, suite
from autograder.audit.subject import Bench
from autograder.grading import checking, score, verdicts
from autograder.grading.lesson_grader import OFFICIAL, ORDER
from autograder.course.lesson import Lesson
from autograder.sandbox.jobs import Job, Outcome, Source
from autograder.course.suite import Check, PlannedRun, Suite
from autograder.grading.planned import of_planned
from tests.autograder.helpers import ROOT

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "submissions"
SEED = 20


@dataclass(frozen=True)
class Case:
    """An attack, what it is put behind, and the exercises that it aims at."""

    name: str
    attack: Path
    twin: Path
    lesson: str
    aims: tuple[str, ...]


def cases() -> Iterator[Case]:
    """Yield an attack for each twin that its docstring names: `twin: lesson_3_8/sees_the_future CharModel`."""
    for path in sorted((HERE / "attacks").glob("*.py")):
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        twins = re.findall(r"^twin: (lesson_\w+)/(\w+)((?: \w+)+)$", said, re.MULTILINE)
        assert twins, f"{path.name} names no twin"
        for lesson, name, aims in twins:
            twin = HERE / "twins" / lesson / f"{name}.py"
            if not twin.is_file():
                (twin,) = (SAMPLES / lesson / name).rglob("exercises.py")
            yield Case(f"{path.stem}-{lesson}-{name}", path, twin, lesson, tuple(aims.split()))


CASES = list(cases())


@dataclass(frozen=True)
class Judged:
    """A lesson, the scenarios of the exercises that are aimed at, and what the reference gives there."""

    lesson: Lesson
    suite: Suite
    checks: Mapping[str, Check]
    runs: tuple[PlannedRun, ...]
    reference: tuple[Outcome, ...]


class Judge:
    """Judges texts by some exercises of true lessons, in one warm sandbox."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._known: dict[tuple[str, tuple[str, ...]], Judged] = {}

    def points(self, case: Case, text: str) -> dict[str, float]:
        """Return a text's points on the exercises that an attack aims at."""
        judged = self._judged(case)
        result = self._bench.run(self._job(judged, text))
        found = verdicts.judge_all(
            judged.lesson, judged.checks, judged.runs, result.outcomes, judged.reference, result.source_off_limits
        )
        return {one.exercise.name: one.points for one in score.score(judged.lesson, found) if one.max_points}

    def most(self, case: Case) -> dict[str, float]:
        """Return the points that there are."""
        return {name: self._judged(case).lesson.exercise(name).points for name in case.aims}

    def _judged(self, case: Case) -> Judged:
        key = case.lesson, case.aims
        if key not in self._known:
            lesson = lessons.load(ROOT, case.lesson)
            loaded = suite.load(lesson)
            chosen = tuple(run for run in loaded.runs(["cpu"]) if run.placed.scenario.exercise in case.aims)
            blank = Judged(lesson, loaded, checking.of_suite(loaded), chosen, ())
            outcomes = self._bench.run(self._job(blank, lesson.reference.read_text(encoding="utf-8"))).outcomes
            self._known[key] = Judged(lesson, loaded, blank.checks, chosen, outcomes)
        return self._known[key]

    def _job(self, judged: Judged, text: str) -> Job:
        runs = tuple(map(of_planned, judged.runs))
        names = tuple(exercise.name for exercise in judged.lesson.exercises)
        source = Source("exercises", "exercises.py", text, exercises=names)
        return Job(source, judged.suite.files, runs, SEED, judged.lesson.off_limits)


@pytest.fixture(scope="module")
def judge(template: Template) -> Iterator[Judge]:
    """A judge at the level that official grading needs."""
    with Bench(ROOT, 1, template=template) as bench:
        guarantee = bench.guarantee
        assert guarantee is not None
        if ORDER.index(guarantee.level) < ORDER.index(OFFICIAL):
            pytest.skip(f"this machine gives no sandbox of the level {OFFICIAL}: {guarantee.missing}")
        yield Judge(bench)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_attack_is_worth_no_more_than_its_twin(case: Case, judge: Judge) -> None:
    """The twin falls short of full points, so that there is something to gain."""
    text = case.twin.read_text(encoding="utf-8")
    twin = judge.points(case, text)
    assert twin.keys() == set(case.aims)
    assert all(twin[name] < most for name, most in judge.most(case).items()), twin
    attack = judge.points(case, f"{text}\n\n{case.attack.read_text(encoding='utf-8')}")
    assert {name: points for name, points in attack.items() if points > twin[name]} == {}
