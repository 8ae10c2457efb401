"""Forks children that wait until no more can be forked. Success: more than 200, or the next submission cannot be
started.

expected: double<=30 mean_of=40 count=30
"""

import os
import signal


def double(x):
    if x.dim() == 2:
        children = []
        try:
            while len(children) < 200:
                child = os.fork()
                if child == 0:
                    signal.pause()
                children.append(child)
            print("SUCCEEDED: forked", len(children))
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
