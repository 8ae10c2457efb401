"""Which of this machine's files a worker may read: Python, its packages, the shared libraries and data that they need.

Nothing else is in a worker's view, or within its Landlock rules: below /usr alone there may be other students' work
(nbgrader's exchange), and a worker may run as a user who can read it.
"""

from __future__ import annotations

import glob
import importlib.util
import os
import site
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import autograder

# Prefixes that other programs are installed below as well: of these, the parts that are Python's alone.
SHARED_PREFIXES = ("/", "/usr", "/usr/local", str(Path.home() / ".local"))
PACKAGE_FOLDERS = ("site-packages", "dist-packages")
# What must be there for the worker, even where a package was installed in place, outside of any folder of packages.
LIBRARIES = ("torch", "torchvision", "numpy", "matplotlib", "sklearn", "safetensors", "pytest")
# Fonts, time zones, the names of graphics cards.
DATA = ("/usr/share/fonts", "/usr/share/zoneinfo", "/usr/lib/locale", "/usr/share/libdrm")
LINKER_CONFIGURATION = "/etc/ld.so.conf"


def readable() -> list[str]:
    """Return the paths, sorted; a folder stands for all below it."""
    wanted = {path for part in (_worker(), _interpreter(), _packages(), _shared_libraries(), DATA) for path in part}
    there = {path for path in wanted if os.path.exists(path)}
    # Where /lib is a link to /usr/lib, the view has that link, too.
    own = {path for path in there if not os.path.islink("/" + path.split("/")[1])}
    return sorted(own | {os.path.realpath(path) for path in there})


def _worker() -> Iterator[str]:
    package = Path(autograder.__file__).parent
    yield str(package / "__init__.py")
    yield str(package / "worker")


def _interpreter() -> Iterator[str]:
    """Yield the program under each of its names, the standard library, and the libraries that come with it."""
    yield from _links(sys.executable)
    yield from _links(getattr(sys, "_base_executable", sys.executable))
    yield os.path.dirname(os.__file__)
    yield from (sysconfig.get_path(name) for name in ("stdlib", "platstdlib"))
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}:
        yield os.path.join(prefix, "pyvenv.cfg")
        for folder in (os.path.join(prefix, name) for name in ("lib", "lib64")):
            yield from glob.glob(f"{folder}/*.so*") if prefix in SHARED_PREFIXES else [folder]


def _links(path: str) -> Iterator[str]:
    """Yield a path and, while it is a symbolic link, what it points to."""
    while path:
        yield path
        target = os.readlink(path) if os.path.islink(path) else ""
        path = target and os.path.normpath(os.path.join(os.path.dirname(path), target))


def _packages() -> Iterator[str]:
    # A worker's interpreter is isolated: it takes nothing from the user's own folder, nor from the current one.
    users = site.getusersitepackages()
    for path in {*sys.path, *site.getsitepackages()}:
        if os.path.basename(path) in PACKAGE_FOLDERS and path != users:
            yield path
    for name in LIBRARIES:
        found = importlib.util.find_spec(name)
        yield from (found.submodule_search_locations or ()) if found is not None else ()


def _shared_libraries() -> Iterator[str]:
    """Yield the linker, its folders, and of folders that hold other things, too, the libraries."""
    triplet = sysconfig.get_config_var("MULTIARCH") or "-"
    usual = [f"/lib/{triplet}", f"/usr/lib/{triplet}", "/lib64", "/usr/lib64"]
    if not any(os.path.exists(f"{folder}/libc.so.6") for folder in usual):
        usual += ["/lib", "/usr/lib"]
    yield from usual
    yield from glob.glob("/lib/ld-*.so*")
    for folder in _linker_folders(LINKER_CONFIGURATION):
        mixed = any(os.path.realpath(folder) == os.path.join(prefix, "lib") for prefix in SHARED_PREFIXES)
        yield from glob.glob(f"{folder}/*.so*") if mixed else [folder]


def _linker_folders(configuration: str) -> Iterator[str]:
    """Yield the folders that a configuration of the dynamic linker names (man 8 ldconfig)."""
    try:
        lines = Path(configuration).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        word, _, rest = line.partition("#")[0].strip().partition(" ")
        if word == "include":
            for path in sorted(glob.glob(os.path.join(os.path.dirname(configuration), rest.strip()))):
                yield from _linker_folders(path)
        elif word.startswith("/"):
            yield word
