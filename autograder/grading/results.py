"""What grading makes: verdicts, points, a diagnosis, and the report on one submission."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from autograder.course.lesson import Exercise, Lesson
from autograder.course.misconceptions import Misconception
from autograder.course.suite import SuiteScenario
from autograder.grading.compare import Mismatch
from autograder.grading.notebook_errors import CellFailure, LeftOut, Rebound
from autograder.sandbox import decode


class VerdictKind(StrEnum):
    """What is held of a scenario."""

    PASSED = "passed"
    FAILED = "failed"
    # No such device, or nothing to say of it.
    NOT_RUN = "not_run"
    # The grader broke, not the student.
    GRADER_ERROR = "grader_error"


class Reason(StrEnum):
    """Why a scenario has the verdict that it has."""

    NONE = ""
    # Why it failed: what came back,
    MISMATCH = "mismatch"
    CHECK = "check"
    RAISED = "raised"
    NOT_WRITTEN = "not_written"
    MISSING = "missing"
    OFF_LIMITS = "off_limits"
    # a mistake with devices,
    DEVICE = "device"
    # or how its run ended, by the name of the `OutcomeStatus`.
    DIED = "died"
    CPU_TIME = "cpu_time"
    WALL_TIME = "wall_time"
    FLOODED = "flooded"
    NOT_REACHED = "not_reached"
    NOT_WAITED_FOR = "not_waited_for"
    NOT_IMPORTED = "not_imported"
    # (What no honest worker says where the reference found a device and a network.)
    NO_DEVICE = "no_device"
    NO_NETWORK = "no_network"
    # Why it was not run: on the simulated device it failed, but not through the device.
    OTHERWISE = "otherwise"
    # Why the grader broke: the machine was too busy to tell.
    STARVED = "starved"


@dataclass(frozen=True)
class Verdict:
    """What is held of one scenario on one device.

    Attributes:
        placed: the scenario.
        device: where it ran.
        verdict: what is held of it.
        reason: why; `Reason.NONE` for what passed.
        student_message: what a student may read about it.
        instructor_message: what only the instructor reads.
        call: how the exercise was called last, by the reference's notes.
        mismatch: where the values part, if they do.
        cpu: CPU seconds, as the worker gave them.
        follows: the exercise whose failure this one only follows from, so that it costs no points; "" for none.
    """

    placed: SuiteScenario
    device: str
    verdict: VerdictKind
    reason: Reason = Reason.NONE
    student_message: str = ""
    instructor_message: str = ""
    call: decode.Call | None = None
    mismatch: Mismatch | None = None
    cpu: float = 0.0
    follows: str = ""


@dataclass(frozen=True)
class Condition:
    """What holds in all scenarios of an exercise that fail and in none that passes.

    Attributes:
        words: the condition, to follow "where": "`X` is float64".
        failed: in how many scenarios it holds, all of which failed.
        passed: in how many it does not hold, all of which passed.
    """

    words: str
    failed: int
    passed: int


@dataclass(frozen=True)
class Diagnosis:
    """What a failure looks like; nothing where nothing is known.

    Attributes:
        misconceptions: the known wrong answers whose outputs these are.
        described: how the outputs differ from what was wanted, where it is exact: `2 times what was wanted`.
        follows: the exercise that this failure only follows from; its points are given back.
        first: failed exercises that this one builds on, and that should be fixed first.
        condition: where it fails and where it does not, if one condition tells that.
    """

    misconceptions: tuple[Misconception, ...] = ()
    described: str = ""
    follows: str = ""
    first: tuple[str, ...] = ()
    condition: Condition | None = None


@dataclass(frozen=True)
class ExerciseScore:
    """An exercise's points, and what its failure looks like; `max_points` is 0 where none of its scenarios could run."""

    exercise: Exercise
    points: float
    max_points: float
    verdicts: tuple[Verdict, ...]
    diagnosis: Diagnosis = Diagnosis()


@dataclass(frozen=True)
class Provenance:
    """What a grade rests on besides the submission; enough, with it, to grade again.

    Attributes:
        seed: the grading folder's seed.
        devices: device to "run" or "not run".
        suite: a hash over the hidden suite.
        reference: a hash over the reference solution, the misconceptions and the manifest.
        guarantee: the level that the sandbox reached.
        versions: of the grader, Python and torch.
    """

    seed: int
    devices: dict[str, str]
    suite: str
    reference: str
    guarantee: str
    versions: dict[str, str]


@dataclass(frozen=True)
class Loading:
    """How a student's module was loaded, where that went not quite as it was written.

    Attributes:
        cells: what its statements raised.
        left_out: the lines that were not run.
        rebound: exercises that were bound again after their definition.
        gave_up: why its definitions only were loaded: "cpu_time", "wall_time", "died" or "flooded"; "" where all was.
        seconds: how many CPU seconds it had for that.
    """

    cells: tuple[CellFailure, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    rebound: tuple[Rebound, ...] = ()
    gave_up: str = ""
    seconds: float = 0.0


class ReportStatus(StrEnum):
    """What became of a submission."""

    GRADED = "graded"
    FAILED_TO_IMPORT = "failed_to_import"
    # As the submission's own status says.
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    # No score was recorded: the grader failed, not the student.
    GRADER_ERROR = "grader_error"


@dataclass(frozen=True)
class Report:
    """What became of one submission.

    Attributes:
        lesson: the lesson.
        submission: its name.
        status: what became of it.
        reason: why it was not graded, in a sentence.
        place: the module's path inside the submission.
        module: a hash over the module's text, and its helpers'.
        exercises: the points, exercise by exercise; empty where the module never ran.
        log: what it printed, for the instructor.
        instructor_message: more for the instructor.
        cpu: CPU seconds.
        circumstances: what else the grade rests on.
        loading: how its module was loaded.
        helpers: a hash over the text of each of the student's own modules that came along, by its path in the submission.
        helper_notes: a sentence on each that did not.
        disturbed: what may have disturbed it from outside, by `Disturbance`; "" for nothing.
        outputs: its own outputs in the scenarios that it failed, in brief; see `kept_outputs`.
        note: which of several files was graded, and what else is to be said about them.
    """

    lesson: Lesson
    submission: str
    status: ReportStatus
    reason: str
    place: str
    module: str
    exercises: tuple[ExerciseScore, ...]
    log: str
    instructor_message: str
    cpu: float
    provenance: Provenance
    loading: Loading = field(default_factory=Loading)
    helpers: dict[str, str] = field(default_factory=dict, hash=False)
    helper_notes: tuple[str, ...] = ()
    note: str = ""
    disturbed: str = ""
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict, hash=False)

    @property
    def score(self) -> float | None:
        """The points in all; None where the grader failed."""
        if self.status == ReportStatus.GRADER_ERROR:
            return None
        return round(sum(exercise.points for exercise in self.exercises), 2)

    @property
    def max_score(self) -> float:
        """The points that could be had: those of the exercises that could run."""
        if not self.exercises:
            return sum(exercise.points for exercise in self.lesson.exercises)
        return sum(exercise.max_points for exercise in self.exercises)
