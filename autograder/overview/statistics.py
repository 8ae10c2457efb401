"""What is counted of a class: means, how hard an exercise is, how well it tells students apart.

Difficulty is the mean share of an exercise's points (the item difficulty of classical test theory; for items that are right or
wrong it is the share who solve them). Discrimination is the point-biserial correlation between having solved an exercise and the
rest of the score, that exercise taken out (Tate, R. F. (1954). Correlation between a discrete and a continuous variable. Annals
of Mathematical Statistics 25(3), 603-607). Below 0.20 an item is to be looked at (Ebel, R. L. (1965). Measuring Educational
Achievement). The best are the upper 27 % (Kelley, T. L. (1939). The selection of upper and lower groups for the validation of
test items. Journal of Educational Psychology 30(1), 17-24).
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from autograder.overview.reading import Entry, ExerciseResult

UPPER_GROUP = 0.27
LITTLE = 0.20
BINS = 10
# Fewer say nothing about an exercise.
FEW = 10


class Mark(StrEnum):
    """Why an exercise is to be looked at."""

    NONE = ""
    BEST_FAIL = "most of the best did not solve it"
    SEPARATES_NOTHING = "solving it says little about the rest"
    EVERYBODY = "everybody solved it"
    NOBODY = "nobody solved it"


@dataclass(frozen=True)
class ScenarioShare:
    """How many failed a scenario, of those on whom it ran."""

    name: str
    failed: int
    of: int

    @property
    def share(self) -> float:
        """The share who failed it."""
        return self.failed / self.of if self.of else 0.0


@dataclass(frozen=True)
class ExerciseStatistics:
    """How a class did on an exercise.

    Attributes:
        name: the exercise.
        count: how many were judged on it.
        mean: the mean of their points.
        most: what could be earned.
        difficulty: the mean share of its points.
        solved: how many have all of them.
        lost: the points that the class lost on it.
        discrimination: the point-biserial correlation with the rest of the score; None where it is not defined.
        mark: why it is to be looked at.
        scenarios: those that somebody failed, the most often failed first.
    """

    name: str
    count: int
    mean: float
    most: float
    difficulty: float
    solved: int
    lost: float
    discrimination: float | None
    mark: Mark
    scenarios: tuple[ScenarioShare, ...]


@dataclass(frozen=True)
class ClassStatistics:
    """How a class did on a lesson; the numbers are None where nobody has a score."""

    count: int
    graded: int
    statuses: dict[str, int]
    mean: float | None
    median: float | None
    deviation: float | None
    histogram: tuple[int, ...]
    max_score: float
    exercises: tuple[ExerciseStatistics, ...]

    @property
    def hardest(self) -> ExerciseStatistics | None:
        """The exercise with the smallest share of its points; None where nobody lost any."""
        lost = [one for one in self.exercises if one.count and one.difficulty < 1]
        return min(lost, key=lambda one: one.difficulty, default=None)


def of_class(entries: Sequence[Entry], names: Sequence[str]) -> ClassStatistics:
    """Return how a class did.

    Args:
        entries: one for each submission.
        names: the lesson's exercises, in order.
    """
    scored = [entry for entry in entries if entry.score is not None and entry.exercises]
    scores = [entry.score for entry in scored if entry.score is not None]
    shares = [entry.share for entry in scored if entry.share is not None]
    return ClassStatistics(
        count=len(entries),
        graded=len(scored),
        statuses=dict(Counter(entry.status for entry in entries).most_common()),
        mean=statistics.fmean(scores) if scores else None,
        median=statistics.median(scores) if scores else None,
        deviation=statistics.stdev(scores) if len(scores) > 1 else None,
        histogram=histogram(shares),
        max_score=max((entry.max_score for entry in scored), default=0.0),
        exercises=tuple(_exercise(name, scored) for name in names),
    )


def histogram(shares: Sequence[float]) -> tuple[int, ...]:
    """Return how many shares lie in each tenth; what is 1 or more lies in the last."""
    counts = Counter(min(BINS - 1, max(0, int(share * BINS + 1e-9))) for share in shares)
    return tuple(counts[n] for n in range(BINS))


def point_biserial(solved: Sequence[bool], rest: Sequence[float]) -> float | None:
    """Return the point-biserial correlation of two columns; None where one of them does not vary.

    With n1 of n solved, M1 and M0 the means of the rest of the score among those who did and did not, and s its standard
    deviation (of the n themselves): (M1 - M0) / s * sqrt(n1 * n0) / n.
    """
    yes = [value for value, hit in zip(rest, solved, strict=True) if hit]
    no = [value for value, hit in zip(rest, solved, strict=True) if not hit]
    if not yes or not no:
        return None
    deviation = statistics.pstdev(rest)
    if deviation <= 1e-9 * max(1.0, *map(abs, rest)):
        return None
    r = (statistics.fmean(yes) - statistics.fmean(no)) / deviation * math.sqrt(len(yes) * len(no)) / len(rest)
    return max(-1.0, min(1.0, r))


def _exercise(name: str, scored: Sequence[Entry]) -> ExerciseStatistics:
    judged = [(entry, one) for entry in scored for one in entry.exercises if one.name == name and one.most > 0]
    if not judged:
        return ExerciseStatistics(name, 0, 0.0, 0.0, 0.0, 0, 0.0, None, Mark.NONE, ())
    results = [one for _, one in judged]
    solved = [one.solved for one in results]
    rest = [(entry.score or 0.0) - one.points for entry, one in judged]
    discrimination = point_biserial(solved, rest)
    return ExerciseStatistics(
        name=name,
        count=len(results),
        mean=statistics.fmean(one.points for one in results),
        most=max(one.most for one in results),
        difficulty=statistics.fmean(one.points / one.most for one in results),
        solved=sum(solved),
        lost=sum(max(0.0, one.most - one.points) for one in results),
        discrimination=discrimination,
        mark=_mark(solved, rest, discrimination),
        scenarios=_scenarios(results),
    )


def _mark(solved: Sequence[bool], rest: Sequence[float], discrimination: float | None) -> Mark:
    if all(solved):
        return Mark.EVERYBODY
    if not any(solved):
        return Mark.NOBODY
    if len(solved) < FEW:
        return Mark.NONE
    order = sorted(range(len(rest)), key=lambda n: -rest[n])
    last = rest[order[max(1, round(UPPER_GROUP * len(rest))) - 1]]
    # Whoever has as much as the last of the best is one of them, or the order of the names would decide.
    best = [solved[n] for n in order if rest[n] >= last]
    if sum(best) < len(best) / 2:
        return Mark.BEST_FAIL
    if discrimination is None or discrimination < LITTLE:
        return Mark.SEPARATES_NOTHING
    return Mark.NONE


def _scenarios(results: Sequence[ExerciseResult]) -> tuple[ScenarioShare, ...]:
    failed = Counter(name for one in results for name in one.failed)
    ran = sum(one.ran > 0 for one in results)
    return tuple(ScenarioShare(name, count, max(ran, count)) for name, count in failed.most_common())
