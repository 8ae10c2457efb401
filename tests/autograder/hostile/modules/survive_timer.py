"""Sets a timer whose signal comes while later exercises are graded. Success: it changes their outcome, or reaches
another process.

expected: double=30 mean_of=40 count=30
"""

import signal


def double(x):
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
