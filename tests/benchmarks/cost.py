"""What a submission costs: `autograder grade` against a warm fork, one pytest process each, and `nbgrader autograde`.

    uv run python tests/benchmarks/cost.py lesson_2_2

How it is measured. All four do the same scenarios with the same seed on the same correct modules: the lesson's alternatives
and the sample `all_correct`, taken in turn, each with a comment of its own so that no two are the same text.

- *CPU seconds, not the clock*, so that other work on the machine matters little; read from a control group where one can be
  made, because what a killed PID namespace used never reaches its parent's account (`meter.py`).
- *Start-up apart*: each contender grades a small and a large batch; the cost of a submission is the slope between the two, so
  that importing and warming up drop out. (One pytest process per submission imports everything again each time: that is its cost, and the
  point.) Batches are whole rounds of the modules, or the slope would mix different work. The small batch is large enough that
  each of two zygotes has put its heap into huge pages (`huge_pages.py`), which belongs to starting up.
- `grade`: the command itself, sandbox on, from finding the submissions to the last report: all its processes.
- *warm fork*: the grader's own warm-up and worker code with no sandbox, no reading of frames, no comparison, no report
  (`warm_fork.py`). It is the floor: what cannot be saved.
- *pytest*: a plain pytest process per submission, with no plugin loaded; every scenario is a test, compared by
  `torch.testing` with the reference's values, which were computed beforehand (`plain_suite.py`).
- *nbgrader*: one `nbgrader autograde` over a course with a notebook per submission, its autograder cells doing the same
  (`notebooks.py`).
- Every contender must give full points, or the run ends: work that was not done is not measured.
- Baselines get one thread, as the grader's workers do. They compare with fewer scruples than the grader, which is to their
  advantage.
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from tests.benchmarks import course, in_process, notebooks
from tests.benchmarks.course import SEED, Subject
from tests.benchmarks.meter import MeasureError, Usage, measure

CONTENDERS = {
    "grade": "`autograder grade`",
    "fork": "an unprotected warm fork",
    "pytest": "one pytest process per submission",
    "nbgrader": "`nbgrader autograde`",
}
SLOW = ("pytest", "nbgrader")


@dataclass(frozen=True)
class Slope:
    """What two batches tell: CPU seconds of a submission, of starting up, and how large the batches were."""

    each: float
    start: float
    sizes: tuple[int, int]


@dataclass(frozen=True)
class Graded:
    """What one run of `autograder grade` used, and the CPU seconds of its workers as the reports give them."""

    usage: Usage
    reported: float


def slope(sizes: tuple[int, int], small: float, large: float) -> Slope:
    """Return the straight line through two measurements."""
    each = (large - small) / (sizes[1] - sizes[0])
    return Slope(each, small - each * sizes[0], sizes)


def grade(subject: Subject, folder: Path, size: int, workers: int | None = None) -> Graded:
    """Measure `autograder grade` on a fresh folder of submissions.

    Raises:
        MeasureError: it failed, or a correct submission did not get full points.
    """
    submissions, out = subject.hand_in(folder / "submissions", size), folder / "grades"
    command: list[str | Path] = [sys.executable, "-m", "autograder.cli", "grade", subject.lesson, submissions]
    command += ["--out", out, "--seed", str(SEED)]
    if workers is not None:
        command += ["--workers", str(workers)]
    usage = measure(command, subject.course, {"PYTHONPATH": str(course.ROOT)}, timeout=7200)
    with open(out / "scores.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    short = [row["submission"] for row in rows if row["score"] != row["max_score"]]
    if len(rows) != size or short:
        raise MeasureError(
            f"`grade` gave {len(rows)} scores for {size} correct submissions, {len(short)} below the most."
        )
    reports = (json.loads(path.read_text(encoding="utf-8")) for path in (out / "reports").glob("*.json"))
    return Graded(usage, sum(report["cpu_seconds"] for report in reports))


def fork(subject: Subject, folder: Path, size: int, scenarios: int) -> Usage:
    """Measure the unprotected warm fork.

    Raises:
        MeasureError: a scenario of a correct submission did not return.
    """
    submissions = subject.hand_in(folder / "submissions", size)
    place: list[str | Path] = [
        "-m",
        "tests.benchmarks.warm_fork",
        subject.course,
        subject.lesson,
        str(SEED),
        submissions,
    ]
    environment = {**course.ONE_THREAD, "PYTHONPATH": str(course.ROOT), "PYTHONHASHSEED": "0"}
    usage = measure([sys.executable, *place], folder, environment, timeout=1800)
    if int(usage.output) != size * scenarios:
        raise MeasureError(f"{usage.output.strip()} scenarios returned in the warm fork, not {size * scenarios}.")
    return usage


def pytest_each(subject: Subject, folder: Path, size: int, environment: Mapping[str, str]) -> float:
    """Return the CPU seconds of one pytest process for each submission.

    Raises:
        MeasureError: a test of a correct submission failed.
    """
    submissions, suite = subject.hand_in(folder / "submissions", size), folder / "suite"
    # A folder of its own, with its own settings: pytest lists every folder between its root and the test.
    suite.mkdir()
    (suite / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    shutil.copy(Path(__file__).with_name("plain_suite.py"), suite / "test_suite.py")
    around = {**environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return sum(
        measure(
            [sys.executable, "-m", "pytest", "-q", "--tb=line", "-p", "no:cacheprovider"],
            suite,
            {**around, "BENCHMARK_SUBMISSION": str(place / "exercises.py")},
        ).cpu
        for place in sorted(submissions.iterdir())
    )


def compare(subject: Subject, fast: tuple[int, int], slow: tuple[int, int], skip: tuple[str, ...]) -> str:
    """Measure every contender and return the page of tables.

    Raises:
        MeasureError: one failed.
    """
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        scratch = Path(name)
        ready = in_process.plan(subject.course, subject.lesson, SEED)
        wanted = scratch / "wanted.pt"
        torch.save(in_process.reference_values(ready, subject.reference), wanted)
        environment = {
            **course.ONE_THREAD,
            **in_process.environment(subject.course, subject.lesson, SEED, wanted),
        }
        runs: dict[str, Callable[[Path, int], float | Usage | Graded]] = {
            "grade": lambda folder, size: grade(subject, folder, size),
            "fork": lambda folder, size: fork(subject, folder, size, len(ready.items)),
            "pytest": lambda folder, size: pytest_each(subject, folder, size, environment),
            "nbgrader": lambda folder, size: _nbgrader(subject, folder, size, environment),
        }
        found: dict[str, list[float | Usage | Graded]] = {}
        sizes = {key: slow if key in SLOW else fast for key in runs}
        # Small batches of all first, then the large ones, so that a change in the machine's mood meets all alike.
        for step in (0, 1):
            for key, run in runs.items():
                # Its processes share nothing that could be told apart: what one costs is what a submission costs.
                if key not in skip and (key, step) != ("pytest", 0):
                    folder = scratch / f"{key}_{step}"
                    folder.mkdir()
                    print(f"{key}: {sizes[key][step]} submissions", file=sys.stderr, flush=True)
                    found.setdefault(key, []).append(run(folder, sizes[key][step]))
    slopes = {
        key: slope(sizes[key], _cpu(batches[0]), _cpu(batches[1]))
        if key != "pytest"
        else Slope(_cpu(batches[0]) / slow[1], 0.0, (0, slow[1]))
        for key, batches in found.items()
    }
    graded = [run for run in found["grade"] if isinstance(run, Graded)]
    head = f"Lesson {subject.lesson}, {len(ready.items)} scenarios; {course.machine()}."
    return "\n\n".join([head, costs(slopes), accounts(graded, sizes["grade"])])


def _nbgrader(subject: Subject, folder: Path, size: int, environment: Mapping[str, str]) -> Usage:
    notebooks.make(folder, subject, size, environment)
    return notebooks.autograde(folder, subject, size, environment)


def _cpu(run: float | Usage | Graded) -> float:
    if isinstance(run, Graded):
        return run.usage.cpu
    return run.cpu if isinstance(run, Usage) else run


def costs(slopes: Mapping[str, Slope]) -> str:
    """Return the table of costs, ratios first."""
    lines = [
        "| | `grade` costs, of this | CPU s per submission | CPU s to start | submissions |",
        "|---|---:|---:|---:|---:|",
    ]
    for key, name in CONTENDERS.items():
        if key in slopes:
            found = slopes[key]
            of_this = "1" if key == "grade" else course.ratio(slopes["grade"].each / found.each)
            sizes = f"{found.sizes[1]}" if key == "pytest" else f"{found.sizes[0]}, {found.sizes[1]}"
            start = "in each" if key == "pytest" else f"{found.start:.1f}"
            lines.append(f"| {name} | {of_this} | {found.each:.3f} | {start} | {sizes} |")
    return "\n".join(lines)


def accounts(graded: list[Graded], sizes: tuple[int, int]) -> str:
    """Return the table that compares the accounts of what `grade` used: what one lacks was lost to it."""
    small, large = graded

    def each(account: Callable[[Graded], float]) -> float:
        return slope(sizes, account(small), account(large)).each

    rows = []
    if small.usage.counted is not None:
        rows.append(("the control group (nothing is lost)", each(lambda run: run.usage.counted or 0.0)))
    rows.append(("the command and what was waited for", each(lambda run: run.usage.waited)))
    rows.append(("the workers, in the reports' `cpu_seconds`", each(lambda run: run.reported)))
    lines = ["| `grade`, by whose account | CPU s per submission |", "|---|---:|"]
    return "\n".join(lines + [f"| {name} | {value:.3f} |" for name, value in rows])


def main() -> int:
    """Read the command line, measure, print."""
    parser = course.arguments("Compare what a submission costs.", "lesson_2_2")
    parser.add_argument(
        "--small", type=int, default=80, metavar="A", help="submissions of the small batch (default: 80)"
    )
    parser.add_argument(
        "--large", type=int, default=240, metavar="B", help="submissions of the large batch (default: 240)"
    )
    parser.add_argument(
        "--slow-small", type=int, default=4, metavar="A", help="the same for pytest and nbgrader (default: 4)"
    )
    parser.add_argument(
        "--slow-large", type=int, default=12, metavar="B", help="the same for pytest and nbgrader (default: 12)"
    )
    parser.add_argument(
        "--skip", action="append", default=[], choices=["fork", *SLOW], help="leave one out; may be repeated"
    )
    options = parser.parse_args()
    subject = course.find(options.course, options.lesson)
    fast, slow = (
        (subject.whole_rounds(small), subject.whole_rounds(large))
        for small, large in ((options.small, options.large), (options.slow_small, options.slow_large))
    )
    if fast[0] >= fast[1] or slow[0] >= slow[1]:
        parser.error(f"a batch holds whole rounds of {len(subject.modules)} modules: {fast} and {slow} give no slope.")
    try:
        print(compare(subject, fast, slow, tuple(options.skip)))
    except MeasureError as error:
        print(f"cost.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
