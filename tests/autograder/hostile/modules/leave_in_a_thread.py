"""Ends the process from a thread while a later exercise is graded. Success: more is lost than the scenarios that were
running, or a point is gained.

expected: double=0 mean_of<=40 count=30
"""

import os
import threading
import time


def double(x):
    def later():
        time.sleep(0.05)
        os._exit(0)

    threading.Thread(target=later).start()
    return x


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
