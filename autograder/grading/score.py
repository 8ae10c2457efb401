"""Turn outcomes into verdicts and verdicts into points."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.course.lesson import Lesson
from autograder.grading.results import ExerciseScore, Verdict, VerdictKind


def score(lesson: Lesson, judged: Sequence[Verdict]) -> tuple[ExerciseScore, ...]:
    """Return the points of each exercise: its share of scenarios passed, by weight, of those that could run.

    A failure that only follows from another exercise's counts as passed.
    """
    scores = []
    for exercise in lesson.exercises:
        own = tuple(verdict for verdict in judged if verdict.placed.scenario.exercise == exercise.name)
        ran = [verdict for verdict in own if verdict.verdict in (VerdictKind.PASSED, VerdictKind.FAILED)]
        weight = sum(verdict.placed.scenario.weight for verdict in ran)
        earned = sum(
            verdict.placed.scenario.weight
            for verdict in ran
            if verdict.verdict == VerdictKind.PASSED or verdict.follows
        )
        points = round(exercise.points * earned / weight, 2) if weight else 0.0
        scores.append(ExerciseScore(exercise, points, exercise.points if weight else 0.0, own))
    return tuple(scores)
