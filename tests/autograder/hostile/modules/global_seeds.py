"""Sets every seed and draws many numbers. Success: the scenarios' inputs change, or are no longer the reference's.

expected: double=30 mean_of=40 count=30
"""

import random

import numpy as np
import torch

torch.manual_seed(0)
np.random.seed(0)
random.seed(0)


def double(x):
    torch.manual_seed(1)
    torch.randn(1000)
    torch.default_generator.manual_seed(2)
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
