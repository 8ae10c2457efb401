"""Is a suite strong: which small mistakes in the reference does it miss."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autograder.audit.mutants import Mutant, mutants
from autograder.audit.subject import DEVICE, AuditError, CheckResult, Subject
from autograder.course.lesson import Lesson
from autograder.grading.results import VerdictKind
from autograder.sandbox.jobs import Deadlines
from autograder.worker.devices import SIMULATED

# Of the mutants that are not set aside, so many must be killed.
WANTED_SHARE = 0.95


# CPU seconds on the reference of what a mutant is run through before anybody looks whether it is dead.
AT_A_TIME = 0.05


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
class MutationResult(CheckResult):
    """What became of the mutants.

    Attributes:
        survivors: those that nothing killed and nobody set aside.
        set_aside: survivors that are equivalent, each with the reason.
        made: how many there were.
    """

    survivors: tuple[Mutant, ...] = ()
    set_aside: tuple[tuple[Mutant, str], ...] = ()
    made: int = 0


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


def check_mutants(subject: Subject) -> MutationResult:
    """Every mutant of the reference is killed by a scenario, or set aside in `audit.toml` with a reason."""
    lesson = subject.lesson
    made = mutants(subject.text)
    equivalents = read_equivalents(lesson)
    _ = subject.lane  # once, before several threads ask for it at a time
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
    return MutationResult(
        "mutants", shown, tuple(faults), survivors=tuple(survivors), set_aside=tuple(set_aside), made=len(made)
    )


def _killed(subject: Subject, mutant: Mutant) -> bool:
    """Return whether a scenario kills a mutant: of its exercise, or of one built on it; at last on the simulated device."""
    owners = [mutant.exercise, *(name for name, used in subject.calls.items() if mutant.exercise in used)]
    exercises = [name for owner in owners for name in subject.at_home([owner])]
    for exercise in exercises:
        for places in _in_portions(subject, subject.places(exercise)):
            if _fails(subject, mutant.text, places, DEVICE):
                return True
    places = [n for exercise in exercises for n in subject.places(exercise) if subject.counts_in_lane(n)]
    return bool(places) and _fails(subject, mutant.text, places, SIMULATED)


def _in_portions(subject: Subject, places: Sequence[int]) -> Iterator[list[int]]:
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


def _fails(subject: Subject, text: str, places: Sequence[int], device: str) -> bool:
    """Return whether a module fails one of these scenarios, or takes far longer than the reference."""
    seed = subject.seeds[0]
    outcomes = subject.lane.outcomes if device == SIMULATED and subject.lane is not None else subject.references[seed]
    spent = [outcomes[n].cpu for n in places]
    deadlines = Deadlines(
        scenario_cpu=max(0.6, 5 * max(spent)), scenario_wall=30.0, submission_cpu=max(0.9, 5 * sum(spent))
    )
    result = subject.bench.run(subject.job(text, places, seed, device), deadlines)
    verdicts = subject.judged(result.outcomes, places, seed, result, device)
    return any(verdict.verdict == VerdictKind.FAILED for verdict in verdicts)
