"""Puts half characters, which UTF-8 cannot hold, into what it prints, raises and returns. Success: a report cannot be
written.

expected: double=0 mean_of=40 count=0
"""

HALF = "\ud800\udfff\udc80"
print(HALF)


def double(x):
    raise ValueError(HALF)


def count(items):
    return {HALF: HALF}


def mean_of(x):
    return x.sum() / x.numel()
