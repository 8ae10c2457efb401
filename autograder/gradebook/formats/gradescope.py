"""Gradescope's `results.json` for each submission: a test an exercise, and a score over all that overrides their sum."""

from __future__ import annotations

import json
from typing import Any

from autograder.gradebook.formats import Points, Request, Score, Scores, Written
from autograder.util.files import write_whole
from autograder.util.safe_text import file_name, printable


def write(scores: Scores, request: Request) -> Written:
    """Write `gradescope/NAME.json`; none where the grader failed, so that Gradescope says so and nobody gets a zero."""
    paths = []
    for row in scores.rows:
        if row.score is not None:
            path = request.out / "gradescope" / f"{file_name(row.submission)}.json"
            write_whole(path, json.dumps(results(row, scores), indent=1) + "\n")
            paths.append(path)
    failed = [row.submission for row in scores.rows if row.score is None]
    note = f"The grader failed on {', '.join(failed)}; no results.json was written for that."
    return Written(tuple(paths), (note,) if failed else ())


def results(row: Score, scores: Scores) -> dict[str, Any]:
    """Return a submission's results."""
    lesson = scores.lesson
    said = [f"Lesson {lesson.number}: {lesson.title}", row.reason, row.late]
    return {
        "score": row.score,
        "output": "\n".join(printable(sentence) for sentence in said if sentence),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"status": row.status, "raw_score": row.raw, "late_penalty": row.penalty},
        "tests": [_test(number, exercise) for number, exercise in enumerate(row.exercises, 1)],
    }


def _test(number: int, exercise: Points) -> dict[str, Any]:
    points = exercise.points or 0.0
    return {
        "name": f"{exercise.name} (bonus)" if exercise.bonus else exercise.name,
        "number": str(number),
        "score": points,
        "max_score": exercise.max_points,
        "status": "passed" if points == exercise.max_points else "failed",
        "output": "\n".join(exercise.feedback),
        "visibility": "visible",
    }
