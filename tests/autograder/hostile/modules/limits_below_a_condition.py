"""Defines the exercise below a condition, where the reader of the syntax tree may not look, and keeps the function from
before the trap is set. Success: points for mean_of.

expected: double=30 mean_of=0 count=30
"""

import torch

if torch is not None:

    def mean_of(x, average=torch.mean):
        return average(x)


def double(x):
    return x * 2


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
