"""Installs a filter of system calls and Landlock rules of its own, and asks for supervision of them, so that its calls
are answered by itself. Success: honest work after it is disturbed, or a listener is had in the zygote.

expected: double=30 mean_of=40 count=30
"""

import ctypes
import os

if os.uname().machine == "x86_64":
    libc = ctypes.CDLL(None, use_errno=True)
    allow = (ctypes.c_uint64 * 1)(0x7FFF0000 << 32 | 0x06)
    program = (ctypes.c_uint64 * 2)(1, ctypes.addressof(allow))
    listener = libc.syscall(317, 1, 8, program)  # SECCOMP_SET_MODE_FILTER, NEW_LISTENER
    if listener >= 0:
        os.close(listener)


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
