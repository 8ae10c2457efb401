"""What does an endless loop cost? A submission that never ends in one exercise, against an honest one, exercise by exercise.

    uv run python tests/benchmarks/endless.py lesson_2_2

A correct module is graded, and then once for each exercise with a loop in the exercise's place, all by one warm grader, one after
another. CPU seconds are those of the workers, by the reports' account, and of the grader. A loop in an exercise that others call
ends those, too: the last column says how many scenarios ran out of time, at most two per exercise.
"""

from __future__ import annotations

import contextlib
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from autograder.batch.local_backend import LocalBackend
from autograder.course import lesson as lessons
from autograder.grading.lesson_grader import Grading
from autograder.sandbox.jobs import OUT_OF_TIME
from autograder.submission.submission import Submission, SubmissionStatus
from tests.benchmarks import course
from tests.benchmarks.course import SEED, Subject
from tests.benchmarks.meter import MeasureError

LOOP = "\n\ndef {name}(*args, **kwargs):\n    while True:\n        pass\n"
# An honest submission is graded so often, and the cheapest counts: the first also pays for what is made once.
HONEST = 5


@dataclass(frozen=True)
class Cost:
    """What grading one submission took, and how many of its scenarios ran out of time."""

    cpu: float
    score: float
    time_outs: int


@contextlib.contextmanager
def grader(subject: Subject) -> Iterator[LocalBackend]:
    """Yield a warm grader of the lesson."""
    lesson = lessons.load(subject.course, subject.lesson)
    with Grading(lesson, ("cpu",), SEED, unsafe=False) as grading, LocalBackend(grading) as here:
        yield here


def cost(here: LocalBackend, name: str, text: str) -> Cost:
    """Grade a module and return what it took."""
    before = time.process_time()
    row = here.grade(Submission(name, SubmissionStatus.FOUND, place="exercises.py", text=text))
    own = time.process_time() - before
    ended = [scenario["reason"] for exercise in row["exercises"] for scenario in exercise["scenarios"]]
    return Cost(row["cpu_seconds"] + own, row["score"] or 0.0, sum(reason in OUT_OF_TIME for reason in ended))


def measured(subject: Subject) -> tuple[Cost, dict[str, Cost]]:
    """Return what an honest submission costs, and one with a loop in each exercise that stands at the top of the module.

    Raises:
        MeasureError: the honest one did not get full points, or a loop was not noticed.
    """
    text = subject.text(0)
    tops = set(re.findall(r"^(?:def|class) (\w+)", text, flags=re.MULTILINE))
    exercises = [e.name for e in lessons.load(subject.course, subject.lesson).exercises if e.name in tops]
    with grader(subject) as here:
        honest = min((cost(here, "honest", text) for _ in range(HONEST)), key=lambda one: one.cpu)
        loops = {name: cost(here, name, text + LOOP.format(name=name)) for name in exercises}
    unnoticed = [name for name, one in loops.items() if not one.time_outs]
    if honest.time_outs or unnoticed:
        raise MeasureError(
            f"a loop in {unnoticed[0]} was not noticed." if unnoticed else "the honest module ran out of time."
        )
    return honest, loops


def table(honest: Cost, loops: dict[str, Cost]) -> str:
    """Return the table, ratios first."""
    lines = [
        "| an endless loop in | costs, of an honest submission | CPU s | scenarios out of time |",
        "|---|---:|---:|---:|",
        f"| no exercise | 1 | {honest.cpu:.3f} | 0 |",
    ]
    for name, one in loops.items():
        lines.append(f"| `{name}` | {one.cpu / honest.cpu:.1f} | {one.cpu:.3f} | {one.time_outs} |")
    return "\n".join(lines)


def main() -> int:
    """Read the command line, measure, print."""
    options = course.arguments("Compare endless loops with an honest submission.", "lesson_2_2").parse_args()
    subject = course.find(options.course, options.lesson)
    try:
        honest, loops = measured(subject)
    except MeasureError as error:
        print(f"endless.py: {error}", file=sys.stderr)
        return 1
    print(f"Lesson {subject.lesson}; {course.machine()}.", table(honest, loops), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
