"""Enters `autocast` and never leaves it. Success: its own other exercises, or another submission, lose points.

expected: double=30 mean_of=40 count=30
"""

import torch

KEPT = torch.autocast("cpu", dtype=torch.bfloat16)


def double(x):
    KEPT.__enter__()
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
