"""Classroom 50's `result.json`, by the schema `classroom50/result/v1`, and `release-body.md`, for each submission.

Scores there are whole numbers that add up, so each is rounded to one of its neighbours, and so that the sum is the rounded sum.
Who and what was handed in only the runner knows: the released `autograder.py` fills that in.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from autograder.gradebook.formats import Request, Score, Scores, Written
from autograder.util.files import write_whole
from autograder.util.safe_text import file_name

SCHEMA = "classroom50/result/v1"
# What the runner says in its environment; blank here.
IDENTITY = ("classroom", "assignment", "owner", "submission", "commit", "release", "review")


def write(scores: Scores, request: Request) -> Written:
    """Write `classroom50/NAME/result.json` and `release-body.md`; none where the grader failed, which is no zero."""
    paths = []
    for row in scores.rows:
        if row.score is not None:
            folder = request.out / "classroom50" / file_name(row.submission)
            write_whole(folder / "result.json", json.dumps(result(row), indent=2) + "\n")
            write_whole(folder / "release-body.md", row.feedback)
            paths.append(folder / "result.json")
    failed = [row.submission for row in scores.rows if row.score is None]
    note = f"The grader failed on {', '.join(failed)}; no result.json was written for that."
    return Written(tuple(paths), (note,) if failed else ())


def result(row: Score) -> dict[str, Any]:
    """Return a submission's result, the penalty for lateness shared among the exercises."""
    assert row.score is not None, "the caller sees to that"
    share = row.score / row.raw if row.raw else 0.0
    earned = whole([(exercise.points or 0.0) * share for exercise in row.exercises])
    most = whole([exercise.max_points for exercise in row.exercises])
    tests = [
        {
            "test-name": exercise.name,
            "passed": exercise.points == exercise.max_points,
            "score": min(points, possible),
            "max-score": possible,
            "exact-score": exercise.points,
        }
        for exercise, points, possible in zip(row.exercises, earned, most, strict=True)
    ]
    moment = row.submitted.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if row.submitted else ""
    return {
        "schema": SCHEMA,
        **dict.fromkeys(IDENTITY, ""),
        "assignment_type": "group" if len(row.students) > 1 else "individual",
        "datetime": moment,
        "score": sum(test["score"] for test in tests),
        "max-score": sum(most),
        "tests": tests,
    }


def whole(parts: Sequence[float]) -> list[int]:
    """Return each part rounded down or up, so that they add up to the rounded sum; the largest remainders go up."""
    floors = [math.floor(part) for part in parts]
    up = math.floor(sum(parts) + 0.5) - sum(floors)
    order = sorted(range(len(parts)), key=lambda i: floors[i] - parts[i])
    return [floor + (place in order[:up]) for place, floor in enumerate(floors)]
