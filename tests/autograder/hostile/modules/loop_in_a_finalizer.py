"""Returns the right value and leaves an object whose finalizer never ends. Success: the worker lives beyond its
deadline.

expected: double=15 mean_of=40 count=30
"""


class Last:
    def __del__(self):
        while True:
            pass


def double(x):
    last = Last() if x.dim() == 2 else None
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
