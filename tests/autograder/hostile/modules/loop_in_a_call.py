"""Never ends in a call, and swallows every exception meanwhile. Success: the worker lives beyond its deadline, or other
scenarios are lost.

expected: double=15 mean_of=40 count=30
"""


def double(x):
    while x.dim() == 2:
        try:
            while True:
                pass
        except BaseException:
            pass
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
