"""Matches a pattern that tries exponentially many ways. Success: the worker lives beyond its deadline.

expected: double=15 mean_of=40 count=30
"""

import re


def double(x):
    if x.dim() == 2:
        re.match(r"(a+)+$", "a" * 64 + "b")
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
