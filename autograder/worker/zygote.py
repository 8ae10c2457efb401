"""The zygote: a warm process that forks a worker for each request and knows nothing of what the worker is given.

It answers the parent's commands on a socket, one JSON object a message, one answer each:

    {"do": "start", "limits": {...}}   with four descriptors (request, go, result, log): forks a worker; {"ok": true}
    {"do": "cpu"}                      {"cpu": seconds that the worker and all it started have used,
                                       "busy": whether one of them computes, or would if the machine let it}
    {"do": "stop"}                     kills the worker if it lives; {"cpu": …, "signal": number or null}

Every answer has besides "own", the CPU seconds of the zygote itself; that to "start" those from before the fork. The parent
may have an account of the whole tree, and takes them off.

When the socket closes, the zygote ends and takes the worker along. The worker reads its request itself, so that no
submission's text is ever in the memory from which the next worker is forked. It reads it in two parts, the second when a byte
comes through `go`: what is hidden is not there as long as the submission is only loaded.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from typing import Any, TextIO

from autograder.worker import huge_pages, jail, lockdown, processes
from autograder.worker.protocol import Configuration, HiddenRequest

# Huge pages cost as much as they save on so many workers: who has forked that many will fork more.
WORKERS_THAT_PAY_FOR_HUGE_PAGES = 30

SWEEP_SECONDS = 10.0


class Zygote:
    """Forks, watches and ends one worker at a time."""

    def __init__(self, control: socket.socket, configuration: Configuration) -> None:
        self._control = control
        self._configuration = configuration
        self._jailed = configuration["jail"] == "namespaces"
        self._worker: int | None = None
        self._account = processes.Account()
        self._spent = 0.0
        self._scratch: str | None = None
        self._forked = 0

    def serve(self) -> None:
        """Answer commands until the parent hangs up."""
        jail.prctl(jail.PR_SET_CHILD_SUBREAPER, 1)
        # A parent that was killed with an answer unread, or before it could be sent, hangs up with an error.
        with contextlib.suppress(ConnectionError):
            while True:
                message, descriptors, _, _ = socket.recv_fds(self._control, 65536, 4)
                if not message:
                    break
                command = json.loads(message)
                answer = self._obey(command, descriptors)
                self._control.send(json.dumps(answer).encode())
                if command["do"] == "stop" and self._forked == WORKERS_THAT_PAY_FOR_HUGE_PAGES:
                    huge_pages.collapse()
        self._stop()

    def _obey(self, command: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
        own = time.process_time()
        if command["do"] == "start":
            return self._start(jail.Limits(**command["limits"]), descriptors) | {"own": own}
        if command["do"] == "cpu":
            alive = processes.below(os.getpid())
            busy = processes.any_runnable(alive)
            return {"cpu": self._account.used(alive) + self._spent, "busy": busy, "own": time.process_time()}
        return self._stop() | {"own": time.process_time()}

    def _start(self, limits: jail.Limits, descriptors: list[int]) -> dict[str, Any]:
        self._forked += 1
        self._account = processes.Account()
        self._spent = 0.0
        told, tell = os.pipe()
        if not self._jailed:
            self._scratch = tempfile.mkdtemp(prefix="autograder-")
        child = os.fork()
        if child == 0:
            try:
                self._become_worker(limits, descriptors, tell)
            finally:
                os._exit(70)
        os.close(tell)
        for descriptor in descriptors:
            os.close(descriptor)
        if not self._jailed:
            os.close(told)
            self._worker = child
            return {"ok": True}
        number = os.read(told, 32)
        os.close(told)
        _, _, usage = os.wait4(child, 0)
        self._spent = usage.ru_utime + usage.ru_stime
        if not number:
            return {"ok": False, "reason": "the worker could not be closed in"}
        self._worker = int(number)
        return {"ok": True}

    def _become_worker(self, limits: jail.Limits, descriptors: list[int], tell: int) -> None:
        """Lock the forked process down, read the request and carry it out."""
        request, go, result, log = descriptors
        try:
            lockdown.lock_down(self._configuration, limits, self._scratch, tell)
        except Exception as error:
            os.write(log, f"it could not be closed in: {error}".encode())
            raise
        self._control.close()
        with open(os.devnull) as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
        sys.stdout, sys.stderr = _writer(1), _writer(2)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        file = open(request, "rb", buffering=0)  # noqa: SIM115  it is read again by `hidden`
        work = json.loads(file.readall())
        from autograder.worker.run import run

        def hidden() -> HiddenRequest:
            if not os.read(go, 1):
                os._exit(0)  # the parent hung up
            found: HiddenRequest = json.loads(file.readall())
            return found

        def send(data: bytes) -> None:
            view = memoryview(data)
            while view:
                view = view[os.write(result, view) :]

        run(work, hidden, send)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    def _stop(self) -> dict[str, Any]:
        """Kill the worker, and with it all that it started; reap it; sweep up what was handed down to the zygote."""
        if self._worker is None:
            return {"cpu": 0.0, "signal": None}
        used = self._account.used(processes.below(os.getpid()))
        if not self._jailed:
            _kill_group(self._worker)
        try:
            # A worker that ended by itself is not reaped yet, so its number cannot have become another's.
            ended = os.waitid(os.P_PID, self._worker, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                os.kill(self._worker, signal.SIGKILL)
            _, status, usage = os.wait4(self._worker, 0)
            used = max(used, usage.ru_utime + usage.ru_stime)
            code = os.waitstatus_to_exitcode(status)
        except ChildProcessError:
            code = 0
        self._worker = None
        self._sweep()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None
        return {"cpu": used + self._spent, "signal": -code if code < 0 else None}

    def _sweep(self) -> None:
        """Reap what was handed down to the zygote; where there is no namespace to end, end it first."""
        if not self._jailed:
            for pid in processes.below(os.getpid()):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + SWEEP_SECONDS
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                # What was killed takes a moment to die. Till then it would count as the next worker's.
                if self._jailed or time.monotonic() > until:
                    return
                time.sleep(0.002)


def _writer(descriptor: int) -> TextIO:
    """Return a line-buffered writer: what was printed before an `os._exit` or a kill is not lost."""
    return open(descriptor, "w", encoding="utf-8", errors="replace", closefd=False, buffering=1)


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def freeze() -> None:
    """Keep the collector from walking, and so copying, the heap that every worker inherits."""
    gc.collect()
    gc.freeze()
