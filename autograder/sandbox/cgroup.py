"""A control group that bounds the memory and the number of tasks of a zygote and everything below it. Linux only.

Resource limits bound a process; only a cgroup bounds a tree. Version 2 is used where this process may make groups below its
own, version 1 where the machine still has its controllers there (as root).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

V2_ROOT = Path("/sys/fs/cgroup")
REMOVAL_SECONDS = 2.0
PREFIX = "autograder"
# What a kernel without swap has no file for.
OPTIONAL = ("memory.swap.max",)


@dataclass(frozen=True)
class Cgroup:
    """A group, as the folders that stand for it: one in version 2, one a controller in version 1.

    Attributes:
        folders: these folders.
        account: the one that counts CPU time, or None where that is not ours to have.
    """

    folders: tuple[Path, ...]
    account: Path | None = None

    def add(self, pid: int) -> None:
        """Move a process into the group; what it starts from then on is in it, too."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(pid))

    def cpu(self) -> float | None:
        """Return the CPU seconds of all that ever was in the group, however it ended; None where nobody counts them."""
        if self.account is None:
            return None
        with contextlib.suppress(OSError, ValueError, KeyError):
            if (self.account / "cpuacct.usage").exists():
                return int((self.account / "cpuacct.usage").read_text()) / 1e9
            lines = (self.account / "cpu.stat").read_text().splitlines()
            return int(dict(line.split() for line in lines)["usage_usec"]) / 1e6
        return None

    def remove(self) -> None:
        """Remove the group once its processes have ended, which takes the kernel a moment; it never raises."""
        until = time.monotonic() + REMOVAL_SECONDS
        for folder in self.folders:
            while folder.exists() and time.monotonic() < until:
                try:
                    folder.rmdir()
                except OSError:
                    time.sleep(0.02)


def create(memory: int, tasks: int) -> Cgroup | None:
    """Return a fresh group with these bounds, or None where this machine does not let us make one.

    Args:
        memory: bytes of the whole group, files in memory included.
        tasks: processes and threads of the whole group.
    """
    for attempt in (_version_2, _version_1):
        folders: list[Path] = []
        try:
            for folder, settings in attempt(memory, tasks):
                _sweep(folder.parent)
                folder.mkdir()
                folders.append(folder)
                for name, value in settings.items():
                    if name not in OPTIONAL or (folder / name).exists():
                        (folder / name).write_text(str(value))
        except OSError:
            Cgroup(tuple(folders)).remove()
            continue
        if folders:
            account = folders[0] if attempt is _version_2 else _account_1()
            return Cgroup(tuple(dict.fromkeys([*folders, *([account] if account else [])])), account)
    return None


def _account_1() -> Path | None:
    """Return a fresh group of version 1 that counts CPU time, or None where this machine does not let us make one."""
    groups = _own_groups()
    with contextlib.suppress(OSError, KeyError):
        folder = V2_ROOT / "cpuacct" / groups["cpuacct"] / _name()
        _sweep(folder.parent)
        folder.mkdir()
        return folder
    return None


def _sweep(parent: Path) -> None:
    """Remove the groups of graders that were killed before they could."""
    for folder in parent.glob(f"{PREFIX}-*"):
        owner = folder.name.split("-")[1]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            with contextlib.suppress(OSError):
                folder.rmdir()


def _name() -> str:
    return f"{PREFIX}-{os.getpid()}-{secrets.token_hex(4)}"


def _own_groups() -> dict[str, str]:
    """Return controller to this process's group; the controller of version 2 is ""."""
    groups = {}
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            for controller in controllers.split(","):
                groups[controller] = path.lstrip("/")
    return groups


def _version_2(memory: int, tasks: int) -> Iterator[tuple[Path, dict[str, int]]]:
    own = V2_ROOT / _own_groups().get("", "")
    # A group that holds processes has no controllers for groups below it, so ours goes beside our own.
    for parent in (own, own.parent):
        active = parent / "cgroup.subtree_control"
        if active.is_file() and {"memory", "pids"} <= set(active.read_text().split()) and os.access(parent, os.W_OK):
            yield (
                parent / _name(),
                {"memory.max": memory, "memory.swap.max": 0, "memory.oom.group": 0, "pids.max": tasks},
            )
            return


def _version_1(memory: int, tasks: int) -> Iterator[tuple[Path, dict[str, int]]]:
    groups, name = _own_groups(), _name()
    for controller, settings in (("memory", {"memory.limit_in_bytes": memory}), ("pids", {"pids.max": tasks})):
        if controller not in groups:
            raise OSError(f"no {controller} controller")
        yield V2_ROOT / controller / groups[controller] / name, settings
