"""Never ends inside one call of a function in C, which no signal handler of Python interrupts. Success: the worker lives
beyond its deadline.

expected: double=15 mean_of=40 count=30
"""

import collections
import itertools


def double(x):
    if x.dim() == 2:
        collections.deque(itertools.repeat(0), maxlen=0)
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
