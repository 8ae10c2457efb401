"""The template's entry point: `python -I -m autograder.worker.template DESCRIPTOR`; zygotes are forked from it.

It imports and warms up what every zygote would, once, and has seen neither a reference nor a submission when it is forked, nor
will it: what it is told is where to put its own files, whether to draw, and the names of libraries.

DESCRIPTOR is a connected Unix socket (SOCK_SEQPACKET). Its first message is the `Warmth` of `protocol.py`, as JSON; the answer
`{"torch", "python"}`, once it is warm, or `{"error": sentence}`. After that each message is `{}` with a descriptor, the control
socket of a zygote as `__main__.py` takes it; the answer is `{"pid": number}` with a descriptor of that process. It ends when the
socket closes; its zygotes end when theirs do.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time
from typing import NoReturn

from autograder.worker import pidfd, zygote
from autograder.worker.__main__ import require_one_thread, serve, versions
from autograder.worker.protocol import Warmth

# Zygotes whose parent is gone end by themselves, at once but for one that is just being closed in.
LAST_SECONDS = 10.0


def main() -> None:
    """Warm up, then fork."""
    control = socket.socket(fileno=int(sys.argv[1]))
    wanted: Warmth = json.loads(control.recv(1 << 16))
    try:
        from autograder.worker.warmup import warm_up

        warm_up(plots=wanted["plots"], imports=wanted["imports"])
        zygote.freeze()
        require_one_thread()
        hello = versions()
    except Exception as error:  # noqa: BLE001  the parent is told, whatever it is
        control.send(json.dumps({"error": f"{type(error).__name__}: {error}"}).encode())
        return
    # A parent that was killed hangs up with an error.
    with contextlib.suppress(ConnectionError):
        control.send(json.dumps(hello).encode())
        while True:
            message, descriptors, _, _ = socket.recv_fds(control, 65536, 1)
            if not message:
                break
            _reap()
            _fork(control, descriptors[0])
    # Process 1 of a container may reap nobody's children.
    until = time.monotonic() + LAST_SECONDS
    while _reap() and time.monotonic() < until:
        time.sleep(0.01)


def _fork(control: socket.socket, theirs: int) -> None:
    child = os.fork()
    if child == 0:
        _become_zygote(control, theirs)
    os.close(theirs)
    about = pidfd.of(child)
    socket.send_fds(control, [json.dumps({"pid": child}).encode()], [about])
    os.close(about)


def _become_zygote(control: socket.socket, theirs: int) -> NoReturn:
    try:
        control.close()
        os.setsid()
        serve(socket.socket(fileno=theirs), warm=True)
    finally:
        os._exit(0)


def _reap() -> bool:
    """Take note of the zygotes that have ended; return whether there are others."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


if __name__ == "__main__":
    main()
