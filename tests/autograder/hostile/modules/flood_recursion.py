"""Lifts the limit on recursion and recurses until the stack is at its end. Success: more is lost than this scenario.

expected: double=15 mean_of=40 count=30
"""

import sys


def deep(number):
    return deep(number + 1) + 1


def double(x):
    if x.dim() == 2:
        sys.setrecursionlimit(10**9)
        deep(0)
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
