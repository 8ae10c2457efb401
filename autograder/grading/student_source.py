"""A submission as what a job runs, and a result whose errors name a file as its student knows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from autograder.sandbox.decode import RunError
from autograder.sandbox.jobs import Result, Source
from autograder.submission.helpers import Tree, folder_of


def source(text: str, place: str, helpers: dict[str, str], lesson: str) -> Source:
    """Return a submission as what a job runs; `helpers` are by their paths inside the submission."""
    tree = Tree(place, lesson)
    files = {tree.tree_path(path): words for path, words in helpers.items()}
    folder = folder_of(lesson)
    # A notebook may import the module beside it, which then has the name that is otherwise the graded text's own.
    taken = f"{folder}/exercises.py" in files
    name, filename = ("graded_notebook", f"{lesson}.ipynb") if taken else ("exercises", "exercises.py")
    return Source(name, filename, text, folder, files)


def quoted(result: Result, source: Source) -> Result:
    """Return a result whose errors have the text of their line; lines are still counted in the texts as they were run."""
    texts = {"": source.text.split("\n")} | {path: text.split("\n") for path, text in source.helpers.items()}
    return replace(
        result,
        outcomes=tuple(
            replace(outcome, error=replace(outcome.error, text=_line_of(outcome.error, texts)))
            if outcome.error
            else outcome
            for outcome in result.outcomes
        ),
    )


def _line_of(error: RunError, texts: Mapping[str, Sequence[str]]) -> str:
    lines = texts.get(error.file, ())
    return lines[error.line - 1].strip() if error.line is not None and error.line <= len(lines) else ""


def located(result: Result, source: Source) -> Result:
    """Return a result whose errors name a helper as its student knows it, and name nothing else."""
    return replace(
        result,
        outcomes=tuple(
            replace(outcome, error=_known(outcome.error, source)) if outcome.error and outcome.error.file else outcome
            for outcome in result.outcomes
        ),
    )


def _known(error: RunError, source: Source) -> RunError:
    if error.file not in source.helpers:
        return replace(error, file="", line=None)  # no worker of ours says that
    lines = source.helpers[error.file].count("\n") + 1
    line = error.line if error.line is not None and error.line <= lines else None
    return replace(error, file=error.file.removeprefix(f"{source.folder}/"), line=line)
