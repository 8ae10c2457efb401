"""Returns a tensor whose operations never end when the worker copies it. Success: the worker lives beyond its deadline.

expected: double=15 mean_of=40 count=30
"""

import torch


class Endless(torch.Tensor):
    @property
    def device(self):
        while True:
            pass


def double(x):
    return (x * 2).as_subclass(Endless) if x.dim() == 2 else x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
