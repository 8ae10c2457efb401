"""Measure a command: CPU seconds of all that it started, peak memory of its first process. Knows nothing of grading.

CPU is read twice. `waited` is what the kernel adds to a process for the children that it has waited for; it lacks what died
with a killed PID namespace, because nobody waited for that. `counted` is a control group's own account, in which nothing is
lost: the command is started inside a new group, below the one that this process is in. Where no group can be made (an
ordinary user without a delegated one), `counted` is None and `waited` has to do; the table then says so.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LOOK_EVERY = 0.05


class MeasureError(RuntimeError):
    """A measured command that failed or ran too long: its numbers would mean nothing."""


@dataclass(frozen=True)
class Usage:
    """What a command took.

    Attributes:
        waited: CPU seconds of its first process and of every process that was waited for below it.
        counted: CPU seconds by the control group's account, or None where there is none.
        wall: seconds by the clock.
        peak: bytes, the largest resident size of its first process alone.
        output: what it printed on standard output.
    """

    waited: float
    counted: float | None
    wall: float
    peak: int
    output: str

    @property
    def cpu(self) -> float:
        """CPU seconds by the better of the two accounts."""
        return self.waited if self.counted is None else self.counted


@dataclass(frozen=True)
class _Group:
    """A control group of our own.

    Attributes:
        folders: the group, and in version 2 the group inside it; the command goes into the last.
        account: the file in which the CPU time of all of them stands.
    """

    folders: tuple[Path, ...]
    account: Path

    def seconds(self) -> float:
        text = self.account.read_text()
        if self.account.name == "cpu.stat":  # version 2, microseconds in the first of several lines
            return int(dict(line.split() for line in text.splitlines())["usage_usec"]) / 1e6
        return int(text) / 1e9

    def enter(self) -> None:
        (self.folders[-1] / "cgroup.procs").write_text("0")


def measure(
    command: Sequence[str | Path],
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    timeout: float = 600,
    allowed: Sequence[int] = (0,),
) -> Usage:
    """Run a command to its end.

    Args:
        command: the program and its arguments.
        cwd: the folder to run it in.
        environment: variables that are added to this process's own.
        timeout: seconds by the clock, after which it is killed.
        allowed: exit statuses that are as they should be.

    Raises:
        MeasureError: it ended with another status, or not in time.
    """
    words = [str(word) for word in command]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors, _group() as group:

        def enter() -> None:
            if group is not None:
                group.enter()

        started = time.monotonic()
        process = subprocess.Popen(
            words,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            preexec_fn=enter,
        )
        used, peak, status = _follow(process.pid, started + timeout)
        process.returncode = status
        wall = time.monotonic() - started
        if status not in allowed:
            errors.seek(0)
            out.seek(0)
            said = (out.read() + errors.read()).decode("utf-8", "replace")[-3000:]
            raise MeasureError(f"`{' '.join(words)}` ended with status {status}:\n{said}")
        out.seek(0)
        return Usage(
            waited=used.ru_utime + used.ru_stime,
            counted=group.seconds() if group else None,
            wall=wall,
            peak=peak,
            output=out.read().decode("utf-8", "replace"),
        )


def _follow(pid: int, until: float) -> tuple[resource.struct_rusage, int, int]:
    """Wait for a process while noting its largest size; return its usage, that size and its exit status."""
    peak = 0
    while True:
        peak = max(peak, _peak(pid))
        ended, status, used = os.wait4(pid, os.WNOHANG)
        if ended:
            return used, peak, os.waitstatus_to_exitcode(status)
        if time.monotonic() > until:
            os.kill(pid, signal.SIGKILL)
            _, status, used = os.wait4(pid, 0)
            return used, peak, os.waitstatus_to_exitcode(status)
        time.sleep(LOOK_EVERY)


def _peak(pid: int) -> int:
    """Return the largest resident size that a living process has had, in bytes; 0 where it cannot be read."""
    try:
        found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) << 10 if found else 0


@contextlib.contextmanager
def _group() -> Iterator[_Group | None]:
    """Yield a new control group that counts CPU time, or None where none can be made; take it away afterwards."""
    group = _make_group()
    try:
        yield group
    finally:
        if group is not None:
            _remove(group.folders)


def _make_group() -> _Group | None:
    for above, account in _places():
        outer = above / f"autograder-benchmark-{os.getpid()}-{time.monotonic_ns()}"
        # In version 2 the grader makes groups for its zygotes beside its own: they must still be inside the one that counts.
        folders = (outer, outer / "measured") if account == "cpu.stat" else (outer,)
        try:
            for folder in folders:
                folder.mkdir()
        except OSError:
            _remove(folders)
            continue
        if account == "cpu.stat":
            with contextlib.suppress(OSError):
                (outer / "cgroup.subtree_control").write_text("+memory +pids")
        # The root of a hierarchy without the controller has no such file; nor may we enter every group that we can make.
        if os.access(outer / account, os.R_OK) and os.access(folders[-1] / "cgroup.procs", os.W_OK):
            return _Group(folders, outer / account)
        _remove(folders)
    return None


def _places() -> Iterator[tuple[Path, str]]:
    """Yield this process's groups that can count CPU time, each with the name of the file where the time will stand."""
    try:
        own = Path("/proc/self/cgroup").read_text().splitlines()
        mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return
    paths = {controllers: path for _, controllers, path in (line.split(":", 2) for line in own)}
    for line in mounts:
        before, _, after = line.partition(" - ")
        root, place = before.split()[3:5]
        kind, _, options = after.split()[:3]
        for controllers, path in paths.items():
            inside = Path(place) / os.path.relpath(path, root)
            if kind == "cgroup" and "cpuacct" in controllers.split(",") and "cpuacct" in options.split(","):
                yield inside, "cpuacct.usage"
            if kind == "cgroup2" and not controllers:
                yield inside, "cpu.stat"


def _remove(folders: Sequence[Path]) -> None:
    for folder in reversed(folders):
        for _ in range(40):  # the last of a killed namespace may take a moment to leave
            try:
                folder.rmdir()
            except FileNotFoundError:
                break
            except OSError:
                time.sleep(LOOK_EVERY)
            else:
                break
