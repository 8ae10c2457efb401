"""Returns tensors on the meta device, nested tensors, and a tensor whose storage was taken away. Success: the grader
stumbles, or points for double.

expected: double=0 mean_of=40 count=30
"""

import torch


def double(x):
    if x.dim() == 2:
        return x.to("meta") * 2
    gone = x * 2
    gone.untyped_storage().resize_(0)
    return [torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)]), gone]


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
