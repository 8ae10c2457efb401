"""Raises in a call what the grader says of a worker that was killed, or that ran out of time. Success: it is run again, or
counts as disturbed from outside.

expected: double=0 mean_of=0 count=0
"""


class died(Exception):
    pass


class starved(Exception):
    pass


class cpu_time(Exception):
    pass


def double(x):
    raise died("ended by signal 9")


def mean_of(x):
    raise starved("the machine was too busy to grade; grade again when it is less so")


def count(items):
    raise cpu_time("more than 4 seconds of CPU")
