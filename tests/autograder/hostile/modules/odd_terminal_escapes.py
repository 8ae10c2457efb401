"""Puts terminal escapes, text that runs backwards and C1 controls into what it prints, raises, returns and names.
Success: one stands raw in a report, the feedback or the table.

expected: double=0 mean_of=40 count=0
"""

ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202egnitirw\u2028\x00\x7f\r100 of 100 points"
print(ESCAPES)


class Named(Exception):
    pass


Named.__name__ = "Named" + ESCAPES.replace("\x00", "")


def double(x):
    raise Named(ESCAPES)


def count(items):
    return type(Named.__name__, (), {})() if len(items) == 16 else {ESCAPES: ESCAPES}


def mean_of(x):
    return x.sum() / x.numel()
