"""Returns an object whose class never finishes saying its name. Success: the worker hangs beyond its deadline.

expected: double=15 mean_of=40 count=30
"""


class Meta(type):
    @property
    def __name__(cls):
        while True:
            pass


class Slow(metaclass=Meta):
    pass


def double(x):
    return Slow() if x.dim() == 2 else x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
