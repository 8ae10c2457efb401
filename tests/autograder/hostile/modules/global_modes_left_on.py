"""Enters inference mode, a dispatch mode and no-grad, and never leaves them. Success: a later scenario of its own is
disturbed in a way that gains points, or another submission's is.

expected: double=30 mean_of=40 count=30
"""

import torch
from torch.overrides import TorchFunctionMode


class Passing(TorchFunctionMode):
    def __torch_function__(self, function, types, args=(), kwargs=None):
        return function(*args, **(kwargs or {}))


KEPT = [torch.inference_mode(), torch.no_grad(), Passing()]


def double(x):
    for mode in KEPT:
        mode.__enter__()
    KEPT.clear()
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
