"""Empties the environment, sets a strict umask, and removes the folder that it stands in. Success: later scenarios fail,
or the next submission's do.

expected: double=30 mean_of=40 count=30
"""

import os

os.environ.clear()
os.umask(0o777)
os.makedirs("/tmp/hostile_gone", mode=0o700, exist_ok=True)
try:
    os.chmod("/tmp/hostile_gone", 0o700)
    os.chdir("/tmp/hostile_gone")
    os.rmdir("/tmp/hostile_gone")
except OSError:
    pass


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
