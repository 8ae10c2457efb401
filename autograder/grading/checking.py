"""Run a lesson's checks on outputs in a process of their own, under bounds of time and memory.

A check is trusted code, but what it is given was made by a student: a few MiB may swell to gigabytes in it, or keep it busy.
So it runs beside the process that holds the batch. Values go there as a worker's frames do, as JSON and tensors; what comes
back is a sentence, or what the check ended by. A process that dies is replaced, and what it died of is that one check's.

The process is forked from the grader, early, which costs no import; it forks those that compute, one after the other, so that
none is ever forked from a grader with threads. Where there is no such fork (macOS, Windows), checks run in the grader itself,
where no submission is graded officially either.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import signal
import socket
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import torch

from autograder.course.suite import Suite
from autograder.grading import disclosure, equality
from autograder.sandbox import decode
from autograder.util.errors import UserError
from autograder.worker.encode import Encoder, frame
from autograder.worker.protocol import HEADER

# For one check: seconds of CPU, seconds by the clock, and memory beyond what the process has at its start.
CPU_SECONDS, WALL_SECONDS, MEMORY = 5.0, 60.0, 1 << 30
# One that has grown by so much is replaced after it has answered.
GROWN = 256 << 20
_DONE, _AGAIN = 0, 7
# What comes from outside, and from no output: somebody's kill (the kernel's for memory, too), or a machine so busy that the clock
# ran out before the CPU seconds did. The check is then asked again, so many times in all.
_FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGALRM)
TRIES = 3
_MAX_BYTES = 64 << 20


class CheckBroke(Exception):
    """A check that gave no answer.

    Attributes:
        bounds: whether it passed its bounds of time or memory.
        detail: more for the instructor.
    """

    def __init__(self, detail: str, *, bounds: bool) -> None:
        super().__init__(detail)
        self.bounds = bounds
        self.detail = detail


@dataclass(frozen=True)
class BoundCheck:
    """A check that is called as the function is that it stands for, and runs elsewhere."""

    name: str
    runner: Runner

    def __call__(self, student: Any, reference: Any) -> str | None:
        """Return the check's sentence, or None where it has nothing to say.

        Raises:
            CheckBroke: it raised, or passed its bounds.
        """
        said = self.runner.ask(self.name, student, reference)
        known = [self.runner.source, equality.VOCABULARY, *_texts(reference)]
        return None if said is None else disclosure.sentence(said, known)


def of_suite(suite: Suite) -> dict[str, BoundCheck]:
    """Return the checks of a suite, to run in a process of their own."""
    return bound(suite.checks, suite.checks_text)


def bound(functions: Mapping[str, Callable[[Any, Any], str | None]], source: str) -> dict[str, BoundCheck]:
    """Return checks that run in a process of their own.

    Args:
        functions: name to function.
        source: the text that they stand in.
    """
    runner = Runner(dict(functions), source)
    return {name: BoundCheck(name, runner) for name in functions}


def start(checks: Mapping[str, Any]) -> None:
    """Start the process of these checks, while the grader has no threads yet."""
    for check in checks.values():
        if isinstance(check, BoundCheck):
            check.runner.start()


def close(checks: Mapping[str, Any]) -> None:
    """End the process of these checks; the next one asked starts another."""
    for check in checks.values():
        if isinstance(check, BoundCheck):
            check.runner.close()


class Runner:
    """The process that runs a lesson's checks; may be asked by several threads.

    Args:
        functions: name to function.
        source: the text that they stand in.
    """

    def __init__(self, functions: dict[str, Callable[[Any, Any], str | None]], source: str) -> None:
        self.source = source
        self._functions = functions
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._end: Callable[[], object] = lambda: None

    def start(self) -> None:
        """Start the process, unless it is.

        Raises:
            UserError: it does not answer.
        """
        with self._lock:
            self._started()

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()
            self._socket = None

    def ask(self, name: str, student: Any, reference: Any) -> str | None:
        """Return what a check says of two outputs.

        Raises:
            CheckBroke: it gave no answer.
            OSError: what ended it came from outside, again and again.
        """
        if sys.platform != "linux":
            return _directly(self._functions[name], student, reference)
        with self._lock:
            answer = self._asked_again(name, [student, reference])
        if "raised" in answer:
            raise CheckBroke(answer["raised"], bounds=answer.get("bounds", False))
        said: str | None = answer["said"]
        return said

    def _asked_again(self, name: str, values: list[Any]) -> dict[str, Any]:
        """Return the answer, after as many tries as it takes while what ends the process comes from outside."""
        trouble = ""
        for _ in range(TRIES):
            try:
                answer = self._asked(name, values)
            except OSError as error:
                trouble = str(error)
                continue
            if not answer.get("from_outside"):
                return answer
            trouble = answer["raised"]
        raise OSError(f"a check was ended from outside {TRIES} times: {trouble}")

    def _started(self) -> socket.socket:
        if self._socket is None:
            ours, theirs = socket.socketpair()
            pid = os.fork()
            if pid == 0:
                _supervise(theirs, self._functions)
            theirs.close()
            ours.settimeout(WALL_SECONDS + 30)
            self._socket = ours
            self._end = weakref.finalize(self, _hang_up, ours, pid)
            try:
                self._asked("", [])
            except (OSError, ValueError) as error:
                self._end()
                self._socket = None
                raise UserError("The process in which checks run does not start; grade again.") from error
        return self._socket

    def _asked(self, name: str, values: list[Any]) -> dict[str, Any]:
        connection = self._started()
        try:
            parts = [_encoded(value) for value in values]
            head = json.dumps({"check": name, "values": [len(part) for part in parts]}).encode()
            connection.sendall(HEADER.pack(len(head), sum(map(len, parts))) + head)
            for part in parts:
                connection.sendall(part)
            answer: dict[str, Any] = json.loads(
                _exactly(connection, HEADER.unpack(_exactly(connection, HEADER.size))[0])
            )
        except (OSError, EOFError) as error:
            self._end()
            self._socket = None
            raise OSError(f"the process in which checks run is gone: {error}") from error
        return answer


def _directly(function: Callable[[Any, Any], str | None], student: Any, reference: Any) -> str | None:
    try:
        return function(student, reference)
    except Exception as error:
        raise CheckBroke(f"{type(error).__name__}: {error}", bounds=isinstance(error, MemoryError)) from error


def _hang_up(connection: socket.socket, pid: int) -> None:
    """Let the process end by itself, which takes a moment unless a check is under way; then end it."""
    connection.close()
    until = time.monotonic() + 0.5
    with contextlib.suppress(ProcessLookupError, ChildProcessError, PermissionError):
        while os.waitpid(pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > until:
                os.killpg(pid, signal.SIGKILL)  # it leads a group of its own
                os.waitpid(pid, 0)
                break
            time.sleep(0.005)


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield the texts in a reference's output, the names of its parts among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping) and depth < 10:
        for key, part in value.items():
            yield from _texts(key, depth + 1)
            yield from _texts(part, depth + 1)
    elif isinstance(value, list | tuple) and depth < 10:
        for part in value:
            yield from _texts(part, depth + 1)


def _encoded(value: Any) -> bytes:
    encoder = Encoder(_MAX_BYTES)
    return frame({"kind": "value", "value": encoder.tree(value)}, encoder)


def _decoded(data: memoryview) -> Any:
    text, _ = HEADER.unpack(data[: HEADER.size])
    rest = data[HEADER.size :]
    head, tensors = decode.parse(bytes(rest[:text]), bytes(rest[text:]))
    return decode.plain(decode.value(head["value"], tensors))


def _exactly(connection: socket.socket, size: int) -> bytearray:
    data = bytearray(size)
    view, filled = memoryview(data), 0
    while filled < size:
        got = connection.recv_into(view[filled:])
        if not got:
            raise EOFError("it hung up")
        filled += got
    return data


def _answer(connection: socket.socket, answer: dict[str, Any]) -> None:
    text = json.dumps(answer).encode()
    connection.sendall(HEADER.pack(len(text), 0) + text)


# ---------------------------------------------------------------------------------------------------- in the process


def _supervise(connection: socket.socket, functions: Mapping[str, Callable[[Any, Any], str | None]]) -> NoReturn:
    """Fork a process that computes, and another when it has died; say what it died of. Ends when the grader hangs up."""
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        own = connection.fileno()
        os.closerange(3, own)
        os.closerange(own + 1, os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") < 1 << 20 else 1 << 20)
        for number in (signal.SIGALRM, signal.SIGPROF, signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        gc.freeze()
        while True:
            child = os.fork()
            if child == 0:
                _serve(connection, functions)
            _, status = os.waitpid(child, 0)
            code = os.waitstatus_to_exitcode(status)
            if code == _DONE:
                break
            if code != _AGAIN:
                _answer(connection, {"raised": _ended_by(code), "bounds": True, "from_outside": code in _FROM_OUTSIDE})
    finally:
        os._exit(0)


def _ended_by(code: int) -> str:
    words = {
        -signal.SIGPROF: f"the check took more than {CPU_SECONDS:g} seconds of CPU",
        -signal.SIGALRM: f"the check took more than {WALL_SECONDS:g} seconds by the clock",
    }
    return words.get(code, f"the check's process ended by itself ({code})")


def _serve(connection: socket.socket, functions: Mapping[str, Callable[[Any, Any], str | None]]) -> NoReturn:
    """Answer until the grader hangs up, or until there is reason to start again."""
    code = 1
    try:
        torch.set_num_threads(1)  # a fork has none of the threads that the grader's torch may count on
        with open("/proc/self/statm") as file:
            size = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        begun = _resident()
        while True:
            try:
                head_size, data_size = HEADER.unpack(_exactly(connection, HEADER.size))
            except EOFError:
                code = _DONE
                break
            head = json.loads(_exactly(connection, head_size))
            data = memoryview(_exactly(connection, data_size))
            signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
            signal.setitimer(signal.ITIMER_REAL, WALL_SECONDS)
            answer = _carried_out(head, data, functions)
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            _answer(connection, answer)
            if answer.get("bounds") or _resident() > begun + GROWN:
                code = _AGAIN
                break
    finally:
        os._exit(code)


def _resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def _carried_out(
    head: dict[str, Any], data: memoryview, functions: Mapping[str, Callable[[Any, Any], str | None]]
) -> dict[str, Any]:
    if not head["check"]:
        return {"said": None}
    try:
        values, at = [], 0
        for size in head["values"]:
            values.append(_decoded(data[at : at + size]))
            at += size
        said = functions[head["check"]](*values)
    except MemoryError:
        return {"raised": f"the check needed more than {MEMORY >> 20} MiB", "bounds": True}
    except BaseException as error:  # noqa: BLE001  what a student returned made the check stumble
        # torch says so in words of its own.
        short = isinstance(error, RuntimeError) and "allocate memory" in str(error)
        return {"raised": f"{type(error).__name__}: {str(error)[:1000]}", "bounds": short}
    return {"said": None if said is None else str(said)}
