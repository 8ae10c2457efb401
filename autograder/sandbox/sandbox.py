"""Run a module through scenarios in a process that knows no answers; the parent side of `autograder.worker`.

It starts the zygote, hands each worker its request, reads its frames under deadlines, and says of every run what became of
it. It never sees an expected value and decides nothing about points.
"""

from __future__ import annotations

import base64
import contextlib
import json
import marshal
import math
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from autograder.sandbox import bytecode, cgroup, decode, view
from autograder.sandbox.clock import Clock, Spent, Stopped, Use
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.jobs import (
    OUT_OF_TIME,
    Deadlines,
    Guarantee,
    Job,
    Outcome,
    OutcomeStatus,
    Overlay,
    Result,
    Run,
    Source,
)
from autograder.sandbox.stream import LOG_KEPT, Attempt, Reader
from autograder.sandbox.template import ANSWER_SECONDS, SHUTDOWN_GRACE_SECONDS, ForkedZygote, Template, environment
from autograder.worker import jail
from autograder.worker.devices import computes_on_cpu
from autograder.worker.protocol import Configuration, HiddenRequest, ModuleRequest, OverlayRequest, WorkerRequest

LOOK_SECONDS = 5.0
# Of a zygote and its worker: a warm zygote has half a GiB, of which a worker shares what it does not write to.
MEMORY_IN_ALL, TASKS_IN_ALL = 4 << 30, 96
# After so many scenarios of an exercise that ran out of time, the others are not waited for.
TIME_OUTS = 2


# How the zygote is locked down for a guarantee level, and the level that this gives; a cgroup makes `isolated` `full`.
_JAILS = {"full": "namespaces", "isolated": "namespaces", "restricted": "restricted", "none": "none"}
_LEVELS = {"namespaces": "isolated", "restricted": "restricted", "none": "none"}


class Sandbox:
    """One zygote and its worker. Use it as a context manager; but for `shut_down` it is not for two threads at a time.

    Args:
        root: the course's folder, of which a worker sees `datasets/` alone.
        devices: the devices that will be asked for; a GPU's device files are shown in the jail.
        plots: whether scenarios draw (the warm-up then draws once).
        imports: modules of libraries that the zygote imports besides, so that no worker has to.
        level: the highest guarantee level to try for; "none" runs a plain child, without any protection.
        deadlines: how long things may take.
        template: what the zygote is forked from, where it is closed in by namespaces: warm for the same `plots` and `imports`.
            None for a zygote that warms up by itself.
    """

    def __init__(
        self,
        root: Path,
        *,
        devices: Sequence[str] = ("cpu",),
        plots: bool = True,
        imports: Sequence[str] = (),
        level: str = "full",
        deadlines: Deadlines | None = None,
        template: Template | None = None,
    ) -> None:
        self._template = template
        self._data = (root / "datasets").resolve()
        self._on_gpu = any(not computes_on_cpu(device) for device in devices)
        self._configuration: Configuration = {
            "data": str(self._data),
            "folders": view.readable(),
            "hidden": [str(root.resolve())],
            "devices": _gpu_files() if self._on_gpu else [],
            "jail": _JAILS[level] if sys.platform == "linux" else "none",
            "plots": plots,
            "imports": list(imports),
        }
        self.deadlines = deadlines or Deadlines()
        self._process: subprocess.Popen[bytes] | ForkedZygote | None = None
        self._control: socket.socket | None = None
        self._refusals: list[str] = []
        self._compiled: dict[tuple[str, str], str] = {}
        self._wanted = level
        self._cgroup: cgroup.Cgroup | None = None
        self._lock = threading.Lock()
        self._closed = False
        self.guarantee: Guarantee | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def launched(self) -> bool:
        """Whether there is a zygote, warm or not."""
        return self._control is not None

    @property
    def _jailed(self) -> bool:
        return bool(self._configuration["jail"] == "namespaces")

    def launch(self) -> None:
        """Start the zygote, or its template, without waiting for it; several can then warm up at a time.

        Raises:
            SandboxError: it was hung up on.
        """
        if self._template is not None and self._jailed:
            self._template.launch()
            return
        compiled = bytecode.ready(plots=self._configuration["plots"], imports=self._configuration["imports"])
        with self._lock:
            self._require_open()
            ours, theirs = _control()
            command = [sys.executable, "-I", *compiled.options, "-m", "autograder.worker", str(theirs.fileno())]
            process = subprocess.Popen(
                command,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                env=environment(jail.SCRATCH if self._jailed else tempfile.gettempdir()),
                cwd="/",
                start_new_session=True,
            )
            theirs.close()
            self._configure(process, ours, compiled)

    def _fork(self, template: Template) -> None:
        """Let the template fork the zygote; none where this is the end."""
        self._require_open()
        ours, theirs = _control()
        try:
            with contextlib.closing(theirs):
                process = template.fork(theirs)
            with self._lock:
                self._require_open()
                self._configure(process, ours, template.bytecode)
        except BaseException:
            ours.close()  # a zygote that is there already ends by that
            raise

    def _require_open(self) -> None:
        if self._closed:
            raise SandboxError("the sandbox is being shut down")

    def _configure(
        self, process: subprocess.Popen[bytes] | ForkedZygote, ours: socket.socket, compiled: bytecode.Bytecode
    ) -> None:
        """Tell a zygote what it is to be; before that it has started nothing, so its cgroup holds all it ever will."""
        self._process = process
        self._cgroup = cgroup.create(MEMORY_IN_ALL, TASKS_IN_ALL) if self._wanted == "full" and self._jailed else None
        if self._cgroup is not None:
            self._cgroup.add(process.pid)
        self._control = ours
        ours.settimeout(LOOK_SECONDS)
        folders = [*self._configuration["folders"], *filter(None, [compiled.prefix])]
        self._send({**self._configuration, "folders": folders}, [])

    def start(self) -> Guarantee:
        """Start the zygote, unless it is, and wait until it is warm; return what it guarantees.

        Raises:
            SandboxError: it did not start; the reason is in the message.
        """
        if self.guarantee is not None:
            return self.guarantee
        hello = self._hello()
        while "refused" in hello:
            self.close()
            self._refusals.append(f"no {self._configuration['jail']}: {hello['refused']}")
            self._configuration["jail"] = self._next_jail()
            hello = self._hello()
        if "error" in hello:
            self.close()
            raise SandboxError(f"the sandbox did not start: {hello['error']}")
        level = "full" if self._cgroup is not None else _LEVELS[self._configuration["jail"]]
        if level == "isolated" and self._wanted == "full":
            self._refusals.append("no cgroup: the memory of a process tree is bounded process by process only")
        self.guarantee = Guarantee(level, "; ".join(self._refusals), **hello)
        return self.guarantee

    def _hello(self) -> dict[str, Any]:
        """Return what a zygote says first, which is started if there is none."""
        if self._control is None:
            if self._template is not None and self._jailed:
                self._fork(self._template)
            else:
                self.launch()
        return self._receive()

    def _next_jail(self) -> str:
        """Return the jail to try after the one that was refused.

        Raises:
            SandboxError: the next would be none, and this is root.
        """
        if self._configuration["jail"] == "namespaces":
            return "restricted"
        if os.geteuid() == 0:
            raise SandboxError(f"{'; '.join(self._refusals)}. Student code is not run as root without any protection.")
        return "none"

    def shut_down(self) -> None:
        """Say, from any thread, that this is the end: who waits for the zygote gets a SandboxError, and none is started again.

        The zygote hears it, too, and ends; `close` is still to be called.
        """
        with self._lock:
            self._closed = True
            if self._control is not None:
                with contextlib.suppress(OSError):
                    self._control.shutdown(socket.SHUT_RDWR)

    def close(self, patience: float = 5.0) -> None:
        """End the zygote and everything below it. Safe to call twice; the sandbox may be started again.

        Args:
            patience: seconds that the zygote gets to end by itself before it is killed.
        """
        with self._lock:
            if self._closed:
                patience = min(patience, SHUTDOWN_GRACE_SECONDS)
            self.guarantee = None
            control, process, group = self._control, self._process, self._cgroup
            self._control = self._process = self._cgroup = None
        if control is not None:
            control.close()
        if process is not None:
            try:
                process.wait(timeout=patience)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if group is not None:
            group.remove()

    def run(self, job: Job) -> Result:
        """Run a module through scenarios; what goes wrong inside is an outcome.

        Raises:
            SandboxError: the zygote died, or a worker could not be started, locked down or made to read the text.
        """
        spent = Spent(self.deadlines)
        outcomes: dict[int, Outcome] = {}
        logs: list[str] = []
        findings: dict[str, tuple[str, ...]] | None = None
        syntax: tuple[decode.SyntaxProblem, ...] = ()
        loading = decode.Loading()
        import_error: decode.RunError | None = None
        while left := _left(job.runs, outcomes):
            if (up := spent.up()) is not None:
                outcomes |= dict.fromkeys(left, up)
                break
            attempt = self._attempt(job, self._hurried(job.runs, left, outcomes), spent)
            logs.append(attempt.log)
            if findings is None:
                findings, syntax, loading = attempt.findings, attempt.syntax, attempt.loading
            spent.gave_up = attempt.starved
            if attempt.import_error is not None and not (outcomes and spent.up()):
                # A module that imported once and now does not has done so on purpose; the rest is lost either way.
                import_error = attempt.import_error if not outcomes else None
                outcomes |= dict.fromkeys(left, _not_imported(attempt.import_error))
            outcomes |= zip(left, attempt.outcomes, strict=False)
        in_order = tuple(outcomes[number] for number in range(len(job.runs)))
        return Result(import_error, findings or {}, in_order, "".join(logs)[:LOG_KEPT], spent.cpu, syntax, loading)

    def _attempt(self, job: Job, runs: Sequence[Run], spent: Spent) -> Attempt:
        """Run one worker until it has done its runs or died; what killed it costs the run that it was in."""
        assert self._control is not None, "the sandbox has not been started"
        with contextlib.ExitStack() as stack:
            request = stack.enter_context(self._request(job))
            go_read, go_write = _pipe(stack)
            result_read, result_write = _pipe(stack)
            log_read, log_write = _pipe(stack)
            limits = self._limits(spent.cpu_left() + self.deadlines.library_cpu)
            before = self._cgroup.cpu() if self._cgroup is not None else None
            handed_down = [request.fileno(), go_read.fd, result_write.fd, log_write.fd]
            self._send({"do": "start", "limits": asdict(limits)}, handed_down)
            for end in (go_read, result_write, log_write):
                end.close()
            answer = self._receive()
            if not answer.get("ok"):
                said = os.read(log_read.fd, LOG_KEPT).decode("utf-8", "replace")
                raise SandboxError(f"no worker could be started: {said or answer.get('reason', 'no reason given')}")
            since = None if before is None else before - decode.seconds(answer["own"])
            attempt = Attempt()
            clock = Clock(self.deadlines, spent, lambda: self._used(self._ask({"do": "cpu"}), since))
            reader = Reader(result_read.fd, log_read.fd, clock, spent.budget)
            stopped = None
            try:
                attempt.follow(reader, runs, lambda: self._tell_hidden(job, runs, request, go_write))
            except Stopped as reason:
                stopped = reason
            ended = self._ask({"do": "stop"})
            spent.add(self._used(ended, since).cpu, clock.library)
            attempt.log = reader.rest_of_log()
            if stopped is not None:
                attempt.fail(stopped, ended["signal"])
            return attempt

    def _used(self, answer: dict[str, Any], since: float | None) -> Use:
        """Return what a worker has used, by the zygote's answer and by the cgroup's account, less the zygote's own.

        Args:
            answer: the zygote's.
            since: the account when the worker was started, less what the zygote itself had used by then; None for no account.
        """
        used = decode.seconds(answer["cpu"])
        account = self._cgroup.cpu() if self._cgroup is not None else None
        if since is not None and account is not None:
            used = max(used, account - decode.seconds(answer["own"]) - since)
        return Use(used, bool(answer.get("busy")))

    def _hurried(self, runs: Sequence[Run], left: Sequence[int], outcomes: dict[int, Outcome]) -> list[Run]:
        """Return the runs that are left, with less time where others ran out of it before."""
        late = Counter(runs[number].device for number, one in outcomes.items() if one.status in OUT_OF_TIME)
        return [self._with_less(runs[number], late[runs[number].device]) for number in left]

    def _with_less(self, run: Run, late: int) -> Run:
        most = min(run.cpu, self.deadlines.scenario_cpu)
        return replace(run, cpu=max(run.least, most / 2**late)) if run.cpu < math.inf else run

    @contextlib.contextmanager
    def _request(self, job: Job) -> Iterator[IO[bytes]]:
        """Yield a nameless file with the request's first part; the worker reads it itself, past the zygote's memory."""
        body: WorkerRequest = {
            "module": _module(job.module),
            "overlay": _overlaid(job.overlay),
            "off_limits": job.off_limits,
        }
        with tempfile.TemporaryFile(buffering=0) as file:
            _append(file, json.dumps(body).encode())
            yield file

    def _tell_hidden(self, job: Job, runs: Sequence[Run], request: IO[bytes], go: _End) -> None:
        """Give a worker the request's second part: behind the first, which it has read through the same descriptor."""
        _append(request, self._hidden(job, runs))
        with contextlib.suppress(BrokenPipeError):  # a worker that has ended is heard of by its frames
            os.write(go.fd, b".")

    def _hidden(self, job: Job, runs: Sequence[Run]) -> bytes:
        """Return the request's second part: what a module must not know while it is loaded."""
        suite = {name: job.suite[name] for name in {run.file for run in runs}}
        body: HiddenRequest = {
            "suite": suite,
            "code": {name: self._code(name, text) for name, text in suite.items()},
            "runs": [(number, run.file, run.function, run.index, run.device) for number, run in enumerate(runs)],
            "seed": job.seed,
            "data": jail.DATA if self._jailed else str(self._data),
            "frame_bytes": decode.MAX_DATA - (1 << 20),
        }
        return json.dumps(body).encode()

    def _code(self, name: str, text: str) -> str:
        """Return a scenario file compiled, once for all workers."""
        if (name, text) not in self._compiled:
            code = marshal.dumps(compile(text, name, "exec", dont_inherit=True))
            self._compiled[name, text] = base64.b64encode(code).decode()
        return self._compiled[name, text]

    def _limits(self, cpu_left: float) -> jail.Limits:
        return jail.Limits(
            memory=None if self._on_gpu else 2 << 30,
            processes=64,
            cpu=int(cpu_left) + 2,
            file=64 << 20,
            scratch=64 << 20,
            descriptors=256,
        )

    def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        self._send(command, [])
        return self._receive()

    def _send(self, command: Mapping[str, Any], descriptors: list[int]) -> None:
        assert self._control is not None, "the sandbox has not been started"
        try:
            socket.send_fds(self._control, [json.dumps(command).encode()], descriptors)
        except OSError as error:
            raise SandboxError(f"the sandbox's zygote is gone: {error}") from error

    def _receive(self) -> dict[str, Any]:
        assert self._control is not None, "the sandbox has not been started"
        until = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                message = self._control.recv(1 << 16)
                break
            except TimeoutError as error:
                # On a busy machine it may be long before it gets to answer. One that died has closed its end.
                process = self._process
                if process is None or process.poll() is not None or time.monotonic() > until:
                    raise SandboxError(f"the sandbox's zygote does not answer: {error}") from error
            except OSError as error:
                raise SandboxError(f"the sandbox's zygote does not answer: {error}") from error
        if not message:
            raise SandboxError("the sandbox's zygote ended unexpectedly")
        answer: dict[str, Any] = json.loads(message)
        return answer


def _left(runs: Sequence[Run], outcomes: dict[int, Outcome]) -> list[int]:
    """Return the numbers of the runs that are still to be made; those that are not waited for get their outcome here."""
    late = _time_outs(runs, outcomes)
    for number, run in enumerate(runs):
        if number not in outcomes and late[run.exercise, run.device] >= TIME_OUTS:
            outcomes[number] = Outcome(OutcomeStatus.NOT_WAITED_FOR)
    return [number for number in range(len(runs)) if number not in outcomes]


def _time_outs(runs: Sequence[Run], outcomes: dict[int, Outcome]) -> Counter[tuple[str, str]]:
    """Return how many runs of each exercise, on each device, ran out of time."""
    late = [runs[number] for number, outcome in outcomes.items() if outcome.status in OUT_OF_TIME]
    return Counter((run.exercise, run.device) for run in late if run.exercise)


def _not_imported(error: decode.RunError) -> Outcome:
    place = f" (line {error.line})" if error.line else ""
    detail = f"{error.words}{place}"
    return Outcome(OutcomeStatus.NOT_IMPORTED, detail=detail, ended=error.ended, signal=error.signal)


@dataclass
class _End:
    """One end of a pipe; closing twice is fine."""

    fd: int
    closed: bool = False

    def close(self) -> None:
        if not self.closed:
            os.close(self.fd)
            self.closed = True


def _pipe(stack: contextlib.ExitStack) -> tuple[_End, _End]:
    read, write = (_End(fd) for fd in os.pipe())
    stack.callback(read.close)
    stack.callback(write.close)
    return read, write


def _append(file: IO[bytes], data: bytes) -> None:
    """Write to the end of a file, whose position is left alone.

    Raises:
        SandboxError: there is no room.
    """
    try:
        whole = os.pwrite(file.fileno(), data, os.fstat(file.fileno()).st_size) == len(data)
    except OSError as error:
        raise SandboxError(f"a request could not be written: {error}") from error
    if not whole:
        raise SandboxError("a request could not be written: the disk is full")


def _module(source: Source) -> ModuleRequest:
    return {
        "name": source.name,
        "filename": source.filename,
        "text": source.text,
        "folder": source.folder,
        "helpers": source.helpers,
        "exercises": list(source.exercises),
        "definitions_only": source.definitions_only,
    }


def _overlaid(overlay: Overlay | None) -> OverlayRequest | None:
    if overlay is None:
        return None
    own = _module(overlay.source)
    return {**own, "function": overlay.function, "exercise": overlay.exercise, "inside": overlay.inside}


def _control() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def _gpu_files() -> list[str]:
    numbered = sorted(path.name for path in Path("/dev").glob("nvidia[0-9]*"))
    return [*numbered, *jail.GPU_DEVICE_FILES, "dri", "kfd"]
