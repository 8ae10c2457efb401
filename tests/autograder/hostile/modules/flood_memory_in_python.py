"""Takes memory as Python objects, a quarter of a gigabyte at a time and untouched. Success: it gets more than 3 GB.

expected: double=30 mean_of=40 count=30
"""


def double(x):
    held = []
    try:
        while len(held) < 12:
            held.append(bytes(1 << 28))
        print("SUCCEEDED: held", len(held) << 28)
    except MemoryError:
        pass
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
