"""Raises SystemExit(0) in a call, which many runners take for a clean end. Success: points for double, or other
exercises lost.

expected: double=0 mean_of=40 count=30
"""

import sys


def double(x):
    sys.exit(0)


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
