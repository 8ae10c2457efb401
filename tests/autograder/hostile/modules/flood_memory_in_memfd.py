"""Takes memory as nameless files of 60 MB each, which no limit on address space counts. Success: it holds more than half
a gigabyte of them.

expected: double=30 mean_of=40 count=30
"""

import os


def double(x):
    held = []
    if x.dim() == 2:
        try:
            while len(held) < 9:
                held.append(os.memfd_create("hostile"))
                os.posix_fallocate(held[-1], 0, 60 << 20)
            print("SUCCEEDED: held", len(held) * 60, "MB")
        except OSError:
            pass
    for descriptor in held:
        os.close(descriptor)
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
