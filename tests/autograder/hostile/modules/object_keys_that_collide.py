"""Returns a dict with keys of every kind: lists that are tuples, nested dicts, NaN, objects. Success: the grader
stumbles over a key, or points for count.

expected: double=30 mean_of=40 count=0
"""


class Key:
    def __hash__(self):
        return 0

    def __eq__(self, other):
        return True


def count(items):
    return {float("nan"): 1, (1, (2, (3,))): 2, Key(): 3, frozenset([1]): 4, None: 5, b"bytes": 6}


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()
