"""Has three children take 800 MB each, touched, and hold them at the same time; each is within the limit of one process.
Success: all three hold theirs, 2.4 GB in all.

expected: double<=30 mean_of=40 count=30
"""

import mmap
import os
import time

import torch


def hold(tell, go):
    held = mmap.mmap(-1, 800 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
    os.write(tell, b"x")
    os.read(go, 1)
    return held


def double(x):
    if x.dim() == 2:
        told, tell = os.pipe()
        wait, go = os.pipe()
        for _ in range(3):
            if os.fork() == 0:
                try:
                    os.close(go)
                    hold(tell, wait)
                finally:
                    os._exit(0)
        os.close(tell)
        stop, holders = time.monotonic() + 3, 0
        while time.monotonic() < stop and holders < 3:
            said = os.read(told, 3)
            holders += len(said)
            if not said:
                break
        if holders == 3:
            print("SUCCEEDED: three children hold 2.4 GB")
        os.close(go)
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
