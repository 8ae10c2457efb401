"""Run a module through scenarios in a process that knows no answers; the parent side of `autograder.worker`.

It starts the zygote, hands each worker its request, reads its frames under deadlines, and says of every run what became of
it. It never sees an expected value and decides nothing about points.
"""

from __future__ import annotations

import base64
import contextlib
import json
import marshal
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import autograder
from autograder import cgroup, frames
from autograder.worker import jail
from autograder.worker.encode import HEADER
from autograder.worker.fake_device import computes_on_cpu

LOG_KEPT = 64 << 10
LOG_READ = 16 << 20
WARM_UP_SECONDS = 180
# How long a zygote that was hung up on gets to end by itself.
HURRY = 0.5
# What an outcome says of a worker that somebody killed: the kernel for its memory, or a person.
KILLED = "ended by signal 9"
# Of a zygote and its worker: a warm zygote has half a GiB, of which a worker shares what it does not write to.
MEMORY_IN_ALL, TASKS_IN_ALL = 4 << 30, 96


# How the zygote is locked down for a guarantee level, and the level that this gives; a cgroup makes `isolated` `full`.
_JAILS = {"full": "namespaces", "isolated": "namespaces", "restricted": "restricted", "none": "none"}
_LEVELS = {"namespaces": "isolated", "restricted": "restricted", "none": "none"}


class SandboxError(RuntimeError):
    """The sandbox itself failed: this is never a student's fault."""


@dataclass(frozen=True)
class Deadlines:
    """How long things may take.

    Attributes:
        scenario_cpu: CPU seconds of one scenario, or of the import.
        scenario_wall: seconds by the clock of one scenario, so that sleeping ends too.
        submission_cpu: CPU seconds of all scenarios of a submission; what comes later is not reached.
        submission_wall: the same by the clock.
    """

    scenario_cpu: float = 4.0
    scenario_wall: float = 30.0
    submission_cpu: float = 90.0
    submission_wall: float = 180.0


@dataclass(frozen=True)
class Source:
    """A module's text, the dotted name it is loaded under, and what tracebacks call it.

    Attributes:
        name: the dotted name.
        filename: what tracebacks call it.
        text: the source.
        exercises: of a student's module, the names of the lesson's functions and classes. It is then loaded statement by
            statement, so that what raises costs what depends on it; any other module is whole or not at all.
        definitions_only: whether to leave out what the exercises do not need: training, figures, trials.
    """

    name: str
    filename: str
    text: str
    exercises: tuple[str, ...] = ()
    definitions_only: bool = False


@dataclass(frozen=True)
class Overlay:
    """A misconception: a function of a module that stands in for an exercise.

    Attributes:
        source: the module that holds it.
        function: its name there.
        exercise: the exercise that it stands in for.
        inside: False lays it over the view that scenarios get; True puts it into the module under test, so that the
            module's other functions call it too.
    """

    source: Source
    function: str
    exercise: str
    inside: bool = False


@dataclass(frozen=True)
class Run:
    """One scenario on one device: `function` and `index` name the scenario in `file`."""

    file: str
    function: str
    index: int
    device: str


@dataclass(frozen=True)
class Job:
    """A module and what to run it through."""

    module: Source
    suite: dict[str, str]
    runs: tuple[Run, ...]
    seed: int
    off_limits: dict[str, list[str]] = field(default_factory=dict)
    overlay: Overlay | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one run.

    Attributes:
        status: "returned"; "raised"; "no_device"; "no_network" (processes could not talk to each other); "not_imported";
            "died" (the process ended); "cpu_time" or "wall_time" (a deadline passed); "flooded" (what came back was no
            frame, or beyond its bounds); "not_reached".
        value: what the scenario returned, where it did.
        error: the exception, where one was raised.
        calls: how the module's functions were called.
        off_limits: off-limits functions that were called meanwhile.
        detail: more words for the instructor.
        cpu: CPU seconds of this run, by the worker's own account.
    """

    status: str
    value: Any = None
    error: frames.RunError | None = None
    calls: tuple[frames.Call, ...] = ()
    off_limits: tuple[str, ...] = ()
    detail: str = ""
    cpu: float = 0.0


@dataclass(frozen=True)
class Result:
    """What became of a job: an outcome for each of its runs, in order.

    Attributes:
        import_error: why the module did not import, or None.
        source_off_limits: exercise to the off-limits names that its code refers to.
        outcomes: one for each run.
        log: the beginning of what was printed; for the instructor, and to be escaped.
        cpu: CPU seconds of all its workers, by the zygote's account.
        loading: how a student's module was loaded.
        gave_up: why the whole of a student's text was not loaded but its definitions only, or None.
    """

    import_error: frames.RunError | None
    source_off_limits: dict[str, tuple[str, ...]]
    outcomes: tuple[Outcome, ...]
    log: str
    cpu: float
    loading: frames.Loading = field(default_factory=frames.Loading)
    gave_up: frames.RunError | None = None


@dataclass(frozen=True)
class Guarantee:
    """What the machine gives: the level, the reason why it is not higher, and the versions inside."""

    level: str
    missing: str
    torch: str
    python: str


class Sandbox:
    """One zygote and its worker. Use it as a context manager; but for `hang_up` it is not for two threads at a time.

    Args:
        root: the course's folder, of which a worker sees `datasets/` alone.
        devices: the devices that will be asked for; a GPU's device files are shown in the jail.
        plots: whether scenarios draw (the warm-up then draws once).
        imports: modules of libraries that the zygote imports besides, so that no worker has to.
        level: the highest guarantee level to try for; "none" runs a plain child, without any protection.
        deadlines: how long things may take.
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
    ) -> None:
        self._data = (root / "datasets").resolve()
        self._on_gpu = any(not computes_on_cpu(device) for device in devices)
        self._configuration: dict[str, Any] = {
            "data": str(self._data),
            "folders": _shown(),
            "hidden": [str(root.resolve())],
            "devices": _gpu_files() if self._on_gpu else [],
            "jail": _JAILS[level] if sys.platform == "linux" else "none",
            "plots": plots,
            "imports": list(imports),
        }
        self.deadlines = deadlines or Deadlines()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._refusals: list[str] = []
        self._compiled: dict[tuple[str, str], str] = {}
        self._wanted = level
        self._cgroup: cgroup.Cgroup | None = None
        self._door = threading.Lock()
        self._over = False
        self.guarantee: Guarantee | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _jailed(self) -> bool:
        return bool(self._configuration["jail"] == "namespaces")

    def launch(self) -> None:
        """Start the zygote without waiting for it; several can then warm up at a time.

        Raises:
            SandboxError: it was hung up on.
        """
        with self._door:
            if self._over:
                raise SandboxError("the sandbox was told that this is the end")
            self._launch()

    def _launch(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-I", "-m", "autograder.worker", str(theirs.fileno())]
        self._process = subprocess.Popen(
            command,
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            env=_environment(jail.SCRATCH if self._jailed else tempfile.gettempdir()),
            cwd="/",
            start_new_session=True,
        )
        theirs.close()
        # Before the configuration is sent, so before the zygote has started anything.
        self._cgroup = cgroup.create(MEMORY_IN_ALL, TASKS_IN_ALL) if self._wanted == "full" and self._jailed else None
        if self._cgroup is not None:
            self._cgroup.add(self._process.pid)
        self._control = ours
        ours.settimeout(WARM_UP_SECONDS)
        self._send(self._configuration, [])

    def start(self) -> Guarantee:
        """Start the zygote, unless it is, and wait until it is warm; return what it guarantees.

        Raises:
            SandboxError: it did not start; the reason is in the message.
        """
        if self.guarantee is not None:
            return self.guarantee
        if self._control is None:
            self.launch()
        hello = self._receive()
        while "refused" in hello:
            self.close()
            self._refusals.append(f"no {self._configuration['jail']}: {hello['refused']}")
            self._configuration["jail"] = "restricted" if self._configuration["jail"] == "namespaces" else "none"
            self.launch()
            hello = self._receive()
        if "error" in hello:
            self.close()
            raise SandboxError(f"the sandbox did not start: {hello['error']}")
        assert self._control is not None, "it answered just now"
        self._control.settimeout(30)
        level = "full" if self._cgroup is not None else _LEVELS[self._configuration["jail"]]
        if level == "isolated" and self._wanted == "full":
            self._refusals.append("no cgroup: the memory of a process tree is bounded process by process only")
        self.guarantee = Guarantee(level, "; ".join(self._refusals), **hello)
        return self.guarantee

    def hang_up(self) -> None:
        """Say, from any thread, that this is the end: who waits for the zygote gets a SandboxError, and none is started again.

        The zygote hears it, too, and ends; `close` is still to be called.
        """
        with self._door:
            self._over = True
            if self._control is not None:
                with contextlib.suppress(OSError):
                    self._control.shutdown(socket.SHUT_RDWR)

    def close(self, patience: float = 5.0) -> None:
        """End the zygote and everything below it. Safe to call twice; the sandbox may be started again.

        Args:
            patience: seconds that the zygote gets to end by itself before it is killed.
        """
        with self._door:
            if self._over:
                patience = min(patience, HURRY)
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
            SandboxError: the zygote died or could not start a worker.
        """
        budget, end = _Budget(), time.monotonic() + self.deadlines.submission_wall
        outcomes: list[Outcome] = []
        logs: list[str] = []
        cpu = 0.0
        findings: dict[str, tuple[str, ...]] | None = None
        loading = frames.Loading()
        import_error: frames.RunError | None = None
        while len(outcomes) < len(job.runs):
            if cpu > self.deadlines.submission_cpu or time.monotonic() > end:
                outcomes += [Outcome("not_reached")] * (len(job.runs) - len(outcomes))
                break
            attempt = self._attempt(job, job.runs[len(outcomes) :], self.deadlines.submission_cpu - cpu, budget)
            cpu += attempt.cpu
            logs.append(attempt.log)
            if findings is None:
                findings, loading = attempt.findings, attempt.loading
            outcomes += attempt.outcomes
            if attempt.import_error is not None:
                # A module that imported once and now does not has done so on purpose; the rest is lost either way.
                import_error = attempt.import_error if not outcomes else None
                detail = _import_detail(attempt.import_error)
                outcomes += [Outcome("not_imported", detail=detail)] * (len(job.runs) - len(outcomes))
        return Result(import_error, findings or {}, tuple(outcomes), "".join(logs)[:LOG_KEPT], cpu, loading)

    def _attempt(self, job: Job, runs: Sequence[Run], cpu_left: float, budget: _Budget) -> _Attempt:
        """Run one worker until it has done its runs or died; what killed it costs the run that it was in."""
        assert self._control is not None, "the sandbox has not been started"
        with contextlib.ExitStack() as stack:
            request = stack.enter_context(self._request(job, runs))
            result_read, result_write = _pipe(stack)
            log_read, log_write = _pipe(stack)
            limits = self._limits(cpu_left)
            self._send({"do": "start", "limits": asdict(limits)}, [request.fileno(), result_write.fd, log_write.fd])
            result_write.close()
            log_write.close()
            answer = self._receive()
            if not answer.get("ok"):
                raise SandboxError(f"no worker could be started: {answer.get('reason', 'no reason given')}")
            attempt = _Attempt()
            reader = _Reader(result_read.fd, log_read.fd, self.deadlines, cpu_left, budget, self._worker_cpu)
            stopped = None
            try:
                attempt.follow(reader, runs)
            except _Stopped as reason:
                stopped = reason
            ended = self._ask({"do": "stop"})
            attempt.cpu = frames.seconds(ended["cpu"])
            attempt.log = reader.rest_of_log()
            if stopped is not None:
                attempt.fail(stopped, ended["signal"])
            return attempt

    @contextlib.contextmanager
    def _request(self, job: Job, runs: Sequence[Run]) -> Iterator[IO[bytes]]:
        """Yield a nameless file with the request; the worker reads it itself, past the zygote's memory."""
        suite = {name: job.suite[name] for name in {run.file for run in runs}}
        body = {
            "module": asdict(job.module),
            "overlay": _overlaid(job.overlay),
            "suite": suite,
            "code": {name: self._code(name, text) for name, text in suite.items()},
            "runs": [[number, run.file, run.function, run.index, run.device] for number, run in enumerate(runs)],
            "seed": job.seed,
            "data": jail.DATA if self._jailed else str(self._data),
            "off_limits": job.off_limits,
            "frame_bytes": frames.MOST_DATA - (1 << 20),
        }
        with tempfile.TemporaryFile() as file:
            file.write(json.dumps(body).encode())
            file.seek(0)
            yield file

    def _code(self, name: str, text: str) -> str:
        """Return a scenario file compiled, once for all workers."""
        if (name, text) not in self._compiled:
            code = marshal.dumps(compile(text, name, "exec", dont_inherit=True))
            self._compiled[name, text] = base64.b64encode(code).decode()
        return self._compiled[name, text]

    def _worker_cpu(self) -> float:
        return frames.seconds(self._ask({"do": "cpu"})["cpu"])

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

    def _send(self, command: dict[str, Any], descriptors: list[int]) -> None:
        assert self._control is not None, "the sandbox has not been started"
        try:
            socket.send_fds(self._control, [json.dumps(command).encode()], descriptors)
        except OSError as error:
            raise SandboxError(f"the sandbox's zygote is gone: {error}") from error

    def _receive(self) -> dict[str, Any]:
        assert self._control is not None, "the sandbox has not been started"
        try:
            message = self._control.recv(1 << 16)
        except OSError as error:
            raise SandboxError(f"the sandbox's zygote does not answer: {error}") from error
        if not message:
            raise SandboxError("the sandbox's zygote ended unexpectedly")
        answer: dict[str, Any] = json.loads(message)
        return answer


def _import_detail(error: frames.RunError) -> str:
    place = f" (line {error.line})" if error.line else ""
    return f"{error.type}: {error.message}{place}"


class _Stopped(Exception):
    """Why a worker's frames ended before its runs did."""

    def __init__(self, status: str, detail: str = "") -> None:
        super().__init__(status)
        self.status = status
        self.detail = detail


class _Attempt:
    """One worker's run: what came back, and what it died of."""

    def __init__(self) -> None:
        self.findings: dict[str, tuple[str, ...]] | None = None
        self.import_error: frames.RunError | None = None
        self.loading = frames.Loading()
        self.outcomes: list[Outcome] = []
        self.log = ""
        self.cpu = 0.0
        self._loaded = False

    def follow(self, reader: _Reader, runs: Sequence[Run]) -> None:
        """Read the frames of a worker in their order."""
        try:
            head, _ = reader.frame("source")
            findings = head.get("off_limits")
            if type(findings) is dict:
                self.findings = {frames.word(key): frames.names(names) for key, names in findings.items()}
            head, _ = reader.frame("loaded")
            self.import_error = frames.error(head.get("error"))
            if self.import_error is not None:
                return
            self.loading = frames.loading(head)
            self._loaded = True
            before = frames.seconds(head.get("cpu"))
            for number in range(len(runs)):
                head, tensors = reader.frame("outcome")
                if head.get("run") != number:
                    raise frames.FrameError("a frame out of turn")
                outcome = _outcome(head, tensors)
                self.outcomes.append(replace(outcome, cpu=max(0.0, outcome.cpu - before)))
                before = outcome.cpu
        except frames.FrameError as error:
            raise _Stopped("flooded", str(error)) from error

    def fail(self, reason: _Stopped, signal: int | None) -> None:
        """Charge the worker's end to what it was doing: the import, or the run whose frame is missing."""
        detail = reason.detail or (f"ended by signal {signal}" if signal else "ended before it had answered")
        if self._loaded:
            self.outcomes.append(Outcome(reason.status, detail=detail))
        else:
            self.import_error = frames.RunError(reason.status, reason.status, None, "", detail)


def _outcome(head: dict[str, Any], tensors: dict[str, Any]) -> Outcome:
    status = head.get("status")
    if status not in ("returned", "raised", "no_device", "no_network"):
        raise frames.FrameError("an unknown status")
    if status in ("no_device", "no_network"):
        return Outcome(status)
    return Outcome(
        status=status,
        value=frames.value(head.get("value"), tensors),
        error=frames.error(head.get("error")),
        calls=frames.calls(head.get("calls")),
        off_limits=frames.names(head.get("off_limits")),
        cpu=frames.seconds(head.get("cpu")),
    )


class _Budget:
    """How many bytes of frames a submission may still send."""

    def __init__(self) -> None:
        self._text = frames.MOST_TEXT_IN_ALL
        self._data = frames.MOST_DATA_IN_ALL

    def spend(self, text: int, data: int) -> None:
        """Take a frame's bytes off.

        Raises:
            frames.FrameError: that is more than is left.
        """
        self._text -= text
        self._data -= data
        if self._text < 0 or self._data < 0:
            raise frames.FrameError("more in all than a submission may send")


class _Reader:
    """Reads frames from one pipe and drains the log from another, under the deadlines."""

    def __init__(
        self, result: int, log: int, deadlines: Deadlines, cpu_left: float, budget: _Budget, cpu: Callable[[], float]
    ) -> None:
        self.budget = budget
        self._cpu_left = cpu_left
        self._result = result
        self._log = log
        self._deadlines = deadlines
        self._cpu = cpu
        self._buffer = bytearray()
        self._kept = bytearray()
        self._drained = 0
        self._claimed = 0.0
        self._selector = selectors.DefaultSelector()
        for descriptor in (result, log):
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ)

    def frame(self, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the next frame, which must be of this kind."""
        started = time.monotonic()
        size = HEADER.size
        self._fill(size, started)
        text, data = frames.lengths(bytes(self._buffer[:size]))
        self.budget.spend(text, data)
        self._fill(size + text + data, started)
        head, tensors = frames.parse(
            bytes(self._buffer[size : size + text]), bytes(self._buffer[size + text : size + text + data])
        )
        del self._buffer[: size + text + data]
        if head["kind"] != kind:
            raise frames.FrameError("a frame out of turn")
        self._claimed = max(self._claimed, frames.seconds(head.get("cpu")))
        return head, tensors

    def _fill(self, size: int, started: float) -> None:
        """Read until the buffer holds `size` bytes."""
        limits = self._deadlines
        ask_at = started + limits.scenario_cpu / 2
        while len(self._buffer) < size:
            now = time.monotonic()
            if now > started + limits.scenario_wall:
                raise _Stopped("wall_time", f"more than {limits.scenario_wall:g} seconds by the clock")
            if now > ask_at:
                # The worker says itself what earlier scenarios used; a lie gains no more than the submission's own bound.
                used = self._cpu()
                if used - min(self._claimed, used) > limits.scenario_cpu or used > self._cpu_left:
                    raise _Stopped("cpu_time", f"more than {limits.scenario_cpu:g} seconds of CPU")
                ask_at = now + 0.25
            for key, _ in self._selector.select(timeout=0.1):
                if key.fd == self._log:
                    self._drain()
                elif not self._read():
                    raise _Stopped("died")

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
                raise _Stopped("flooded", f"more than {LOG_READ >> 20} MiB printed")
            return False
        return True

    def rest_of_log(self) -> str:
        """Return what was printed, once the worker has ended."""
        with contextlib.suppress(_Stopped):
            while self._drain():
                pass
        self._selector.close()
        return self._kept.decode("utf-8", "replace")


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


def _overlaid(overlay: Overlay | None) -> dict[str, Any] | None:
    if overlay is None:
        return None
    own = {"function": overlay.function, "exercise": overlay.exercise, "inside": overlay.inside}
    return {**asdict(overlay.source), **own}


def _shown() -> list[str]:
    """Return the paths that the jail shows besides the system's: the interpreter, its packages, the worker."""
    package = Path(autograder.__file__).parent
    paths = [Path(sys.prefix), Path(sys.base_prefix), package / "__init__.py", package / "worker"]
    places = {str(path) for path in paths} | {str(path.resolve()) for path in paths}
    return sorted(place for place in places if not place.startswith("/usr/"))


def _gpu_files() -> list[str]:
    numbered = sorted(path.name for path in Path("/dev").glob("nvidia[0-9]*"))
    return [*numbered, *jail.GPU_DEVICE_FILES, "dri", "kfd"]


def _environment(scratch: str) -> dict[str, str]:
    """Return the zygote's whole environment: nothing of the grader's own passes."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
    return one | {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": scratch,
        "TMPDIR": scratch,
        "USER": "student",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": scratch,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    }
