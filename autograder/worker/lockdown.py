"""Lock a worker down by what the machine allows, and see beforehand whether a worker can be.

A level is named only after a worker of it has been tried: one that cannot be closed in, cannot read Python or cannot start a
process of its own would cost students points.
"""

from __future__ import annotations

import errno
import importlib
import itertools
import os
import pwd
import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from autograder.worker import jail, landlock, seccomp
from autograder.worker.protocol import Configuration

# A worker for trying: bounds as generous as those that any worker gets.
TRIAL = jail.Limits(memory=2 << 30, processes=64, cpu=30, file=1 << 20, scratch=1 << 20, descriptors=256)
# Users for the time of one program, of which systemd takes its own, too.
PASSING_USERS = range(61184, 65520)
PACKAGE_FOLDERS = ("site-packages", "dist-packages")
# A module of the standard library that a worker on trial imports anew.
FRESH_MODULE = "graphlib"
UNREADABLE = "student code's user may not read a file of a package"


def lock_down(configuration: Configuration, limits: jail.Limits, scratch: str | None, tell: int) -> None:
    """Close this process in, for good; with namespaces this returns in another process (`jail.enter_inner`).

    Args:
        configuration: how (`__main__.py`).
        limits: the bounds.
        scratch: the folder that may be written, where there are no namespaces.
        tell: where the number of the closed-in process is written; it is closed.

    Raises:
        OSError: the machine refused a step.
    """
    if configuration["jail"] == "namespaces":
        jail.enter_inner(limits, tell)
        if landlock.version():
            landlock.restrict(["/"], [jail.SCRATCH, jail.SHARED_MEMORY, "/dev"], network=True)
        seccomp.restrict(network=True)
        return
    os.close(tell)
    os.setsid()
    others = tasks_of(os.getuid()) if configuration["jail"] == "restricted" else 0
    jail.limit(limits, others)
    assert scratch is not None, "made just before the fork"
    os.environ["TMPDIR"] = os.environ["HOME"] = tempfile.tempdir = scratch
    os.chdir(scratch)
    if configuration["jail"] == "restricted":
        _restrict(configuration, [scratch, "/dev/null"])


def _restrict(configuration: Configuration, writable: list[str]) -> None:
    """Bound this process by Landlock and seccomp alone, for good."""
    readable = [*jail.SYSTEM_FILES, *configuration["folders"], configuration["data"]]
    readable += [f"/dev/{name}" for name in (*jail.DEVICE_FILES, *configuration["devices"])]
    landlock.restrict(readable, writable, network=False)
    seccomp.restrict(network=False, signals=landlock.version() >= landlock.SCOPES_FROM)


def tasks_of(user: int) -> int:
    """Return how many processes and threads a user has: without namespaces the kernel counts them all together."""
    return sum(threads for owner, threads in _processes() if owner == user)


def _processes() -> Iterator[tuple[int, int]]:
    """Yield owner and number of threads of each process that can be seen."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                owner = os.stat(f"/proc/{name}").st_uid
                fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended meanwhile
            yield owner, int(fields[17])


def prepare(configuration: Configuration) -> None:
    """Close the zygote in, and try a worker as it would be closed in from here.

    Raises:
        JailError: no worker can; the reason is in the message.
    """
    kind, folders = configuration["jail"], configuration["folders"]
    if kind == "namespaces":
        jail.enter_outer(configuration["data"], folders, configuration["hidden"], configuration["devices"])
    elif kind == "restricted":
        _become_unprivileged(configuration)
    else:
        return
    _require_readable(folders)
    _require_open(jail.DATA if kind == "namespaces" else configuration["data"], configuration["data"])
    _try_worker(configuration)


def _become_unprivileged(configuration: Configuration) -> None:
    """Become a user that has nothing, if this is root; keep open what of Python only root may reach (a Python in its home)."""
    if os.geteuid() != 0:
        return
    user = _passing_user()
    held = {path: os.open(path, os.O_PATH | os.O_CLOEXEC) for path in configuration["folders"] if os.path.exists(path)}
    jail.drop_root(user)
    places = {}
    for path, descriptor in held.items():
        if os.access(path, os.R_OK):
            os.close(descriptor)
        else:
            places[path] = f"/proc/self/fd/{descriptor}"
    configuration["folders"] = [places.get(path, path) for path in configuration["folders"]]
    _import_from(places)


def _import_from(places: dict[str, str]) -> None:
    """Let Python find its standard library where this user can reach it.

    Not so packages, which look for their data and libraries by the path that they are installed at.
    """

    def found(path: str) -> str:
        if os.path.basename(path) not in PACKAGE_FOLDERS:
            for folder in sorted(places, key=len, reverse=True):
                if f"{path}/".startswith(f"{folder}/"):
                    return places[folder] + path.removeprefix(folder)
        return path

    sys.path[:] = map(found, sys.path)
    for module in list(sys.modules.values()):
        path = getattr(module, "__path__", None)
        if isinstance(path, list):
            path[:] = map(found, path)
    sys.path_importer_cache.clear()
    importlib.invalidate_caches()


def _passing_user() -> int:
    """Return a user that nobody is, so that no other program's processes are counted with a worker's, or can be reached.

    Raises:
        JailError: this user namespace has none.
    """
    taken = {owner for owner, _ in _processes()} | {entry.pw_uid for entry in pwd.getpwall()}
    start = os.getpid() % len(PASSING_USERS)
    for user in itertools.chain(PASSING_USERS[start:], PASSING_USERS[:start]):
        if user not in taken and jail.is_mapped(user):
            return user
    raise jail.JailError(0, jail.ONE_USER)


def _require_readable(folders: list[str]) -> None:
    """See that this process's user may read what Python imports.

    Raises:
        JailError: it may not; the message names the place and what to do.
    """
    worker = list(sys.modules[__package__].__path__)
    # What Python reaches through a descriptor is below /proc.
    shown = (*(f"{folder}/" for folder in folders), "/proc/")
    for path in (*(path for path in sys.path if f"{path}/".startswith(shown)), *worker):
        if not path.endswith(".zip"):  # Python looks for one of these where there need be none
            _require_open(path, path)


def require_readable_modules(folders: list[str]) -> None:
    """See that this process's user may read what was imported before it became that user: a worker imports more of the same.

    Raises:
        JailError: it may not.
    """
    shown = tuple(f"{folder}/" for folder in folders)
    files = {str(getattr(module, "__file__", None) or "") for module in list(sys.modules.values())}
    for file in sorted(files):
        if file.startswith(shown) and not os.access(file, os.R_OK):
            raise jail.JailError(errno.EACCES, f"{UNREADABLE}: {file}")


def _require_open(path: str, known_as: str) -> None:
    """See that this process's user may read a folder; `known_as` is where it lies on the machine."""
    for place in (*reversed(Path(path).parents), Path(path)):
        wanted = os.X_OK if str(place) != path else os.R_OK | os.X_OK if place.is_dir() else os.R_OK
        if place.exists() and not os.access(place, wanted):
            closed = known_as if str(place) == path else str(place)
            raise jail.JailError(
                errno.EACCES,
                f"student code runs as another user than root, and {closed} is closed to others, so that it could not read "
                f"{known_as}: {_remedy(known_as, closed)}, or run the grader as an ordinary user",
            )


def _remedy(path: str, closed: str) -> str:
    if path.startswith("/root/") and closed == "/root":
        return (
            "install Python and the course outside of /root (`UV_PYTHON_INSTALL_DIR=/opt/python uv sync` in a folder such as "
            "/opt/course)"
        )
    return f"chmod -R go+rX {closed}"


def _try_worker(configuration: Configuration) -> None:
    """Close a child in as a worker is, and let it do what every worker must be able to.

    Raises:
        JailError: it could not.
    """
    heard, say = os.pipe()
    scratch = tempfile.mkdtemp(prefix="autograder-") if configuration["jail"] != "namespaces" else None
    child = os.fork()
    if child == 0:
        os.close(heard)
        told = "it ended early"
        try:
            lock_down(configuration, TRIAL, scratch, os.open(os.devnull, os.O_WRONLY))
            told = _shortcoming()
        except BaseException as error:  # noqa: BLE001  the parent is told, whatever it is
            told = str(error) or type(error).__name__
        finally:
            os.write(say, told.encode())
            os._exit(0)
    os.close(say)
    with open(heard, "rb") as pipe:
        said = pipe.read().decode("utf-8", "replace")
    _reap()
    if scratch is not None:
        os.rmdir(scratch)
    if said != FINE:
        raise jail.JailError(0, f"no worker can be closed in: {said}" if said else "no worker can be closed in")


FINE = "fine"


def _shortcoming() -> str:
    """Return what this process cannot do and a worker must, or `FINE`."""
    sys.modules.pop(FRESH_MODULE, None)
    importlib.import_module(FRESH_MODULE)
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    try:
        child = os.fork()
    except BlockingIOError:
        return FINE
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return "the kernel does not bound its processes, for its user is the machine's root; run the grader as an ordinary user"


def _reap() -> None:
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return
