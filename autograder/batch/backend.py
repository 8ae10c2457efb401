"""What grades single submissions, as the batch sees it: this machine, or a cluster."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol

from autograder.course.lesson import Lesson
from autograder.grading.lesson_grader import unrun
from autograder.grading.results import Provenance, ReportStatus
from autograder.report.report import as_json
from autograder.report.schema import ReportRow
from autograder.sandbox.jobs import Deadlines
from autograder.sandbox.template import Template
from autograder.submission.submission import Submission


@dataclass(frozen=True)
class Options:
    """How to grade.

    Attributes:
        devices: where to run each scenario.
        workers: zygotes at a time.
        seed: the seed, or None to take the grading folder's (or draw one).
        only: names of submissions to grade; empty for all.
        regrade: grade also what is finished and unchanged.
        unsafe: go on below the level `isolated`.
        deadlines: how long a submission's parts may take.
        dask: the address of a Dask cluster's scheduler, where not this machine but the cluster is to grade.
        moved: the grading folder was begun with these submissions, though they lay elsewhere.
        template: what zygotes are forked from, if it was launched before; whoever launched it closes it.
    """

    devices: tuple[str, ...] = ("cpu",)
    workers: int = 1
    seed: int | None = None
    only: tuple[str, ...] = ()
    regrade: bool = False
    unsafe: bool = False
    deadlines: Deadlines = field(default_factory=Deadlines)
    dask: str = ""
    moved: bool = False
    template: Template | None = None


class Grader(Protocol):
    """Whatever grades single submissions: this machine, or a cluster."""

    @property
    def provenance(self) -> Provenance:
        """What the grades rest on."""

    @property
    def max_in_flight(self) -> int:
        """How many submissions to hand in before one has come back; more would only lie about in memory."""

    def submit(self, handed_in: Submission, *, last: bool = False) -> Future[Any]:
        """Hand in a submission; `last` says that it will not be tried again, whatever disturbed it."""

    def row(self, done: Future[Any]) -> ReportRow:
        """Return the report that a future has, as JSON with its feedback.

        Raises:
            UserError: nothing can be graded there, and the instructor can put that right.
            Halted: nothing can be graded there any more.
            Exception: anything else: this one submission could not be graded.
        """

    def check_alive(self) -> None:
        """See whether grading can go on; called now and then.

        Raises:
            Halted: it cannot.
        """


def failed(
    lesson: Lesson, handed_in: Submission, provenance: Provenance, why: str, reason: str = "the grader failed"
) -> ReportRow:
    """Return the report, as JSON, on a submission that could not be graded through no fault of its own."""
    return as_json(
        unrun(lesson, handed_in, provenance, status=ReportStatus.GRADER_ERROR, reason=reason, instructor_message=why)
    )
