"""What the processes below one have used of the processor, and whether any of them wants more of it. Reads `/proc`; Linux only.

A process that waits for a clock, a lock or another process sleeps; one that computes is runnable, however long a busy machine
lets it queue. So waiting can be told from being kept waiting.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

_TICKS = os.sysconf("SC_CLK_TCK")
# `man 5 proc_pid_stat`: the letter of a process that runs, or would if it were given a processor.
RUNNABLE = "R"


@dataclass(frozen=True)
class Process:
    """A process: its parent, when it started (in ticks), its state, its own CPU seconds, and those of children waited for."""

    parent: int
    started: int
    state: str
    own: float
    waited_for: float


def below(root: int) -> dict[int, Process]:
    """Return the processes below one, children's children included; what has ended and was waited for is gone."""
    everything = {int(name): one for name in os.listdir("/proc") if name.isdigit() and (one := _read(name))}
    found: dict[int, Process] = {}
    parents = {root}
    while parents:
        parents = {pid for pid, one in everything.items() if one.parent in parents and pid not in found}
        found |= {pid: everything[pid] for pid in parents}
    return found


def _read(name: str) -> Process | None:
    fields = _stat(f"/proc/{name}/stat")
    if fields is None:
        return None
    user, system, children_user, children_system = (int(field) / _TICKS for field in fields[11:15])
    return Process(int(fields[1]), int(fields[19]), fields[0], user + system, children_user + children_system)


def _stat(path: str) -> list[str] | None:
    """Return the fields behind a process's (or thread's) name, which may hold anything; None if it has ended."""
    try:
        with open(path, errors="replace") as file:
            return file.read().rpartition(")")[2].split() or None
    except OSError:
        return None


def any_runnable(processes: dict[int, Process]) -> bool:
    """Return whether a thread of one of these computes, or would if the machine let it."""
    return any(one.state == RUNNABLE for one in processes.values()) or any(map(_has_runnable_thread, processes))


def _has_runnable_thread(pid: int) -> bool:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return False
    states = (_stat(f"/proc/{pid}/task/{thread}/stat") for thread in threads if thread != str(pid))
    return any(fields is not None and fields[0] == RUNNABLE for fields in states)


class Account:
    """The CPU seconds of everything below a process, from one worker's start to its end.

    A process that nobody waits for (killed, or of a parent that ignores its children) takes its seconds along: what was seen
    of it at the last look still counts.
    """

    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], float] = {}

    def used(self, alive: dict[int, Process]) -> float:
        """Return the CPU seconds so far, given what is alive now."""
        for pid, one in alive.items():
            self._seen[pid, one.started] = one.own
        return max(sum(self._seen.values()), sum(one.own + one.waited_for for one in alive.values()))
