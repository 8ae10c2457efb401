"""Makes empty files until no more can be made. Success: more than twenty thousand, or later scenarios are lost.

expected: double=30 mean_of=40 count=30
"""

import os


def double(x):
    number = 0
    try:
        while number < 20_000:
            os.close(os.open(f"/tmp/hostile_{number}", os.O_CREAT | os.O_WRONLY))
            number += 1
        print("SUCCEEDED: made", number)
    except OSError:
        pass
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
