"""Compile, once for an environment, what a zygote imports: it can write no bytecode itself, and would compile it on every run.

A template (`template.py`) writes it as it warms up, for it runs no submission. For a zygote that has none it is done by a process
of its own that imports what a zygote does. Bytecode goes where Python looks for it;
where that place belongs to somebody else or cannot be written to, into the user's cache, which zygotes are then pointed to.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.util.files import write_whole

# Far more than it takes (10 seconds of CPU): a machine may be busy.
SECONDS = 600
_PROGRAM = """
import json, sys
from autograder.worker.warmup import warm_up
warm_up(**json.loads(sys.argv[1]))
"""


@dataclass(frozen=True)
class Bytecode:
    """Where zygotes find bytecode: "" for the usual place, beside the sources."""

    prefix: str = ""

    @property
    def options(self) -> list[str]:
        """The interpreter's options."""
        return ["-X", f"pycache_prefix={self.prefix}"] if self.prefix else []


def place() -> tuple[Bytecode, Path | None]:
    """Return where bytecode goes, and a folder of the user's for what else is kept between runs; None where there can be none."""
    try:
        cache = _cache()
        return Bytecode() if _usual_is_writable() else Bytecode(str(cache / "bytecode")), cache
    except OSError:
        return Bytecode(), None


def ready(*, plots: bool, imports: Sequence[str]) -> Bytecode:
    """Return where the bytecode of what a zygote imports lies, once it is there.

    Where no place for it can be written to, zygotes go on compiling for themselves.

    Args:
        plots: whether scenarios draw.
        imports: modules of libraries that are imported besides.
    """
    wanted = {"plots": plots, "imports": list(imports)}
    found, cache = place()
    if cache is None:
        return found
    try:
        with _alone(cache):
            done = cache / f"compiled-{_digest(wanted)}"
            if not done.exists():
                _compile(found, wanted)
                write_whole(done, "")
    except OSError:
        return Bytecode()
    return found


def _compile(where: Bytecode, wanted: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        environment = {"PATH": "/usr/bin:/bin", "HOME": scratch, "TMPDIR": scratch, "MPLCONFIGDIR": scratch}
        subprocess.run(
            [sys.executable, "-I", *where.options, "-c", _PROGRAM, json.dumps(wanted)],
            env=environment | {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,  # what does not import is for the zygote to say
        )


def _torch() -> Path:
    found = importlib.util.find_spec("torch")
    if found is None or not found.origin:
        raise FileNotFoundError("torch is not installed")
    return Path(found.origin).parent


def _usual_is_writable() -> bool:
    folder = _torch() / "__pycache__"
    return os.access(folder if folder.is_dir() else folder.parent, os.W_OK)


def _cache() -> Path:
    """Return this environment's folder in the user's cache, made if it must be."""
    about = _torch().stat()
    key = hashlib.sha256(f"{sys.prefix}\0{sys.version}\0{about.st_ino}\0{about.st_mtime_ns}".encode()).hexdigest()[:16]
    # Of root's own folders a worker, who is nobody, may read none.
    usual = "/var/cache" if os.geteuid() == 0 else os.path.join(os.path.expanduser("~"), ".cache")
    folder = Path(os.environ.get("XDG_CACHE_HOME") or usual) / "autograder" / key
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    return folder


@contextlib.contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Wait for whoever compiles just now: the other would only do the same."""
    with open(cache / "lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _digest(wanted: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()[:16]
