"""Starts threads until no more can be started. Success: more than 200.

expected: double=30 mean_of=40 count=30
"""

import threading
import time


def double(x):
    if x.dim() == 2:
        number = 0
        try:
            while number < 200:
                threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
                number += 1
            print("SUCCEEDED: started", number)
        except RuntimeError:
            pass
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
