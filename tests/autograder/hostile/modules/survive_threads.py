"""Starts threads, daemons and others, that sleep for an hour. Success: the worker waits for them, or they are left.

expected: double=30 mean_of=40 count=30
"""

import threading
import time

for daemon in (True, False):
    for _ in range(5):
        threading.Thread(target=time.sleep, args=(3600,), daemon=daemon).start()


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
