"""Raises an exception whose text is never finished. Success: the worker hangs beyond its deadline.

expected: double=15 mean_of=40 count=30
"""


class Long(Exception):
    def __str__(self):
        while True:
            pass


def double(x):
    if x.dim() == 2:
        raise Long
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
