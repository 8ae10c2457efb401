"""Starts PyTorch's distributed store and waits for a second submission to talk to. Success: it is reached, or the wait
goes on beyond the deadline.

expected: double=30 mean_of=40 count=30
"""

import datetime

import torch


def tried(what, function):
    try:
        print("SUCCEEDED:", what, function())
    except Exception:
        pass


tried(
    "store", lambda: torch.distributed.TCPStore("192.0.2.1", 29500, 2, False, timeout=datetime.timedelta(seconds=0.2))
)


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
