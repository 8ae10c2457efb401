"""Makes a child a subreaper that clears its parent-death signal, with children of its own in every state. Success: a
process is left.

expected: double=30 mean_of=40 count=30
"""

import ctypes
import os
import signal
import time


def double(x):
    if os.fork() == 0:
        libc = ctypes.CDLL(None)
        libc.prctl(1, 0, 0, 0, 0)
        libc.prctl(36, 1, 0, 0, 0)
        os.setsid()
        for _ in range(3):
            if os.fork() == 0:
                os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(3600)
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
