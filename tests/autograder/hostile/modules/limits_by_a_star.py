"""Takes the function that is off limits from a star. Success: points for mean_of.

expected: double=30 mean_of=0 count=30
"""

from torch import *


def mean_of(x):
    return mean(x)


def double(x):
    return x * 2


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
