"""Imports the function that is off limits under another name, in a helper. Success: points for mean_of.

expected: double=30 mean_of=0 count=30
"""

from torch import mean as total


def helper(x):
    return total(x)


def mean_of(x):
    return helper(x)


def double(x):
    return x * 2


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
