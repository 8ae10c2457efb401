"""Grade single notebooks for nbgrader, at a desk that is made ready once: reports, points for the grade book, feedback.

It knows nbgrader's grade book and nothing else of nbgrader; `autograder/integrations/nbgrader_plugin.py` is where nbgrader calls.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.batch import run as batch
from autograder.batch.local_backend import LocalBackend
from autograder.course.lesson import Lesson
from autograder.gradebook.formats.nbgrader import TEST, record
from autograder.grading import lesson_grader
from autograder.grading.lesson_grader import Grading
from autograder.grading.results import ReportStatus
from autograder.report import overrides
from autograder.report.feedback import exercise_block, loading_sentences
from autograder.report.overrides import Overrides
from autograder.report.report import as_json
from autograder.report.results_folder import Origin, ResultsFolder
from autograder.report.schema import ReportRow
from autograder.submission import submission
from autograder.submission.submission import SubmissionStatus
from autograder.util.errors import UserError


@dataclass(frozen=True)
class NbgraderSession:
    """A lesson made ready: where submissions are graded and reports go."""

    lesson: Lesson
    grades: ResultsFolder
    here: LocalBackend
    decided: Overrides

    def grade(self, notebook: str, student: str, folder: Path | None = None) -> ReportRow:
        """Grade a notebook's text, write its report, and return that, an instructor's own decisions included.

        Args:
            notebook: its JSON.
            student: the student's name.
            folder: what the student handed in, for the modules that the notebook imports.

        Raises:
            UserError: the grader failed; there are no points then, and no zero either.
        """
        handed_in = submission.of_notebook(notebook, self.lesson, student, folder)
        if handed_in.status == SubmissionStatus.FOUND:
            row = self.here.grade_alone(handed_in)
        else:
            row = as_json(lesson_grader.unrun(self.lesson, handed_in, self.here.provenance))
        self.grades.write(row)
        row = overrides.lay_over(row, self.decided.of(student), self.lesson)
        if row["score"] is None:
            raise UserError(
                f"The grader failed on {student}: {row['reason']}. The report in {self.grades.out} says more."
            )
        return row

    def record(self, book: Gradebook, row: ReportRow) -> None:
        """Write a report's points into the grade book: none for what never ran."""
        points = {entry["name"]: entry["points"] for entry in row["exercises"]}
        record(book, self.lesson, row["submission"], {e.name: points.get(e.name, 0.0) for e in self.lesson.exercises})

    def feedback(self, row: ReportRow) -> dict[str, str]:
        """Return what a student reads, by the name of the test cell that it belongs to."""
        told = {entry["name"]: exercise_block(entry) for entry in row["exercises"]}
        first = loading_sentences(row)
        # Whichever cell a student looks at, it says why nothing could be run.
        every = [row["reason"]] if row["status"] != ReportStatus.GRADED else []
        texts = {}
        for exercise in self.lesson.exercises:
            blank = [f"{exercise.name}: 0 of {exercise.points:g} points"]
            texts[f"{TEST}{exercise.name}"] = "\n".join([*first, *every, *told.get(exercise.name, blank)]) + "\n"
            first = []
        return texts


@contextlib.contextmanager
def opened(lesson: Lesson, course: Path) -> Iterator[NbgraderSession]:
    """Yield a desk whose reports go where `autograder grade` would put them for the course's `submitted` folder.

    Raises:
        UserError: something that the instructor can put right.
    """
    submitted = course / "submitted"
    with ResultsFolder(batch.default_out(submitted, lesson), lesson, None, Origin(submitted, lesson, ())) as grades:
        decided = overrides.read(grades.out / "overrides.csv", lesson, grades.rows.keys())
        grades.decide(decided)
        grading = Grading(lesson, ("cpu",), grades.seed, unsafe=False)
        with grading, LocalBackend(grading) as here:
            yield NbgraderSession(lesson, grades, here, decided)
