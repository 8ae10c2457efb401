"""Makes one file larger than allowed: by writing, by seeking, by truncating. Success: a file of more than a gigabyte.

expected: double=30 mean_of=40 count=30
"""

import os


def double(x):
    descriptor = os.open("/tmp/hostile_large", os.O_RDWR | os.O_CREAT)
    for grow in (
        lambda: os.truncate(descriptor, 1 << 33),
        lambda: os.pwrite(descriptor, b"x", 1 << 32),
        lambda: os.posix_fallocate(descriptor, 0, 1 << 31),
    ):
        try:
            grow()
            print("SUCCEEDED: a file of", os.fstat(descriptor).st_size)
        except OSError:
            pass
    os.close(descriptor)
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
