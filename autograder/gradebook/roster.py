"""Who is who: read a roster, and find the students that a submission's name stands for.

A roster is a CSV file with a header. Its columns, in any order, each of them optional:

- `submission`: the name of the student's folder, or several that it may have, with `|` between them. Several rows may name one
  folder: a pair, or a group;
- `github`: the student's name on GitHub, for folders that end in `-<name>` as cloned trees have them;
- `name`, `id`, `sis_id`, `login`, `email`, `section`: what grade books want. Where `submission` is empty, a folder that is called
  like one of the first five (or like the name, its words in any order) is the student's;
- `submitted`: when it was handed in, as `2026-10-01T23:59+02:00` or `2026-10-01 23:59 Europe/Berlin`;
- `due`: until when this student has time, written alike, or `none`;
- `excused`: anything in it excuses the student (Canvas writes EX).

Canvas's export of its grade book, Moodle's grading worksheet and GitHub Classroom's roster are rosters as they are.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TypeVar

from autograder.gradebook import tables
from autograder.gradebook.tables import Table, TableError
from autograder.util.errors import UserError
from autograder.util.safe_text import cell, told_apart

COLUMNS = (
    "submission",
    "github",
    "name",
    "id",
    "sis_id",
    "login",
    "email",
    "section",
    "submitted",
    "due",
    "excused",
)
# What a roster needs one of, and what no two students share.
WHO = ("submission", "github", "id", "sis_id", "login", "email", "name")
UNIQUE = {"github": "github name", "id": "id", "sis_id": "sis_id", "login": "login", "email": "email"}
# What spreadsheets, Canvas, Moodle, Classroom 50 and GitHub Classroom call the same columns.
ALSO = {
    "folder": "submission",
    "github_username": "github",
    "username": "github",
    "identifier": "id",
    "roster_identifier": "id",
    "student": "name",
    "full name": "name",
    "email address": "email",
    "sis user id": "sis_id",
    "sis login id": "login",
}
# How a spreadsheet shows a long number, and saves it: its digits are gone.
SHORTENED = re.compile(r"\d([.,]\d+)?e\+\d+", re.IGNORECASE | re.ASCII)
FRACTION = re.compile(r"\d+[.,]0+", re.ASCII)
# By these columns a grade book's export of Canvas's is known; its test student is always called so.
CANVAS = {"student", "id", "section"}
POINTS_POSSIBLE = "points possible"
TEST_STUDENT = ("student, test", "test student")
# What Canvas and Moodle call what was handed in when all of it is downloaded. The end is the student's own choice of a name, so
# what comes before it is looked for from the front.
CANVAS_DOWNLOAD = re.compile(r"[^_]*(?:_late)?_(\d+)_\d+(?:_.*)?", re.IGNORECASE | re.ASCII | re.DOTALL)
MOODLE_DOWNLOAD = re.compile(r"_(\d+)_assignsubmission_", re.ASCII)
PARTICIPANT = "participant "

Key = TypeVar("Key", str, tuple[str, ...])


class RosterError(UserError):
    """A roster that cannot be used; the sentence names the line and says what to do."""


@dataclass(frozen=True)
class Student:
    """A row of the roster; what it does not say is "". `line` is where it stands in the file."""

    submissions: tuple[str, ...] = ()
    github: str = ""
    name: str = ""
    id: str = ""
    sis_id: str = ""
    login: str = ""
    email: str = ""
    section: str = ""
    submitted: str = ""
    due: str = ""
    excused: str = ""
    line: int = 0

    @property
    def shown(self) -> str:
        """How a message names the student."""
        said = (self.name, self.github, *self.submissions[:1], self.email, self.login, self.id, self.sis_id)
        return next((word for word in said if word), "?")


@dataclass(frozen=True)
class Roster:
    """What a roster holds.

    Attributes:
        students: in the order of the file.
        notes: sentences for whoever gave it.
    """

    students: tuple[Student, ...] = ()
    notes: tuple[str, ...] = ()

    def match(self, submissions: Iterable[str]) -> dict[str, tuple[Student, ...]]:
        """Return the students of these submissions, in the roster's order; a submission that nobody has is left out.

        A name in the column `submission` goes before one on GitHub, and of those the longest that fits; both go before a name
        that is a student's id, login, address or full name.
        """
        index = _Index(self.students)
        shown = told_apart(submissions)
        found = {}
        for name, seen in shown.items():
            plain = _composed(name)
            # A space around a name, or an accent in two characters, is ignored unless somebody else has the name without it.
            own = plain == name or plain not in shown
            # In scores.csv it stands behind an apostrophe where it would be a formula, what is invisible by its number.
            found[name] = index.named(cell(seen)) or (index.owners(plain) if own else ())
        return {name: students for name, students in found.items() if students}


class _Index:
    """By what words students are found; a word that stands for two of them stands for neither, but in `submission`."""

    def __init__(self, students: Iterable[Student]) -> None:
        self._named: dict[str, tuple[Student, ...]] = {}
        self._on_github: dict[str, Student] = {}
        self._ids: dict[str, Student | None] = {}
        self._keys: dict[str, Student | None] = {}
        self._names: dict[tuple[str, ...], Student | None] = {}
        for student in students:
            for name in student.submissions:
                self._named[_composed(name)] = (*self._named.get(_composed(name), ()), student)
            if student.github:
                self._on_github[student.github.casefold()] = student
            if not student.submissions:
                self._add(student)

    def _add(self, student: Student) -> None:
        _put(self._ids, student.id.casefold(), student)
        for key in {_composed(word).casefold() for word in (student.id, student.sis_id, student.login, student.email)}:
            _put(self._keys, key, student)
        _put(self._names, _words(student.name), student)

    def named(self, submission: str) -> tuple[Student, ...]:
        """Return whose rows say that this is their submission."""
        return self._named.get(_composed(submission), ())

    def owners(self, plain: str) -> tuple[Student, ...]:
        """Return whose submission this is, by its name as `_composed` makes it."""
        if named := self.named(plain):
            return named
        found = _ending(plain, self._on_github) or self._keys.get(plain.casefold()) or self._downloaded(plain)
        found = found or self._names.get(_words(plain))
        return (found,) if found is not None else ()

    def _downloaded(self, name: str) -> Student | None:
        """Return whose download of Canvas's or Moodle's this is."""
        moodle = participants(name)
        if len(moodle) == 1:
            number, full_name = moodle[0]
            return self._ids.get(f"{PARTICIPANT}{number}") or self._names.get(_words(full_name))
        canvas = CANVAS_DOWNLOAD.fullmatch(name)
        return self._ids.get(canvas.group(1)) if canvas is not None and not moodle else None


def participants(submission: str) -> list[tuple[str, str]]:
    """Return the participant's number and the full name that a download of Moodle's begins with.

    There are several only where somebody chose a name that looks like the beginning of another's download.
    """
    return [(found.group(1), submission[: found.start()]) for found in MOODLE_DOWNLOAD.finditer(submission)]


def _put(index: dict[Key, Student | None], key: Key, of: Student) -> None:
    if key:
        index[key] = None if key in index else of


def _composed(text: str) -> str:
    """Return text with each accent and its letter as one character, as macOS does not write names of files."""
    return unicodedata.normalize("NFC", text).strip()


def _words(name: str) -> tuple[str, ...]:
    """Return a name's words in an order that does not depend on how it is written: `Example, Ada` is Ada Example."""
    return tuple(sorted(word for word in re.split(r"[\W_]+", _composed(name).casefold()) if word))


def same_name(one: str, other: str) -> bool:
    """Return whether two names are one, whatever the order of their words, their accents' encoding and what is between them."""
    return _words(one) == _words(other)


def _ending(submission: str, on_github: dict[str, Student]) -> Student | None:
    """Return the student whose name on GitHub a cloned folder ends in; the longest, for names have hyphens too."""
    parts = submission.casefold().split("-")
    for start in range(len(parts)):
        student = on_github.get("-".join(parts[start:]))
        if student is not None:
            return student
    return None


def read(path: Path) -> Roster:
    """Read a roster: UTF-8 (with a byte-order mark or not) or what Excel saves, commas, semicolons or tabs between.

    Raises:
        RosterError: it is not there, is no table, or has one student twice.
    """
    try:
        table = tables.read(path, "The roster")
    except TableError as error:
        raise RosterError(str(error)) from error
    notes = []
    if table.encoding == tables.OLD_ENCODING:
        notes.append(
            f"{path} is not UTF-8; it was read as {table.encoding}, as Excel saves it. Check that the names are right."
        )
    try:
        header, rows = _rows(path, table)
    except csv.Error as error:
        raise RosterError(f"{path} is not a table in CSV format: {error}.") from error
    students = [_student(number, row) for number, row in rows]
    if {title.strip().casefold() for title in header} >= CANVAS:
        students, left_out = _of_canvas(students)
        notes += left_out
    for student in students:
        _somebody(path, student)
        _whole_numbers(path, student)
    _nobody_twice(path, students)
    return Roster(tuple(students), tuple(notes))


def _rows(path: Path, table: Table) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Return the header as it stands there, and each row that is not empty, by our names of its columns, with its line."""
    reader = csv.reader(io.StringIO(table.text, newline=""), strict=True, delimiter=table.delimiter)
    titles = next(reader, [])
    header = [_column(title) for title in titles]
    first = table.above + 1
    if not set(WHO) & set(header):
        raise RosterError(
            f"{path}, line {first}: a roster needs a column `submission` (the folder's name), `github`, or one of `id`, "
            f"`sis_id`, `login`, `email` and `name`. It may have {', '.join(COLUMNS)}."
        )
    twice = [title for title in COLUMNS if header.count(title) > 1]
    if twice:
        raise RosterError(f"{path}, line {first}: the column `{twice[0]}` is there twice; keep one.")
    rows = []
    for values in reader:
        if not any(value.strip() for value in values):
            continue
        line, whole = reader.line_num + table.above, tables.padded(values, len(header))
        if len(whole) != len(header):
            raise RosterError(
                f"{path}, line {line}: {len(values)} values where {len(header)} belong; quote a name with commas."
            )
        rows.append((line, dict(zip(header, (value.strip() for value in whole), strict=True))))
    return titles, rows


def _column(title: str) -> str:
    plain = title.strip().casefold()
    return ALSO.get(plain, plain)


def _student(line: int, row: Mapping[str, str]) -> Student:
    names = tuple(name.strip() for name in row.get("submission", "").split("|") if name.strip())
    said = {key: row.get(key, "") for key in COLUMNS if key != "submission"}
    # Some programs make 41.0 of Canvas's id 41.
    said["id"] = re.sub(r"(\d+)[.,]0+", r"\1", said["id"]) if FRACTION.fullmatch(said["id"]) else said["id"]
    return Student(names, line=line, **said)


def _of_canvas(students: Iterable[Student]) -> tuple[list[Student], list[str]]:
    """Return the students of Canvas's export, without its rows about assignments and its test student."""
    real: list[Student] = []
    notes = []
    for student in students:
        known = any((student.submissions, student.github, student.id, student.sis_id, student.login))
        if not known and not real:
            # `Manual Posting` and `Points Possible`: they stand above the students, and have no id.
            if student.name and student.name.casefold() != POINTS_POSSIBLE:
                notes.append(f"Line {student.line} of the roster ({student.name}) has no id; it was left out.")
        elif student.name.casefold() in TEST_STUDENT and not student.submissions:
            notes.append(f"Line {student.line} of the roster is Canvas's test student; it was left out.")
        else:
            real.append(student)
    return real, notes


def _somebody(path: Path, student: Student) -> None:
    if not student.submissions and not any(getattr(student, column) for column in WHO if column != "submission"):
        raise RosterError(f"{path}, line {student.line}: nothing says who this is; give one of {', '.join(WHO)}.")


def _whole_numbers(path: Path, student: Student) -> None:
    """Refuse an id that a spreadsheet has shortened, whether it is there once or twice: nobody would be found by it."""
    said = [("submission", name) for name in student.submissions]
    said += [(column, getattr(student, column)) for column in ("id", "sis_id", "login")]
    for column, word in said:
        if SHORTENED.fullmatch(word):
            raise RosterError(
                f"{path}, line {student.line}: a spreadsheet has shortened the {column} to {word!r}, so its digits are lost. "
                "Take it from the original file again, with that column's cells formatted as text."
            )


def _nobody_twice(path: Path, students: Iterable[Student]) -> None:
    """Refuse one student in two rows; two students of one folder are a pair."""
    seen: dict[tuple[str, str], Student] = {}
    sharing: dict[str, list[Student]] = {}
    for student in students:
        for column, words in UNIQUE.items():
            value = _value(student, column)
            if value and (column, value) in seen:
                raise RosterError(
                    f"{path}, line {student.line}: line {seen[column, value].line} has the {words} {value!r} already; keep "
                    "one of the two. (Several folders of one student go into one row, with `|` between their names.)"
                )
            seen[column, value] = student
        for name in student.submissions:
            sharing.setdefault(name, []).append(student)
    for name, pair in _pairs(sharing):
        if not _different(*pair):
            raise RosterError(
                f"{path}, line {pair[1].line}: line {pair[0].line} has the submission {name!r} already, and nothing says that "
                "this is somebody else; keep one of the two, or give each a name of their own."
            )


def _pairs(sharing: Mapping[str, list[Student]]) -> Iterator[tuple[str, tuple[Student, Student]]]:
    for name, students in sharing.items():
        for pair in combinations(students, 2):
            yield name, pair


def _different(one: Student, other: Student) -> bool:
    """Return whether two rows of one folder are two people: by an id that both have, or by their names."""
    for column in UNIQUE:
        if _value(one, column) and _value(other, column):
            return True  # and not the same: that was refused before
    return bool(one.name and other.name and not same_name(one.name, other.name))


def _value(student: Student, column: str) -> str:
    """Return what a column says, as it is compared."""
    value: str = getattr(student, column)
    return value.casefold()
