"""Writes to the data that every submission reads, removes it, and puts a link in its place. Success: any of it works.

expected: double=30 mean_of=40 count=30
"""

import os

with open("/proc/self/mountinfo") as file:
    PLACES = [line.split()[4] for line in file if "/datasets" in line]
if not PLACES:
    PLACES = ["/datasets"]
for place in PLACES:
    for change in (
        lambda: open(f"{place}/numbers.txt", "a"),
        lambda: open(f"{place}/hostile.txt", "w"),
        lambda: os.unlink(f"{place}/numbers.txt"),
        lambda: os.rename(f"{place}/numbers.txt", f"{place}/other.txt"),
        lambda: os.chmod(f"{place}/numbers.txt", 0o777),
        lambda: os.utime(f"{place}/numbers.txt"),
    ):
        try:
            change()
            print("SUCCEEDED: changed", place)
        except OSError:
            pass


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
