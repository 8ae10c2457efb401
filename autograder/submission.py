"""Find submissions in a folder and take the one module's text out of each, trusting nothing about the files.

Only text leaves this module: the graded file's, and that of the student's own modules which it imports (`helpers.py`). Nothing
else of a submission's folder is ever read, imported or put on a path.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder import handed_out as ours
from autograder import helpers
from autograder.errors import UserError
from autograder.handed_out import Left
from autograder.lesson import Lesson
from autograder.source_text import Refused as _Refused
from autograder.source_text import decoded
from autograder.worker import parts
from autograder.worker.parts import Kind

MODULE_BYTES = 1 << 20
# A notebook may hold pictures. What fills the memory as it is parsed are its parts, of which an honest one has few.
NOTEBOOK_BYTES = 64 << 20
NOTEBOOK_LISTS, NOTEBOOK_ITEMS = 1 << 20, 8 << 20
# What the cells of a page's demonstration are called in a notebook, before their number.
DEMONSTRATION = "demonstration-"
# A cell with fewer lines may be in a module because its student wrote the same.
FEWEST_LINES = 3
# What systems leave beside submissions.
CLUTTER = {"__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini", "node_modules"}


@dataclass(frozen=True)
class Submission:
    """One student's answer to a lesson.

    Attributes:
        name: the folder's or file's name.
        status: "found"; "not_found" (nothing there, or the stub untouched); "refused" (there, but not to be read).
        reason: why, in a sentence, where it was not found or refused.
        place: the module's path inside the submission, "" where there is none.
        text: the module's source, "" where there is none. An untouched stub has one, too.
        helpers: the texts of the student's own modules that came along, by their paths inside the submission.
        notes: a sentence on what of them did not come along, by the name that it is imported by.
    """

    name: str
    status: str
    reason: str = ""
    place: str = ""
    text: str = ""
    helpers: dict[str, str] = field(default_factory=dict, hash=False)
    notes: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def digest(self) -> str:
        """A hash over the text, and over the helpers' with what is said about them, where there are any."""
        whole = self.text
        if self.helpers or self.notes:
            whole = json.dumps([self.text, sorted(self.helpers.items()), sorted(self.notes.items())])
        return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def discover(path: Path, lesson: Lesson) -> list[Path]:
    """Return the submissions at a path: the folder's entries, or the path itself where it is one submission.

    Raises:
        UserError: there is nothing at the path, or nothing in it.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise UserError(f"There is no folder {path}. Give the folder that holds one folder a student.")
    if any((path / place).exists() for place in _places(lesson)):
        return [path]
    entries = sorted(entry for entry in path.iterdir() if _is_entry(entry))
    if not entries:
        raise UserError(f"{path} holds no submissions: it should hold one folder (or one .py file) a student.")
    return entries


def _is_entry(entry: Path) -> bool:
    if entry.name.startswith(".") or entry.name in CLUTTER:
        return False
    return entry.is_symlink() or entry.is_dir() or entry.suffix in (".py", ".ipynb")


def _places(lesson: Lesson) -> list[str]:
    folders = (f"assignments/{lesson.name}/", f"{lesson.name}/", "")
    return [f"{folder}exercises.py" for folder in folders] + [f"{folder}{lesson.name}.ipynb" for folder in folders]


def names(entries: Sequence[Path]) -> dict[str, Path]:
    """Return submissions by their names: the folder's, or the lone file's without its ending unless that name is taken."""
    short = [_short_name(entry) for entry in entries]
    times = Counter(short)
    return {name if times[name] == 1 else entry.name: entry for name, entry in zip(short, entries, strict=True)}


def _short_name(entry: Path) -> str:
    return entry.stem if entry.suffix in (".py", ".ipynb") and not entry.is_dir() else entry.name


def read(entry: Path, lesson: Lesson, name: str = "") -> Submission:
    """Take a submission's module out of its folder, or say why not. Bad files never raise."""
    name = name or _short_name(entry)
    try:
        if entry.is_symlink():
            raise _Refused(f"{entry.name} is a symbolic link; only real folders and files are graded.")
        if not entry.is_dir():
            found = _only(name, [(entry.name, _read_text(entry.parent, entry.name))], lesson)
            # What lies beside a file of any other name is another student's.
            return _with_helpers(found, entry.parent, lesson) if entry.name in _places(lesson) else found
        places = _places(lesson)
        modules = _first(entry, [place for place in places if place.endswith(".py")])
        notebooks = _first(entry, [place for place in places if place.endswith(".ipynb")])
        return _with_helpers(_only(name, modules + notebooks, lesson), entry, lesson)
    except _Refused as reason:
        return Submission(name, "refused", str(reason))
    except OSError as error:
        return Submission(name, "refused", f"{entry.name} could not be read: {error.strerror}.")


def _with_helpers(found: Submission, folder: Path, lesson: Lesson) -> Submission:
    """Return a submission with the student's own modules that it imports."""
    if found.status != "found":
        return found
    whole = folder.resolve()
    answers = [(lesson.root / part).resolve() for part in ("solutions", "tests")]

    def read_helper(place: str) -> str:
        # Where a course's own folder is graded, its answers are no student's modules.
        if any(whole.joinpath(place).is_relative_to(part) for part in answers):
            raise FileNotFoundError(place)
        return _read_text(folder, place)

    came = helpers.gather(found.text, found.place, lesson.name, read_helper)
    return replace(found, helpers=came.texts, notes=came.notes)


def _first(folder: Path, places: list[str]) -> list[tuple[str, str]]:
    """Return the first place that holds something, with its text, as a list of one; or an empty list."""
    for place in places:
        try:
            return [(place, _read_text(folder, place))]
        except FileNotFoundError:
            continue
    return []


def _only(name: str, found: list[tuple[str, str]], lesson: Lesson) -> Submission:
    """Return the one file that was worked on."""
    modules = [_module(place, text, lesson) for place, text in found]
    worked_on = [module for module in modules if module.worked_on]
    if not modules:
        return Submission(name, "not_found", f"No exercises.py for {lesson.name} was found.")
    if not worked_on:
        place = modules[0].place
        what = "notebook" if place.endswith(".ipynb") else "stub"
        return Submission(name, "not_found", f"{place} is the {what} as it was handed out.", place, modules[0].text)
    if len(worked_on) > 1:
        raise _Refused(f"Both {worked_on[0].place} and {worked_on[1].place} were worked on; hand in one of them.")
    return Submission(name, "found", "", worked_on[0].place, worked_on[0].text)


@dataclass(frozen=True)
class _Module:
    """A file's code, and whether its student has worked on it."""

    place: str
    text: str
    worked_on: bool


def _module(place: str, text: str, lesson: Lesson) -> _Module:
    """Return a file's code.

    Raises:
        _Refused: it is to be a notebook, and is none.
    """
    stub = lesson.stub.read_text(encoding="utf-8") if lesson.stub.is_file() else None
    if not place.endswith(".ipynb"):
        return _Module(place, _script(text, lesson), text != stub)
    names = _names(lesson, stub or "")
    handed_out = _handed_out(lesson)
    cells = _code_cells(text)
    return _Module(place, _joined(cells, handed_out), _worked_on(cells, handed_out, names))


def of_notebook(text: str, lesson: Lesson, name: str, student: Path | None = None) -> Submission:
    """Return the submission that a notebook is, as if it lay where nbgrader's students hand it in.

    Args:
        text: the notebook's JSON.
        lesson: the lesson.
        name: the student's.
        student: nbgrader's folder of what the student handed in, in which the lesson's has what lies beside the notebook.
    """
    try:
        found = _only(name, [(f"{lesson.name}/{lesson.name}.ipynb", text)], lesson)
        return found if student is None else _with_helpers(found, student, lesson)
    except _Refused as reason:
        return Submission(name, "refused", str(reason))


def _read_text(folder: Path, place: str) -> str:
    """Read a regular file of bounded size, following no link on the way.

    Raises:
        FileNotFoundError: there is none.
        _Refused: it is something else, too large, or no text that Python reads.
    """
    limit = NOTEBOOK_BYTES if place.endswith(".ipynb") else MODULE_BYTES
    descriptor = _open(folder, place)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _Refused(f"{place} is not a regular file.")
        with open(descriptor, "rb", closefd=False) as file:
            data = file.read(limit + 1)
    finally:
        os.close(descriptor)
    if len(data) > limit:
        hint = "; clear the outputs of all cells and save it again" if place.endswith(".ipynb") else ""
        raise _Refused(f"{place} is larger than {limit >> 20} MiB{hint}.")
    return decoded(data, place)


def _open(folder: Path, place: str) -> int:
    """Open a file below a folder, no part of its path being a link, without waiting for a writer on a fifo."""
    *parents, name = place.split("/")
    current = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parents:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=current)
            os.close(current)
            current = inner
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=current)
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise
        above = [folder.joinpath(*parents[: depth + 1]) for depth in range(len(parents))]
        if isinstance(error, NotADirectoryError) and not any(part.is_symlink() for part in above):
            raise FileNotFoundError(place) from error
        raise _Refused(f"{place} could not be opened as a plain file: {error.strerror}.") from error
    finally:
        os.close(current)


@dataclass(frozen=True)
class _CodeCell:
    """A notebook's code cell: its identity in the notebook that was handed out ("" for none), its source, and its kind there.

    The kind is "solution", "check", "page" (the demonstration, and what the checks begin with) or "" (anything else).
    """

    identity: str
    source: str
    kind: str = ""


def _code_cells(text: str) -> list[_CodeCell]:
    """Return a notebook's code cells.

    Raises:
        _Refused: it is no notebook, or too much for one.
    """
    if text.count("[") + text.count("{") > NOTEBOOK_LISTS or text.count(",") > NOTEBOOK_ITEMS:
        raise _Refused("The notebook's outputs are too large; clear the outputs of all cells and save it again.")
    try:
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
        return [_CodeCell(_identity(cell), _source(cell["source"]), _kind(cell)) for cell in cells]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _Refused(
            "The notebook is not valid JSON in Jupyter's format; open it in JupyterLab and save it again."
        ) from error


def _source(source: str | list[str]) -> str:
    """Return a cell's source, which Jupyter keeps as a text or as a list of lines."""
    return "".join(source).replace("\r\n", "\n").replace("\r", "\n").rstrip()


def _about(cell: dict[str, Any]) -> dict[str, Any]:
    """Return nbgrader's metadata of a cell, or what is left of it."""
    metadata = cell.get("metadata")
    about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return about if isinstance(about, dict) else {}


def _identity(cell: dict[str, Any]) -> str:
    found = _about(cell).get("grade_id") or cell.get("id")
    return found if isinstance(found, str) else ""


def _kind(cell: dict[str, Any]) -> str:
    about = _about(cell)
    if about.get("solution"):
        return "solution"
    if about.get("grade"):
        return "check"
    return "page" if about.get("locked") or _identity(cell).startswith(DEMONSTRATION) else ""


def _handed_out(lesson: Lesson) -> list[_CodeCell]:
    """Return the code cells of the lesson's own notebook; none where it has no notebook."""
    path = lesson.assignment / f"{lesson.name}.ipynb"
    return _code_cells(path.read_text(encoding="utf-8")) if path.is_file() else []


def defined_names(lesson: Lesson) -> tuple[str, ...]:
    """Return the names that a lesson's module has at its top: functions and classes."""
    stub = lesson.stub.read_text(encoding="utf-8") if lesson.stub.is_file() else ""
    return tuple(_names(lesson, stub))


def _names(lesson: Lesson, stub: str) -> list[str]:
    """Return the names that a lesson's module has at its top: functions and classes."""
    tops = re.findall(r"^(?:def|class) (\w+)", stub, flags=re.MULTILINE)
    return tops or [exercise.name for exercise in lesson.exercises]


def _worked_on(cells: Sequence[_CodeCell], handed_out: Sequence[_CodeCell], names: Sequence[str]) -> bool:
    """Return whether a notebook has a solution in it: a changed cell for one, or a new cell that makes an exercise's name.

    Running it, saving it and trying things in it is no work on the exercises.
    """
    sources = {cell.source for cell in cells}
    solutions = {cell.source for cell in handed_out if cell.kind == "solution"}
    own = sources - {cell.source for cell in handed_out}
    one = "|".join(map(re.escape, names))
    makes = re.compile(rf"^(?:(?:def|class)\s+(?:{one})\b|(?:{one})\s*(?::[^=\n]*)?=(?!=))", re.MULTILINE)
    return not solutions or bool(solutions - sources) or any(makes.search(source) for source in own)


def _joined(cells: Sequence[_CodeCell], handed_out: Sequence[_CodeCell]) -> str:
    """Return a notebook's code in the form that `autograder/worker/parts.py` cuts: without the checks that were handed out.

    What a student wrote into a cell that was handed out counts.

    Raises:
        _Refused: it is too much.
    """
    known = {cell.identity: cell for cell in handed_out}
    unchanged = {cell.source: cell for cell in handed_out}
    found: list[tuple[Kind, str, str]] = []
    for number, cell in enumerate(cells, 1):
        name = cell.identity if cell.identity in known else f"code cell {number}"
        same = unchanged.get(cell.source)
        if same is not None and same.kind in ("check", "page"):
            found += [(Kind.PAGE, name, cell.source)] if same.kind == "page" else []
            continue
        left = _own_lines(cell, known.get(cell.identity), handed_out)
        if left is None:
            stub = same is not None and same.kind == "solution"
            found.append((Kind.STUB if stub else Kind.OWN, name, cell.source))
        else:
            found += [(Kind.PAGE, name, left.imports)] if left.imports else []
            found += [(Kind.EDITED, name, left.source)] if left.source.strip() else []
    text = parts.joined(found)
    if len(text) > MODULE_BYTES:
        raise _Refused(f"The notebook's code is larger than {MODULE_BYTES >> 20} MiB.")
    return text


def _own_lines(cell: _CodeCell, origin: _CodeCell | None, handed_out: Sequence[_CodeCell]) -> Left | None:
    """Return what a student wrote into a cell of checks or of the page's; None where the cell is the student's own.

    A cell that lost its identity is known by a check that stands in it.
    """
    if origin is not None and origin.kind in ("check", "page"):
        return ours.without(cell.source, ours.statements(origin.source))
    if origin is not None or ours.CHECK not in cell.source:
        return None
    checks = [block for one in handed_out if one.kind == "check" for block in ours.statements(one.source)]
    left = ours.without(cell.source, checks)
    return left if left.checks else None


def own_lines(source: str, handed_out: str) -> str:
    """Return what a student wrote into a cell that was handed out with this source; "" where that is nothing."""
    left = ours.without(_source(source), ours.statements(handed_out)).source
    return left.strip("\n") if left.strip() else ""


def _script(text: str, lesson: Lesson) -> str:
    """Return a module's text; that of a script saved from the lesson's notebook without what was handed out.

    Such a script has checks of the notebook in it, or the page's demonstration as a whole.
    """
    cells = [cell for cell in _handed_out(lesson) if cell.kind in ("check", "page")]
    cells = [cell for cell in cells if cell.kind == "check" or cell.source.count("\n") >= FEWEST_LINES]
    if ours.CHECK not in text and not any(cell.source in text for cell in cells):
        return text
    blocks = [ours.whole(cell.source) for cell in cells]
    blocks += [block for cell in cells if cell.kind == "check" for block in ours.statements(cell.source)]
    left = ours.without(text, blocks)
    if left.source == text:
        return text
    return parts.joined([(Kind.PAGE, "page", left.imports), (Kind.OWN, "", left.source)])
