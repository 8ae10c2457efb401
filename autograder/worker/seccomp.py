"""Take system calls away that no lesson needs and that break out, hide memory or watch others. Linux on x86-64 and 64-bit ARM.

The filter is a small BPF program, put together here because the one library for it (libseccomp) is not on every machine.
Numbers: the kernel's `asm/unistd_64.h` and `asm-generic/unistd.h`. What is refused fails with EPERM, so that a program that
can do without goes on.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import socket
import struct
from collections.abc import Sequence

from autograder.worker.jail import CLONE_NEWUSER, PR_SET_NO_NEW_PRIVS, JailError, prctl

# Name: the numbers on x86-64 and on 64-bit ARM.
REFUSED = {
    # memory that no limit counts
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    # queues of system calls that pass the filter by
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    # the kernel's own machinery, and what a namespace or a mount would open again
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "statmount": (457, 457),
    "listmount": (458, 458),
    "setns": (308, 268),
    "unshare": (272, 97),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "quotactl": (179, 60),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "acct": (163, 89),
    "syslog": (103, 116),
    "personality": (135, 92),
    "fanotify_init": (300, 262),
    "lookup_dcookie": (212, 18),
    "vhangup": (153, 58),
    # how the kernel serves this process and others
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
}
SIGNALS = {
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
}
# What a pair of connected sockets needs nothing of: a name, a partner by name.
NAMES = {
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
}
CLONE, CLONE3, SOCKET, PRLIMIT = (56, 220), (435, 435), (41, 198), (302, 261)
SOCKETPAIR = (53, 199)
# The low bits of a socket's type; the others are flags.
TYPE_BITS = 0xF
ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_BIT = 0x40000000
# Every namespace flag of clone(2): what the jail has shut must not be opened from inside.
NEW_NAMESPACE = 0x7E020000 | CLONE_NEWUSER

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN, MASK = 0x20, 0x15, 0x35, 0x45, 0x06, 0x54
# Where `struct seccomp_data` has the number, the architecture and the low halves of the first and the second argument.
AT_NUMBER, AT_ARCHITECTURE, AT_FIRST_ARGUMENT, AT_SECOND_ARGUMENT = 0, 4, 16, 24


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)


def program(machine: str, families: Sequence[int], *, signals: bool) -> bytes:
    """Return the filter for a machine's architecture.

    Sockets may be of the given address families alone. Where there is none, nothing can be named or reached: what is left are
    pairs of connected sockets, and of these not the kind that can still be sent elsewhere (a datagram to a path).
    """
    column = list(ARCHITECTURE).index(machine)
    refuse = _step(RETURN, REFUSE | errno.EPERM)
    steps = [
        _step(LOAD, AT_ARCHITECTURE),
        _step(EQUAL, ARCHITECTURE[machine], 1, 0),
        _step(RETURN, KILL),
        _step(LOAD, AT_NUMBER),
    ]
    if machine == "x86_64":
        steps += [_step(AT_LEAST, X32_BIT, 0, 1), refuse]
    for numbers in (REFUSED | ({} if signals else SIGNALS) | ({} if families else NAMES)).values():
        steps += [_step(EQUAL, numbers[column], 0, 1), refuse]
    # The flags of clone3 lie in memory, where no filter sees them; without it the C library falls back to clone.
    steps += [_step(EQUAL, CLONE3[column], 0, 1), _step(RETURN, REFUSE | errno.ENOSYS)]
    steps += [
        _step(EQUAL, CLONE[column], 0, 4),
        _step(LOAD, AT_FIRST_ARGUMENT),
        _step(ANY_BIT, NEW_NAMESPACE, 0, 1),
        refuse,
        _step(RETURN, ALLOW),
    ]
    # Limits are a process's own business: its own number is 0 there.
    steps += [
        _step(EQUAL, PRLIMIT[column], 0, 4),
        _step(LOAD, AT_FIRST_ARGUMENT),
        _step(EQUAL, 0, 1, 0),
        refuse,
        _step(RETURN, ALLOW),
    ]
    if not families:
        steps += [
            _step(EQUAL, SOCKETPAIR[column], 0, 6),
            _step(LOAD, AT_SECOND_ARGUMENT),
            _step(MASK, TYPE_BITS),
            _step(EQUAL, socket.SOCK_STREAM, 2, 0),
            _step(EQUAL, socket.SOCK_SEQPACKET, 1, 0),
            refuse,
            _step(RETURN, ALLOW),
        ]
    # No namespace closes vsock and its like.
    steps += [_step(EQUAL, SOCKET[column], 0, 2 + len(families)), _step(LOAD, AT_FIRST_ARGUMENT)]
    steps += [_step(EQUAL, family, len(families) - place, 0) for place, family in enumerate(families)]
    steps += [refuse, _step(RETURN, ALLOW)]
    return b"".join(steps)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]


def restrict(*, network: bool, signals: bool = True) -> None:
    """Put the filter on this process and all that it will start.

    Args:
        network: whether sockets may be made by name: local ones (where a view hides all of others) and those of the internet
            families (where the network namespace is empty anyway).
        signals: whether signals may be sent (where a namespace, or Landlock, keeps them from others).

    Raises:
        JailError: the kernel or the architecture does not know such filters.
    """
    machine = platform.machine()
    if machine not in ARCHITECTURE:
        raise JailError(errno.ENOSYS, f"no seccomp filter for {machine}")
    families = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK) if network else ()
    steps = program(machine, [int(family) for family in families], signals=signals)
    wanted = _Program(len(steps) // 8, steps)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(wanted), 0, 0) == -1:
        raise JailError(ctypes.get_errno(), "seccomp")
