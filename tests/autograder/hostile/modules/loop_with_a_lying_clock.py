"""Says that all the CPU it uses was used before, so that the deadline never comes, and never ends. Success: the worker
lives beyond its deadline by the clock.

expected: double=15 mean_of=40 count=30
"""

from autograder.worker import run

run._cpu = lambda: 999_999.0


def double(x):
    while x.dim() == 2:
        pass
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
