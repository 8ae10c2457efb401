"""One warm process that has seen nothing, from which zygotes are forked; the parent side of `autograder.worker.template`.

It imports no torch, so that a command can launch it first and import what it needs itself meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from autograder.sandbox import bytecode
from autograder.sandbox.errors import SandboxError
from autograder.worker import pidfd
from autograder.worker.protocol import Warmth

# How long it may take to answer: it is waited for as long as it lives, and this only ends a wait for ever.
ANSWER_SECONDS = 1800.0
# How long a zygote that was hung up on gets to end by itself; and a warm template, whose zygotes have been ended by then.
SHUTDOWN_GRACE_SECONDS, GRACE_SECONDS = 0.5, 2.0


@dataclass(frozen=True)
class ForkedZygote:
    """A zygote that is the template's child; it is waited for and ended as a `Popen` is.

    Attributes:
        pid: its number.
        descriptor: of the process, so that its number may become another's without harm.
    """

    pid: int
    descriptor: int

    def poll(self) -> int | None:
        """Return None while it runs."""
        return 0 if select.select([self.descriptor], [], [], 0)[0] else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended.

        Raises:
            TimeoutExpired: it has not, in so many seconds.
        """
        if not select.select([self.descriptor], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("a zygote", timeout or 0.0)
        os.close(self.descriptor)
        return 0

    def kill(self) -> None:
        """End it."""
        with contextlib.suppress(ProcessLookupError):
            pidfd.kill(self.descriptor)


class Template:
    """A warm process that forks zygotes; one that died is replaced. Several threads may use it, and it is a context manager.

    Args:
        plots: whether scenarios draw.
        imports: modules of libraries to import besides.

    Attributes:
        warmth: these two.
        bytecode: where its zygotes find bytecode.
    """

    def __init__(self, *, plots: bool = True, imports: Sequence[str] = ()) -> None:
        self.warmth: Warmth = {"plots": plots, "imports": list(imports)}
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._warm = False
        self._closed = False
        self.bytecode = bytecode.Bytecode()

    def __enter__(self) -> Self:
        self.launch()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def launch(self) -> None:
        """Start the process, unless it is, without waiting for it.

        Raises:
            SandboxError: it was shut down.
        """
        with self._lock:
            self._launched()

    def fork(self, theirs: socket.socket) -> ForkedZygote:
        """Return a zygote that answers at the other end of a socket, once the template is warm.

        Args:
            theirs: the zygote's end.

        Raises:
            SandboxError: the template does not start, or was shut down.
        """
        with self._lock:
            try:
                return self._forked(theirs)
            except OSError:
                self._end()  # it was killed: another does what it would have done
            try:
                return self._forked(theirs)
            except OSError as error:
                raise SandboxError(f"the sandbox's template is gone: {error}") from error

    def shut_down(self) -> None:
        """Say, from any thread, that this is the end: who waits for it gets a SandboxError, and none is started again."""
        self._closed = True
        control = self._control
        if control is not None:
            with contextlib.suppress(OSError):
                control.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the process; it may be started again. Zygotes end when their own sandboxes are closed."""
        with self._lock:
            self._end()

    def _launched(self) -> socket.socket:
        if self._closed:
            raise SandboxError("the sandbox is being shut down")
        if self._control is not None:
            return self._control
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.bytecode, kept = bytecode.place()
        self._scratch = tempfile.TemporaryDirectory(prefix="autograder-", ignore_cleanup_errors=True)
        # matplotlib's list of fonts takes a second to make. No submission's code runs in a template, so it may keep it.
        fonts = self._scratch.name if kept is None else str(kept / "matplotlib")
        self._process = subprocess.Popen(
            [sys.executable, "-I", *self.bytecode.options, "-m", "autograder.worker.template", str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            env=environment(self._scratch.name) | {"MPLCONFIGDIR": fonts},
            cwd="/",
            start_new_session=True,
        )
        theirs.close()
        ours.settimeout(ANSWER_SECONDS)
        self._control = ours
        ours.send(json.dumps(self.warmth).encode())
        return ours

    def _forked(self, theirs: socket.socket) -> ForkedZygote:
        control = self._launched()
        if not self._warm:
            hello, _ = self._answer(control)
            if "error" in hello:
                self._end()
                raise SandboxError(f"the sandbox did not start: {hello['error']}")
            self._warm = True
        socket.send_fds(control, [b"{}"], [theirs.fileno()])
        answer, descriptors = self._answer(control)
        return ForkedZygote(answer["pid"], descriptors[0])

    def _answer(self, control: socket.socket) -> tuple[dict[str, Any], list[int]]:
        message, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 1)
        if self._closed:
            raise SandboxError("the sandbox is being shut down")
        if not message:
            raise ConnectionError("it ended unexpectedly")
        return json.loads(message), list(descriptors)

    def _end(self) -> None:
        control, process, scratch = self._control, self._process, self._scratch
        self._control = self._process = self._scratch = None
        warm, self._warm = self._warm, False
        if control is not None:
            control.close()
        if process is not None:
            try:
                process.wait(GRACE_SECONDS if warm else 0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if scratch is not None:
            scratch.cleanup()


def environment(scratch: str) -> dict[str, str]:
    """Return the whole environment of a template or zygote: nothing of the grader's own passes.

    Args:
        scratch: the folder that it may write to.
    """
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
    return one | {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": scratch,
        "TMPDIR": scratch,
        "USER": "student",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": scratch,
        "PYTHONHASHSEED": "0",
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    }
