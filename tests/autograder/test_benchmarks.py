"""The benchmarks run and print their tables: tiny sizes, on the small course. What they measure is not judged here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.autograder.helpers import COURSE, ROOT
from tests.benchmarks import cost, course, scale
from tests.benchmarks.meter import MeasureError, measure

# A batch holds whole rounds of the lesson's correct modules.
ROUND = len(course.find(COURSE, "lesson_9_1").modules)
BENCHMARKS = ROOT / "tests" / "benchmarks"


def table(script: str, *arguments: str, head: str = "lesson_9_1") -> dict[str, list[str]]:
    """Run a script as its page says and return the rows of the tables that it prints, by their first cell."""
    done = subprocess.run(
        [sys.executable, BENCHMARKS / script, "lesson_9_1", "--course", COURSE, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first = done.stdout.splitlines()[0]
    assert all(word in first for word in (head, "cores", "Python", "torch"))
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    return {row[0]: row[1:] for row in rows}


def test_the_cost_table_has_a_row_a_contender_and_a_row_an_account() -> None:
    sizes = ("--small", ROUND, "--large", 2 * ROUND, "--slow-small", 1, "--slow-large", 2 * ROUND)
    rows = table("cost.py", *map(str, sizes), "--skip", "nbgrader")
    assert rows["`autograder grade`"][0] == "1"
    assert "nbgrader" not in " ".join(rows)
    each, _, batch = rows["one pytest process per submission"][1:]
    assert float(each) > 0.5, "a pytest process that imports torch costs more"
    assert batch == str(2 * ROUND)
    assert "an unprotected warm fork" in rows
    assert "the workers, in the reports' `cpu_seconds`" in rows


def test_the_scale_table_tells_cost_and_memory() -> None:
    rows = table("scale.py", "--small", str(scale.START + ROUND), "--large", str(scale.START + 2 * ROUND))
    assert float(rows["peak memory of the grader, MiB"][1]) > 10
    assert "CPU s per submission, start-up apart" in rows


def test_the_endless_table_has_a_row_an_exercise() -> None:
    rows = table("endless.py")
    assert rows["no exercise"][0] == "1"
    assert int(rows["`double`"][2]) == 2, "after two scenarios the others are not waited for"


def test_the_profile_finds_the_steps_that_it_times() -> None:
    rows = table("profile_grade.py", "--size", "2", head="cores")
    for step in ("judging and diagnosing", "writing report, feedback and table", "making frames"):
        assert float(rows[step][1]) >= 1, "each is called at least once a submission"


def test_a_small_batch_that_is_no_smaller_is_bad_usage() -> None:
    command: list[str | Path] = [
        sys.executable,
        BENCHMARKS / "cost.py",
        "lesson_9_1",
        "--course",
        COURSE,
        "--small",
        "3",
        "--large",
        "3",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "give no slope" in done.stderr


def test_no_two_submissions_have_the_same_text(tmp_path: Path) -> None:
    subject = course.find(COURSE, "lesson_9_1")
    folder = subject.hand_in(tmp_path / "class", 5)
    texts = {(place / "exercises.py").read_text(encoding="utf-8") for place in folder.iterdir()}
    assert len(texts) == 5


def test_a_slope_is_what_one_more_submission_costs() -> None:
    found = cost.slope((10, 30), small=7.0, large=11.0)
    assert found.each == pytest.approx(0.2)
    assert found.start == pytest.approx(5.0)


@pytest.mark.parametrize("words", [(1.434, "1.43"), (0.0199, "1/50"), (1 / 3, "0.33")])
def test_a_ratio_is_worded_as_people_say_it(words: tuple[float, str]) -> None:
    assert course.ratio(words[0]) == words[1]


def test_cpu_seconds_of_children_are_counted_and_sleeping_is_not(tmp_path: Path) -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    code = f"import subprocess, sys, time; time.sleep(0.5); subprocess.run([sys.executable, '-c', {burn!r}])"
    used = measure([sys.executable, "-c", code], tmp_path)
    assert 0.3 <= used.cpu < 0.6
    assert used.wall > 0.7
    assert used.peak > 1 << 20


def test_a_child_that_nobody_waited_for_is_counted_where_there_is_a_control_group(tmp_path: Path) -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass\nopen('done', 'w').close()"
    code = f"""
import os, signal, subprocess, sys, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", {burn!r}])
while not os.path.exists("done"):
    time.sleep(0.05)
"""
    used = measure([sys.executable, "-c", code], tmp_path)
    if used.counted is None:
        pytest.skip("no control group can be made here")
    assert used.waited < 0.3 <= used.counted


def test_a_command_that_fails_gives_no_number(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match="ended with status 3"):
        measure([sys.executable, "-c", "import sys; print('why'); sys.exit(3)"], tmp_path)


def test_a_command_that_never_ends_is_killed(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match="status -9"):
        measure([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, timeout=0.5)
