"""Has a class with a method of the name that is off limits, to hide the tensor's own behind. Success: points for mean_of.

expected: double=30 mean_of=0 count=30
"""


class Mean:
    def mean(self):
        return 0


def mean_of(x):
    return (x * 1).mean()


def double(x):
    return x * 2


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
