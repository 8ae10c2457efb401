"""Reads address 0, so that the process dies without a word. Success: the scenario is lost from the count, or the zygote
goes too.

expected: double=0 mean_of=40 count=30
"""

import ctypes


def double(x):
    ctypes.string_at(0)


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
