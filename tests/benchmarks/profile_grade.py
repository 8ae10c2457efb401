"""Where the CPU time of `grade` goes, step by step: a help in making it cheaper, not a number for this folder's page.

    uv run python tests/benchmarks/profile_grade.py lesson_2_2

Two tables. The first times the grader's own steps around each submission, by the process's CPU clock, in a real grading with
one worker. The second times a worker's steps in a forked child of a warm process. Steps are timed by standing in for the
functions of `autograder` while this script runs; a step's time includes that of the steps below it which are indented.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from autograder.batch import backend, local_backend
from autograder.batch import run as batch
from autograder.course import lesson as lessons
from autograder.grading import lesson_grader, verdicts
from autograder.report import report, results_folder
from autograder.sandbox import decode, jobs, sandbox
from autograder.submission import submission
from autograder.worker import encode, run, scenarios, warmup, zygote
from tests.benchmarks import course
from tests.benchmarks.course import SEED, Subject

GRADER = {
    "reading the submission": (submission, "read"),
    "running it (the parent's side)": (sandbox.Sandbox, "_attempt"),
    "  writing the request": (sandbox.Sandbox, "_request"),
    "  parsing frames": (decode, "parse"),
    "  reading values out of them": (decode, "value"),
    "  writing what is hidden": (sandbox.Sandbox, "_hidden"),
    "judging and diagnosing": (lesson_grader.Grading, "scores"),
    "  comparing": (verdicts, "compare"),
    "the report as JSON, with its feedback": (local_backend, "with_feedback"),
    "writing report, feedback and table": (results_folder.ResultsFolder, "write"),
    "  replacing files whole": (report, "write_whole"),
}
WORKER = {
    "loading the module and the suite": (run, "load"),
    "expanding the suite into scenarios": (scenarios, "expand"),
    "resetting what scenarios share": (run, "_reset"),
    "the scenario's generator": (scenarios, "generator"),
    "one scenario, from reset to value": (run, "_outcome"),
    "  turning values into trees": (encode.Encoder, "tree"),
    "making frames": (run, "frame"),
}


class Steps:
    """CPU seconds and calls by step."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self._inside: set[str] = set()

    @contextlib.contextmanager
    def watched(self, steps: dict[str, tuple[Any, str]]) -> Iterator[None]:
        """Time the named functions as long as the block lasts."""
        before = {name: getattr(owner, attribute) for name, (owner, attribute) in steps.items()}
        for name, (owner, attribute) in steps.items():
            setattr(owner, attribute, self._timed(name, before[name]))
        try:
            yield
        finally:
            for name, (owner, attribute) in steps.items():
                setattr(owner, attribute, before[name])

    def _timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            if name in self._inside:  # it calls itself: the outermost call is timed
                return function(*given, **named)
            self._inside.add(name)
            started = time.process_time()
            try:
                result = function(*given, **named)
                # A generator does its work when it is walked.
                return iter(list(result)) if isinstance(result, Iterator) else result
            finally:
                self._inside.discard(name)
                self.seconds[name] += time.process_time() - started
                self.calls[name] += 1

        return timed

    def table(self, title: str, steps: dict[str, tuple[Any, str]], submissions: int, whole: float) -> str:
        """Return the steps as a table, in milliseconds per submission."""
        lines = [f"| {title} | CPU ms per submission | calls |", "|---|---:|---:|"]
        lines.append(f"| all of it | {1000 * whole / submissions:.1f} | |")
        for name in steps:
            if self.calls[name]:
                shown = name.replace("  ", "&nbsp;&nbsp;")
                each = 1000 * self.seconds[name] / submissions
                lines.append(f"| {shown} | {each:.1f} | {self.calls[name] / submissions:g} |")
        return "\n".join(lines)


def grader(subject: Subject, size: int) -> str:
    """Grade in this process with one worker, and time the parent's steps."""
    lesson = lessons.load(subject.course, subject.lesson)
    steps = Steps()
    with tempfile.TemporaryDirectory() as name:
        folder = subject.hand_in(Path(name) / "submissions", size)
        seen: list[float] = []
        with steps.watched(GRADER):
            options = backend.Options(seed=SEED, workers=1)
            batch.grade_all(lesson, folder, Path(name) / "out", options, lambda _: seen.append(time.process_time()))
    whole = (seen[-1] - seen[0]) * size / (size - 1)
    return steps.table("The grader's process", GRADER, size, whole)


def worker(subject: Subject, size: int) -> str:
    """Run submissions in forked children of this process, warmed up, and time a worker's steps."""
    lesson = lessons.load(subject.course, subject.lesson)
    grading = lesson_grader.Grading(lesson, ("cpu",), SEED, unsafe=True)  # never begun: it only words the jobs
    sources = [jobs.Source("exercises", "exercises.py", subject.text(number)) for number in range(size)]
    made = [grading.job(source) for source in sources]
    warmup.warm_up(plots=True)
    zygote.freeze()
    steps, whole = Steps(), 0.0
    for job in made:
        told, tell = os.pipe()
        before = os.times()
        child = os.fork()
        if child == 0:
            os.write(tell, json.dumps(_worker_steps(job, subject)).encode())
            os._exit(0)
        os.close(tell)
        with open(told, encoding="utf-8") as pipe:
            seconds, calls, inside = json.load(pipe)
        os.waitpid(child, 0)
        after = os.times()
        for key in seconds:
            steps.seconds[key] += seconds[key]
            steps.calls[key] += calls[key]
        steps.seconds["forking, and leaving"] += sum(after[:4]) - sum(before[:4]) - inside
        steps.calls["forking, and leaving"] += 1
        whole += sum(after[:4]) - sum(before[:4])
    names = {**WORKER, "forking, and leaving": (None, "")}
    return steps.table("A worker, without the jail", names, size, whole)


def _worker_steps(job: jobs.Job, subject: Subject) -> tuple[dict[str, float], dict[str, int], float]:
    steps = Steps()
    never_started = sandbox.Sandbox(subject.course, level="none")
    with never_started._request(job) as file:
        request = json.load(file)
    hidden = json.loads(never_started._hidden(job, job.runs))
    started = time.process_time()
    with steps.watched(WORKER):
        run.run(request, lambda: hidden, lambda _: None)
    return steps.seconds, steps.calls, time.process_time() - started


def main() -> int:
    """Read the command line, measure, print."""
    parser = course.arguments("Show where the time of `grade` goes.", "lesson_2_2")
    parser.add_argument("--size", type=int, default=20, help="submissions (default: 20)")
    options = parser.parse_args()
    subject = course.find(options.course, options.lesson)
    print(course.machine())
    print("", grader(subject, options.size), sep="\n")
    print("", worker(subject, options.size), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
