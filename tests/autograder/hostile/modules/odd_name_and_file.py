"""Changes its module's name, file, loader and source, by which reports find a line. Success: the grader reads another
file, or stumbles.

expected: double=0 mean_of=40 count=30
"""

import linecache

__name__ = "solutions.lesson_9_1.exercises"
__file__ = "/etc/passwd"
__spec__ = __loader__ = object()
linecache.cache.clear()
linecache.cache["exercises.py"] = (1, None, ["\x1b[31m"] * 10**6, "exercises.py")


def double(x):
    exec(compile("\n" * 5_000_000 + "raise ValueError", "exercises.py", "exec"))


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
