"""Read the pipes of a hostile process under deadlines: frames from one, and the log from another."""

from __future__ import annotations

import contextlib
import math
import os
import selectors
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from autograder.sandbox import decode
from autograder.sandbox.clock import Budget, Clock, Stopped
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.jobs import Outcome, OutcomeStatus, Run
from autograder.worker.protocol import HEADER, FrameKind

LOG_KEPT = 64 << 10


LOG_READ = 16 << 20


class Attempt:
    """One worker's run: what came back, and what it died of."""

    def __init__(self) -> None:
        self.findings: dict[str, tuple[str, ...]] | None = None
        self.import_error: decode.RunError | None = None
        self.syntax: tuple[decode.SyntaxProblem, ...] = ()
        self.loading = decode.Loading()
        self.outcomes: list[Outcome] = []
        self.log = ""
        self.starved = False
        self._ready = False
        self._loaded = False

    def follow(self, reader: Reader, runs: Sequence[Run], tell_hidden: Callable[[], None]) -> None:
        """Read the frames of a worker in their order.

        Args:
            reader: reads them.
            runs: what it runs.
            tell_hidden: gives the worker the second part of its request.

        Raises:
            SandboxError: it could not read the text, through no fault of the text's.
            Stopped: the frames ended before the runs did.
        """
        try:
            reader.frame(FrameKind.READY)
            self._ready = True
            head, _ = reader.frame(FrameKind.SOURCE)
            findings = head.get("off_limits")
            if type(findings) is dict:
                self.findings = {decode.word(key): decode.names(names) for key, names in findings.items()}
            self.syntax = decode.syntax_problems(head.get("syntax"))
            reader.libraries()
            head, _ = reader.frame(FrameKind.LOADED)
            self.import_error = decode.error(head.get("error"))
            if self.import_error is not None:
                return
            self.loading = decode.loading(head)
            self._loaded = True
            tell_hidden()
            before = decode.seconds(head.get("cpu"))
            for number, run in enumerate(runs):
                head, tensors = reader.frame(FrameKind.OUTCOME, run.cpu)
                if head.get("run") != number:
                    raise decode.FrameError("a frame out of turn")
                outcome = _outcome(head, tensors)
                self.outcomes.append(replace(outcome, cpu=max(0.0, outcome.cpu - before)))
                before = outcome.cpu
                if head.get("dirty") is True:
                    return  # the rest runs in a fresh worker
        except decode.FrameError as error:
            raise Stopped(OutcomeStatus.FLOODED, str(error)) from error

    def fail(self, reason: Stopped, signal: int | None) -> None:
        """Charge the worker's end to what it was doing: the import, or the run whose frame is missing.

        Raises:
            SandboxError: it was not ready yet: nothing of the submission can be the reason.
        """
        self.starved = reason.status == OutcomeStatus.STARVED
        detail = reason.detail or (f"ended by signal {signal}" if signal else "ended before it had answered")
        if not self._ready and not self.starved:
            raise SandboxError(f"a worker was not ready: {reason.status}: {detail}. {self.log}".strip())
        signal = signal or 0
        if self._loaded:
            self.outcomes.append(Outcome(reason.status, detail=detail, signal=signal))
        elif not self.starved:
            status = reason.status
            self.import_error = decode.RunError(status, status, None, detail, ended=status, signal=signal)


# What a worker may say of a run itself.
OF_THE_WORKER = (
    OutcomeStatus.RETURNED,
    OutcomeStatus.RAISED,
    OutcomeStatus.NO_DEVICE,
    OutcomeStatus.NO_NETWORK,
)


def _outcome(head: dict[str, Any], tensors: dict[str, Any]) -> Outcome:
    status = head.get("status")
    if status not in OF_THE_WORKER:
        raise decode.FrameError("an unknown status")
    if status in (OutcomeStatus.NO_DEVICE, OutcomeStatus.NO_NETWORK):
        return Outcome(OutcomeStatus(status))
    return Outcome(
        status=OutcomeStatus(status),
        value=decode.value(head.get("value"), tensors),
        error=decode.error(head.get("error")),
        calls=decode.calls(head.get("calls")),
        off_limits=decode.names(head.get("off_limits")),
        cpu=decode.seconds(head.get("cpu")),
    )


class Reader:
    """Reads frames from one pipe and drains the log from another, under the deadlines."""

    def __init__(self, result: int, log: int, clock: Clock, budget: Budget) -> None:
        self._budget = budget
        self._result = result
        self._log = log
        self._clock = clock
        self._buffer = bytearray()
        self._kept = bytearray()
        self._drained = 0
        self._selector = selectors.DefaultSelector()
        for descriptor in (result, log):
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ)

    def frame(self, kind: FrameKind, cpu: float = math.inf) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the next frame, which must be of this kind; the worker may use so many CPU seconds until it comes."""
        self._clock.begin(cpu)
        return self._next(kind)

    def libraries(self) -> None:
        """Wait for the libraries that the submission names: no code of its own has run by then."""
        with self._clock.importing_libraries():
            self._next(FrameKind.LIBRARIES)

    def _next(self, kind: FrameKind) -> tuple[dict[str, Any], dict[str, Any]]:
        self._clock.look()
        size = HEADER.size
        self._fill(size)
        text, data = decode.lengths(bytes(self._buffer[:size]))
        self._budget.spend(text, data)
        self._fill(size + text + data)
        head, tensors = decode.parse(
            bytes(self._buffer[size : size + text]), bytes(self._buffer[size + text : size + text + data])
        )
        del self._buffer[: size + text + data]
        if kind == FrameKind.SOURCE and head["kind"] == FrameKind.BROKEN:
            raise SandboxError(f"a worker could not read the text: {head.get('trace')}")
        if head["kind"] != kind:
            raise decode.FrameError("a frame out of turn")
        self._clock.claim(decode.seconds(head.get("cpu")))
        return head, tensors

    def _fill(self, size: int) -> None:
        """Read until the buffer holds `size` bytes."""
        while len(self._buffer) < size:
            for key, _ in self._selector.select(timeout=self._clock.pause()):
                if key.fd == self._log:
                    self._drain()
                elif not self._read():
                    raise Stopped(OutcomeStatus.DIED)
            self._clock.look()

    def _read(self) -> bool:
        try:
            chunk = os.read(self._result, 1 << 20)
        except BlockingIOError:
            return True  # whoever can open the pipe for reading may have taken it first
        self._buffer += chunk
        return bool(chunk)

    def _drain(self) -> bool:
        """Read some of the log; keep the beginning, and stop listening after far too much."""
        try:
            chunk = os.read(self._log, 1 << 16)
        except BlockingIOError:
            return False
        self._kept += chunk[: LOG_KEPT - len(self._kept)]
        self._drained += len(chunk)
        if not chunk or self._drained > LOG_READ:
            with contextlib.suppress(KeyError):
                self._selector.unregister(self._log)
            if chunk:
                raise Stopped(OutcomeStatus.FLOODED, f"more than {LOG_READ >> 20} MiB printed")
            return False
        return True

    def rest_of_log(self) -> str:
        """Return what was printed, once the worker has ended."""
        with contextlib.suppress(Stopped):
            while self._drain():
                pass
        self._selector.close()
        return self._kept.decode("utf-8", "replace")
