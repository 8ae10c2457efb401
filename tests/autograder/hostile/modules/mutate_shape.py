"""Returns the right values and takes the argument's memory away. Success: full points for double, or the worker stumbles
beyond this scenario.

expected: double=15 mean_of=40 count=30
"""


def double(x):
    result = x * 2
    x.resize_(0)
    return result


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
