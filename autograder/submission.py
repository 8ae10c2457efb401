"""Find submissions in a folder and take the one module's text out of each, trusting nothing about the files.

Only text leaves this module. Nothing else of a submission's folder is ever read, imported or put on a path.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import UserError
from autograder.lesson import Lesson

MODULE_BYTES = 1 << 20
NOTEBOOK_BYTES = 16 << 20
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
    """

    name: str
    status: str
    reason: str = ""
    place: str = ""
    text: str = ""

    @property
    def digest(self) -> str:
        """A hash over the text."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


class _Refused(Exception):
    """Why a file is not read."""


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
            return _only(name, [(entry.name, _read_text(entry.parent, entry.name))], lesson)
        places = _places(lesson)
        modules = _first(entry, [place for place in places if place.endswith(".py")])
        notebooks = _first(entry, [place for place in places if place.endswith(".ipynb")])
        return _only(name, modules + notebooks, lesson)
    except _Refused as reason:
        return Submission(name, "refused", str(reason))
    except OSError as error:
        return Submission(name, "refused", f"{entry.name} could not be read: {error.strerror}.")


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
    released = {path.name: path.read_text(encoding="utf-8") for path in _released(lesson) if path.is_file()}
    worked_on = [(place, text) for place, text in found if text != released.get(place.rpartition("/")[2])]
    if not worked_on and found:
        place, text = found[0]
        return Submission(name, "not_found", f"{place} is the stub as it was handed out.", place, text)
    if not worked_on:
        return Submission(name, "not_found", f"No exercises.py for {lesson.name} was found.")
    if len(worked_on) > 1:
        (one, _), (other, _) = worked_on
        raise _Refused(f"Both {one} and {other} were worked on; hand in one of them.")
    place, text = worked_on[0]
    return Submission(name, "found", "", place, module_of_notebook(text) if place.endswith(".ipynb") else text)


def _released(lesson: Lesson) -> list[Path]:
    return [lesson.stub, lesson.assignment / f"{lesson.name}.ipynb"]


def _read_text(folder: Path, place: str) -> str:
    """Read a regular file of bounded size, following no link on the way.

    Raises:
        FileNotFoundError: there is none.
        _Refused: it is something else, too large, or not UTF-8 text.
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
        raise _Refused(f"{place} is larger than {limit >> 20} MiB.")
    if b"\0" in data:
        raise _Refused(f"{place} holds null bytes; it is not Python text.")
    try:
        # A byte-order mark is what some editors put first; Python itself reads past it.
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise _Refused(f"{place} is not UTF-8 text (byte {error.start}); save it as UTF-8.") from error


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


def module_of_notebook(text: str) -> str:
    """Return a notebook's code cells as one module; lines for the shell or IPython (`!`, `%`) become comments.

    Raises:
        _Refused: it is no notebook.
    """
    try:
        cells = json.loads(text)["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _Refused(
            "The notebook is not valid JSON in Jupyter's format; open it in JupyterLab and save it again."
        ) from error
    lines = [line for source in sources for line in [*source.split("\n"), ""]]
    return "\n".join(f"# {line}" if line.lstrip().startswith(("%", "!")) else line for line in lines) + "\n"
