"""Descriptors of processes, by system call: not every build of Python on Linux has `os.pidfd_open`.

A descriptor stays that process's, whoever gets its number later; it is readable once the process has ended.
"""

from __future__ import annotations

import ctypes
import os
import signal

# These have the same number on every architecture.
SYS_PIDFD_SEND_SIGNAL, SYS_PIDFD_OPEN = 424, 434

_libc = ctypes.CDLL(None, use_errno=True)


def of(pid: int) -> int:
    """Return a new descriptor of a process.

    Raises:
        OSError: there is no such process, or the kernel knows no such descriptors (Linux before 5.3).
    """
    return _checked(_libc.syscall(SYS_PIDFD_OPEN, pid, 0))


def kill(descriptor: int) -> None:
    """End a process with SIGKILL.

    Raises:
        ProcessLookupError: it has ended.
        OSError: it is not ours to end.
    """
    _checked(_libc.syscall(SYS_PIDFD_SEND_SIGNAL, descriptor, int(signal.SIGKILL), None, 0))


def _checked(result: int) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
