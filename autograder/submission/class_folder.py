"""Find a class's submissions in a folder, and name them. It opens no student's file.

Whatever lies in the folder is a submission or is told in a line; only what systems leave there themselves is passed over.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.course.lesson import Lesson
from autograder.submission.tree import ZIP, is_clutter
from autograder.util.errors import UserError

# A module or a notebook, whatever a browser or an editor has put behind its ending.
MODULE = re.compile(r"\.(?P<kind>py|ipynb)(?:\.(?:txt|json))?\s*$", re.IGNORECASE)
ARCHIVE = re.compile(r"\.(?:rar|7z|tar|tgz|gz|bz2|xz|zst)\s*$", re.IGNORECASE)
# What students hand in instead of a module; tables and settings beside submissions are more likely the instructor's.
DOCUMENTS = {
    "",
    ".pdf",
    ".doc",
    ".docx",
    ".odt",
    ".rtf",
    ".txt",
    ".html",
    ".htm",
    ".pages",
    ".png",
    ".jpg",
    ".jpeg",
    ".heic",
}
INSTRUCTORS = ("readme", "license", "licence")
# Hidden things that are known, and say nothing about a student.
HIDDEN = re.compile(
    r"\.(?:git\w*|github|DS_Store|_.*|ipynb_checkpoints|idea|vscode|\w*venv|\w+_cache|Trash.*|lock|Spotlight.*|fseventsd"
    r"|TemporaryItems|directory|localized|nfs.*|~lock.*|Rhistory|RData|python-version|release\.json)"
)
# Of Gradescope's export, and of nbgrader's tree.
KNOWN = {"submission_metadata.yml", "timestamp.txt"}
# Moodle's download of all submissions: a folder for each student, or each file with the same before its name.
MOODLE = re.compile(r"(?P<who>.+?_(?P<number>\d+))_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL)
MENTIONED = re.compile(r"lesson[\s_.-]*(\d+)[\s_.-]+(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Survey:
    """What a folder holds.

    Attributes:
        entries: the submissions: folders and files.
        aside: a sentence on everything else, and on what was made of the folder.
    """

    entries: tuple[Path, ...]
    aside: tuple[str, ...] = ()


def discover(path: Path, lesson: Lesson) -> list[Path]:
    """Return the submissions at a path: the folder's entries, or the path itself where it is one submission.

    Raises:
        UserError: there is nothing at the path, or nothing in it.
    """
    return list(survey(path, lesson).entries)


def survey(path: Path, lesson: Lesson) -> Survey:
    """Return the submissions at a path, and what is to be said about the rest.

    Raises:
        UserError: there is nothing at the path, or nothing in it.
    """
    if path.is_file():
        return Survey((path,))
    if not path.is_dir():
        raise UserError(f"There is no folder {path}. Give the folder that holds one folder per student.")
    if _is_one(path, lesson):
        return Survey((path if path.name.strip(".") else path.resolve(),))
    entries, aside = _inside(path, lesson)
    sections = _sections(entries, lesson)
    if sections:
        entries = [entry for entry in entries if entry not in sections]
        for other in [entry for entry in entries if entry.is_dir() and mentions_another(entry.name, lesson)]:
            entries.remove(other)
            aside.append(f"{other.name} was not graded: by its name it is another lesson's.")
        for section in sections:
            more, told = _inside(section, lesson)
            entries += more
            aside += told
        shown = ", ".join(section.name for section in sections)
        called = f"named as in {sections[0].name}/NAME" if len(sections) > 1 else "by their own names"
        aside.append(f"{path} holds folders of submissions ({shown}): what is in them was graded, {called}.")
    if not entries:
        rest = f" {' '.join(aside)}" if aside else ""
        raise UserError(f"{path} holds no submissions: it should hold one folder (or one .py file) per student.{rest}")
    return Survey(tuple(entries), tuple(aside))


def home(path: Path, lesson: Lesson) -> Path:
    """Return the folder whose submissions are at a path: the one above, where the path is a single submission."""
    one = path.is_file() or (path.is_dir() and _is_one(path, lesson))
    return path.resolve().parent if one else path.resolve()


def places(lesson: Lesson) -> list[str]:
    """Return where a lesson's module, and then its notebook, are looked for in a submission."""
    folders = (f"assignments/{lesson.name}/", f"{lesson.name}/", "")
    return [f"{folder}exercises.py" for folder in folders] + [f"{folder}{lesson.name}.ipynb" for folder in folders]


def names(entries: Sequence[Path]) -> dict[str, Path]:
    """Return submissions by their names: the folder's, or the lone file's without its ending unless that name is taken.

    Where they lie in several folders, the folder's name comes first: `monday/ada`.
    """
    several = len({entry.parent for entry in entries}) > 1
    above = [f"{entry.parent.name}/" if several else "" for entry in entries]
    short = [folder + short_name(entry) for folder, entry in zip(above, entries, strict=True)]
    full = [folder + entry.name for folder, entry in zip(above, entries, strict=True)]
    while True:
        times = Counter(short)
        taken = [n for n, name in enumerate(short) if times[name] > 1 and name != full[n]]
        if not taken:
            return dict(zip(short, entries, strict=True))
        for n in taken:
            short[n] = full[n]


def short_name(entry: Path) -> str:
    """Return what a submission is called, if nothing else is."""
    if entry.is_dir():
        return entry.name
    moodle = MOODLE.fullmatch(entry.name)
    if moodle is not None:
        return f"{moodle['who']}_assignsubmission_{moodle['kind']}"
    for ending in (MODULE, ZIP, ARCHIVE):
        found = ending.search(entry.name)
        if found is not None and found.start() > 0:
            return entry.name[: found.start()]
    return entry.name


def of_one_student(entry: Path) -> dict[str, str]:
    """Return the lone files that make a submission, by the names that their student gave them: of Moodle's, maybe several."""
    moodle = MOODLE.fullmatch(entry.name)
    if moodle is None or moodle["file"] is None:
        return {entry.name: entry.name}
    start = f"{moodle['who']}_assignsubmission_{moodle['kind']}_"
    beside = sorted(path.name for path in _listed(entry.parent) if path.name.startswith(start) and not path.is_dir())
    return {name.removeprefix(start): name for name in beside}


def mentions_another(name: str, lesson: Lesson) -> bool:
    """Return whether a file or folder is by its name another lesson's."""
    found = MENTIONED.findall(name)
    return bool(found) and f"lesson_{int(found[-1][0])}_{int(found[-1][1])}" != lesson.name


def _is_one(path: Path, lesson: Lesson) -> bool:
    """Return whether a folder is one student's, and not a class's that has a module lying about on top."""
    there = [place for place in places(lesson) if os.path.exists(path / place)]
    if any("/" in place for place in there):
        return True
    return bool(there) and not any(
        _holds_module(folder, lesson)
        for folder in _listed(path)
        if folder.is_dir() and not folder.is_symlink() and not is_clutter(folder.name)
    )


def _inside(folder: Path, lesson: Lesson) -> tuple[list[Path], list[str]]:
    """Return a folder's submissions, and what is to be said about what else is in it."""
    entries, aside = [], []
    for entry in sorted(folder.iterdir()):
        why = _not_a_submission(entry, lesson)
        if why is None:
            entries.append(entry)
        elif why:
            aside.append(f"{entry.name} was not graded: {why}.")
    return _one_a_student(entries, aside), aside


def _not_a_submission(entry: Path, lesson: Lesson) -> str | None:
    """Return why an entry is no submission, "" where that needs no words; None where it is one."""
    name = entry.name
    if HIDDEN.fullmatch(name) or name in KNOWN or (is_clutter(name) and not name.startswith(".")):
        return ""
    if name.startswith("."):
        return "its name begins with a dot, as hidden files' do"
    if entry.is_symlink():
        return None
    if entry.is_dir():
        grades = os.path.isfile(entry / "grading.json") and not _holds_module(entry, lesson)
        return "it holds grades" if grades else None
    if MODULE.search(name) or ZIP.search(name) or ARCHIVE.search(name) or MOODLE.fullmatch(name):
        return None
    if entry.suffix.lower().strip() in DOCUMENTS and not name.lower().startswith(INSTRUCTORS):
        return None
    return "it is neither a folder nor a module (.py), a notebook (.ipynb) or a zip"


def _one_a_student(entries: list[Path], aside: list[str]) -> list[Path]:
    """Return the entries without Moodle's second ones of a student: more files, or the online text beside them."""
    by_student: dict[str, list[tuple[str, Path]]] = {}
    for entry in entries:
        moodle = MOODLE.fullmatch(entry.name)
        if moodle is not None:
            by_student.setdefault(moodle["number"], []).append((moodle["kind"], entry))
    left_out = set()
    for found in by_student.values():
        first = next((entry for kind, entry in found if kind == "file"), found[0][1])
        kind = next(kind for kind, entry in found if entry == first)
        for other, entry in found:
            if entry == first or (other == kind and entry.is_dir()):
                continue
            left_out.add(entry)
            if other != kind or first.is_dir():
                aside.append(f"{entry.name} was not graded: {first.name} is the same student's.")
    return [entry for entry in entries if entry not in left_out]


def _sections(entries: Iterable[Path], lesson: Lesson) -> list[Path]:
    """Return the folders that hold submissions themselves, where the entries are that and not students' folders."""
    folders = [entry for entry in entries if entry.is_dir() and not entry.is_symlink()]
    folders = [folder for folder in folders if not mentions_another(folder.name, lesson)]
    if not folders or len(folders) < sum(1 for entry in entries if MODULE.search(entry.name) or ZIP.search(entry.name)):
        return []
    sections = 0
    for folder in folders:
        if _holds_module(folder, lesson):
            return []
        students = [inner for inner in _listed(folder) if _is_students(inner, lesson)]
        sections += len(students) > 1
    return folders if 2 * sections >= len(folders) else []


def _is_students(folder: Path, lesson: Lesson) -> bool:
    if folder.is_symlink() or not folder.is_dir() or is_clutter(folder.name):
        return False
    return not mentions_another(folder.name, lesson) and _holds_module(folder, lesson)


def _holds_module(folder: Path, lesson: Lesson) -> bool:
    """Return whether a folder has something to grade at its own top, or where the lesson's module belongs."""
    if folder.name in ("assignments", lesson.name):
        return False
    if any(os.path.exists(folder / place) for place in places(lesson)):
        return True
    return any(
        (MODULE.search(inner.name) or ZIP.search(inner.name)) and not is_clutter(inner.name) and not inner.is_dir()
        for inner in _listed(folder)
    )


def _listed(folder: Path) -> list[Path]:
    """Return what is in a folder; nothing where it cannot be looked into, which is reported when it is read."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
