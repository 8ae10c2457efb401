"""What a sandbox is asked to run, and what became of it: values that nobody needs a process for."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from autograder.sandbox import decode


class OutcomeStatus(StrEnum):
    """How a run ended."""

    RETURNED = "returned"
    RAISED = "raised"
    NO_DEVICE = "no_device"
    # Processes could not talk to each other.
    NO_NETWORK = "no_network"
    NOT_IMPORTED = "not_imported"
    # The process ended.
    DIED = "died"
    # A deadline passed.
    CPU_TIME = "cpu_time"
    WALL_TIME = "wall_time"
    # What came back was no frame, or beyond its bounds.
    FLOODED = "flooded"
    # The submission's time was up.
    NOT_REACHED = "not_reached"
    # Two scenarios of its exercise had run out of time.
    NOT_WAITED_FOR = "not_waited_for"
    # The machine was too busy to tell.
    STARVED = "starved"
    # The simulated device could not follow the reference; the grader says so, and no sandbox.
    NOT_FOLLOWED = "not_followed"


OUT_OF_TIME = (OutcomeStatus.CPU_TIME, OutcomeStatus.WALL_TIME)


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
        status: how it ended.
        value: what the scenario returned, where it did.
        error: the exception, where one was raised.
        calls: how the module's functions were called.
        off_limits: off-limits functions that were called meanwhile.
        detail: more words for the instructor.
        ended: of "not_imported", what ended the worker meanwhile, as the parent saw it: another status; "" for an exception.
        signal: the signal that ended the worker, as the parent saw it; 0 for none.
        cpu: CPU seconds of this run, by the worker's own account.
    """

    status: OutcomeStatus
    value: Any = None
    error: decode.RunError | None = None
    calls: tuple[decode.Call, ...] = ()
    off_limits: tuple[str, ...] = ()
    detail: str = ""
    ended: str = ""
    signal: int = 0
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

    import_error: decode.RunError | None
    source_off_limits: dict[str, tuple[str, ...]]
    outcomes: tuple[Outcome, ...]
    log: str
    cpu: float
    syntax: tuple[decode.SyntaxProblem, ...] = ()
    loading: decode.Loading = field(default_factory=decode.Loading)
    gave_up: decode.RunError | None = None


@dataclass(frozen=True)
class Guarantee:
    """What the machine gives: the level, the reason why it is not higher, and the versions inside."""

    level: str
    missing: str
    torch: str
    python: str
