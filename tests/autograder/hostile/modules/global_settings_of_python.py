"""Changes what every scenario stands on: signals, timers, recursion, warnings, numpy, the folder. Success: a later one is
disturbed.

expected: double=30 mean_of=40 count=30
"""

import decimal
import os
import signal
import warnings

import numpy as np


def double(x):
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    warnings.simplefilter("error")
    np.seterr(all="raise")
    decimal.getcontext().prec = 1
    os.environ.clear()
    os.chdir("/")
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
