"""What tests share that run something in a sandbox; importing this imports torch."""

from __future__ import annotations

from typing import Any

from autograder.batch.local_backend import LocalBackend
from autograder.grading.call_arguments import Signatures
from autograder.grading.results import Report
from autograder.report.feedback import page, with_feedback
from autograder.sandbox.jobs import Deadlines, Job, Result, Run, Source
from autograder.sandbox.sandbox import Sandbox


class Shared(LocalBackend):
    """Here, on a grading whose sandboxes serve the next batch as well: so it must have come to its end."""

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)


SUITE = {
    "test_look.py": """
import pytest

@pytest.mark.exercise("look")
@pytest.mark.parametrize("time", [1, 2, 3])
def test_look(lesson, data, tmp_path, time):
    return lesson.look(data, tmp_path, time)
"""
}


def look(sandbox: Sandbox, body: str, times: int = 1) -> Result:
    """Run a function of this body, `times` times in one job."""
    text = "import os, socket, sys, time as clock\n\n\ndef look(data, tmp_path, time):\n"
    text += "\n".join(f"    {line}" for line in body.split("\n"))
    runs = tuple(Run("test_look.py", "test_look", index, "cpu") for index in range(times))
    return sandbox.run(Job(Source("exercises", "exercises.py", text), SUITE, runs, seed=0))


def seen(sandbox: Sandbox, body: str) -> Any:
    """Return what a function of this body returned."""
    outcome = look(sandbox, body).outcomes[0]
    assert outcome.status == "returned", outcome
    return outcome.value


def kind(sandbox: Sandbox, body: str) -> str:
    """Return the name of the exception that a function of this body raised."""
    outcome = look(sandbox, body).outcomes[0]
    assert outcome.error is not None, outcome
    return outcome.error.builtin


LOADER = """
import torch
from torch.utils.data import DataLoader, TensorDataset
rows = TensorDataset(torch.arange(5.0), torch.arange(5))
loader = DataLoader(rows, batch_size=2, num_workers=2, persistent_workers=True)
return [[x.tolist(), y.tolist()] for _ in range(2) for x, y in loader]
""".strip()


def feedback(report: Report, signatures: Signatures) -> str:
    """Return a student's page."""
    return page(report.lesson, with_feedback(report, signatures))


FORKS = """
children = 0
try:
    while children < 500:
        if os.fork() == 0:
            clock.sleep(600)
            os._exit(0)
        children += 1
except OSError as error:
    return [children, type(error).__name__]
return [children, "no end"]
""".strip()


DESCRIPTORS = """
opened = []
try:
    while len(opened) < 1000:
        opened.append(os.open("/dev/null", os.O_RDONLY))
except OSError as error:
    return [len(opened), error.errno]
return [len(opened), 0]
""".strip()


def faults(box: Sandbox) -> dict[str, Any]:
    """Return what becomes of a worker that wants too much of each thing, and of the one that comes after it."""
    box.deadlines = Deadlines(scenario_cpu=1, scenario_wall=4, submission_cpu=8)
    found = {
        "memory": kind(box, "return len(bytearray(3 << 30))"),
        "memory by mmap": kind(box, "import mmap\nreturn len(mmap.mmap(-1, 3 << 30))"),
        "a file": kind(box, "with open(tmp_path / 'x', 'wb') as file:\n    file.write(bytes(80 << 20))"),
        "processes": seen(box, FORKS),
        "descriptors": seen(box, DESCRIPTORS),
        "computing": look(box, "while True:\n    pass").outcomes[0].status,
        "computing in a child": look(box, "if os.fork() == 0:\n    while True:\n        pass\nclock.sleep(600)")
        .outcomes[0]
        .status,
        "sleeping": look(box, "clock.sleep(600)").outcomes[0].status,
        "printing": look(box, "while True:\n    print('x' * 100_000)").outcomes[0].status,
        "returning": look(box, "return 'x' * (8 << 20), [list(range(100))] * 10_000").outcomes[0].status,
        "limits lifted": kind(
            box, "import resource as r\nr.setrlimit(r.RLIMIT_AS, (r.RLIM_INFINITY, r.RLIM_INFINITY))"
        ),
    }
    return found | {"an honest one after them": seen(box, "return time")}
