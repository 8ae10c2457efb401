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
import selectors
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from autograder import cgroup, frames, view
from autograder.worker import jail
from autograder.worker.encode import HEADER
from autograder.worker.fake_device import computes_on_cpu

LOG_KEPT = 64 << 10
LOG_READ = 16 << 20
# How long a zygote may take to answer: it is waited for as long as it lives, and this only ends a wait for ever.
ANSWER_SECONDS = 1800.0
LOOK_SECONDS = 5.0
# How long a zygote that was hung up on gets to end by itself.
HURRY = 0.5
# What an outcome says of a worker that somebody killed: the kernel for its memory, or a person.
KILLED = "ended by signal 9"
# Of a zygote and its worker: a warm zygote has half a GiB, of which a worker shares what it does not write to.
MEMORY_IN_ALL, TASKS_IN_ALL = 4 << 30, 96
# After so many scenarios of an exercise that ran out of time, the others are not waited for.
TIME_OUTS = 2
OUT_OF_TIME = ("cpu_time", "wall_time")
# How often a worker's clock is read: at least every so many seconds while it is waited for, and at most.
LOOK_AT_LEAST, LOOK_AT_MOST = 0.25, 0.02


# How the zygote is locked down for a guarantee level, and the level that this gives; a cgroup makes `isolated` `full`.
_JAILS = {"full": "namespaces", "isolated": "namespaces", "restricted": "restricted", "none": "none"}
_LEVELS = {"namespaces": "isolated", "restricted": "restricted", "none": "none"}


class SandboxError(RuntimeError):
    """The sandbox itself failed: this is never a student's fault."""


@dataclass(frozen=True)
class Deadlines:
    """How long things may take. Load counts for nothing: CPU seconds are used, and waiting is not being kept waiting.

    CPU seconds are those of the whole process tree, of children that were killed or forgotten, too; where there is a cgroup,
    by its account. A tree *waits* while none of its processes computes or would if the machine let it: it sleeps, or waits
    for a lock, or for another process that does the same. All of these hold within a scenario as between two: they are looked
    at four times a second at least, and what was running when one was up is ended.

    Attributes:
        scenario_cpu: CPU seconds of one scenario at most (a `Run` may have fewer), or of the import.
        scenario_wall: seconds of waiting of one scenario, or of the import, so that sleeping ends, too.
        submission_cpu: CPU seconds of all of a submission's workers, but for the libraries; what comes later is not reached.
        submission_wall: seconds of waiting of all of them; what comes later is not reached.
        library_cpu: CPU seconds of one import of the installed libraries that a submission names, which has this clock of its
            own. In all of a submission's workers so much is free; what is beyond counts for `submission_cpu`.
        patience: by the clock nothing takes longer than so many times its seconds of waiting, however busy the machine is.
            What this ends was starved by the machine, which is never held against a student.
    """

    scenario_cpu: float = 4.0
    scenario_wall: float = 30.0
    submission_cpu: float = 90.0
    submission_wall: float = 180.0
    library_cpu: float = 30.0
    patience: float = 10.0


@dataclass(frozen=True)
class Source:
    """A module's text, the dotted name it is loaded under, and what tracebacks call it.

    Attributes:
        name: the dotted name.
        filename: what tracebacks call it.
        text: the source.
        folder: of a student's module, the folder that it lies in, in the tree that `helpers` names paths of.
        helpers: the student's own modules that it imports, by their paths.
        exercises: of a student's module, the names of the lesson's functions and classes. It is then loaded statement by
            statement, so that what raises costs what depends on it; any other module is whole or not at all.
        definitions_only: whether to leave out what the exercises do not need: training, figures, trials.
    """

    name: str
    filename: str
    text: str
    folder: str = ""
    helpers: dict[str, str] = field(default_factory=dict, hash=False)
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
    """One scenario on one device: `function` and `index` name the scenario in `file`.

    Attributes:
        exercise: what it judges; of an exercise that ran out of time twice on a device, the rest is not waited for. "" for none.
        cpu: CPU seconds that it may take, if those are fewer than the deadlines' own. Each run of the submission that ran out
            of time on the device before halves them: whoever calls what never ends must end, too.
        least: CPU seconds that are left of these whatever happens.
    """

    file: str
    function: str
    index: int
    device: str
    exercise: str = ""
    cpu: float = math.inf
    least: float = 0.0


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
            frame, or beyond its bounds); "not_reached" (the submission's time was up); "not_waited_for" (two scenarios of its
            exercise had run out of time); "starved" (the machine was too busy to tell).
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
        syntax: what the compiler had against the texts before anything ran.
        loading: how a student's module was loaded.
        gave_up: why the whole of a student's text was not loaded but its definitions only, or None.
    """

    import_error: frames.RunError | None
    source_off_limits: dict[str, tuple[str, ...]]
    outcomes: tuple[Outcome, ...]
    log: str
    cpu: float
    syntax: tuple[frames.SyntaxProblem, ...] = ()
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
            "folders": view.readable(),
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
        ours.settimeout(LOOK_SECONDS)
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
            self._configuration["jail"] = self._next_jail()
            self.launch()
            hello = self._receive()
        if "error" in hello:
            self.close()
            raise SandboxError(f"the sandbox did not start: {hello['error']}")
        level = "full" if self._cgroup is not None else _LEVELS[self._configuration["jail"]]
        if level == "isolated" and self._wanted == "full":
            self._refusals.append("no cgroup: the memory of a process tree is bounded process by process only")
        self.guarantee = Guarantee(level, "; ".join(self._refusals), **hello)
        return self.guarantee

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
            SandboxError: the zygote died, or a worker could not be started, locked down or made to read the text.
        """
        spent = _Spent(self.deadlines)
        outcomes: dict[int, Outcome] = {}
        logs: list[str] = []
        findings: dict[str, tuple[str, ...]] | None = None
        syntax: tuple[frames.SyntaxProblem, ...] = ()
        loading = frames.Loading()
        import_error: frames.RunError | None = None
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
                outcomes |= dict.fromkeys(left, Outcome("not_imported", detail=_import_detail(attempt.import_error)))
            outcomes |= zip(left, attempt.outcomes, strict=False)
        in_order = tuple(outcomes[number] for number in range(len(job.runs)))
        return Result(import_error, findings or {}, in_order, "".join(logs)[:LOG_KEPT], spent.cpu, syntax, loading)

    def _attempt(self, job: Job, runs: Sequence[Run], spent: _Spent) -> _Attempt:
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
            since = None if before is None else before - frames.seconds(answer["own"])
            attempt = _Attempt()
            clock = _Clock(self.deadlines, spent, lambda: self._used(self._ask({"do": "cpu"}), since))
            reader = _Reader(result_read.fd, log_read.fd, clock, spent.budget)
            stopped = None
            try:
                attempt.follow(reader, runs, lambda: self._tell_hidden(job, runs, request, go_write))
            except _Stopped as reason:
                stopped = reason
            ended = self._ask({"do": "stop"})
            spent.add(self._used(ended, since).cpu, clock.library)
            attempt.log = reader.rest_of_log()
            if stopped is not None:
                attempt.fail(stopped, ended["signal"])
            return attempt

    def _used(self, answer: dict[str, Any], since: float | None) -> _Use:
        """Return what a worker has used, by the zygote's answer and by the cgroup's account, less the zygote's own.

        Args:
            answer: the zygote's.
            since: the account when the worker was started, less what the zygote itself had used by then; None for no account.
        """
        used = frames.seconds(answer["cpu"])
        account = self._cgroup.cpu() if self._cgroup is not None else None
        if since is not None and account is not None:
            used = max(used, account - frames.seconds(answer["own"]) - since)
        return _Use(used, bool(answer.get("busy")))

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
        body = {"module": asdict(job.module), "overlay": _overlaid(job.overlay), "off_limits": job.off_limits}
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
        body = {
            "suite": suite,
            "code": {name: self._code(name, text) for name, text in suite.items()},
            "runs": [[number, run.file, run.function, run.index, run.device] for number, run in enumerate(runs)],
            "seed": job.seed,
            "data": jail.DATA if self._jailed else str(self._data),
            "frame_bytes": frames.MOST_DATA - (1 << 20),
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

    def _send(self, command: dict[str, Any], descriptors: list[int]) -> None:
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
            outcomes[number] = Outcome("not_waited_for")
    return [number for number in range(len(runs)) if number not in outcomes]


def _time_outs(runs: Sequence[Run], outcomes: dict[int, Outcome]) -> Counter[tuple[str, str]]:
    """Return how many runs of each exercise, on each device, ran out of time."""
    late = [runs[number] for number, outcome in outcomes.items() if outcome.status in OUT_OF_TIME]
    return Counter((run.exercise, run.device) for run in late if run.exercise)


def _import_detail(error: frames.RunError) -> str:
    place = f" (line {error.line})" if error.line else ""
    return f"{error.words}{place}"


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
        self.syntax: tuple[frames.SyntaxProblem, ...] = ()
        self.loading = frames.Loading()
        self.outcomes: list[Outcome] = []
        self.log = ""
        self.starved = False
        self._ready = False
        self._loaded = False

    def follow(self, reader: _Reader, runs: Sequence[Run], tell_hidden: Callable[[], None]) -> None:
        """Read the frames of a worker in their order.

        Args:
            reader: reads them.
            runs: what it runs.
            tell_hidden: gives the worker the second part of its request.

        Raises:
            SandboxError: it could not read the text, through no fault of the text's.
            _Stopped: the frames ended before the runs did.
        """
        try:
            reader.frame("ready")
            self._ready = True
            head, _ = reader.frame("source")
            findings = head.get("off_limits")
            if type(findings) is dict:
                self.findings = {frames.word(key): frames.names(names) for key, names in findings.items()}
            self.syntax = frames.syntax_problems(head.get("syntax"))
            reader.libraries()
            head, _ = reader.frame("loaded")
            self.import_error = frames.error(head.get("error"))
            if self.import_error is not None:
                return
            self.loading = frames.loading(head)
            self._loaded = True
            tell_hidden()
            before = frames.seconds(head.get("cpu"))
            for number, run in enumerate(runs):
                head, tensors = reader.frame("outcome", run.cpu)
                if head.get("run") != number:
                    raise frames.FrameError("a frame out of turn")
                outcome = _outcome(head, tensors)
                self.outcomes.append(replace(outcome, cpu=max(0.0, outcome.cpu - before)))
                before = outcome.cpu
                if head.get("dirty") is True:
                    return  # the rest runs in a fresh worker
        except frames.FrameError as error:
            raise _Stopped("flooded", str(error)) from error

    def fail(self, reason: _Stopped, signal: int | None) -> None:
        """Charge the worker's end to what it was doing: the import, or the run whose frame is missing.

        Raises:
            SandboxError: it was not ready yet: nothing of the submission can be the reason.
        """
        self.starved = reason.status == "starved"
        detail = reason.detail or (f"ended by signal {signal}" if signal else "ended before it had answered")
        if not self._ready and not self.starved:
            raise SandboxError(f"a worker was not ready: {reason.status}: {detail}. {self.log}".strip())
        if self._loaded:
            self.outcomes.append(Outcome(reason.status, detail=detail))
        elif not self.starved:
            self.import_error = frames.RunError(reason.status, reason.status, None, "", detail, ended=reason.status)


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


class _Spent:
    """What a submission has taken so far, in the workers that have ended, and what it may still send."""

    def __init__(self, deadlines: Deadlines) -> None:
        self.budget = _Budget()
        self.cpu = 0.0
        self.waited = 0.0
        self.gave_up = False
        self._started = time.monotonic()
        self._library = 0.0
        self._deadlines = deadlines

    def add(self, cpu: float, library: float) -> None:
        """Add what a worker used; `library` of it to import libraries."""
        self.cpu += cpu
        self._library += library

    def cpu_left(self, cpu: float = 0.0, library: float = 0.0) -> float:
        """Return the CPU seconds that are left once a worker has used so many, `library` of them to import libraries."""
        free = min(self._library + library, self._deadlines.library_cpu)
        return self._deadlines.submission_cpu - (self.cpu + cpu - free)

    def starved(self) -> bool:
        """Return whether so much time has passed that only a machine that is far too busy can be the reason."""
        return time.monotonic() > self._started + self._deadlines.patience * self._deadlines.submission_wall

    def up(self) -> Outcome | None:
        """Return what becomes of the runs that are left, if the time for them is up."""
        if self.gave_up or self.starved():
            return Outcome("starved", detail=_STARVED)
        return Outcome("not_reached") if self.cpu_left() < 0 or self.waited > self._deadlines.submission_wall else None


_STARVED = "the machine was too busy to grade; grade again when it is less so"


@dataclass(frozen=True)
class _Use:
    """What a worker's processes have used of the processor, and whether one of them wants more of it now."""

    cpu: float
    busy: bool


class _Clock:
    """The time of one worker under the deadlines, stage by stage: each part of the import, then each scenario.

    Args:
        deadlines: how long things may take.
        spent: what the submission's earlier workers took.
        ask: reads what this worker has used.
    """

    def __init__(self, deadlines: Deadlines, spent: _Spent, ask: Callable[[], _Use]) -> None:
        self.library = 0.0
        self._deadlines = deadlines
        self._spent = spent
        self._ask = ask
        self._importing = False
        self._used = self._claimed = 0.0
        self._looked = time.monotonic()
        self._begin(deadlines.scenario_cpu, deadlines.scenario_wall)

    def _begin(self, cpu: float, wall: float) -> None:
        now = time.monotonic()
        # The worker says itself what it has used so far. A lie gains no more than what can have passed since the last look.
        self._mark = min(self._claimed, self._used + (now - self._looked) * (os.cpu_count() or 1))
        self._started, self._waited = now, 0.0
        self._cpu, self._wall = cpu, wall
        self._look_at = min(self._looked + LOOK_AT_LEAST, now + cpu)

    def begin(self, cpu: float = math.inf) -> None:
        """A scenario, or the import of the module, begins, with so many CPU seconds if that is less than usual."""
        self._begin(min(cpu, self._deadlines.scenario_cpu), self._deadlines.scenario_wall)

    @contextlib.contextmanager
    def importing_libraries(self) -> Iterator[None]:
        """Meanwhile libraries are imported, which is not the student's doing and has a clock of its own."""
        before = self._claimed
        self._begin(self._deadlines.library_cpu, max(self._deadlines.library_cpu, self._deadlines.scenario_wall))
        self._importing = True
        yield
        self._importing = False
        self.library = self._claimed - before

    def claim(self, cpu: float) -> None:
        """Take down what the worker says that it has used."""
        self._claimed = max(self._claimed, cpu)

    def pause(self) -> float:
        """Return the seconds until the next look."""
        return max(0.0, self._look_at - time.monotonic())

    def look(self) -> None:
        """See whether a deadline has passed; does nothing if that was seen just now.

        Raises:
            _Stopped: one has.
        """
        now = time.monotonic()
        if now < self._look_at:
            return
        use = self._ask()
        if not use.busy:
            # Where we were kept waiting ourselves, nobody knows what the worker did meanwhile.
            step = min(now - self._looked, 2 * LOOK_AT_LEAST)
            self._waited += step
            self._spent.waited += step
        self._used, self._looked = use.cpu, now
        taken = use.cpu - self._mark
        left = self._spent.cpu_left(use.cpu, taken if self._importing else self.library)
        self._judge(taken, left, now)
        self._look_at = now + max(LOOK_AT_MOST, min(LOOK_AT_LEAST, self._cpu - taken, left))

    def _judge(self, taken: float, left: float, now: float) -> None:
        if taken > self._cpu:
            raise _Stopped("cpu_time", f"more than {self._cpu:.3g} seconds of CPU")
        if left < 0:
            raise _Stopped("cpu_time", f"more than {self._deadlines.submission_cpu:g} seconds of CPU in all")
        if self._waited > self._wall:
            raise _Stopped("wall_time", f"more than {self._wall:g} seconds of waiting")
        if self._spent.waited > self._deadlines.submission_wall:
            raise _Stopped("wall_time", f"more than {self._deadlines.submission_wall:g} seconds of waiting in all")
        if now > self._started + self._deadlines.patience * self._wall or self._spent.starved():
            raise _Stopped("starved", _STARVED)


class _Reader:
    """Reads frames from one pipe and drains the log from another, under the deadlines."""

    def __init__(self, result: int, log: int, clock: _Clock, budget: _Budget) -> None:
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

    def frame(self, kind: str, cpu: float = math.inf) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the next frame, which must be of this kind; the worker may use so many CPU seconds until it comes."""
        self._clock.begin(cpu)
        return self._next(kind)

    def libraries(self) -> None:
        """Wait for the libraries that the submission names: no code of its own has run by then."""
        with self._clock.importing_libraries():
            self._next("libraries")

    def _next(self, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
        self._clock.look()
        size = HEADER.size
        self._fill(size)
        text, data = frames.lengths(bytes(self._buffer[:size]))
        self._budget.spend(text, data)
        self._fill(size + text + data)
        head, tensors = frames.parse(
            bytes(self._buffer[size : size + text]), bytes(self._buffer[size + text : size + text + data])
        )
        del self._buffer[: size + text + data]
        if kind == "source" and head["kind"] == "broken":
            raise SandboxError(f"a worker could not read the text: {head.get('trace')}")
        if head["kind"] != kind:
            raise frames.FrameError("a frame out of turn")
        self._clock.claim(frames.seconds(head.get("cpu")))
        return head, tensors

    def _fill(self, size: int) -> None:
        """Read until the buffer holds `size` bytes."""
        while len(self._buffer) < size:
            for key, _ in self._selector.select(timeout=self._clock.pause()):
                if key.fd == self._log:
                    self._drain()
                elif not self._read():
                    raise _Stopped("died")
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


def _overlaid(overlay: Overlay | None) -> dict[str, Any] | None:
    if overlay is None:
        return None
    own = {"function": overlay.function, "exercise": overlay.exercise, "inside": overlay.inside}
    return {**asdict(overlay.source), **own}


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
