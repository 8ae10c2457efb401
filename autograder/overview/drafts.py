"""Draft a misconception from a mistake that several students share and that has no name.

Nothing is run: a draft is a student's code until somebody has read it, and what runs beside the reference must not be that.
The verdict rests on the outputs that were kept.
"""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.course import misconceptions
from autograder.course.lesson import Lesson
from autograder.overview import overview, reading
from autograder.overview.clusters import Cluster
from autograder.overview.overview import LessonOverview
from autograder.overview.reading import GradingFolder, OverviewError
from autograder.report.report import report_path
from autograder.util.files import write_whole
from autograder.util.safe_text import printable

MAX_NAMED = 10


@dataclass(frozen=True)
class Draft:
    """A stand-in that waits for its sentence, where it was written, and what is known of it."""

    path: Path
    text: str
    verdict: tuple[str, ...]


def draft(lesson: Lesson, grades: Path, mistake: str = "", name: str = "") -> Draft:
    """Write a draft into `drafts/` of a grading folder.

    Args:
        lesson: the lesson.
        grades: the grading folder.
        mistake: the id that the overview gives; the most frequent one unless given.
        name: what the misconception is to be called; a placeholder unless given.

    Raises:
        OverviewError: there is no such mistake, or no code of it.
        DiagnosisError: the lesson's misconceptions cannot be read.
    """
    (folder,) = reading.folders(lesson.root, [grades])
    if folder.lesson.name != lesson.name:
        raise OverviewError(f"{grades} holds grades of {folder.lesson.name}, not of {lesson.name}.")
    found = overview.gather(folder)
    cluster = _chosen(found, mistake)
    name = name or f"unnamed_{cluster.id.rpartition('-')[2]}"
    known = misconceptions.read(lesson)
    if not name.isidentifier() or keyword.iskeyword(name):
        raise OverviewError(f"{printable(name)!r} is no name for a function; use letters, digits and underscores.")
    if name in [one.name for one in known]:
        raise OverviewError(f"{lesson.name} has a misconception called {name} already; choose another --name.")
    text = _text(lesson, cluster, name, _module(folder, cluster))
    path = folder.path / "drafts" / f"{name}.py"
    if path.exists():
        raise OverviewError(f"{path} is there already. Remove it, or choose another --name.")
    write_whole(path, text)
    return Draft(
        path, text, tuple(_verdict(found, cluster, [one.name for one in known if one.exercise == cluster.exercise]))
    )


def _chosen(found: LessonOverview, mistake: str) -> Cluster:
    if not found.unnamed:
        raise OverviewError(
            f"No two submissions in {found.folder.path} share a mistake that has no name, so there is nothing to draft."
        )
    if not mistake:
        return found.unnamed[0]
    for one in found.unnamed:
        if one.id == mistake:
            return one
    ids = ", ".join(one.id for one in found.unnamed[:MAX_NAMED])
    raise OverviewError(f"There is no mistake {printable(mistake)!r} in {found.folder.path}. There are: {ids}.")


def _module(folder: GradingFolder, cluster: Cluster) -> str:
    read = reading.read(folder, report_path(folder.path, cluster.whose).name)
    return "" if isinstance(read, str) else read.kept.text


def _text(lesson: Lesson, cluster: Cluster, name: str, module: str) -> str:
    """Return the draft: what it needs of the module, then the code under its new name, without its comments."""
    try:
        body = ast.parse(module).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        body = []
    target = cluster.exercise.partition(".")[0]
    own = _last(body, target)
    if own is None:
        raise OverviewError(
            f"The code of {cluster.id} is not kept; grade the submissions again with --regrade, then try again."
        )
    needed = list(_needed(own, body, target))
    own.name = name
    section = next(one.section for one in lesson.exercises if one.name == cluster.exercise)
    mark = [
        "@misconception(",
        f"    {cluster.exercise!r},".replace("'", '"'),
        '    says="TODO: what is wrong, in a sentence. Then what the lesson does.",',
        f"    section={_quoted(section)},",
        *([f'    target="{target}",'] if target != cluster.exercise else []),
        ")",
    ]
    count = len(cluster.submissions)
    head = [
        f"# A draft for solutions/{lesson.name}/misconceptions.py, from the mistake {cluster.id} of {count} students.",
        "# It is a student's code: read it before it runs beside the reference, and write `says`.",
        "from autograder.worker.misconception import misconception",
    ]
    parts = [*head, *(ast.unparse(node) for node in needed), "", "", *mark, ast.unparse(own)]
    return "\n".join(printable(part, 100_000) for part in parts) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _last(body: Sequence[ast.stmt], name: str) -> Definition | None:
    found = [node for node in body if isinstance(node, Definition) and node.name == name]
    return found[-1] if found else None


def _needed(own: Definition, body: Sequence[ast.stmt], target: str) -> Iterator[ast.stmt]:
    """Yield the imports and definitions of a module that a definition needs, in the module's order."""
    wanted, chosen = _names(own), set[int]()
    while True:
        more = {
            n for n, node in enumerate(body) if n not in chosen and node is not own and _binds(node) & wanted - {target}
        }
        if not more:
            break
        chosen |= more
        for n in more:
            if not isinstance(body[n], ast.Import | ast.ImportFrom):
                wanted |= _names(body[n])
    for n in sorted(chosen):
        yield body[n]


def _names(node: ast.AST) -> set[str]:
    loaded = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return loaded - set(vars(builtins))


def _binds(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(one.asname or one.name).partition(".")[0] for one in node.names}
    if isinstance(node, Definition):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {one.id for target in node.targets for one in ast.walk(target) if isinstance(one, ast.Name)}
    return set()


def _verdict(found: LessonOverview, cluster: Cluster, known: Sequence[str]) -> Iterator[str]:
    """Yield what the audit will ask, answered from the outputs that were kept."""
    yield f"Caught: {len(cluster.submissions)} submissions fail {len(cluster.scenarios)} scenarios of {cluster.exercise} with it."
    yield "Named as itself: yes, as far as is known; all of them gave the same outputs."
    if known:
        yield f"Equal to another: to none of the {len(known)} that {cluster.exercise} had when these were graded."
    others = [one for one in found.unnamed if one.exercise == cluster.exercise and one is not cluster]
    if others:
        ids = ", ".join(one.id for one in others[:MAX_NAMED])
        yield f"{cluster.exercise} has {len(others)} more mistakes without a name: {ids}."
    yield (
        f"Read it, write its sentence, put it into {found.lesson.misconceptions}, and run "
        f"`autograder audit {found.lesson.name}`; the next `autograder grade` names it."
    )
