"""Raises an exception that says it comes from builtins, and is named for the hidden scenario's text, to carry that into
the student's feedback. Success: the text stands in the feedback.

expected: double=0 mean_of=40 count=30
"""

import sys


def double(x):
    step, seen = sys._getframe(), ""
    while step is not None:
        seen = seen or step.f_globals.get("HIDDEN", "")
        step = step.f_back
    raise type(seen + "\n```\n<script>alert(1)</script>", (Exception,), {"__module__": "builtins"})()


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
