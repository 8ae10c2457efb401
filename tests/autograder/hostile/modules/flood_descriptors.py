"""Opens descriptors until no more can be opened. Success: more than a thousand, or later scenarios are lost.

expected: double=30 mean_of=40 count=30
"""

import os
import resource


def double(x):
    opened = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1 << 16, 1 << 16))
        print("SUCCEEDED: raised its own limit")
    except (OSError, ValueError):
        pass
    try:
        while len(opened) < 1_000:
            opened.append(os.open("/dev/null", os.O_RDONLY))
        print("SUCCEEDED: opened", len(opened))
    except OSError:
        pass
    for descriptor in opened:
        os.close(descriptor)
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
