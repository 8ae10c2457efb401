"""A report as JSON, by the schema `autograder/report/v1`: the keys, and which of them an older report may lack."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

SCHEMA = "autograder/report/v1"


class NamedMisconception(TypedDict):
    """A known wrong answer whose outputs these are."""

    name: str
    says: str
    section: str


class DiagnosisRow(TypedDict):
    """What a failure looks like."""

    looks_like: list[NamedMisconception]
    described: str
    follows_from: str
    mend_first: list[str]


class ScenarioRow(TypedDict):
    """The verdict on one scenario on one device."""

    name: str
    device: str
    weight: float
    verdict: str
    reason: str
    told: str
    private: str
    at: str
    follows_from: str
    cpu_seconds: float


class OverrideRow(TypedDict):
    """An instructor's own decision, and what the grader gave."""

    reason: str
    graded_points: float
    graded_max_points: float


class ExerciseRow(TypedDict):
    """An exercise's points, and why."""

    name: str
    points: float
    max_points: float
    bonus: bool
    forgeable: str
    diagnosis: DiagnosisRow | None
    scenarios: list[ScenarioRow]
    feedback: NotRequired[list[str]]
    override: NotRequired[OverrideRow]


class CellRow(TypedDict):
    """A statement that raised while a submission was loaded."""

    cell: str
    error: str
    line: int | None
    message: str
    said: NotRequired[str]


class LinesRow(TypedDict):
    """Lines that were not run."""

    cell: str
    first: int
    last: int


class ReboundRow(TypedDict):
    """An exercise that was bound again after its definition."""

    name: str
    cell: str
    line: int
    counts: bool


class LoadingRow(TypedDict, total=False):
    """How a student's module was loaded; empty in a report from before that was told."""

    left_out: list[LinesRow]
    rebound: list[ReboundRow]
    gave_up: str
    seconds: float


class KeptRow(TypedDict):
    """What an overview needs of a submission and no report holds: its text, and its own outputs where they were wrong."""

    schema: str
    submission: str
    module_sha256: str
    text: str
    outputs: dict[str, dict[str, Any]]


class ReportRow(TypedDict):
    """A whole report. `log`, `private` and what else is long is left out of the rows that are kept in memory.

    `kept` is on its way to a file of its own, and in no report.
    """

    schema: str
    lesson: str
    submission: str
    status: str
    reason: str
    place: str
    note: NotRequired[str]
    score: float | None
    max_score: float
    exercises: list[ExerciseRow]
    cells: NotRequired[list[CellRow]]
    loading: NotRequired[LoadingRow]
    log: NotRequired[str]
    private: NotRequired[str]
    disturbed: NotRequired[str]
    kept: NotRequired[KeptRow]
    cpu_seconds: float
    helpers: NotRequired[dict[str, str]]
    helper_notes: NotRequired[list[str]]
    module_sha256: str
    suite_sha256: str
    reference_sha256: str
    seed: int
    devices: dict[str, str]
    guarantee: str
    versions: dict[str, str]
