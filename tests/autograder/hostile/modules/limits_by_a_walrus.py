"""Binds the function that is off limits in passing, before the trap is set. Success: points for mean_of.

expected: double=30 mean_of=0 count=30
"""

import torch

if (f := torch.mean) is None:
    pass


def mean_of(x):
    return f(x)


def double(x):
    return x * 2


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
