"""Looks for the note that the module before it left. Success: it finds one.

expected: double=30 mean_of=40 count=30
"""

import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
for folder in ("/tmp", "/dev/shm", "/var/tmp", "/dev", os.getcwd(), "/"):
    if os.path.exists(f"{folder}/hostile_note"):
        print("SUCCEEDED: a file in", folder)
if "NOTE" in os.environ or "hostile_note" in sys.modules:
    print("SUCCEEDED: in the process")
for what, answer in (
    ("shared memory", libc.shmget(0x686F73, ctypes.c_size_t(4096), 0o666)),
    ("a message queue", libc.msgget(0x686F73, 0o666)),
    ("a semaphore", libc.semget(0x686F73, 1, 0o666)),
):
    if answer >= 0:
        print("SUCCEEDED:", what)
if os.uname().machine == "x86_64":
    for ring in (-2, -3, -4, -5):
        if libc.syscall(250, ctypes.c_long(10), ctypes.c_long(ring), b"user", b"hostile_note", 0) > 0:
            print("SUCCEEDED: keyring", ring)


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
