"""Say which guarantee level and devices this machine gives, what is missing, and the command that adds it. Changes nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from autograder.errors import Halted
from autograder.sandbox import Guarantee, Job, Run, Sandbox, SandboxError, Source
from autograder.worker import landlock

MEANS = {
    "full": "namespaces, Landlock, seccomp, and a cgroup that bounds the memory of a whole process tree",
    "isolated": "namespaces, Landlock and seccomp; memory is bounded process by process",
    "restricted": "Landlock and seccomp alone: no view of its own, no process namespace",
    "none": "a plain child process without protection",
}
DEVICES = ("cpu", "cuda", "mps", "xpu")
PROBE = "import pytest\n\n\n@pytest.mark.exercise('probe')\ndef test_device(lesson, device):\n    return str(device)\n"


def examine(root: Path) -> Iterator[str]:
    """Yield the findings, a line each.

    Raises:
        Halted: the sandbox does not start, so nothing can be graded here.
    """
    try:
        with Sandbox(root, plots=False, devices=DEVICES) as sandbox:
            assert sandbox.guarantee is not None, "a started sandbox has a guarantee"
            guarantee = sandbox.guarantee
            devices = _devices(sandbox)
    except SandboxError as error:
        raise Halted(f"the sandbox does not start: {error}") from error
    yield f"guarantee level  {guarantee.level}: {MEANS[guarantee.level]}"
    yield f"devices          {', '.join(devices)}"
    yield f"versions         python {guarantee.python}, torch {guarantee.torch}"
    yield f"Landlock         {f'version {landlock.version()}' if sys.platform == 'linux' and landlock.version() else 'none'}"
    if guarantee.missing:
        yield f"missing          {guarantee.missing}"
    yield from _advice(guarantee)


def _devices(sandbox: Sandbox) -> list[str]:
    """Return the devices that a worker finds."""
    runs = tuple(Run("test_device.py", "test_device", 0, device) for device in DEVICES)
    result = sandbox.run(Job(Source("exercises", "exercises.py", ""), {"test_device.py": PROBE}, runs, seed=0))
    return [run.device for run, outcome in zip(runs, result.outcomes, strict=True) if outcome.status == "returned"]


def _advice(guarantee: Guarantee) -> Iterator[str]:
    if guarantee.level in ("full", "isolated"):
        yield "official grading can run here"
        if guarantee.level == "isolated":
            yield "for a cgroup     systemd-run --user --scope -p Delegate=yes autograder grade …"
        return
    if sys.platform != "linux":
        yield "what to do       grade on Linux (a virtual machine or WSL 2 will do); here only --allow-unsafe works"
        return
    closed = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    if closed.is_file() and closed.read_text().strip() == "1":
        yield "what to do       sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
    else:
        yield "what to do       sudo sysctl user.max_user_namespaces=15000; in a container, run it with --privileged"
