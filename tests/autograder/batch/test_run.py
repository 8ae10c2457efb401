"""A batch that is broken off, disturbed or short of room loses nothing that was finished, and says how to go on."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.batch import run as batch
from autograder.batch.backend import Options
from autograder.batch.run import Progress, Summary
from autograder.course.lesson import Lesson
from autograder.grading import lesson_grader
from autograder.grading.disturbance import Disturbance
from autograder.grading.lesson_grader import Grading
from autograder.grading.results import Provenance, ReportStatus
from autograder.report import results_folder
from autograder.report.report import as_json
from autograder.report.schema import ReportRow
from autograder.sandbox.jobs import Deadlines
from autograder.sandbox.sandbox import Sandbox
from autograder.submission import submission
from autograder.submission.submission import Submission
from autograder.util.errors import GradingAborted, UserError
from autograder.worker import jail
from tests.autograder.helpers import COURSE, ROOT, hand_in
from tests.autograder.sandboxes import Shared
from tests.benchmarks import crash

CORRECT = (COURSE / "submissions" / "all_correct" / "exercises.py").read_text(encoding="utf-8")
LOOPS = CORRECT + "\n\ndef average(x):\n    while True:\n        pass\n"

Grade = Callable[..., Summary]


def several(count: int) -> dict[str, str]:
    return {f"student_{number:05}": f"{CORRECT}\n# {number}\n" for number in range(count)}


@pytest.fixture
def grade(small_lesson: Lesson, small_grading: Grading, tmp_path: Path) -> Grade:
    """Grade a folder with zygotes that are warm already."""

    def run(folder: Path, *, tell: Callable[[Progress], None] = lambda _: None, **options: Any) -> Summary:
        chosen = Options(seed=0, **options)
        return batch.grade_all(
            small_lesson, folder, tmp_path / "out", chosen, tell, lambda _seed, _most: Shared(small_grading)
        )

    return run


def table(out: Path) -> dict[str, dict[str, str]]:
    with open(out / "scores.csv", newline="", encoding="utf-8") as file:
        return {row["submission"]: row for row in csv.DictReader(file)}


def test_a_lock_down_that_fails_is_never_a_students_zero(
    grade: Grade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails for the worker after a scenario that died, twice: with the zygote that was there, and with a fresh one."""
    limits = Sandbox._limits
    dying = CORRECT + "\n\ndef average(x):\n    import os\n    os._exit(0)\n"
    asked = 0

    def once_in_two(self: Sandbox, cpu_left: float) -> jail.Limits:
        nonlocal asked
        asked += 1
        return replace(limits(self, cpu_left), memory=1 << 80) if asked in (2, 4) else limits(self, cpu_left)

    monkeypatch.setattr(Sandbox, "_limits", once_in_two)
    done = grade(hand_in(tmp_path / "in", {"one": dying, "two": CORRECT}), workers=1)
    assert [row["status"] for row in done.rows] == ["grader_error", "graded"]
    assert table(tmp_path / "out")["one"]["score"] == ""
    assert table(tmp_path / "out")["two"]["score"] == "100"
    report = json.loads((tmp_path / "out" / "reports" / "one.json").read_text(encoding="utf-8"))
    assert "could not be closed in" in report["private"]
    monkeypatch.undo()
    again = grade(tmp_path / "in")
    assert (again.kept, again.graded) == (1, {"the grader failed on it before": 1})
    assert float(table(tmp_path / "out")["one"]["score"]) > 0


def test_a_run_says_what_it_graded_and_why(grade: Grade, tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "in", several(3))
    first = grade(folder)
    assert (first.kept, first.graded) == (0, {"new": 3})
    assert (grade(folder).kept, grade(folder).graded) == (3, {})
    hand_in(folder, {"student_00001": CORRECT, "one_more": CORRECT})
    assert grade(folder).graded == {"new": 1, "its module changed": 1}
    assert grade(folder, only=("student_00002",), regrade=True).graded == {"asked for by --regrade": 1}
    for path in (tmp_path / "out" / "reports").glob("*.json"):
        text = path.read_text(encoding="utf-8")
        row = json.loads(text)
        path.write_text(text.replace(row["suite_sha256"], "0" * 64), encoding="utf-8")
    assert grade(folder).graded == {"the suite changed": 4}


def test_a_damaged_report_is_made_again_and_what_was_half_written_is_swept_up(grade: Grade, tmp_path: Path) -> None:
    folder, out = hand_in(tmp_path / "in", several(2)), tmp_path / "out"
    grade(folder)
    (out / "reports" / "student_00000.json").write_text('{"schema": "autograder/rep', encoding="utf-8")
    (out / "feedback" / "student_00001.md").unlink()
    (out / "reports" / ".abc.part").write_text("half", encoding="utf-8")
    again = grade(folder)
    assert (again.kept, again.graded) == (1, {"new": 1})
    assert not list(out.rglob("*.part"))
    assert "100 of 100" in (out / "feedback" / "student_00001.md").read_text(encoding="utf-8")


def test_a_submission_that_vanishes_is_nobodys_zero_and_costs_no_other(grade: Grade, tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "in", several(8))

    def take_away(step: Progress) -> None:
        if step.done == 1:
            shutil.rmtree(folder / "student_00007")

    rows = {row["submission"]: row for row in grade(folder, tell=take_away).rows}
    assert rows["student_00007"]["status"] == "grader_error"
    assert "is gone now" in rows["student_00007"]["reason"]
    assert [rows[f"student_{number:05}"]["score"] for number in range(7)] == [100.0] * 7


def test_what_ran_out_of_time_by_the_clock_is_tried_once_more_alone(small_lesson: Lesson, tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "in", {"asleep": "", **several(5)})
    slow = {"asleep": 2, "student_00003": 1}
    graded: list[str] = []

    class Slow(_Stand):
        def grade(self, handed_in: Submission) -> ReportRow:
            graded.append(handed_in.name)
            slow[handed_in.name] = slow.get(handed_in.name, 0) - 1
            late = "wall_time" if slow[handed_in.name] >= 0 else ""
            return self.report(handed_in, late, late)

    summary = _grade_with(Slow(small_lesson), small_lesson, folder, tmp_path / "out")
    assert graded[-2:] in (["asleep", "student_00003"], ["student_00003", "asleep"])
    assert graded.count("asleep") == 2
    scores = {row["submission"]: row["score"] for row in summary.rows}
    assert scores == {"asleep": 0.0, **dict.fromkeys(several(5), 100.0)}


@pytest.mark.parametrize("kind", ["", *Disturbance])
def test_what_others_may_have_cost_a_submission_is_tried_once_more_alone(
    small_lesson: Lesson, tmp_path: Path, kind: str
) -> None:
    folder = hand_in(tmp_path / "in", {"disturbed": "", **several(5)})
    graded: list[str] = []

    class Once(_Stand):
        def grade(self, handed_in: Submission) -> ReportRow:
            graded.append(handed_in.name)
            if handed_in.name != "disturbed" or graded.count("disturbed") > 1:
                return self.report(handed_in, "")
            return self.report(handed_in, "cpu_time", str(kind))

    rows = _grade_with(Once(small_lesson), small_lesson, folder, tmp_path / "out").rows
    score = {row["submission"]: row["score"] for row in rows}["disturbed"]
    if not kind:
        assert (graded.count("disturbed"), score) == (1, 0.0), "its own doing, on any machine"
    else:
        assert (graded.count("disturbed"), graded[-1], score) == (2, "disturbed", 100.0)


def test_a_killed_worker_costs_its_submission_nothing(small_grading: Grading, grade: Grade, tmp_path: Path) -> None:
    waits = f"import time\n{CORRECT}\n\ndef double(x):\n    time.sleep(0.4)\n    return x + x\n"
    folder = hand_in(tmp_path / "in", {"one": waits})
    process = small_grading.spare[0]._process
    assert process is not None, "it is warm"
    killer = subprocess.Popen(
        [sys.executable, "-c", _KILL_A_WORKER, str(process.pid)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    rows = grade(folder).rows
    assert killer.communicate(timeout=30)[0].strip() == "killed"
    assert [row["score"] for row in rows] == [100.0]


_KILL_A_WORKER = """
import os, signal, sys, time
from tests.benchmarks import crash
until = time.monotonic() + 20
while time.monotonic() < until:
    # The process that only opens the jail stands there for a moment, too: a worker is still there a little later.
    victims = {pid for pid, depth in crash.below(int(sys.argv[1])).items() if depth == 2}
    time.sleep(0.3)
    victims &= {pid for pid, depth in crash.below(int(sys.argv[1])).items() if depth == 2}
    if victims:
        os.kill(victims.pop(), signal.SIGKILL)
        print("killed")
        break
    time.sleep(0.02)
"""


def test_a_second_grader_keeps_out_of_the_folder(small_lesson: Lesson, tmp_path: Path) -> None:
    with (
        results_folder.ResultsFolder(tmp_path / "out", small_lesson, 0),
        pytest.raises(UserError, match="Another grader is writing"),
    ):
        results_folder.ResultsFolder(tmp_path / "out", small_lesson, 0).__enter__()
    with results_folder.ResultsFolder(tmp_path / "out", small_lesson, 0):
        pass


def test_a_folder_that_cannot_be_written_to_is_one_sentence(grade: Grade, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file stands here", encoding="utf-8")
    with pytest.raises(UserError, match=r"cannot be written to: .* choose another --out"):
        grade(hand_in(tmp_path / "in", several(1)))


def test_a_full_disk_halts_with_a_sentence_and_grading_goes_on_from_there(
    grade: Grade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = hand_in(tmp_path / "in", several(5)), tmp_path / "out"
    full = _full_after(8)
    with monkeypatch.context() as patch:
        patch.setattr("autograder.util.files.os.fsync", full)
        with pytest.raises(
            GradingAborted, match=r"could not be written.*No space left on device.*continues from there"
        ):
            grade(folder)
    assert not list(out.rglob("*.part"))
    finished = len(list((out / "reports").iterdir()))
    assert 0 < finished < 5
    summary = grade(folder)
    assert summary.kept == finished
    assert {row["score"] for row in table(out).values()} == {"100"}


def _full_after(writes: int) -> Callable[[int], None]:
    """Return what a disk does that is full after so many files."""
    left = [writes]

    def fsync(_: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, os.strerror(28))

    return fsync


def test_ten_thousand_entries_are_sorted_out_within_seconds_and_little_memory(
    small_lesson: Lesson, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    for number in range(10_000):
        (folder / f"student_{number:05}").mkdir(parents=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    named = submission.names(submission.discover(folder, small_lesson))
    assert len(named) == 10_000
    summary = _grade_with(_Stand(small_lesson), small_lesson, folder, tmp_path / "out", only=("student_09999",))
    assert time.process_time() - started < 10
    assert [row["status"] for row in summary.rows] == ["not_found"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 << 10


def test_a_long_batch_keeps_few_submissions_and_no_whole_reports_in_memory(
    small_lesson: Lesson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = hand_in(tmp_path / "in", several(300)), tmp_path / "out"
    stand = _Stand(small_lesson)
    monkeypatch.setattr("autograder.util.files.os.fsync", lambda _: None)
    _grade_with(stand, small_lesson, folder, out)
    assert stand.most_at_a_time <= stand.max_in_flight
    with results_folder.ResultsFolder(out, small_lesson, 0) as folder_of_grades:
        assert max(len(json.dumps(row)) for row in folder_of_grades.rows.values()) < 2_000
    assert min(path.stat().st_size for path in (out / "reports").iterdir()) > 50_000


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """Let what is started be interrupted, even where a script started these tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
@pytest.mark.parametrize("moment", ["while it warms up", "inside an endless loop"])
def test_ctrl_c_ends_within_two_seconds_leaves_no_process_and_says_how_to_go_on(tmp_path: Path, moment: str) -> None:
    folder = hand_in(tmp_path / "in", {"a": CORRECT, "b": LOOPS.replace("average", "double")})
    command = [sys.executable, "-m", "autograder.cli", "grade", "lesson_9_1", folder, "--out", tmp_path / "out"]
    process = subprocess.Popen(
        [*map(str, command), "--workers", "1"],
        cwd=COURSE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    first = tmp_path / "out" / "reports" / "a.json"
    until = time.monotonic() + 120
    while not (first.exists() if moment != "while it warms up" else crash.below(process.pid)):
        assert time.monotonic() < until, "it never got there"
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(0.5)
    # What was seen first may have been a program that the start asks something and that has ended since.
    while not (everyone := crash.below(process.pid)):
        assert time.monotonic() < until, "it started nothing"
        time.sleep(0.05)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert time.monotonic() - started < 2 * max(1.0, slowness())
    assert process.returncode == 130
    assert "the same command continues where this one stopped" in said
    assert "Traceback" not in said
    assert not [pid for pid in everyone if _runs(pid)]
    if moment != "while it warms up":
        assert table(tmp_path / "out")["a"]["score"] == "100"


def slowness() -> float:
    """Return how many seconds a CPU second takes just now: other work on the machine is not the grader's fault."""
    clock, cpu = time.monotonic(), time.process_time()
    while time.process_time() - cpu < 0.2:
        sum(range(10_000))
    return (time.monotonic() - clock) / 0.2


def _runs(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_batch_that_is_killed_again_and_again_ends_with_the_same_scores(capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "tests/benchmarks/crash.py", "--size", "20", "--rounds", "2", "--workers", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    with capsys.disabled():
        print(f"\n{done.stdout}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| tables of scores | the same, 20 lines |" in done.stdout
    assert "| graded again though finished | 0 |" in done.stdout


class _Stand:
    """Grades nothing: it stands where a machine's graders would, and gives every submission full points."""

    max_in_flight = 4

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        self.provenance = Provenance(0, {"cpu": "run"}, "suite", "reference", "isolated", {})
        self.waiting = self.most_at_a_time = 0

    def __enter__(self) -> _Stand:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, handed_in: Submission, *, last: bool = False) -> Any:  # noqa: ARG002  the protocol's
        future: Future[ReportRow] = Future()
        self.waiting += 1
        self.most_at_a_time = max(self.waiting, self.most_at_a_time)
        future.set_result(self.grade(handed_in))
        return future

    def row(self, done: Any) -> Any:
        self.waiting -= 1
        return done.result()

    def check_alive(self) -> None:
        pass

    def grade(self, handed_in: Submission) -> ReportRow:
        return self.report(handed_in, "")

    def report(self, handed_in: Submission, reason: str, disturbed: str = "") -> ReportRow:
        """Return a report with no points if there is a reason, and with a long log."""
        row = as_json(lesson_grader.unrun(self.lesson, handed_in, self.provenance, status=ReportStatus.GRADED))
        row["disturbed"] = disturbed
        row["log"] = "x" * 60_000
        exercises: Any = [
            {
                "name": exercise.name,
                "points": 0.0 if reason else exercise.points,
                "max_points": exercise.points,
                "bonus": False,
                "scenarios": [{"reason": reason}],
                "feedback": [],
            }
            for exercise in self.lesson.exercises
        ]
        row["exercises"] = exercises
        return row


def _grade_with(stand: _Stand, lesson: Lesson, folder: Path, out: Path, **options: Any) -> Summary:
    return batch.grade_all(lesson, folder, out, Options(seed=0, **options), lambda _: None, lambda _seed, _most: stand)


def test_short_deadlines_can_be_asked_for(small_lesson: Lesson) -> None:
    asked = Deadlines(scenario_cpu=1)
    assert Grading(small_lesson, ("cpu",), 0, unsafe=False, deadlines=asked).spare[0].deadlines == asked
