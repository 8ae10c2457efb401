"""Sleeps for an hour, which costs no CPU. Success: the worker lives beyond its deadline by the clock.

expected: double=15 mean_of=40 count=30
"""

import time


def double(x):
    if x.dim() == 2:
        time.sleep(3600)
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
