"""The zygote's entry point: `python -I -m autograder.worker DESCRIPTOR`.

The contract with the parent (`autograder/sandbox/sandbox.py`):

- DESCRIPTOR is a connected Unix socket (SOCK_SEQPACKET). Its first message is the `Configuration` of `protocol.py`, as JSON.
- The zygote answers once it is warm: `{"torch", "python"}`. Where it cannot go on it answers `{"refused": reason}` if no worker
  could be closed in that way (`lockdown.py` tries one) or `{"error": sentence}` for anything else, and ends.
- After that, commands and answers as `zygote.py` says, until the socket closes.

Nothing secret comes this way: what a worker runs it reads itself, from a descriptor that passes through.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import sys
import tempfile
from typing import Any

from autograder.worker import jail
from autograder.worker.protocol import Configuration


def main() -> None:
    """Lock down, warm up, serve."""
    serve(socket.socket(fileno=int(sys.argv[1])), warm=False)


def serve(control: socket.socket, *, warm: bool) -> None:
    """Be a zygote: lock down, warm up unless this process is a fork of one that is warm, answer until the parent hangs up.

    Args:
        control: the socket that DESCRIPTOR above stands for.
        warm: whether what a zygote imports is imported already.
    """
    message = control.recv(1 << 16)
    if not message:
        return  # the parent hung up before it had said anything
    configuration: Configuration = json.loads(message)
    try:
        hello = _prepare(configuration, warm=warm)
    except Exception as error:  # noqa: BLE001  the parent is told, whatever it is
        control.send(json.dumps({"error": f"{type(error).__name__}: {error}"}).encode())
        return
    try:
        control.send(json.dumps(hello).encode())
    except OSError:
        return  # the parent hung up meanwhile
    if "refused" in hello:
        return
    from autograder.worker.zygote import Zygote

    Zygote(control, configuration).serve()


def _prepare(configuration: Configuration, *, warm: bool) -> dict[str, Any]:
    from autograder.worker import lockdown, zygote

    try:
        lockdown.prepare(configuration)
        if warm:
            lockdown.require_readable_modules(configuration["folders"])
    except (OSError, KeyError, AttributeError) as error:
        return {"refused": str(error)}
    if warm:
        _settle_in()
        gc.freeze()
    else:
        from autograder.worker.warmup import warm_up

        try:
            warm_up(plots=configuration["plots"], imports=configuration["imports"])
        except PermissionError as error:
            return {"refused": f"{lockdown.UNREADABLE}: {error}"}
        if configuration["jail"] == "restricted":
            from autograder.worker import sharing

            sharing.without_names()
        zygote.freeze()
    require_one_thread()
    return versions()


def _settle_in() -> None:
    """Let what a library writes go where a worker may write: the template's own folder is not there any more."""
    os.environ |= dict.fromkeys(("HOME", "TMPDIR", "MPLCONFIGDIR"), jail.SCRATCH)
    tempfile.tempdir = None


def require_one_thread() -> None:
    """See that a fork of this process is whole.

    Raises:
        RuntimeError: there is a second thread; its locks would stay locked in every fork.
    """
    tasks = os.listdir("/proc/self/task")
    if len(tasks) != 1:
        raise RuntimeError(f"the zygote has {len(tasks)} threads; it must have one")


def versions() -> dict[str, str]:
    """Return what the parent notes of the processes that run submissions."""
    import torch

    return {"torch": torch.__version__, "python": sys.version.split()[0]}


if __name__ == "__main__":
    main()
