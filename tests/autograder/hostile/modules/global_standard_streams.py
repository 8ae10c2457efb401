"""Closes the standard streams and their descriptors, and replaces them. Success: the worker fails over it, so that
honest work loses points.

expected: double=30 mean_of=40 count=30
"""

import os
import sys

sys.stdout = sys.stderr = None
for descriptor in (0, 1, 2):
    os.close(descriptor)


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
