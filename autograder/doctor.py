"""Say which guarantee level and which devices this machine gives, what is missing, and what would add it. Changes nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from autograder.sandbox import Sandbox, SandboxError


def examine(root: Path) -> Iterator[str]:
    """Yield the findings, a line each."""
    try:
        with Sandbox(root, plots=False) as sandbox:
            assert sandbox.guarantee is not None, "a started sandbox has a guarantee"
            level, missing = sandbox.guarantee.level, sandbox.guarantee.missing
            yield f"guarantee level  {level}"
            yield f"python           {sandbox.guarantee.python}"
            yield f"torch            {sandbox.guarantee.torch}"
    except SandboxError as error:
        level, missing = "none", str(error)
        yield f"the sandbox does not start: {error}"
    if missing:
        yield f"missing          {missing}"
        yield from _advice()
    elif level == "isolated":
        yield "official grading can run here"


def _advice() -> Iterator[str]:
    if sys.platform != "linux":
        yield "what to do       grade on Linux (a virtual machine or WSL 2 will do); here only --allow-unsafe works"
        return
    restricted = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    if restricted.is_file() and restricted.read_text().strip() == "1":
        yield "what to do       sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
    else:
        yield "what to do       sudo sysctl user.max_user_namespaces=15000, or run the grader as root outside a container"
