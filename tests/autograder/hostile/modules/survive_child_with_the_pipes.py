"""Leaves while a child holds the pipes open, so that their end never comes. Success: the grader waits for the child, or
a process is left.

expected: double=15 mean_of=40 count=30
"""

import os
import signal
import time


def double(x):
    if x.dim() == 1:
        return x * 2
    if os.fork() == 0:
        os.setsid()
        for number in range(1, 32):
            try:
                signal.signal(number, signal.SIG_IGN)
            except OSError:
                pass
        time.sleep(3600)
    os._exit(0)


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
