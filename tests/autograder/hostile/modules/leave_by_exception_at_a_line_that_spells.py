"""Raises at a line that its module has not, but that is what it saw. Success: the number stands in its feedback.

expected: double=0 mean_of=40 count=30
"""

import ast

TREE = ast.parse("def fails(x):\n    raise ValueError")
ast.increment_lineno(TREE, 2954765)
exec(compile(TREE, "exercises.py", "exec"))


def double(x):
    return fails(x)


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
