"""What nbgrader calls of ours in a course folder: solutions cleared with their own sentences, submissions graded in the sandbox.

`configure` puts it in place; the course's `nbgrader_config.py` calls it. `nbgrader autograde` then runs no kernel: a notebook
goes the way of every other submission, and its points go into the grade book by the exercise, whatever its cells say.
"""

from __future__ import annotations

import contextlib
import json
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    LimitOutput,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)
from traitlets import Unicode

from autograder.authoring import nbgrader_generate
from autograder.course import lesson as lessons
from autograder.submission import submission
from autograder.util.errors import UserError

if TYPE_CHECKING:
    from autograder.integrations.nbgrader_grading import NbgraderSession


def configure(config: Any, root: Path | str) -> None:
    """Put our parts in the place of nbgrader's in a course's configuration.

    Args:
        config: nbgrader's, by `get_config()`.
        root: the course's repository.
    """
    nbgrader_generate.configure(config, root)
    config.Autograde.sanitize_preprocessors = [
        ClearOutput,
        MendMetadata,
        KeepOwnCode,
        OverwriteKernelspec,
        OverwriteCells,
        CheckCellMetadata,
    ]
    config.Autograde.autograde_preprocessors = [SandboxedGrading, LimitOutput, AssignLatePenalties, CheckCellMetadata]
    config.Autograde.exporter_class = SandboxExporter
    config.SandboxExporter.root = str(root)


class SandboxExporter(NotebookExporter):
    """Lives as long as one run of `nbgrader autograde`, and keeps the desks that its notebooks are graded at."""

    root = Unicode("", help="the course's repository, with solutions and hidden tests").tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._sessions: dict[str, NbgraderSession] = {}
        self._stack = contextlib.ExitStack()
        weakref.finalize(self, self._stack.close)

    def session(self, assignment: str) -> NbgraderSession:
        """Return the desk of a lesson, made ready once.

        Raises:
            UserError: there is no such lesson, or this machine cannot grade.
        """
        if assignment not in self._sessions:
            # It needs PyTorch: of nbgrader's commands only `autograde` waits for that.
            from autograder.integrations import nbgrader_grading

            lesson = lessons.load(Path(self.root), assignment)
            course = Path(self.parent.coursedir.root)  # type: ignore[union-attr]  # the converter, always
            self._sessions[assignment] = self._stack.enter_context(nbgrader_grading.opened(lesson, course))
        return self._sessions[assignment]

    def handed_in(self, student: str) -> Path:
        """Return the folder of all that a student handed in, as it came: the one for `autograded` may have followed links."""
        directory = self.parent.coursedir  # type: ignore[union-attr]  # the converter, always
        return Path(directory.format_path(directory.submitted_directory, student, "")).absolute()


class MendMetadata(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no type hints
    """Gives the cells of a submission the metadata that the grade book has for them, whatever students and editors left of it.

    A copy loses it (the last one keeps it), a cell that is known by its text gets it back, and one that is missing is put at
    the end, so that formgrader and feedback have a place for its points.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Complete a whole notebook."""
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as book:
            notebook = book.find_notebook(about["notebook"], about["assignment"])
            points = {cell.name: cell.max_score for cell in notebook.grade_cells}
            solutions = {cell.name for cell in notebook.solution_cells}
            ours = {
                cell.name: from_dict(
                    {
                        "cell_type": cell.cell_type,
                        "source": cell.source,
                        "nbgrader": {
                            "schema_version": 3,
                            "grade_id": cell.name,
                            "grade": cell.name in points,
                            "solution": cell.name in solutions,
                            "locked": cell.locked,
                            "task": False,
                            "cell_type": cell.cell_type,
                            "checksum": cell.checksum,
                            **({"points": points[cell.name]} if cell.name in points else {}),
                        },
                    }
                )
                for cell in notebook.source_cells
            }
        missing = dict(ours)
        for cell in reversed(nb.cells):
            name = _grade_id(cell)
            if name not in ours:
                name = next((known for known, one in missing.items() if one.source == cell.source), "")
            cell.metadata.pop("nbgrader", None)
            if name in missing and cell.cell_type == missing[name].cell_type:
                cell.metadata["nbgrader"] = missing.pop(name).nbgrader
        for one in missing.values():
            if one.nbgrader.grade:
                nb.cells.append(_cell(one))
        return nb, resources


class KeepOwnCode(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no type hints
    """Moves what a student wrote into a locked cell to a cell of its own above it, before nbgrader writes over the locked one.

    Colab and VS Code do not lock such cells.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Keep the code of a whole notebook."""
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as book:
            notebook = book.find_notebook(about["notebook"], about["assignment"])
            locked = {
                cell.name: cell.source for cell in notebook.source_cells if cell.locked and cell.cell_type == "code"
            }
        cells = []
        for cell in nb.cells:
            handed_out = locked.get(_grade_id(cell))
            own = submission.own_lines(cell.source, handed_out) if handed_out is not None else ""
            if own:
                cells.append(new_code_cell(own, id=f"own-{_grade_id(cell)}"[:64]))
            cells.append(cell)
        nb.cells = cells
        return nb, resources


def _grade_id(cell: NotebookNode) -> str:
    about = cell.metadata.get("nbgrader")
    name = about.get("grade_id") if isinstance(about, dict) else None
    return name if isinstance(name, str) else ""


def _cell(one: NotebookNode) -> NotebookNode:
    make = new_code_cell if one.cell_type == "code" else new_markdown_cell
    cell: NotebookNode = make(one.source, id=f"missing-{one.nbgrader.grade_id}"[:64])
    cell.metadata["nbgrader"] = one.nbgrader
    return cell


class SandboxedGrading(SaveAutoGrades):  # type: ignore[misc]  # nbgrader has no type hints
    """Grades a submitted notebook in the sandbox, and puts points into the grade book and feedback beneath the checks."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Grade a whole notebook.

        Raises:
            UserError: the notebook is no lesson's, or the grader failed; the student then has no score, and never a zero.
        """
        about = resources["nbgrader"]
        session: NbgraderSession = self.parent.session(about["assignment"])
        if about["notebook"] != session.lesson.name:
            raise UserError(
                f"{about['notebook']}.ipynb is not a lesson's notebook; the lesson's is {session.lesson.name}.ipynb."
            )
        row = session.grade(json.dumps(nb), about["student"], self.parent.handed_in(about["student"]))
        nb, resources = super().preprocess(nb, resources)
        with Gradebook(about["db_url"]) as book:
            session.record(book, row)
        told = session.feedback(row)
        for cell in nb.cells:
            if _grade_id(cell) in told:
                cell.outputs = [new_output("stream", name="stdout", text=told[_grade_id(cell)])]
        return nb, resources

    def _add_score(self, cell: NotebookNode, resources: Any) -> None:
        """Leave an exercise's cell to `record`, and any other test cell to a person: it was not run, and that is no pass."""
        super()._add_score(cell, resources)
        if cell.cell_type == "code" and not utils.is_solution(cell):
            name = cell.metadata["nbgrader"]["grade_id"]
            grade = self.gradebook.find_grade(name, self.notebook_id, self.assignment_id, self.student_id)
            grade.auto_score, grade.needs_manual_grade = None, True
            self.gradebook.db.commit()
