"""Takes memory as shared anonymous maps, which RLIMIT_DATA does not count. Success: it gets more than 3 GB.

expected: double=30 mean_of=40 count=30
"""

import mmap


def double(x):
    held = []
    try:
        while len(held) < 7:
            held.append(mmap.mmap(-1, 1 << 29, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS))
        print("SUCCEEDED: held", len(held) << 29)
    except (OSError, MemoryError, ValueError):
        pass
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
