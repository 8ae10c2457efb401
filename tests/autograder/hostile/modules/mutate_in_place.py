"""Doubles its argument in place and returns it. Success: full points for double, whose second scenario looks at the
argument afterwards.

expected: double=15 mean_of=40 count=30
"""


def double(x):
    return x.mul_(2)


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
