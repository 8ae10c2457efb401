"""The zygote's entry point: `python -I -m autograder.worker DESCRIPTOR`.

The contract with the parent (`autograder/sandbox/sandbox.py`):

- DESCRIPTOR is a connected Unix socket (SOCK_SEQPACKET). Its first message is the `Configuration` of `protocol.py`, as JSON.
- The zygote answers once it is warm: `{"torch", "python"}`. Where it cannot go on it answers `{"refused": reason}` if no worker
  could be closed in that way (`lockdown.py` tries one) or `{"error": sentence}` for anything else, and ends.
- After that, commands and answers as `zygote.py` says, until the socket closes.

Nothing secret comes this way: what a worker runs it reads itself, from a descriptor that passes through.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import Any

from autograder.worker.protocol import Configuration


def main() -> None:
    """Lock down, warm up, serve."""
    control = socket.socket(fileno=int(sys.argv[1]))
    configuration: Configuration = json.loads(control.recv(1 << 16))
    try:
        hello = _prepare(configuration)
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


def _prepare(configuration: Configuration) -> dict[str, Any]:
    from autograder.worker import lockdown, zygote

    try:
        lockdown.prepare(configuration)
    except (OSError, KeyError, AttributeError) as error:
        return {"refused": str(error)}
    from autograder.worker.warmup import warm_up

    try:
        warm_up(plots=configuration["plots"], imports=configuration["imports"])
    except PermissionError as error:
        return {"refused": f"student code's user may not read a file of a package: {error}"}
    if configuration["jail"] == "restricted":
        from autograder.worker import sharing

        sharing.without_names()
    zygote.freeze()
    tasks = os.listdir("/proc/self/task")
    if len(tasks) != 1:
        # A thread at the moment of a fork leaves its locks locked in every worker.
        raise RuntimeError(f"the zygote has {len(tasks)} threads; it must have one")
    import torch

    return {"torch": torch.__version__, "python": sys.version.split()[0]}


if __name__ == "__main__":
    main()
