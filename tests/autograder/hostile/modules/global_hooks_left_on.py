"""Registers hooks for every module and every saved tensor, and enters a mode that raises. Success: a later scenario is
disturbed.

expected: double<=30 mean_of=40 count=30
"""

import torch
from torch import nn
from torch.overrides import TorchFunctionMode


class Raising(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        raise RuntimeError


def double(x):
    y = x * 2
    nn.modules.module.register_module_forward_hook(lambda *_: 1 / 0)
    torch.autograd.graph.saved_tensors_hooks(lambda _: 1 / 0, lambda _: None).__enter__()
    Raising().__enter__()
    return y


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
