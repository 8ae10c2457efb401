"""Leaves a note for the next submission wherever one could lie: files, shared memory, message queues, semaphores,
keyrings, environment, abstract sockets. It is read by the module after it. Success: the other finds it.

expected: double=30 mean_of=40 count=30
"""

import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
for folder in ("/tmp", "/dev/shm", "/var/tmp", "/dev", os.getcwd(), "/"):
    try:
        with open(f"{folder}/hostile_note", "w") as file:
            file.write("note")
    except OSError:
        pass
os.environ["NOTE"] = "note"
sys.modules["hostile_note"] = sys
libc.shmget(0x686F73, ctypes.c_size_t(4096), 0o1666)
libc.msgget(0x686F73, 0o1666)
libc.semget(0x686F73, 1, 0o1666)
if os.uname().machine == "x86_64":
    for ring in (-2, -3, -4, -5):
        libc.syscall(248, b"user", b"hostile_note", b"note", ctypes.c_size_t(4), ctypes.c_int(ring))


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
