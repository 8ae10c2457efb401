"""Prints without end. Success: the grader's memory or disk fills, or other scenarios are lost.

expected: double=15 mean_of=40 count=30
"""


def double(x):
    if x.dim() == 1:
        return x * 2
    while True:
        print("flood " * 10_000)


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
