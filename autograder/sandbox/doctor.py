"""Say which guarantee level and devices this machine gives, what is missing, and the command that adds it. Changes nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from autograder.sandbox.errors import SandboxError
from autograder.sandbox.jobs import Guarantee, Job, OutcomeStatus, Run, Source
from autograder.sandbox.sandbox import Sandbox
from autograder.util.errors import GradingAborted
from autograder.worker import jail, landlock
from autograder.worker.devices import REAL

MEANS = {
    "full": "namespaces, Landlock, seccomp, and a cgroup that bounds the memory of a whole process tree",
    "isolated": "namespaces, Landlock and seccomp; memory is bounded process by process",
    "restricted": "Landlock and seccomp alone: no view, no processes and no network of its own, so no sockets at all",
    "none": "a plain child process without protection",
}
# What a machine's settings say where they allow no user namespaces, and the command that does.
SETTINGS = (
    ("/proc/sys/user/max_user_namespaces", "0", "sudo sysctl user.max_user_namespaces=15000"),
    ("/proc/sys/kernel/unprivileged_userns_clone", "0", "sudo sysctl kernel.unprivileged_userns_clone=1"),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0",
    ),
)
ONE_USER = "this user namespace holds one user only (root, mapped to who started it)"
A_RANGE = "a range of users (`sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER`, then a new container)"
PROBE = "import pytest\n\n\n@pytest.mark.exercise('probe')\ndef test_device(lesson, device):\n    return str(device)\n"


def examine(root: Path) -> Iterator[str]:
    """Yield the findings, a line each.

    Raises:
        Halted: the sandbox does not start, so nothing can be graded here.
    """
    try:
        with Sandbox(root, plots=False, devices=REAL) as sandbox:
            assert sandbox.guarantee is not None, "a started sandbox has a guarantee"
            guarantee = sandbox.guarantee
            devices = _devices(sandbox)
    except SandboxError as error:
        yield from _remedies()
        raise GradingAborted(f"the sandbox does not start: {error}") from error
    yield f"guarantee level  {guarantee.level}: {MEANS[guarantee.level]}"
    yield f"devices          {', '.join(devices)}"
    yield f"versions         python {guarantee.python}, torch {guarantee.torch}"
    yield f"Landlock         {f'version {landlock.version()}' if sys.platform == 'linux' and landlock.version() else 'none'}"
    if guarantee.missing:
        yield f"missing          {guarantee.missing}"
    yield from _advice(guarantee)


def _devices(sandbox: Sandbox) -> list[str]:
    """Return the devices that a worker finds."""
    runs = tuple(Run("test_device.py", "test_device", 0, device) for device in REAL)
    result = sandbox.run(Job(Source("exercises", "exercises.py", ""), {"test_device.py": PROBE}, runs, seed=0))
    return [
        run.device
        for run, outcome in zip(runs, result.outcomes, strict=True)
        if outcome.status == OutcomeStatus.RETURNED
    ]


def _advice(guarantee: Guarantee) -> Iterator[str]:
    if guarantee.level in ("full", "isolated"):
        yield "official grading can run here"
        if guarantee.level == "isolated":
            yield "for a cgroup     systemd-run --user --scope -p Delegate=yes autograder grade …"
        if sys.platform == "linux" and _of_one_user():
            yield f"note             {ONE_USER}; student code runs as that user, too"
            yield f"what to do       {A_RANGE} lets it be another"
        return
    yield "official grading refuses to start here; --allow-unsafe is for code that you trust"
    yield from _remedies()


def _remedies() -> Iterator[str]:
    """Yield what would give this machine a level of which official grading is content."""
    if sys.platform != "linux":
        yield "what to do       grade on Linux (a virtual machine or WSL 2 will do); here only --allow-unsafe works"
        return
    closed = [command for setting, value, command in SETTINGS if _setting(setting) == value]
    for command in closed:
        yield f"what to do       {command}"
    if _of_one_user():
        yield f"what is wrong    {ONE_USER}"
        yield f"what to do       {A_RANGE}; or grade outside of it, as an ordinary user"
    elif not closed:
        yield "what to do       in a container, run it with --privileged, or grade outside of it"


def _setting(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return None


def _of_one_user() -> bool:
    """Return whether this process is the root of a user namespace that holds no other user."""
    return os.geteuid() == 0 and not jail.is_mapped(jail.NOBODY)
