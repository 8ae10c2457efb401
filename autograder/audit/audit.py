"""Measure a lesson: is its reference sound, is its suite fair and strong, is each misconception caught and named.

Everything that is run here is ours: the reference, its mutants, the misconceptions, the alternatives, the stub. So any warm
worker may run any of it. It knows nothing of terminals, and changes no file.
"""

from __future__ import annotations

import ast
import math
import re
import threading
import time
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from autograder.audit.mutants import Mutant, mutants
from autograder.authoring import visible_tests
from autograder.course import docstrings, manifests, misconceptions, scenario_rules, suite
from autograder.course.call_graph import callers
from autograder.course.docstrings import Promise
from autograder.course.lesson import BEGIN, END, Exercise, Lesson
from autograder.course.misconceptions import Misconception
from autograder.course.suite import Check, Placed, PlannedRun
from autograder.grading import checking, device_check, diagnosis, score, verdicts
from autograder.grading.compare import compare
from autograder.grading.diagnosis import Known, stand_in_job
from autograder.grading.planned import of_planned
from autograder.grading.results import Verdict, VerdictKind
from autograder.sandbox.decode import Call
from autograder.sandbox.pool import SandboxPool, cores
from autograder.sandbox.sandbox import Deadlines, Job, Outcome, Result, Sandbox, Source
from autograder.util.errors import UserError
from autograder.worker.fake_device import NAME as FAKE
from autograder.worker.probes import FORGEABLE

SCHEMA = "autograder/audit/v1"
# Of the mutants that are not set aside, so many must be killed.
WANTED_SHARE = 0.95
# Of an exercise's points, what constants would earn, and what rests on probes that could be forged, is at most so much.
MOST_CONSTANTS = 0.1
# CPU seconds of one scenario on the reference.
BUDGET = 2.0
DEVICE = "cpu"
# The reference and the alternatives run on every seed; of these, what is far more numerous runs on the first few alone.
SEEDS_FOR_MISCONCEPTIONS = 3
# CPU seconds on the reference of what a mutant is run through before anybody looks whether it is dead.
AT_A_TIME = 0.05

CHECKS = (
    "reference",
    "stub",
    "alone",
    "misconceptions",
    "alternatives",
    "constants",
    "mutants",
    "portability",
    "visible tests",
    "derived files",
    "docstrings",
    "budget",
)


class AuditError(UserError):
    """A lesson that cannot be audited, or an `audit.toml` that cannot be read."""


@dataclass(frozen=True)
class Measure:
    """One check's outcome: a few words on what was measured, and a sentence for each thing to do."""

    check: str
    shown: str
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Equivalent:
    """A mutant set aside in `audit.toml`, known by the text of its lines before and after."""

    exercise: str
    line: str
    becomes: str
    reason: str

    def matches(self, mutant: Mutant) -> bool:
        """Return whether this is that mutant, wherever its line has moved to."""
        return (self.exercise, self.line, self.becomes) == (mutant.exercise, mutant.original, mutant.becomes)


@dataclass(frozen=True)
class Audit:
    """What was measured of one lesson.

    Attributes:
        lesson: the lesson.
        seeds: how many seeds were tried.
        measures: in the order of `CHECKS`.
        survivors: mutants that nothing killed and nobody set aside.
        set_aside: survivors that are equivalent, each with the reason.
        mutants: how many mutants there were.
        seconds: how long it took, by the clock.
        cpu: how many CPU seconds, those of the sandboxes' workers included.
    """

    lesson: str
    seeds: int
    measures: tuple[Measure, ...]
    survivors: tuple[Mutant, ...]
    set_aside: tuple[tuple[Mutant, str], ...]
    mutants: int
    seconds: float
    cpu: float

    @property
    def sound(self) -> bool:
        """Whether nothing falls short."""
        return not any(measure.faults for measure in self.measures)


def as_json(audits: Sequence[Audit]) -> dict[str, Any]:
    """Return audits as plain data, by the schema `autograder/audit/v1`."""
    return {
        "schema": SCHEMA,
        "sound": all(audit.sound for audit in audits),
        "lessons": [
            {
                "lesson": audit.lesson,
                "sound": audit.sound,
                "seeds": audit.seeds,
                "seconds": round(audit.seconds, 1),
                "cpu_seconds": round(audit.cpu, 1),
                "checks": [
                    {"check": m.check, "measured": m.shown, "faults": list(m.faults), "notes": list(m.notes)}
                    for m in audit.measures
                ],
                "mutants": audit.mutants,
                "survivors": [_mutant(mutant) for mutant in audit.survivors],
                "set_aside": [{**_mutant(mutant), "reason": reason} for mutant, reason in audit.set_aside],
            }
            for audit in audits
        ],
    }


def _mutant(mutant: Mutant) -> dict[str, Any]:
    return {
        "id": mutant.id,
        "exercise": mutant.exercise,
        "description": mutant.description,
        "line": mutant.original,
        "becomes": mutant.becomes,
        "diff": mutant.diff,
    }


class Bench:
    """Warm sandboxes, one per core, and what all that they ran has cost. Use it as a context manager.

    Args:
        root: the course's folder.
        workers: how many sandboxes; one per core unless said otherwise.
        imports: the modules that some lesson needs besides those that every sandbox has: a mutant has little time, and
            none of it may go into importing.
    """

    def __init__(self, root: Path, workers: int = 0, imports: Sequence[str] = ()) -> None:
        self._pool = SandboxPool([Sandbox(root, imports=imports) for _ in range(workers or cores())])
        self._counting = threading.Lock()
        self._cpu = 0.0
        self.map = self._pool.map

    @property
    def cpu(self) -> float:
        """CPU seconds so far: of this process, and of all workers."""
        return self._cpu + time.process_time()

    def __enter__(self) -> Self:
        self._pool.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.close()

    def run(self, job: Job, deadlines: Deadlines | None = None) -> Result:
        """Run a job in whichever sandbox is free."""

        def work(sandbox: Sandbox) -> Result:
            sandbox.deadlines = deadlines or Deadlines()
            return sandbox.run(job)

        result = self._pool.with_sandbox(work)
        with self._counting:
            self._cpu += result.cpu
        return result


@dataclass(frozen=True)
class _Lane:
    """The reference on the device that is not there, with the first seed.

    Attributes:
        outcomes: what became of it.
        whys: for each scenario why it could not be followed; "" where it could.
        held: the outcomes as others are held against them: without what could not be followed, and without the exercises
            whose docstrings name no device.
    """

    outcomes: tuple[Outcome, ...]
    whys: tuple[str, ...]
    held: tuple[Outcome, ...]


@dataclass
class _Subject:
    """A lesson under audit, with what several checks ask for."""

    lesson: Lesson
    suite: suite.Suite
    checks: Mapping[str, Check]
    bench: Bench
    seeds: tuple[int, ...]
    text: str
    promises: dict[str, Promise]
    calls: dict[str, frozenset[str]]
    references: dict[int, tuple[Outcome, ...]] = field(default_factory=dict)
    lane: _Lane | None = None

    @property
    def scenarios(self) -> tuple[Placed, ...]:
        return self.suite.scenarios

    def job(self, text: str, places: Sequence[int], seed: int, device: str = DEVICE) -> Job:
        """Return the job that runs some of the scenarios on a module."""
        runs = tuple(of_planned(PlannedRun(self.scenarios[n], device)) for n in places)
        return Job(Source("exercises", "exercises.py", text), self.suite.files, runs, seed, self.lesson.off_limits)

    def home(self, exercise: str) -> str:
        """Return the top-level function or class that an exercise is, or is a method of."""
        return self.promises[exercise].owner if exercise in self.promises else exercise

    def at_home(self, owners: Collection[str]) -> list[str]:
        """Return the exercises that are, or are methods of, one of these functions and classes."""
        return [e.name for e in self.lesson.exercises if self.home(e.name) in owners]

    def places(self, exercise: str) -> list[int]:
        """Return which scenarios judge an exercise."""
        return [n for n, placed in enumerate(self.scenarios) if placed.scenario.exercise == exercise]

    def counts_in_lane(self, n: int) -> bool:
        """Return whether a scenario's result in the portability lane counts."""
        return self.lane is not None and self.lane.held[n].status == "returned"

    def everything(self) -> list[int]:
        return list(range(len(self.scenarios)))

    def judged(
        self, outcomes: Sequence[Outcome], places: Sequence[int], seed: int, result: Result, device: str = DEVICE
    ) -> list[Verdict]:
        """Return the verdicts on some scenarios' outcomes; in the portability lane only the first seed is run."""
        wanted = self.lane.held if self.lane is not None and device == FAKE else self.references[seed]
        runs, held = [PlannedRun(self.scenarios[n], device) for n in places], [wanted[n] for n in places]
        return verdicts.judge_all(self.lesson, self.checks, runs, outcomes, held, result.source_off_limits)

    def points(self, text: str, seed: int) -> tuple[dict[str, float], list[Verdict], str]:
        """Return a module's points, exercise by exercise, the verdicts, and why it did not import."""
        result = self.bench.run(self.job(text, self.everything(), seed))
        judged = self.judged(result.outcomes, self.everything(), seed, result)
        error = result.import_error
        why = f"{error.type}: {error.message}" if error else ""
        return {s.exercise.name: s.points for s in score.score(self.lesson, judged)}, judged, why


def audit(
    lesson: Lesson,
    bench: Bench,
    seeds: int,
    tell: Callable[[str], None] = lambda _: None,
    checks: Collection[str] = CHECKS,
) -> Audit:
    """Measure one lesson.

    Args:
        lesson: the lesson.
        bench: warm sandboxes of its course.
        seeds: how many seeds to try: 0, 1, 2, …
        tell: is told what is being measured.
        checks: which of `CHECKS` to make; the reference is always run, for everything else rests on it.

    Raises:
        UserError: the lesson cannot be audited at all: its suite breaks a rule, or its reference does not import.
    """
    started, cpu = time.monotonic(), bench.cpu
    text = lesson.reference.read_text(encoding="utf-8")
    manifests.check_off_limits(lesson.manifest, lesson.exercises, importing=True)
    loaded = suite.load(lesson)
    promises = docstrings.read(text, [exercise.name for exercise in lesson.exercises])
    calls = callers(text, [*dict.fromkeys(promise.owner for promise in promises.values())])
    subject = _Subject(lesson, loaded, checking.of_suite(loaded), bench, tuple(range(seeds)), text, promises, calls)
    tell("the reference")
    measures = [_reference(subject), _budget(subject)]
    if {"portability", "mutants"} & set(checks):
        subject.lane = _lane(subject)
    steps: dict[str, Callable[[_Subject], Measure]] = {
        "stub": _stub,
        "alone": _alone,
        "misconceptions": _misconceptions,
        "alternatives": _alternatives,
        "constants": _constants,
        "portability": _portability,
        "visible tests": _visible,
        "derived files": _derived,
        "docstrings": _docstrings,
    }
    for check, step in steps.items():
        if check in checks:
            tell(check)
            measures.append(step(subject))
    made, survivors, set_aside = 0, tuple[Mutant, ...](), tuple[tuple[Mutant, str], ...]()
    if "mutants" in checks:
        tell("mutants")
        made, survivors, set_aside, measure = _mutants(subject)
        measures.append(measure)
    return Audit(
        lesson=lesson.name,
        seeds=seeds,
        measures=tuple(sorted(measures, key=lambda measure: CHECKS.index(measure.check))),
        survivors=survivors,
        set_aside=set_aside,
        mutants=made,
        seconds=time.monotonic() - started,
        cpu=bench.cpu - cpu,
    )


def _reference(subject: _Subject) -> Measure:
    """Run the reference twice on every seed, and once backwards: it must agree with itself, and have full points."""
    lesson, faults = subject.lesson, []
    places = subject.everything()
    results = subject.bench.map(lambda seed: subject.bench.run(subject.job(subject.text, places, seed)), subject.seeds)
    for seed, result in zip(subject.seeds, results, strict=True):
        error = result.import_error
        if error is not None:
            raise AuditError(f"{lesson.reference} does not import: {error.type}: {error.message}. Mend it first.")
        subject.references[seed] = result.outcomes
    again = subject.bench.map(lambda seed: subject.bench.run(subject.job(subject.text, places, seed)), subject.seeds)
    sound = 0
    for seed, result in zip(subject.seeds, again, strict=True):
        wrong = [v for v in subject.judged(result.outcomes, places, seed, result) if v.verdict != VerdictKind.PASSED]
        sound += not wrong
        faults += [_flawed(verdict, seed) for verdict in wrong[:3]]
    faults += _backwards(subject)
    return Measure("reference", f"full on {sound} of {len(subject.seeds)} seeds", tuple(dict.fromkeys(faults)))


def _flawed(verdict: Verdict, seed: int) -> str:
    name = verdict.placed.name
    if verdict.verdict == VerdictKind.GRADER_ERROR:
        return f"{name}: {verdict.private} (seed {seed}). Mend the reference, or the scenario if it asks what is not promised."
    return (
        f"{name}: the reference, run twice with seed {seed}, does not pass its own scenario ({verdict.told}). "
        "Let the scenario return what is the same every time, or widen its check."
    )


def _backwards(subject: _Subject) -> Iterator[str]:
    seed = subject.seeds[0]
    places = subject.everything()[::-1]
    result = subject.bench.run(subject.job(subject.text, places, seed))
    for n, outcome in zip(places, result.outcomes, strict=True):
        wanted, placed = subject.references[seed][n], subject.scenarios[n]
        same = outcome.status == wanted.status and (
            outcome.status != "returned"
            or placed.scenario.check is not None
            or compare(outcome.value, wanted.value, DEVICE, placed.scenario.tolerance) is None
        )
        if not same:
            yield f"{placed.name} gives another result when the scenarios run backwards: let it depend on no other scenario."


def _budget(subject: _Subject) -> Measure:
    """Look at what the slowest scenario takes on the reference."""
    slowest: dict[str, float] = {}
    for outcomes in subject.references.values():
        for placed, outcome in zip(subject.scenarios, outcomes, strict=True):
            slowest[placed.name] = max(slowest.get(placed.name, 0.0), outcome.cpu)
    faults = tuple(
        f"{name} takes {used:.1f} CPU seconds on the reference; make its inputs smaller: {BUDGET:g} is the most."
        for name, used in slowest.items()
        if used > BUDGET
    )
    return Measure("budget", f"slowest {max(slowest.values(), default=0.0):.2f} s", faults)


def _stub(subject: _Subject) -> Measure:
    lesson = subject.lesson
    if not lesson.stub.is_file():
        return Measure("stub", "none", (f"{lesson.stub} is not there: run `autograder stubs {lesson.name}`.",))
    points, verdicts, why = subject.points(lesson.stub.read_text(encoding="utf-8"), subject.seeds[0])
    faults = (
        [f"{lesson.stub} does not import: {why}. Imports that only solutions need belong into a region."] if why else []
    )
    faults += [
        f"{verdict.placed.name} passes on the untouched stub: let it return what the exercise gave."
        for verdict in verdicts
        if verdict.verdict == VerdictKind.PASSED
    ]
    return Measure("stub", f"{sum(points.values()):g} points", tuple(faults))


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


def _alone(subject: _Subject) -> Measure:
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
    return Measure("alone", f"{good} of {len(results)}", tuple(faults))


def _misconceptions(subject: _Subject) -> Measure:
    lesson = subject.lesson
    faults = []
    known = misconceptions.read(lesson)
    for exercise in lesson.exercises:
        count = sum(one.exercise == exercise.name for one in known)
        if count < 2:
            faults.append(f"{exercise.name} has {count} misconceptions in {lesson.misconceptions}; write at least two.")
    headings = re.findall(r"^#+ (.+)$", lesson.page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    faults += [
        f"The misconception {one.name} points to the section {one.section!r}, which is not on the page."
        for one in known
        if one.section not in headings
    ]
    seeds = subject.seeds[:SEEDS_FOR_MISCONCEPTIONS]
    tasks = [(one, seed) for seed in seeds for one in known]
    found = dict(zip(tasks, subject.bench.map(lambda task: _stand_in(subject, *task), tasks), strict=True))
    notes: list[str] = []
    good = 0
    for one in known:
        trouble = []
        for seed in seeds:
            trouble += _named(one, seed, found, notes)
        good += not trouble
        faults += trouble[:1]
    return Measure(
        "misconceptions", f"{good} of {len(known)} caught and named", tuple(faults), tuple(dict.fromkeys(notes))
    )


@dataclass(frozen=True)
class _StoodIn:
    """What a misconception gave: on its own exercise, again if it was run twice, and where it lost points elsewhere."""

    own: Known
    again: Known | None
    elsewhere: tuple[str, ...]


def _stand_in(subject: _Subject, one: Misconception, seed: int) -> _StoodIn:
    """Run a misconception on its own exercise; with the first seed twice, and on what else calls that exercise."""
    own = subject.places(one.exercise)
    if seed != subject.seeds[0]:
        outcomes, verdicts = _run_stand_in(subject, one, seed, own)
        return _StoodIn(Known(outcomes, verdicts), None, ())
    # Only a scenario that calls the exercise can see the misconception; the reference's own notes tell which do.
    near = [
        n
        for n, outcome in enumerate(subject.references[seed])
        if n not in own and any(call.name == one.exercise for call in outcome.calls)
    ]
    outcomes, verdicts = _run_stand_in(subject, one, seed, [*own, *near, *own])
    first, last = len(own), len(own) + len(near)
    elsewhere = tuple(verdict.placed.name for verdict in verdicts[first:last] if verdict.verdict != VerdictKind.PASSED)
    return _StoodIn(Known(outcomes[:first], verdicts[:first]), Known(outcomes[last:], verdicts[last:]), elsewhere)


def _run_stand_in(
    subject: _Subject, one: Misconception, seed: int, places: Sequence[int]
) -> tuple[tuple[Outcome, ...], tuple[Verdict, ...]]:
    runs = [PlannedRun(subject.scenarios[n], DEVICE) for n in places]
    job = stand_in_job(subject.lesson, subject.suite, runs, seed, subject.text, one, inside=False)
    result = subject.bench.run(job)
    if result.import_error is not None:
        error = result.import_error
        raise AuditError(f"{subject.lesson.misconceptions} does not import: {error.type}: {error.message}. Mend it.")
    return result.outcomes, tuple(subject.judged(result.outcomes, places, seed, result))


def _named(
    one: Misconception,
    seed: int,
    found: dict[tuple[Misconception, int], _StoodIn],
    notes: list[str],
) -> list[str]:
    """Return what is wrong with a misconception on a seed; note which others it cannot be told from."""
    mine = found[one, seed]
    where = f"The misconception {one.name} of {one.exercise}"
    if not any(verdict.verdict == VerdictKind.FAILED for verdict in mine.own.verdicts):
        return [f"{where} loses no point (seed {seed}): add a scenario that it fails, or remove it if it is right."]
    if mine.elsewhere:
        return [
            f"{where} loses points on {mine.elsewhere[0]}, which judges another exercise: "
            "let that scenario make what it needs itself."
        ]
    if not diagnosis.agree(mine.again or mine.own, mine.own):
        return [
            f"{where} is not diagnosed as itself (seed {seed}): its outputs are not the same twice, or it dies. "
            "Let the scenarios return what a seed decides."
        ]
    for (other, at), theirs in found.items():
        if at == seed and other != one and other.exercise == one.exercise and diagnosis.agree(mine.own, theirs.own):
            pair = " and ".join(sorted((one.name, other.name)))
            notes.append(f"{pair} of {one.exercise} cannot be told apart, so feedback says both.")
    return []


def _alternatives(subject: _Subject) -> Measure:
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
            told = why or (f"{failed[0].placed.name}: {failed[0].told}" if failed else "it gets more than it expects")
            faults.append(
                f"{path} gets {points[wrong[0]]:g} of {expected[wrong[0]]:g} points on {wrong[0]} (seed {seed}; {told}). "
                "If it is correct by the docstring, the scenario is unfair; otherwise mend the alternative."
            )
        good[path] = good[path] and not wrong
    if not paths:
        faults.append(
            f"{subject.lesson.tests / 'alternatives'} holds no correct solution in another style; write some."
        )
    return Measure("alternatives", f"{sum(good.values())} of {len(paths)} as expected", tuple(faults))


def _constants(subject: _Subject) -> Measure:
    """Measure what a submission would earn that runs nothing and returns constants, without knowing an answer.

    What the reference gives alike whatever the seed needs no knowledge of the inputs, and so none of the exercise. So does
    what a check takes under another seed than its own: the reference's own outputs are handed in with the seeds exchanged.
    """
    known = [False] * len(subject.scenarios)
    shares, faults, notes = [], [], []
    first, *others = _several_seeds(subject)
    for seed in others:
        result = Result(None, {}, subject.references[seed], "", 0.0)
        verdicts = subject.judged(result.outcomes, subject.everything(), first, result)
        passed = [verdict.verdict == VerdictKind.PASSED for verdict in verdicts]
        known = passed if seed == others[0] else [a and b for a, b in zip(known, passed, strict=True)]
    probed = _probed(subject)
    for exercise in subject.lesson.exercises:
        places = subject.places(exercise.name)
        alike, seen = _share(subject, places, known), _share(subject, places, probed)
        shares.append(alike)
        excused = exercise.few_answers or exercise.forgeable
        if alike > MOST_CONSTANTS:
            told = f"constants would earn {100 * alike:.0f} % of {exercise.name}"
            same = ", ".join(subject.scenarios[n].name for n in places if known[n])
            notes.append(f"{told}{f' ({excused})' if excused else ''}: {same}")
            if not excused:
                faults.append(
                    f"{told}: draw its inputs from `rng`, or return what is fixed together with what is not, in one scenario "
                    f"({same}). Otherwise say in lesson.toml why not: `forgeable`, or `few_answers` for a quiz."
                )
        if seen > MOST_CONSTANTS and not exercise.forgeable:
            faults.append(
                f"{100 * seen:.0f} % of {exercise.name} rests on {' and '.join(FORGEABLE)}, which are measured beside student "
                "code: say so in lesson.toml (`forgeable`)."
            )
    marked = sum(bool(exercise.forgeable) for exercise in subject.lesson.exercises)
    shown = f"at most {100 * max(shares, default=0.0):.0f} % of an exercise; {marked} of {len(shares)} marked forgeable"
    return Measure("constants", shown, tuple(faults), tuple(notes))


def _several_seeds(subject: _Subject) -> tuple[int, ...]:
    """Return the first seeds, of which there must be two; the reference is run on one more where only one was asked for."""
    seeds = subject.seeds[:SEEDS_FOR_MISCONCEPTIONS]
    if len(seeds) > 1:
        return seeds
    other = seeds[0] + 1
    subject.references[other] = subject.bench.run(subject.job(subject.text, subject.everything(), other)).outcomes
    return (*seeds, other)


def _probed(subject: _Subject) -> list[bool]:
    """Return for each scenario whether it uses a probe that student code could forge."""
    users = {file: scenario_rules.using(ast.parse(text), FORGEABLE) for file, text in subject.suite.files.items()}
    return [placed.scenario.function in users[placed.file] for placed in subject.scenarios]


def _share(subject: _Subject, places: Sequence[int], chosen: Sequence[bool]) -> float:
    """Return the share of an exercise's points that some of its scenarios carry."""
    weights = [subject.scenarios[n].scenario.weight for n in places]
    return sum(w for n, w in zip(places, weights, strict=True) if chosen[n]) / sum(weights)


def _lane(subject: _Subject) -> _Lane | None:
    """Return what becomes of the reference in the portability lane; None where this torch has none."""
    seed = subject.seeds[0]
    outcomes = subject.bench.run(subject.job(subject.text, subject.everything(), seed, FAKE)).outcomes
    if any(outcome.status == "no_device" for outcome in outcomes):
        return None
    here = subject.references[seed]
    whys = tuple(map(device_check.not_followed, outcomes, here, subject.scenarios))
    held = device_check.reference_outcomes(subject.lesson, subject.text, subject.suite.runs([FAKE]), outcomes)
    kept = (Outcome("not_followed", detail=why) if why else outcome for outcome, why in zip(held, whys, strict=True))
    return _Lane(outcomes, whys, tuple(kept))


def _portability(subject: _Subject) -> Measure:
    """Run the reference and the alternatives on a device that is not there; mutants are tried there, too, if all else fails."""
    if subject.lane is None:
        return Measure("portability", "not checked", notes=("This torch cannot pretend a device; 2.13 can.",))
    faults, notes = [], []
    for placed, there, why in zip(subject.scenarios, subject.lane.outcomes, subject.lane.whys, strict=True):
        if there.error is not None and there.error.line and device_check.mistake(there.error):
            faults.append(
                f"{placed.name}: on another device than the CPU the reference fails at its line {there.error.line} "
                f"({there.error.message}). Let it make new tensors on the device of its arguments, and move nothing."
            )
        elif why:
            notes.append(f"{placed.name} could not be followed: {why}")
    places = [n for n in subject.everything() if subject.counts_in_lane(n)]
    seed = subject.seeds[0]
    paths = sorted((subject.lesson.tests / "alternatives").glob("*.py"))

    def failures(path: Path) -> list[Verdict]:
        result = subject.bench.run(subject.job(path.read_text(encoding="utf-8"), places, seed, FAKE))
        return [
            v for v in subject.judged(result.outcomes, places, seed, result, FAKE) if v.verdict == VerdictKind.FAILED
        ]

    for path, failed in zip(paths, subject.bench.map(failures, paths), strict=True):
        if failed:
            faults.append(f"{path} fails {failed[0].placed.name} on another device than the CPU. {failed[0].told}")
    silent = [name for name, promise in subject.promises.items() if not promise.portable]
    if silent:
        notes.append(f"No points rest on it where no docstring names a device: {', '.join(silent)}.")
    followed = subject.lane.whys.count("")
    shown = (
        f"{followed} of {len(subject.scenarios)} scenarios followed ({100 * followed / len(subject.scenarios):.0f} %)"
    )
    return Measure("portability", shown, tuple(faults), tuple(notes))


def _visible(subject: _Subject) -> Measure:
    """Every visible test is named for its exercise, so that `pytest -k EXERCISE` finds it, and every exercise has one."""
    try:
        return Measure("visible tests", "named for their exercises", visible_tests.faults(subject.lesson))
    except UserError as error:
        return Measure("visible tests", "cannot be read", (str(error),))


def _derived(subject: _Subject) -> Measure:
    from autograder.authoring import stubs

    lesson = subject.lesson
    try:
        fresh = lesson.stub.is_file() and lesson.stub.read_text(encoding="utf-8") == stubs.stub(lesson)
    except ImportError as error:
        return Measure(
            "derived files", "not checked", notes=(f"Stubs were not checked: {error}. Install nbgrader and jupytext.",)
        )
    except UserError as error:
        return Measure("derived files", "cannot be made", (str(error),))
    if fresh:
        return Measure("derived files", "fresh")
    return Measure("derived files", "stale", (f"{lesson.stub} is stale: run `autograder stubs {lesson.name}`.",))


def _docstrings(subject: _Subject) -> Measure:
    """Every scenario says which rule it tests; and what it asks for, as far as a program can tell, the docstring names."""
    owners = {(placed.file, placed.scenario.function): placed.scenario.exercise for placed in subject.scenarios}
    faults = [
        f"{e.name} has no docstring: say there all that a scenario may ask."
        for e in subject.lesson.exercises
        if e.name not in subject.promises or not subject.promises[e.name].own.strip()
    ]
    functions = {
        (file, node.name): node
        for file, text in subject.suite.files.items()
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and (file, node.name) in owners
    }
    for (file, name), node in functions.items():
        if not ast.get_docstring(node):
            faults.append(f"{file}::{name} has no docstring: say which rule of the exercise it tests.")
    for exercise in subject.lesson.exercises:
        promise = subject.promises.get(exercise.name)
        if promise is not None:
            mine = {key: node for key, node in functions.items() if owners[key] == exercise.name}
            faults += [f"{told}: add it there." for told in _unsaid(subject, exercise, promise, mine)]
    return Measure("docstrings", f"{len(owners)} scenarios, {len(subject.promises)} docstrings", tuple(faults))


# What a docstring may say of the edges that scenarios go to.
_ONE = r"≥ 1|>= 1|= 1\b|\b1 or more|\b(at least|from|or|under) (1|one)\b|\b(one|single|1)\b"
_NONE = r"\b(empty|none|no|0|zero|without)\b|≥ 0"
_DTYPES = r"\bdtypes?\b|float(16|32|64)|int(32|64)|bfloat16|bool|precision|integers"


def _unsaid(
    subject: _Subject, exercise: Exercise, promise: Promise, scenarios: Mapping[tuple[str, str], ast.FunctionDef]
) -> Iterator[str]:
    """Yield what scenarios ask for, or the manifest forbids, and the docstrings do not say."""
    where = f"the docstring of {exercise.name}"
    for argument in promise.arguments:
        if not re.search(
            rf"^[ \t]*(\w+, )*\*{{0,2}}{argument}(, \w+)*( \([^)]*\))?:", promise.words, flags=re.MULTILINE
        ):
            yield f"{where} does not describe the argument {argument}"
    if exercise.off_limits and not _names_off_limits(subject.lesson, exercise, promise):
        yield f"lesson.toml puts {exercise.off_limits[0]} off limits, and {where} does not say that this is off limits"
    for (file, name), node in scenarios.items():
        for error in _asked_errors(node):
            if error not in promise.words:
                yield f"{file}::{name} asks for {error}, which {where} does not name"
        if any(argument.arg == "device" for argument in node.args.args) and not promise.portable:
            yield f"{file}::{name} asks for a device, of which {where} says nothing"
    yield from _unsaid_of_inputs(subject, exercise, promise, where)


def _unsaid_of_inputs(subject: _Subject, exercise: Exercise, promise: Promise, where: str) -> Iterator[str]:
    """Yield which kinds of inputs scenarios give, by the notes of the reference's calls, and the docstrings do not name."""
    outcomes = subject.references[subject.seeds[0]]
    first: dict[str, str] = {}
    dtypes: dict[str, str] = {}
    for n in subject.places(exercise.name):
        for call in outcomes[n].calls:
            if call.name == exercise.name:
                for dtype, sizes in _tensors(call):
                    dtypes.setdefault(dtype, subject.scenarios[n].name)
                    for size in {0, 1} & set(sizes):
                        first.setdefault(str(size), subject.scenarios[n].name)
    floats = [dtype for dtype in dtypes if "float" in dtype]
    if len(floats) > 1 and not re.search(_DTYPES, promise.words):
        yield f"{dtypes[floats[1]]} gives {floats[1]}, and {where} says nothing of dtypes"
    for given, words, told in (("1", _ONE, "one"), ("0", _NONE, "nothing")):
        if given in first and not re.search(words, promise.words):
            yield f"{first[given]} gives a tensor with {told} along a dimension, and {where} does not say that this may be"


def _tensors(call: Call) -> Iterator[tuple[str, list[int]]]:
    """Yield dtype and sizes of the tensors that a call was given."""
    for _, words in call.given:
        found = re.fullmatch(r"(\w+) \(((?:\d+, ?)*\d*)\)", words)
        if found:
            yield found.group(1), [int(part) for part in re.findall(r"\d+", found.group(2))]


def _names_off_limits(lesson: Lesson, exercise: Exercise, promise: Promise) -> bool:
    """Return whether docstrings say that something is off limits: a name of the manifest, its package, or "as in" another's."""
    names = {part for name in exercise.off_limits for part in (name, name.rpartition(".")[2], name.rpartition(".")[0])}
    names |= {f"`{other.name}`" for other in lesson.exercises if other.off_limits and other != exercise}
    return "off limits" in promise.words.lower() and any(name in promise.words for name in names)


def _asked_errors(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "raised" and node.args:
            first = node.args[0]
            for part in first.elts if isinstance(first, ast.Tuple) else [first]:
                yield ast.unparse(part)


def read_equivalents(lesson: Lesson) -> tuple[Equivalent, ...]:
    """Return the mutants that `audit.toml` sets aside; none where there is no such file.

    Raises:
        AuditError: the file cannot be read, or an entry lacks something.
    """
    path = lesson.reference.with_name("audit.toml")
    if not path.is_file():
        return ()
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("equivalent", [])
    except tomllib.TOMLDecodeError as error:
        raise AuditError(f"{path} is not a TOML file: {error}") from error
    found = []
    for table in tables:
        keys = ("exercise", "line", "becomes", "reason")
        if set(table) != set(keys) or not all(isinstance(table[key], str) and table[key].strip() for key in keys):
            raise AuditError(f"{path}: each [[equivalent]] has exactly these texts, none empty: {', '.join(keys)}.")
        found.append(Equivalent(**{key: table[key].strip() for key in keys}))
    return tuple(found)


def _mutants(subject: _Subject) -> tuple[int, tuple[Mutant, ...], tuple[tuple[Mutant, str], ...], Measure]:
    lesson = subject.lesson
    made = mutants(subject.text)
    equivalents = read_equivalents(lesson)
    killed = subject.bench.map(lambda mutant: _killed(subject, mutant), made)
    living = [mutant for mutant, dead in zip(made, killed, strict=True) if not dead]
    set_aside, survivors = [], []
    used: set[Equivalent] = set()
    for mutant in living:
        entry = next((entry for entry in equivalents if entry.matches(mutant)), None)
        if entry is None:
            survivors.append(mutant)
        else:
            used.add(entry)
            set_aside.append((mutant, entry.reason))
    faults = [
        f"{lesson.reference.with_name('audit.toml')} sets `{entry.becomes}` of {entry.exercise} aside, but "
        + ("a scenario kills it" if any(entry.matches(m) for m in made) else "there is no such mutant")
        + ": remove that entry."
        for entry in equivalents
        if entry not in used
    ]
    counted = len(made) - len(set_aside)
    share = (counted - len(survivors)) / counted if counted else 1.0
    if share < WANTED_SHARE:
        exercises = sorted({mutant.exercise for mutant in survivors})
        faults.append(
            f"{len(survivors)} of {counted} mutants survive ({100 * share:.1f} % are killed, {100 * WANTED_SHARE:g} % is wanted) "
            f"in {', '.join(exercises)}: add scenarios that they fail, or set those that change nothing aside in audit.toml."
        )
    shown = f"{counted - len(survivors)} of {counted} killed ({100 * share:.1f} %)"
    if set_aside:
        shown += f", {len(set_aside)} set aside"
    return len(made), tuple(survivors), tuple(set_aside), Measure("mutants", shown, tuple(faults))


def _killed(subject: _Subject, mutant: Mutant) -> bool:
    """Return whether a scenario kills a mutant: of its own exercise, or of one that is built on it; at last in the lane."""
    owners = [mutant.exercise, *(name for name, used in subject.calls.items() if mutant.exercise in used)]
    exercises = [name for owner in owners for name in subject.at_home([owner])]
    for exercise in exercises:
        for places in _in_portions(subject, subject.places(exercise)):
            if _fails(subject, mutant.text, places, DEVICE):
                return True
    places = [n for exercise in exercises for n in subject.places(exercise) if subject.counts_in_lane(n)]
    return bool(places) and _fails(subject, mutant.text, places, FAKE)


def _in_portions(subject: _Subject, places: Sequence[int]) -> Iterator[list[int]]:
    """Yield scenarios a few at a time, the cheap ones first: most mutants are dead before the figures are drawn."""
    outcomes = subject.references[subject.seeds[0]]
    portion: list[int] = []
    for n in sorted(places, key=lambda n: outcomes[n].cpu):
        if portion and sum(outcomes[m].cpu for m in portion) + outcomes[n].cpu > AT_A_TIME:
            yield portion
            portion = []
        portion.append(n)
    if portion:
        yield portion


def _fails(subject: _Subject, text: str, places: Sequence[int], device: str) -> bool:
    """Return whether a module fails one of these scenarios, or takes far longer than the reference."""
    seed = subject.seeds[0]
    outcomes = subject.references[seed] if subject.lane is None or device != FAKE else subject.lane.outcomes
    spent = [outcomes[n].cpu for n in places]
    deadlines = Deadlines(
        scenario_cpu=max(0.6, 5 * max(spent)), scenario_wall=30.0, submission_cpu=max(0.9, 5 * sum(spent))
    )
    result = subject.bench.run(subject.job(text, places, seed, device), deadlines)
    verdicts = subject.judged(result.outcomes, places, seed, result, device)
    return any(verdict.verdict == VerdictKind.FAILED for verdict in verdicts)
