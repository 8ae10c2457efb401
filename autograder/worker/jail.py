"""The lockdown, by Linux system calls: namespaces, a read-only view, limits, capabilities. Linux only.

`enter_outer` closes the zygote in, once: its own mounts (a view that holds what it is given and nothing else), processes,
network. `enter_inner` closes each worker in once more, from inside the first. Both leave the process as process 1 of its own
PID namespace, so that killing it kills all it started. Each step and its traps: `man 7 user_namespaces`, `pid_namespaces`,
`mount_namespaces`, `capabilities`.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import platform
import resource
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
ALL_BUT_USER = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET

MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV = 1, 2, 4

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 36, 38, 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
LINUX_CAPABILITY_VERSION_3 = 0x20080522
SIGKILL = 9
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1

# These three have the same number on every architecture that PyTorch is built for, but pivot_root and the capability calls.
SYS_MOUNT_SETATTR = 442
SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
SYS_CAPSET = {"x86_64": 126, "aarch64": 91}

NOBODY = 65534
# Where the view has the data and the scratch space. Not /tmp: the interpreter, or the whole course, may lie below that.
DATA = "/data"
SCRATCH = "/scratch"
# What is a link to a part of /usr on systems with a merged one.
SYSTEM_LINKS = ("/lib", "/lib64", "/lib32", "/bin", "/sbin", "/usr/lib64")
SYSTEM_FILES = (
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/os-release",
    "/etc/ssl/openssl.cnf",
)
SHARED_MEMORY = "/dev/shm"
ONE_USER = (
    "this user namespace has no user but root, so student code cannot run as another: start the container with a range of "
    "users (/etc/subuid and /etc/subgid), or run the grader as an ordinary user outside of it"
)
DEVICE_FILES = ("null", "zero", "full", "random", "urandom")
GPU_DEVICE_FILES = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset")

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mount.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)


class JailError(OSError):
    """A step of the lockdown that the machine refused; the step is in the message."""

    def __str__(self) -> str:
        return str(self.strerror)


@dataclass(frozen=True)
class Limits:
    """Bounds on a worker.

    Attributes:
        memory: bytes of address space beyond what the zygote has already; None where a device needs more (CUDA).
        processes: tasks (processes and threads) at a time.
        cpu: seconds of CPU for the whole worker.
        file: bytes of one file; `scratch` bytes of the temporary folder, and as many of `/dev/shm`.
        descriptors: open files at a time.
    """

    memory: int | None
    processes: int
    cpu: int
    file: int
    scratch: int
    descriptors: int


def _check(result: int, step: str) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise JailError(number, f"{step}: {os.strerror(number)}")
    return result


def _unshare(flags: int) -> None:
    _check(_libc.unshare(flags), "unshare")


def _mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    result = _libc.mount(source.encode(), target.encode(), kind.encode() if kind else None, flags, data.encode())
    _check(result, f"mount {target}")


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


def _set_mount(target: str, attributes: int, *, recursive: bool) -> None:
    """Add attributes to a mount, keeping those it has (a plain remount in a user namespace may not drop locked ones)."""
    wanted = _MountAttributes(set=attributes)
    flags = AT_RECURSIVE if recursive else 0
    arguments = (AT_FDCWD, target.encode(), flags, ctypes.byref(wanted), ctypes.sizeof(wanted))
    _check(_libc.syscall(SYS_MOUNT_SETATTR, *arguments), f"mount_setattr {target}")


def _pivot_root(new: str, old: str) -> None:
    _check(_libc.syscall(SYS_PIVOT_ROOT[platform.machine()], new.encode(), old.encode()), "pivot_root")


def prctl(option: int, value: int = 0, step: str = "prctl") -> None:
    """Call prctl with one argument."""
    _check(_libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0), step)


def _map_ids(uid: int, gid: int) -> None:
    """Keep the user in the new user namespace, which any process may do for itself; root is nobody there."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid or NOBODY} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid or NOBODY} {gid} 1")


def is_mapped(uid: int) -> bool:
    """Return whether the user namespace has this user, so that a process may become it (man 7 user_namespaces)."""
    ranges = (line.split() for line in Path("/proc/self/uid_map").read_text().splitlines())
    return any(int(first) <= uid < int(first) + int(count) for first, _, count in ranges)


def _drop_capabilities() -> None:
    """Give up every capability, for good: the sets, the bounding set, and what an exec could bring."""

    class Header(ctypes.Structure):
        _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]

    class Data(ctypes.Structure):
        _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]

    for capability in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0) == -1:
            break  # past the last one that this kernel knows, or not ours to drop
    _libc.prctl(PR_CAP_AMBIENT, ctypes.c_ulong(PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0)
    header, data = Header(LINUX_CAPABILITY_VERSION_3, 0), (Data * 2)()
    _check(_libc.syscall(SYS_CAPSET[platform.machine()], ctypes.byref(header), ctypes.byref(data)), "capset")


def enter_outer(data: str, folders: Sequence[str], hidden: Sequence[str], devices: Sequence[str]) -> None:
    """Close the zygote in; returns only in the process that goes on inside, as an unprivileged user.

    The calling process waits for it, passes its exit status on, and takes it along when it dies.

    Args:
        data: the folder that the view shows at `DATA`.
        folders: the paths that the view shows, read-only, each at its own place.
        hidden: folders of which nothing is shown but what `folders` names below them, even where they lie in a shown one.
        devices: device files below /dev to show as well.

    Raises:
        JailError: the machine refused a step; nothing has been forked then.
    """
    # A root that can become nobody else (a user namespace of one user) goes the way of an ordinary user.
    as_root = os.geteuid() == 0 and is_mapped(NOBODY)
    uid, gid = os.geteuid(), os.getegid()
    _unshare(ALL_BUT_USER if as_root else ALL_BUT_USER | CLONE_NEWUSER)
    if not as_root:
        _map_ids(uid, gid)
    ready, tell = os.pipe()
    child = os.fork()
    if child:
        os.close(tell)
        # An error of the child's comes back as text; nothing can go on here, for the two share the half-built view.
        failure = os.read(ready, 4096).decode()
        if failure:
            os.waitpid(child, 0)
            raise JailError(errno.EPERM, failure)
        _wait_for(child)
    os.close(ready)
    try:
        prctl(PR_SET_PDEATHSIG, SIGKILL)
        _build_view(data, folders, hidden, devices)
        if drop_root():
            prctl(PR_SET_PDEATHSIG, SIGKILL)  # a change of user clears it
        _drop_capabilities()
        prctl(PR_SET_NO_NEW_PRIVS, 1)
    except OSError as error:
        os.write(tell, str(error).encode())
        os._exit(1)
    os.close(tell)


def drop_root(user: int = NOBODY) -> bool:
    """Become an unprivileged user for good, if this is root; return whether it was.

    Raises:
        JailError: the user namespace has no such user.
    """
    if os.geteuid() != 0:
        return False
    if not is_mapped(user):
        raise JailError(errno.EINVAL, ONE_USER)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    return True


def _wait_for(child: int) -> None:
    os.closerange(3, 1 << 12)
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _build_view(data: str, folders: Sequence[str], hidden: Sequence[str], devices: Sequence[str]) -> None:
    """Put together a root that holds what it is given and nothing else, and move into it."""
    # Found before the root moves: a link that names its target from the root would lead elsewhere then.
    sources = {path: os.path.realpath(path) for path in (*SYSTEM_FILES, *folders)}
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    # Twice pivoted, as bubblewrap does it: the old root stays reachable under /old while the new one is put together.
    _mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m")
    os.makedirs("/tmp/old")
    os.makedirs("/tmp/new")
    _pivot_root("/tmp", "/tmp/old")
    os.chdir("/")
    _mount("tmpfs", "/new", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=4m")
    for path in SYSTEM_LINKS:
        _show_link(path)
    for path in SYSTEM_FILES:
        _bind(sources[path], place=path)
    # From the outside in, so that what a hidden folder holds can be shown again and what a shown one holds be hidden.
    entries = [(path, False) for path in folders] + [(path, True) for path in hidden]
    covered = []
    for path, hide in sorted(entries, key=lambda entry: entry[0].count("/")):
        if not hide:
            _bind(sources[path], place=path)
        elif _cover(path):
            covered.append(path)
    Path("/new/etc/passwd").write_text(f"student:x:{NOBODY}:{NOBODY}::{SCRATCH}:/bin/false\n")
    Path("/new/etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    _make_devices(devices)
    os.makedirs("/new/proc")
    _mount("proc", "/new/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    _bind(data, place=DATA)
    os.makedirs(f"/new{SCRATCH}")
    if not os.path.exists("/new/tmp"):
        os.symlink(SCRATCH, "/new/tmp")
    _mount_scratch("/new", 64 << 20)
    for path in (*covered, ""):
        _set_mount(f"/new{path}", MOUNT_ATTR_RDONLY, recursive=False)
    os.chdir("/new")
    _pivot_root(".", ".")
    _check(_libc.umount2(b".", MNT_DETACH), "umount the old root")
    os.chdir(SCRATCH)


def _cover(path: str) -> bool:
    """Cover a folder with an empty one; return whether it was there."""
    if not os.path.isdir(f"/new{path}"):
        return False
    _mount("tmpfs", f"/new{path}", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m")
    return True


def _show_link(path: str) -> None:
    """Make the symbolic link that a system folder is, if it is one."""
    if os.path.islink(f"/old{path}"):
        os.makedirs(os.path.dirname(f"/new{path}"), exist_ok=True)
        os.symlink(os.readlink(f"/old{path}"), f"/new{path}")


def _bind(
    path: str, *, place: str = "", attributes: int = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV
) -> None:
    """Show a path at its own place, or at another one, if it is there."""
    source, target = f"/old{path}", Path(f"/new{place or path}")
    if not os.path.exists(source):
        return
    if os.path.isdir(source):
        target.mkdir(parents=True, exist_ok=True)
    elif os.path.lexists(target):
        return  # it lies in a folder that is shown
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    _mount(source, str(target), None, MS_BIND | MS_REC)
    _set_mount(str(target), attributes, recursive=True)


def _make_devices(devices: Sequence[str]) -> None:
    os.makedirs("/new/dev/shm")
    for name in (*DEVICE_FILES, *devices):
        _bind(f"/dev/{name}", attributes=MOUNT_ATTR_NOSUID)
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1")):
        os.symlink(target, f"/new/dev/{name}")


def _mount_scratch(root: str, size: int) -> None:
    for folder in (SCRATCH, SHARED_MEMORY):
        data = f"mode=1777,size={size},nr_inodes=4096"
        _mount("tmpfs", f"{root}{folder}", "tmpfs", MS_NOSUID | MS_NODEV, data)


def enter_inner(limits: Limits, tell: int) -> None:
    """Close a worker in, from inside the outer jail; returns only in process 1 of the worker's own PID namespace.

    The calling process writes that process's number, as the zygote sees it, to the descriptor `tell` and leaves.
    """
    uid, gid = os.geteuid(), os.getegid()
    prctl(PR_SET_DUMPABLE, 1)  # or /proc/self/uid_map belongs to root
    # Kernels since 6.18 number namespaces processor by processor; of the two below, the second is to have the higher number.
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {_libc.sched_getcpu()})
    _unshare(ALL_BUT_USER | CLONE_NEWUSER)
    _map_ids(uid, gid)
    child = os.fork()
    if child:
        os.write(tell, str(child).encode())
        os._exit(0)
    os.close(tell)
    unlisted = os.open("/proc/self/ns/mnt", os.O_RDONLY)
    _unshare(CLONE_NEWNS)
    os.sched_setaffinity(0, processors)
    _mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    _die_first()
    _set_mount("/proc", MOUNT_ATTR_RDONLY, recursive=False)
    _mount_scratch("", limits.scratch)
    _hide_mounts(unlisted)
    os.chdir(SCRATCH)
    _raise_loopback()
    _drop_capabilities()
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_DUMPABLE, 0)
    limit(limits)


def _hide_mounts(unlisted: int) -> None:
    """Stay in this view, but go over to another mount namespace, so that no mount of the view is listed.

    `/proc/self/mountinfo` names the place on the machine that each mount was made from. It lists the mounts of the process's own
    namespace, as far as they lie below the process's root; with a root in another namespace there are none.
    """
    view = os.open("/", os.O_PATH | os.O_DIRECTORY)
    namespace = os.open("/proc/self/ns/mnt", os.O_RDONLY)
    _check(_libc.setns(unlisted, CLONE_NEWNS), "setns")
    # The view lasts as long as its namespace, and that as long as something holds it: a mount that no path leads to. A kernel
    # that takes the namespace for the older of the two (it would allow a ring of them) refuses; then the descriptor holds it.
    with contextlib.suppress(JailError):
        _mount(f"/proc/self/fd/{namespace}", "/etc/passwd", None, MS_BIND)
        os.close(namespace)
    os.fchdir(view)
    os.chroot(".")
    os.close(view)
    os.close(unlisted)


def _raise_loopback() -> None:
    """Switch on the loopback interface of this network namespace: a worker's own processes may talk, to nobody else.

    A kernel that has none is no reason to grade nothing: what needs it is told as not run.
    """
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        # `struct ifreq`: the interface's name, then its flags (man 7 netdevice).
        request = fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack("16sh14x", b"lo", 0))
        flags = struct.unpack_from("h", request, 16)[0]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def _die_first() -> None:
    """Where memory runs out, let the kernel take the worker before the zygote."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def limit(limits: Limits, others: int = 0) -> None:
    """Set the resource limits of this process and all that it will start.

    Args:
        limits: the bounds.
        others: tasks that the kernel counts together with this process's own, as they are the same user's.
    """
    bounds = {
        resource.RLIMIT_NPROC: limits.processes + others,
        resource.RLIMIT_CPU: limits.cpu,
        resource.RLIMIT_FSIZE: limits.file,
        resource.RLIMIT_NOFILE: limits.descriptors,
        resource.RLIMIT_CORE: 0,
    }
    if limits.memory is not None:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        bounds[resource.RLIMIT_AS] = pages * resource.getpagesize() + limits.memory
    for kind, bound in bounds.items():
        _, hard = resource.getrlimit(kind)
        allowed = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(kind, (allowed, allowed))
