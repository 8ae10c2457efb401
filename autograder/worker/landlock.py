"""Say which parts of the file system a process may read and which it may write, by Landlock (Linux 5.13 and later).

Inside namespaces it is a second wall; where a container allows no namespaces it is the wall. See `man 7 landlock`.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence

from autograder.worker.jail import PR_SET_NO_NEW_PRIVS, JailError, prctl

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION_FLAG, PATH_BENEATH = 1, 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
READ = EXECUTE | READ_FILE | READ_DIR
FILE_ONLY = EXECUTE | WRITE_FILE | READ_FILE | 1 << 14 | 1 << 15  # truncate and ioctl go with files
# How many rights over files each version of the interface knows, and from which on it bounds signals and abstract sockets.
RIGHTS_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
SCOPES_FROM = 6
TCP_FROM = 4


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def version() -> int:
    """Return the version of the interface that the kernel offers; 0 where there is none."""
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, int(libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION_FLAG)))


def restrict(readable: Sequence[str], writable: Sequence[str], *, network: bool) -> None:
    """Leave this process, and all that it will start, the given paths and nothing else of the file system.

    Args:
        readable: what may be read and executed, with all below it. Paths that are not there are passed over.
        writable: what may be written as well.
        network: whether TCP ports may be bound and connected to.

    Raises:
        JailError: the kernel offers no Landlock, or refused a step.
    """
    known = version()
    if known == 0:
        raise JailError(0, "this kernel has no Landlock")
    libc = ctypes.CDLL(None, use_errno=True)
    everything = (1 << RIGHTS_BY_VERSION.get(known, 16)) - 1
    wanted = _Ruleset(files=everything)
    if known >= TCP_FROM and not network:
        wanted.network = 3
    if known >= SCOPES_FROM:
        wanted.scoped = 3
    size = 8 if known < TCP_FROM else 16 if known < SCOPES_FROM else 24
    ruleset = libc.syscall(CREATE_RULESET, ctypes.byref(wanted), ctypes.c_size_t(size), 0)
    if ruleset == -1:
        raise JailError(ctypes.get_errno(), "landlock_create_ruleset")
    try:
        for paths, rights in ((readable, READ), (writable, everything)):
            for path in paths:
                _allow(libc, ruleset, path, rights & everything)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        if libc.syscall(RESTRICT_SELF, ruleset, 0) == -1:
            raise JailError(ctypes.get_errno(), "landlock_restrict_self")
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            rights &= FILE_ONLY
        rule = _Beneath(rights, descriptor)
        if libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(rule), 0) == -1:
            raise JailError(ctypes.get_errno(), f"landlock_add_rule {path}")
    finally:
        os.close(descriptor)
