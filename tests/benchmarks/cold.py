"""How long somebody waits for one submission: from the command to its end, beside a plain pytest process on the same scenarios.

    uv run python tests/benchmarks/cold.py [LESSON] [--rounds 3]

One correct submission, each command in a process of its own that has imported nothing:

- `grade`: the command itself, with sandbox, comparison and report;
- *hidden suite*: `pytest tests/LESSON --submission`, as an author runs it;
- *pytest*: a plain pytest process with no plugin loaded, in which each scenario is compared with the reference's values, which
  were computed beforehand (`plain_suite.py`);
- *visible tests*: `pytest assignments/LESSON` on the reference, as a student runs them.

They run in turn, round by round, so that a change in the machine's mood meets all alike; shown is the median of the rounds, by the
clock and in CPU seconds. The first round counts apart: in an environment that was made just now (`uv sync` in a fresh clone, then
`uv run --no-sync python tests/benchmarks/cold.py`) it is the one that compiles everything.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from tests.benchmarks import course, in_process
from tests.benchmarks.course import ONE_THREAD, SEED, Subject, ratio
from tests.benchmarks.meter import MeasureError, Usage, measure

TITLES = {
    "grade": "`autograder grade`",
    "hidden": "`pytest tests/LESSON --submission`",
    "pytest": "a plain pytest process on the same scenarios",
    "visible": "`pytest assignments/LESSON`",
}


@dataclass
class Rounds:
    """What a contender took, round by round."""

    usages: list[Usage] = field(default_factory=list)

    @property
    def wall(self) -> float:
        """Seconds by the clock, in the median."""
        return median(usage.wall for usage in self.usages)

    @property
    def cpu(self) -> float:
        """CPU seconds, in the median."""
        return median(usage.cpu for usage in self.usages)


def contenders(subject: Subject, scratch: Path, environment: Mapping[str, str]) -> dict[str, Callable[[int], Usage]]:
    """Return what is measured, each a function of the round's number."""
    submissions = subject.hand_in(scratch / "submissions", 1)
    module = next(submissions.iterdir()) / "exercises.py"
    suite = scratch / "suite"
    suite.mkdir()
    (suite / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    shutil.copy(Path(__file__).with_name("plain_suite.py"), suite / "test_suite.py")
    solved = scratch / "solved"
    for name in ("assignments", "datasets"):
        shutil.copytree(subject.course / name, solved / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(subject.reference, solved / "assignments" / subject.lesson / "exercises.py")
    (solved / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\npythonpath = ["."]\naddopts = ["--import-mode=importlib"]\n', encoding="utf-8"
    )
    python = sys.executable
    quiet = ["-q", "--tb=line", "-p", "no:cacheprovider"]

    def grade(number: int) -> Usage:
        out = scratch / f"out_{number}"
        command = [python, "-m", "autograder.cli", "grade", subject.lesson, submissions, "--out", out, "--seed", SEED]
        done = measure([str(part) for part in command], subject.course, environment)
        if "100 / 100" not in done.output:
            raise MeasureError(f"a correct submission lost points:\n{done.output}")
        return done

    def hidden(_: int) -> Usage:
        command = [python, "-m", "pytest", *quiet, f"tests/{subject.lesson}", "--submission", module]
        return measure([str(part) for part in command], subject.course, environment)

    def plain(_: int) -> Usage:
        around = {**environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "BENCHMARK_SUBMISSION": str(module)}
        return measure([python, "-m", "pytest", *quiet], suite, around)

    def visible(_: int) -> Usage:
        return measure([python, "-m", "pytest", *quiet, f"assignments/{subject.lesson}"], solved, environment)

    return {"grade": grade, "hidden": hidden, "pytest": plain, "visible": visible}


def table(found: Mapping[str, Rounds], lesson: str) -> str:
    """Return the table, each contender against the plain pytest process."""
    base = found["pytest"]
    lines = [
        "| | seconds by the clock | of plain pytest's | CPU seconds | of plain pytest's |",
        "|---|---:|---:|---:|---:|",
    ]
    for key, rounds in found.items():
        title = TITLES[key].replace("LESSON", lesson)
        of_wall, of_cpu = ratio(rounds.wall / base.wall), ratio(rounds.cpu / base.cpu)
        lines.append(f"| {title} | {rounds.wall:.1f} | {of_wall} | {rounds.cpu:.1f} | {of_cpu} |")
    return "\n".join(lines)


def run(subject: Subject, rounds: int) -> str:
    """Measure and return the page of tables.

    Raises:
        MeasureError: one failed.
    """
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        scratch = Path(name)
        ready = in_process.plan(subject.course, subject.lesson, SEED)
        wanted = scratch / "wanted.pt"
        torch.save(in_process.reference_values(ready, subject.reference), wanted)
        environment = {
            **ONE_THREAD,
            **in_process.environment(subject.course, subject.lesson, SEED, wanted),
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPATH": os.pathsep.join([str(course.ROOT), str(subject.course)]),
        }
        runs = contenders(subject, scratch, environment)
        found = {key: Rounds() for key in runs}
        first = {key: Rounds() for key in runs}
        for number in range(rounds + 1):
            for key, one in runs.items():
                print(f"round {number}: {key}", file=sys.stderr, flush=True)
                (found if number else first)[key].usages.append(one(number))
        head = f"Lesson {subject.lesson}, {len(ready.items)} scenarios, one submission; {course.machine()}."
        pages = [head, "The first round:", table(first, subject.lesson)]
        return "\n\n".join([*pages, f"The median of {rounds} more:", table(found, subject.lesson)])


def main() -> int:
    """Run the script."""
    parser = course.arguments("Measure how long one submission takes from the command to its end.", "lesson_2_5")
    parser.add_argument("--rounds", type=int, default=3, help="how often each runs after the first time (default: 3)")
    options = parser.parse_args()
    try:
        print(run(course.find(options.course, options.lesson), options.rounds))
    except MeasureError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
