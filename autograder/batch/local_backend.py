"""Grade on this machine."""

from __future__ import annotations

import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Self

from autograder.batch.backend import failed
from autograder.grading.disturbance import tried_again
from autograder.grading.lesson_grader import Grading
from autograder.report.feedback import with_feedback
from autograder.report.report import with_kept
from autograder.report.schema import ReportRow
from autograder.sandbox.errors import SandboxError
from autograder.submission.submission import Submission
from autograder.util.errors import UserError


class LocalBackend:
    """Grades on this machine, with a zygote and a waiting thread for each of a grading's spare sandboxes.

    Use it as a context manager, inside the grading's own block.
    """

    def __init__(self, grading: Grading) -> None:
        self._grading = grading
        self.provenance = grading.provenance()
        self.max_in_flight = 2 * len(grading.spare)
        self._threads = ThreadPoolExecutor(len(grading.spare))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Not waited for: what still runs is ended by the grading's own end.
        self._threads.shutdown(wait=False, cancel_futures=True)

    def submit(self, handed_in: Submission, *, last: bool = False) -> Future[ReportRow]:
        """Hand in a submission."""
        return self._threads.submit(self.grade, handed_in, last=last)

    def row(self, done: Future[ReportRow]) -> ReportRow:
        """Return the report that a future has."""
        return done.result()

    def check_alive(self) -> None:
        """See nothing: what dies here is replaced."""

    def grade(self, handed_in: Submission, *, last: bool = False) -> ReportRow:
        """Grade a submission in whichever sandbox is free; a zygote that died is replaced, and its work tried once more."""
        try:
            report = self._grading.pool.with_sandbox(partial(self._grading.grade, handed_in, last=last))
            return with_kept(with_feedback(report, self._grading.signatures), report, handed_in.text)
        except UserError:
            raise
        except SandboxError as error:
            return self._failed(handed_in, str(error))
        except Exception as error:  # noqa: BLE001  a fault of ours on one submission must not cost the others
            return self._failed(handed_in, "".join(traceback.format_exception(error)))

    def grade_alone(self, handed_in: Submission) -> ReportRow:
        """Grade a submission that has no others beside it: what was disturbed is tried again at once."""
        return tried_again(
            self.grade(handed_in), lambda row: row["disturbed"], lambda last: self.grade(handed_in, last=last)
        )

    def _failed(self, handed_in: Submission, why: str) -> ReportRow:
        return failed(self._grading.lesson, handed_in, self.provenance, why)
