"""Lesson 3.5's visible test on two processes: no clock runs while they start, and what was seen is what is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.autograder.helpers import ROOT, Seat, seat

REFERENCE = (ROOT / "solutions" / "lesson_3_5" / "exercises.py").read_text(encoding="utf-8")
FIRST = "    # BEGIN SOLUTION Join, broadcast"


def run(folder: Path, module: str, seconds: int) -> str:
    """Run the test on a module, with so many seconds for what the processes do; return what pytest printed."""
    student: Seat = seat(folder, "lesson_3_5")
    student.module("lesson_3_5").write_text(module, encoding="utf-8")
    tests = student.module("lesson_3_5").with_name("test_exercises.py")
    text = tests.read_text(encoding="utf-8")
    assert "\nSECONDS = 120\n" in text
    tests.write_text(text.replace("\nSECONDS = 120\n", f"\nSECONDS = {seconds}\n"), encoding="utf-8")
    return student.pytest("assignments/lesson_3_5", "-q", "-k", "two_processes").stdout


def with_line(line: str) -> str:
    """Return the reference with a line at the head of ddp_worker."""
    assert FIRST in REFERENCE
    return REFERENCE.replace(FIRST, f"    {line}\n{FIRST}")


def test_two_processes_that_start_slowly_accuse_nobody(tmp_path: Path) -> None:
    slow = "\nimport multiprocessing, time\nif multiprocessing.parent_process() is not None:\n    time.sleep(25)\n"
    assert "1 passed" in run(tmp_path, REFERENCE + slow, 20)


WRONG = {
    "waits for ever": (
        "if rank == 1 and steps: __import__('time').sleep(600)",
        r"rank 0 has not returned after 20 seconds; rank 1 has not returned after 20 seconds",
        "Let all ranks make the same calls",
    ),
    "raises": (
        "if rank == 1 and steps: raise ValueError('no rows')",
        r"rank 0 was still running; rank 1 raised ValueError: no rows \(line \d+ of exercises\.py\)",
        "Look at what was raised",
    ),
    "leaves": (
        "if rank == 1 and steps: __import__('os')._exit(3)",
        r"rank 1 has ended without a word",
        "Look at what was",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_was_seen_of_two_processes_is_told(tmp_path: Path, case: str) -> None:
    line, seen, step = WRONG[case]
    # Only one of them is waited for; the others may be slow on a busy machine.
    told = run(tmp_path, with_line(line), 20 if case == "waits for ever" else 200)
    assert re.search(rf"seen       .*{seen}", told), told
    assert step in told
    assert "Traceback" not in told
    assert "During handling" not in told
    assert "The above exception" not in told


def test_a_worker_that_is_not_written_is_not_run_in_other_processes(tmp_path: Path) -> None:
    stub = (ROOT / "assignments" / "lesson_3_5" / "exercises.py").read_text(encoding="utf-8")
    told = run(tmp_path, stub, 8)
    assert "`ddp_worker`: not written yet, read" in told
