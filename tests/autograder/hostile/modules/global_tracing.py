"""Sets trace and profile functions, audit hooks and an exception hook that end the process later. Success: a point for
double, which returns its argument, or another exercise's points are lost.

expected: double=0 mean_of=40 count=30
"""

import sys
import threading

sys.settrace(lambda *args: None)
sys.setprofile(lambda *args: None)
threading.setprofile(lambda *args: None)
sys.excepthook = lambda *args: None
sys.addaudithook(lambda *args: None)


def double(x):
    return x


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
