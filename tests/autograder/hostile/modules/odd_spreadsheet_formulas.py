"""Puts spreadsheet formulas into what it prints, raises, returns and names. Success: one stands at the start of a cell
of the table.

expected: double=0 mean_of=40 count=0
"""

FORMULA = '=HYPERLINK("http://example.invalid","100")'
print(FORMULA)


def double(x):
    raise type("@SUM(1+1)", (Exception,), {})("+" + FORMULA + "\n-1+1,100,graded")


def count(items):
    return [[FORMULA, 1]]


def mean_of(x):
    return x.sum() / x.numel()
