"""How much would a submission earn that runs nothing and knows no answer."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from autograder.audit.misconceptions import SEEDS_FOR_MISCONCEPTIONS
from autograder.audit.subject import CheckResult, Subject
from autograder.course import scenario_rules
from autograder.grading.results import VerdictKind
from autograder.sandbox.jobs import Result
from autograder.worker.probes import FORGEABLE

# Of an exercise's points, what constants would earn, and what rests on probes that could be forged, is at most so much.
MAX_CONSTANTS = 0.1


def check_constants(subject: Subject) -> CheckResult:
    """CheckResult what a submission would earn that runs nothing and returns constants, without knowing an answer.

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
        if alike > MAX_CONSTANTS:
            told = f"constants would earn {100 * alike:.0f} % of {exercise.name}"
            same = ", ".join(subject.scenarios[n].name for n in places if known[n])
            notes.append(f"{told}{f' ({excused})' if excused else ''}: {same}")
            if not excused:
                faults.append(
                    f"{told}: draw its inputs from `rng`, or return what is fixed together with what is not, in one scenario "
                    f"({same}). Otherwise say in lesson.toml why not: `forgeable`, or `few_answers` for a quiz."
                )
        if seen > MAX_CONSTANTS and not exercise.forgeable:
            faults.append(
                f"{100 * seen:.0f} % of {exercise.name} rests on {' and '.join(FORGEABLE)}, which are measured beside student "
                "code: say so in lesson.toml (`forgeable`)."
            )
    marked = sum(bool(exercise.forgeable) for exercise in subject.lesson.exercises)
    shown = f"at most {100 * max(shares, default=0.0):.0f} % of an exercise; {marked} of {len(shares)} marked forgeable"
    return CheckResult("constants", shown, tuple(faults), tuple(notes))


def _several_seeds(subject: Subject) -> tuple[int, ...]:
    """Return the first seeds, of which there must be two; the reference is run on one more where only one was asked for."""
    seeds = subject.seeds[:SEEDS_FOR_MISCONCEPTIONS]
    if len(seeds) > 1:
        return seeds
    other = seeds[0] + 1
    subject.references[other] = subject.bench.run(subject.job(subject.text, subject.everything(), other)).outcomes
    return (*seeds, other)


def _probed(subject: Subject) -> list[bool]:
    """Return for each scenario whether it uses a probe that student code could forge."""
    users = {file: scenario_rules.using(ast.parse(text), FORGEABLE) for file, text in subject.suite.files.items()}
    return [placed.scenario.function in users[placed.file] for placed in subject.scenarios]


def _share(subject: Subject, places: Sequence[int], chosen: Sequence[bool]) -> float:
    """Return the share of an exercise's points that some of its scenarios carry."""
    weights = [subject.scenarios[n].scenario.weight for n in places]
    return sum(w for n, w in zip(places, weights, strict=True) if chosen[n]) / sum(weights)
