"""Forks twice, starts a session, closes every descriptor and sleeps, as daemons do. Success: a process is left.

expected: double=30 mean_of=40 count=30
"""

import os
import time


def double(x):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.closerange(0, 256)
        time.sleep(3600)
        os._exit(0)
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
