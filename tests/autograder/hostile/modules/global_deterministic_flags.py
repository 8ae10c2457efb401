"""Sets threads, deterministic algorithms, flushing of small numbers and printing. Success: later scenarios fail or
raise.

expected: double=30 mean_of=40 count=30
"""

import torch

torch.use_deterministic_algorithms(True)
torch.set_num_threads(4)
torch.set_flush_denormal(True)
torch.set_printoptions(precision=1)
torch.backends.mkldnn.enabled = False
torch.autograd.set_detect_anomaly(True)


def double(x):
    torch.set_float32_matmul_precision("medium")
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
