"""Writes to the kernel's settings, priorities and schedules, which all processes share. Success: a write works, or a
higher priority is granted.

expected: double=30 mean_of=40 count=30
"""

import os

for path in (
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sysrq-trigger",
    "/proc/sys/kernel/hostname",
    "/sys/fs/cgroup/cgroup.procs",
):
    try:
        with open(path, "w"):
            print("SUCCEEDED: opened for writing", path)
    except OSError:
        pass
for what, change in (
    ("priority", lambda: os.setpriority(os.PRIO_PROCESS, 0, -10)),
    ("real time", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))),
    (
        "memory killer",
        lambda: open("/proc/self/oom_score_adj", "w").write("-900") and open("/proc/self/oom_score_adj").read(),
    ),
    ("host name", lambda: __import__("socket").sethostname("hostile")),
):
    try:
        change()
        if what != "memory killer" or int(open("/proc/self/oom_score_adj").read()) < 0:
            print("SUCCEEDED:", what)
    except (OSError, ValueError):
        pass


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
