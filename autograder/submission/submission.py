"""Take the one module's text out of a submission, trusting nothing about its files.

Only text leaves this module: the graded file's, and that of the student's own modules which it imports (`helpers.py`). Nothing
else of a submission's folder is ever imported or put on a path.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from autograder.course.lesson import Lesson
from autograder.submission import handed_out as ours
from autograder.submission import helpers
from autograder.submission.class_folder import (
    ARCHIVE,
    MENTIONED,
    MODULE,
    discover,
    mentions_another,
    names,
    of_one_student,
    places,
    short_name,
    survey,
)
from autograder.submission.handed_out import Left
from autograder.submission.source_text import Refused, decoded
from autograder.submission.tree import ZIP, Files, Folder, Tree, Zip, zipped
from autograder.submission.written import Work, binds, work
from autograder.util.safe_text import named
from autograder.worker import companions, parts
from autograder.worker.parts import Kind

__all__ = ["Submission", "discover", "names", "of_notebook", "read", "survey"]

MODULE_BYTES = 1 << 20
# A notebook may hold pictures. What fills the memory as it is parsed are its parts, of which an honest one has few.
NOTEBOOK_BYTES = 64 << 20
NOTEBOOK_LISTS, NOTEBOOK_ITEMS = 1 << 20, 8 << 20
# What the cells of a page's demonstration are called in a notebook, before their number.
DEMONSTRATION = "demonstration-"
# A cell with fewer lines may be in a module because its student wrote the same.
FEWEST_LINES = 3
# How many files of a submission are looked at beside those that lie where they belong, and how much text of them.
MAX_CANDIDATES, MAX_LOOKED_AT_BYTES, MAX_ZIPS, MAX_NAMED = 40, 8 << 20, 5, 6
TEXT = re.compile(r"(?<!\.py)(?<!\.ipynb)\.txt\s*$", re.IGNORECASE)
# Folders of the course itself, in a clone of the students' repository, and files that are no answer.
COURSE = {"autograder", "datasets", "solutions"}
NO_MODULE = re.compile(r"test_|conftest\.py$|expect\.py$|setup\.py$|.*_test\.py$", re.IGNORECASE)


class SubmissionStatus(StrEnum):
    """Whether a submission holds a module to grade."""

    FOUND = "found"
    # Nothing is there, or nothing was written.
    NOT_FOUND = "not_found"
    # It is there, but not to be read.
    REFUSED = "refused"


@dataclass(frozen=True)
class Submission:
    """One student's answer to a lesson.

    Attributes:
        name: the folder's or file's name.
        status: whether there is a module to grade.
        reason: why, in a sentence, where it was not found or refused.
        place: the module's path inside the submission, "" where there is none.
        text: the module's source, "" where there is none. An untouched stub has one, too.
        note: which of several files counts, and what else its student should know about them; "" for nothing.
        helpers: the texts of the student's own modules that came along, by their paths inside the submission.
        notes: a sentence on what of them did not come along, by the name that it is imported by.
    """

    name: str
    status: SubmissionStatus
    reason: str = ""
    place: str = ""
    text: str = ""
    note: str = ""
    helpers: dict[str, str] = field(default_factory=dict, hash=False)
    notes: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def digest(self) -> str:
        """A hash over the text, and over the helpers' with what is said about them, where there are any."""
        whole = self.text
        if self.helpers or self.notes:
            whole = json.dumps([self.text, sorted(self.helpers.items()), sorted(self.notes.items())])
        return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def read(entry: Path, lesson: Lesson, name: str = "") -> Submission:
    """Take a submission's module out of its folder, or say why not. Bad files never raise."""
    name = name or short_name(entry)
    try:
        if entry.is_symlink():
            raise Refused(f"{named(entry.name)} is a symbolic link; only real folders and files are graded.")
        candidates = _candidates(Folder(entry), lesson, entry) if entry.is_dir() else _lone(entry, lesson)
        return _with_helpers(_chosen(name, candidates, lesson), entry, lesson)
    except Refused as reason:
        return Submission(name, SubmissionStatus.REFUSED, str(reason))
    except OSError as error:
        return Submission(name, SubmissionStatus.REFUSED, f"{named(entry.name)} could not be read: {error.strerror}.")


def of_notebook(text: str, lesson: Lesson, name: str, student: Path | None = None) -> Submission:
    """Return the submission that a notebook is, as if it lay where nbgrader's students hand it in.

    Args:
        text: the notebook's JSON.
        lesson: the lesson.
        name: the student's.
        student: nbgrader's folder of what the student handed in, in which the lesson's has what lies beside the notebook.
    """
    place = f"{lesson.name}/{lesson.name}.ipynb"
    try:
        found = _chosen(name, [_candidate(_Place(place, 0, places(lesson).index(place)), text, lesson)], lesson)
        return found if student is None else _with_helpers(found, student, lesson)
    except Refused as reason:
        return Submission(name, SubmissionStatus.REFUSED, str(reason))


def _with_helpers(found: Submission, entry: Path, lesson: Lesson) -> Submission:
    """Return a submission with the student's own modules that it imports."""
    if found.status != SubmissionStatus.FOUND:
        return found
    answers = [(lesson.root / part).resolve() for part in ("solutions", "tests")]

    def read_helper(place: str) -> str:
        # Where a course's own folder is graded, its answers are no student's modules.
        if any(entry.resolve().joinpath(place).is_relative_to(part) for part in answers):
            raise FileNotFoundError(place)
        return decoded(_beside(entry, place, lesson), place)

    came = helpers.gather(found.text, found.place, lesson.name, read_helper)
    return replace(found, helpers=came.texts, notes=came.notes)


def _beside(entry: Path, place: str, lesson: Lesson) -> bytes:
    """Return the bytes of a file of a submission, by its path there, which may lead into a zip.

    Raises:
        FileNotFoundError: there is none.
        Refused: it is not to be read.
    """
    if not entry.is_dir():
        files = of_one_student(entry)
        if len(files) == 1 and ZIP.search(next(iter(files.values()))):
            with zipped(entry.parent, next(iter(files.values()))) as opened:
                return _bounded(opened, place)
        # What lies beside a file of any other name is another student's.
        tree: Tree = Folder(entry.parent) if entry.name in places(lesson) else Files(entry.parent, files)
        return _bounded(tree, place)
    outer, _, inner = place.partition(".zip/")
    if not inner:
        return _bounded(Folder(entry), place)
    with zipped(entry, f"{outer}.zip") as opened:
        return _bounded(opened, inner)


def _bounded(tree: Tree, place: str) -> bytes:
    data = tree.read(place, MODULE_BYTES)
    if len(data) > MODULE_BYTES:
        raise Refused(f"{named(place)} is larger than {MODULE_BYTES >> 20} MiB.")
    return data


# Where it lies: where the lesson says; elsewhere, by a name like that; anywhere, under any name.
_SAID, _NAMED, _ANY = 0, 1, 2


@dataclass(frozen=True)
class _Place:
    """Where a file lies in a submission, and how likely its name makes it that it is the one (the lowest first)."""

    path: str
    rank: int
    order: int = 0

    @property
    def is_notebook(self) -> bool:
        found = MODULE.search(self.path)
        return found is not None and found["kind"].lower() == "ipynb"


@dataclass(frozen=True)
class _Candidate:
    """A file that may be the one to grade: its code, what was done in it, and what is to be said about it.

    Attributes:
        place: where it lies.
        text: its code, as it is graded.
        work: which exercises are written.
        touched: whether it is anything but what was handed out.
        exact: whether it is what was handed out to the letter.
        note: a sentence for its student.
        fault: why it cannot be read; the rest is empty then.
    """

    place: _Place
    text: str = ""
    work: Work = field(default_factory=Work)
    touched: bool = False
    exact: bool = False
    note: str = ""
    fault: str = ""


def _lone(entry: Path, lesson: Lesson) -> list[_Candidate]:
    """Return the candidates among the files that are a submission without a folder of its own."""
    files = of_one_student(entry)
    if len(files) > 1:
        return _candidates(Files(entry.parent, files), lesson, entry)
    ((given, name),) = files.items()
    if ZIP.search(name):
        with zipped(entry.parent, name) as opened:
            return _candidates(opened, lesson, entry)
    if ARCHIVE.search(name):
        raise Refused(f"{named(given)} is an archive of a kind that is not opened. {_hand_in(lesson)}")
    tree = Files(entry.parent, files)
    if MODULE.search(name):
        return [_read_candidate(tree, _Place(given, _SAID), lesson)]
    if TEXT.search(name) or "." not in name:
        candidate = _read_candidate(tree, _Place(given, _ANY), lesson)
        if candidate.work.written:
            return [candidate]
    raise Refused(f"{named(given)} is not a Python module, a notebook or a zip. {_hand_in(lesson)}")


def _hand_in(lesson: Lesson) -> str:
    return f"Hand in exercises.py or {lesson.name}.ipynb itself, or a .zip of it."


def _candidates(tree: Tree, lesson: Lesson, entry: Path) -> list[_Candidate]:
    """Return the files of a submission that may be the lesson's module or notebook.

    Zips in it are opened only where nothing outside of them was worked on.

    Raises:
        Refused: there is nothing but what is not to be read.
    """
    listed = [place for place in tree.places() if _may_be(place, lesson)]
    found = _of_files(tree, listed, lesson)
    if any(candidate.work.written for candidate in found):
        return found
    packed = [place for place in listed if ZIP.search(place)][:MAX_ZIPS]
    faults = []
    for place in packed:
        try:
            found += _packed(tree, place, lesson, entry)
        except Refused as reason:
            faults.append(str(reason))
    if faults and not any(candidate.touched for candidate in found):
        raise Refused(" ".join(faults))
    others = [place for place in listed if ARCHIVE.search(place)]
    if others and not found:
        raise Refused(f"{named(others[0])} is an archive of a kind that is not opened. {_hand_in(lesson)}")
    return found


def _packed(tree: Tree, place: str, lesson: Lesson, entry: Path) -> list[_Candidate]:
    """Return the candidates in a zip that lies in a folder, or in another zip."""
    if isinstance(tree, Zip):
        found = _inside(tree.inner(place), lesson)
    else:
        names = of_one_student(entry) if isinstance(tree, Files) else {}
        with zipped(entry.parent if names else entry, names.get(place, place)) as opened:
            found = _inside(opened, lesson)
    return [
        replace(one, place=_Place(f"{place}/{one.place.path}", max(one.place.rank, _NAMED), one.place.order))
        for one in found
    ]


def _inside(opened: Zip, lesson: Lesson) -> list[_Candidate]:
    return _of_files(opened, [place for place in opened.places() if _may_be(place, lesson)], lesson)


def _may_be(place: str, lesson: Lesson) -> bool:
    """Return whether a path may be of this lesson, and no part of the course."""
    *folders, name = place.split("/")
    if any(mentions_another(part, lesson) for part in (*folders, name)) or COURSE & set(folders):
        return False
    return not NO_MODULE.match(name)


def _of_files(tree: Tree, listed: Sequence[str], lesson: Lesson) -> list[_Candidate]:
    """Return the candidates among the files that lie open: at each kind's first place that was worked on, and elsewhere."""
    said = places(lesson)
    found = []
    for order, path in enumerate(said):
        try:
            found.append(_read_candidate(tree, _Place(path, _SAID, order), lesson))
        except FileNotFoundError:
            continue
    others = [_Place(path, _rank(path, lesson)) for path in listed if path not in said]
    # A text is a module only where its name says so, too.
    ranked = [
        place for place in others if MODULE.search(place.path) or (place.rank == _NAMED and TEXT.search(place.path))
    ]
    ranked.sort(key=lambda place: place.rank)
    left, foreign = MAX_LOOKED_AT_BYTES, []
    for place in ranked[:MAX_CANDIDATES]:
        candidate = _read_candidate(tree, place, lesson)
        left -= len(candidate.text)
        if _of_another_lesson(candidate.text, lesson):
            foreign.append(candidate)
        elif candidate.work.written or (MODULE.search(place.path) and (candidate.touched or candidate.fault)):
            found.append(candidate)
        if left < 0:
            break
    return found or foreign


def _rank(path: str, lesson: Lesson) -> int:
    name = path.rpartition("/")[2]
    like = "exercise" in name.lower() or MENTIONED.search(name) or path.endswith(tuple(f"/{p}" for p in places(lesson)))
    return _NAMED if like else _ANY


def _of_another_lesson(text: str, lesson: Lesson) -> bool:
    found = re.search(r"Lesson (\d+)\.(\d+):", text[:400])
    return found is not None and f"lesson_{found[1]}_{found[2]}" != lesson.name


def _read_candidate(tree: Tree, place: _Place, lesson: Lesson) -> _Candidate:
    """Return a file as a candidate, one with a fault where it cannot be read.

    Raises:
        FileNotFoundError: there is none.
    """
    try:
        return _candidate(place, _read_text(tree, place), lesson)
    except Refused as reason:
        return _Candidate(place, fault=str(reason))


def _candidate(place: _Place, text: str, lesson: Lesson) -> _Candidate:
    """Return a file's code as a candidate.

    Raises:
        Refused: it is to be a notebook, and is none.
    """
    stub = lesson.stub.read_text(encoding="utf-8") if lesson.stub.is_file() else ""
    exercises = [exercise.name for exercise in lesson.exercises]
    if not place.is_notebook:
        done = work([text], exercises, (stub,)) if text != stub else Work()
        touched = done.changed or bool(done.missing)
        return _Candidate(place, _script(text, lesson), done, touched, text == stub)
    handed_out = _handed_out(lesson)
    cells = _code_cells(text)
    done = work([cell.source for cell in cells], exercises, (stub, *(cell.source for cell in handed_out)))
    # Running it, saving it and trying things in it is no work on the exercises.
    touched = bool(done.written or done.missing)
    exact = {cell.source for cell in cells} == {cell.source for cell in handed_out}
    note = _not_code(text, [name for name in exercises if name not in done.written], handed_out)
    return _Candidate(place, _joined(cells, handed_out), done, touched or bool(note), exact, note)


def _not_code(text: str, exercises: Sequence[str], handed_out: Sequence[_CodeCell]) -> str:
    """Return a sentence on exercises that stand in cells which do not run; "" where there are none."""
    if not exercises:
        return ""
    begun_with = {cell.identity: cell.source for cell in handed_out if cell.kind == "solution"}
    asleep: dict[str, list[str]] = {}
    for cell in json.loads(text)["cells"]:
        kind = cell["cell_type"]
        source = _words(cell) if kind in ("markdown", "raw") else ""
        began = begun_with.get(_identity(cell), "")
        stand = binds(source, exercises) if source and (began or "```" not in source) else set()
        asleep.setdefault("Markdown" if kind == "markdown" else "raw", []).extend(sorted(stand))
    told = []
    for kind, those in asleep.items():
        shown = " and ".join(f"`{name}`" for name in dict.fromkeys(those))
        if len(those) == 1:
            told.append(f"{shown} stands in a {kind} cell, which does not run: make it a code cell again.")
        elif those:
            told.append(f"{shown} stand in {kind} cells, which do not run: make them code cells again.")
    return " ".join(told)


def _words(cell: dict[str, Any]) -> str:
    """Return the source of a cell of any kind, "" where it has none that Jupyter would have written."""
    try:
        return _source(cell.get("source", ""))
    except (TypeError, AttributeError):
        return ""


def _chosen(name: str, found: Sequence[_Candidate], lesson: Lesson) -> Submission:
    """Return the one file that counts: where a module and a notebook were worked on, the one with more exercises written.

    Raises:
        Refused: nobody can tell which it is, or it cannot be read.
    """
    written = _unimported([one for one in found if one.work.written and not _shadowed(one, found)])
    if not written:
        return _unwritten(name, found, lesson)
    kinds = [[one for one in written if one.place.is_notebook is kind] for kind in (False, True)]
    picked = [_first(candidates) for candidates in kinds if candidates]
    one = max((one for one in picked if one is not None), key=lambda one: len(one.work.written), default=None)
    if one is None or (None in picked and one.place.rank != _SAID):
        raise Refused(_several(written, lesson))
    others = [other for other in found if other is not one and other.text != one.text and not other.exact]
    return Submission(name, SubmissionStatus.FOUND, "", one.place.path, one.text, _note(one, others, lesson))


def _shadowed(one: _Candidate, found: Sequence[_Candidate]) -> bool:
    """Return whether an earlier of the places where a lesson's module belongs holds one that is no stub any more."""
    return one.place.rank == _SAID and any(
        other.place.order < one.place.order and (other.work.written or other.work.missing)
        for other in found
        if other.place.rank == _SAID and other.place.is_notebook is one.place.is_notebook
    )


def _unimported(candidates: list[_Candidate]) -> list[_Candidate]:
    """Return the candidates less the modules that another of them imports."""
    kept = []
    for one in candidates:
        stem = MODULE.sub("", one.place.path.rpartition("/")[2])
        imports = re.compile(rf"^\s*(?:from\s+\.?{re.escape(stem)}\s|import\s.*\b{re.escape(stem)}\b)", re.MULTILINE)
        if one.place.rank == _SAID or not any(imports.search(other.text) for other in candidates if other is not one):
            kept.append(one)
    return kept or candidates


def _first(candidates: Sequence[_Candidate]) -> _Candidate | None:
    """Return the candidate of the likeliest name; None where several have that and differ."""
    rank = min(one.place.rank for one in candidates)
    best = sorted((one for one in candidates if one.place.rank == rank), key=lambda one: one.place.order)
    return best[0] if rank == _SAID or len({one.text for one in best}) == 1 else None


def _unwritten(name: str, found: Sequence[_Candidate], lesson: Lesson) -> Submission:
    """Return the submission in which no exercise is written: one that was changed runs all the same."""
    if not found:
        return Submission(name, SubmissionStatus.NOT_FOUND, f"No exercises.py for {lesson.name} was found.")
    likely = [one for one in found if one.place.rank < _ANY]
    changed = [one for one in likely or found if one.touched]
    if len(changed) > 1 and not likely:
        shown = ", ".join(named(one.place.path) for one in changed[:MAX_NAMED])
        reason = f"No exercises.py for {lesson.name} was found, and none of its exercises in {shown}."
        return Submission(name, SubmissionStatus.NOT_FOUND, reason)
    if changed:
        rank = min(one.place.rank for one in changed)
        best = [one for one in changed if one.place.rank == rank]
        modules = [one for one in best if not one.place.is_notebook]
        several = len(modules) != len(best) and modules if rank == _SAID else len({one.text for one in best}) > 1
        if several:
            raise Refused(_several(best, lesson))
        return Submission(name, SubmissionStatus.FOUND, "", best[0].place.path, best[0].text, best[0].note)
    faults = [one.fault for one in found if one.fault]
    if faults:
        raise Refused(faults[0])
    one = found[0]
    what = "notebook" if one.place.is_notebook else "stub"
    but = "" if one.exact or one.place.is_notebook else "; only comments or the layout are new"
    return Submission(
        name,
        SubmissionStatus.NOT_FOUND,
        f"{named(one.place.path)} is the {what} as it was handed out{but}.",
        one.place.path,
        one.text,
    )


def _several(candidates: Sequence[_Candidate], lesson: Lesson) -> str:
    shown = [named(one.place.path) for one in candidates]
    listed = ", ".join(shown[:MAX_NAMED]) + (f" and {len(shown) - MAX_NAMED} more" if len(shown) > MAX_NAMED else "")
    done = "Each has exercises written in it" if candidates[0].work.written else "Each was changed, and none is written"
    return (
        f"Which file should be graded? {listed}. {done}. Hand in one of them alone, as exercises.py or {lesson.name}.ipynb; "
        "several students' work goes into a folder for each."
    )


def _note(one: _Candidate, others: Sequence[_Candidate], lesson: Lesson) -> str:
    """Return what is to be said about the file that counts, and about those beside it that do not."""
    said = [one.note] if one.note else []
    mine, total = len(one.work.written), len(lesson.exercises)
    graded = named(one.place.path)
    for other in others:
        if not other.work.written and _imports(one, other):
            continue  # it comes along, and feedback says so
        shown, theirs = named(other.place.path), len(other.work.written)
        if other.fault:
            said.append(f"{graded} was graded; beside it, {other.fault}")
        elif other.place.is_notebook is not one.place.is_notebook and theirs == mine:
            said.append(
                f"{graded} was graded, and not {shown}: each has {mine} of {total} exercises written, and then the "
                "module counts."
            )
        elif other.touched or other.work.written or other.place.rank == _SAID:
            said.append(
                f"{graded} was graded, and not {shown}: {mine} of {total} exercises are written in the one, "
                f"{theirs} in the other."
            )
    if one.place.rank != _SAID and not said:
        wanted = f"{lesson.name}.ipynb" if one.place.is_notebook else "exercises.py"
        is_called = one.place.path.rpartition("/")[2] == wanted
        said.append(
            f"{graded} was graded; {f'hand in {wanted} itself' if is_called else f'call it {wanted}'} next time."
        )
    return " ".join(said[:MAX_NAMED])


def _imports(one: _Candidate, other: _Candidate) -> bool:
    """Return whether a candidate imports another's module by its name."""
    stem = other.place.path.rpartition("/")[2].removesuffix(".py")
    found = companions.imports(one.text)
    return any(stem in (imported.name.rpartition(".")[2], *imported.names) for imported in found)


def _read_text(tree: Tree, place: _Place) -> str:
    """Read a regular file of bounded size as text, following no link on the way.

    Raises:
        FileNotFoundError: there is none.
        Refused: it is something else, too large, or not UTF-8 text.
    """
    path, limit = place.path, NOTEBOOK_BYTES if place.is_notebook else MODULE_BYTES
    data = tree.read(path, limit)
    if len(data) > limit:
        hint = "; clear the outputs of all cells and save it again" if place.is_notebook else ""
        raise Refused(f"{named(path)} is larger than {limit >> 20} MiB{hint}.")
    return decoded(data, path, notebook=place.is_notebook)


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
        Refused: it is no notebook, or too much for one.
    """
    if text.count("[") + text.count("{") > NOTEBOOK_LISTS or text.count(",") > NOTEBOOK_ITEMS:
        raise Refused("The notebook's outputs are too large; clear the outputs of all cells and save it again.")
    try:
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
        return [_CodeCell(_identity(cell), _source(cell["source"]), _kind(cell)) for cell in cells]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(
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


def _joined(cells: Sequence[_CodeCell], handed_out: Sequence[_CodeCell]) -> str:
    """Return a notebook's code in the form that `autograder/worker/parts.py` cuts: without the checks that were handed out.

    What a student wrote into a cell that was handed out counts.

    Raises:
        Refused: it is too much.
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
        raise Refused(f"The notebook's code is larger than {MODULE_BYTES >> 20} MiB.")
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
