"""Who is who: read a roster, and find the student that a submission's name stands for. Knows nothing of scores.

A roster is a CSV file with a header. Its columns, in any order, all but one optional:

- `submission`: the name of the student's folder, or several that it may have, with `|` between them;
- `github`: the student's name on GitHub, for folders that end in `-<name>` as cloned trees have them;
- `name`, `id`, `sis_id`, `login`, `email`, `section`: what grade books want;
- `submitted`: when it was handed in, as `2026-10-01T23:59+02:00`;
- `excused`: anything in it excuses the student (Canvas writes EX).

At least one of `submission` and `github` must be there.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import UserError
from autograder.safe_text import cell

COLUMNS = ("submission", "github", "name", "id", "sis_id", "login", "email", "section", "submitted", "excused")
# What spreadsheets, Canvas, Classroom 50 and GitHub Classroom call the same columns.
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
# What Excel saves where it is not told otherwise; read when a file is not UTF-8.
OLD_ENCODING = "cp1252"


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
    excused: str = ""
    line: int = 0

    @property
    def shown(self) -> str:
        """How a message names the student."""
        return self.name or self.github or (self.submissions or ("?",))[0]


@dataclass(frozen=True)
class Roster:
    """What a roster holds.

    Attributes:
        students: in the order of the file.
        notes: sentences for whoever gave it.
    """

    students: tuple[Student, ...] = ()
    notes: tuple[str, ...] = ()

    def match(self, submissions: Iterable[str]) -> dict[str, Student]:
        """Return the students of these submissions; a submission that nobody has is left out.

        A name in the column `submission` goes before one on GitHub, and of those the longest that fits.

        Raises:
            RosterError: two submissions belong to one student.
        """
        named = {name: student for student in self.students for name in student.submissions}
        on_github = {student.github.casefold(): student for student in self.students if student.github}
        found: dict[str, Student] = {}
        owners: dict[int, str] = {}
        there = dict.fromkeys(submissions)
        for submission in there:
            # A space around a name is nobody's, unless somebody else has the name without it.
            plain = submission.strip() if submission.strip() not in there else submission
            # A name that a spreadsheet would take for a formula stands in scores.csv behind an apostrophe.
            student = named.get(plain) or named.get(cell(submission)) or _ending(submission, on_github)
            if student is None:
                continue
            if student.line in owners:
                raise RosterError(
                    f"{owners[student.line]!r} and {submission!r} both belong to {student.shown} (line {student.line} of the "
                    "roster). Move the one that does not count out of the folder, and its report out of the grades."
                )
            owners[student.line] = submission
            found[submission] = student
        return found


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
        RosterError: it is not there, is no table, or has one submission or GitHub name twice.
    """
    text, notes = _text(path)
    try:
        rows = list(_rows(path, text))
    except csv.Error as error:
        raise RosterError(f"{path} is not a table in CSV format: {error}.") from error
    students = tuple(_student(path, number, row) for number, row in rows)
    _nobody_twice(path, students)
    return Roster(students, notes)


def _text(path: Path) -> tuple[str, tuple[str, ...]]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RosterError(f"The roster {path} could not be read: {error.strerror}.") from error
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace"), ()
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        note = f"{path} is not UTF-8; it was read as {OLD_ENCODING}, as Excel saves it. See that the names are right."
        return data.decode(OLD_ENCODING, "replace"), (note,)


def delimiter(header: str) -> str:
    """Return what stands between the columns of a header line: the one of comma, semicolon and tab that is there most."""
    return max(",;\t", key=header.count)


def _rows(path: Path, text: str) -> Iterable[tuple[int, dict[str, str]]]:
    """Yield each row that is not empty, by our names of its columns, with its line."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter(text.partition("\n")[0]))
    header = [_column(title) for title in next(reader, [])]
    if not {"submission", "github"} & set(header):
        raise RosterError(
            f"{path}, line 1: a roster needs a column `submission` (the folder's name) or `github`. It may have "
            f"{', '.join(COLUMNS)}."
        )
    twice = [title for title in COLUMNS if header.count(title) > 1]
    if twice:
        raise RosterError(f"{path}, line 1: the column `{twice[0]}` is there twice; keep one.")
    for values in reader:
        if not any(value.strip() for value in values):
            continue
        if len(values) != len(header):
            raise RosterError(
                f"{path}, line {reader.line_num}: {len(values)} values where {len(header)} belong; quote a name with commas."
            )
        yield reader.line_num, dict(zip(header, (value.strip() for value in values), strict=True))


def _column(title: str) -> str:
    plain = title.strip().casefold()
    return ALSO.get(plain, plain)


def _student(path: Path, line: int, row: dict[str, str]) -> Student:
    names = tuple(name.strip() for name in row.get("submission", "").split("|") if name.strip())
    if not names and not row.get("github"):
        raise RosterError(f"{path}, line {line}: neither `submission` nor `github` says whose folder this is.")
    return Student(names, line=line, **{key: row.get(key, "") for key in COLUMNS if key != "submission"})


def _nobody_twice(path: Path, students: Iterable[Student]) -> None:
    for of in ("submission", "github name"):
        seen: dict[str, int] = {}
        for student in students:
            for name in student.submissions if of == "submission" else [student.github.casefold()]:
                if name and name in seen:
                    raise RosterError(
                        f"{path}, line {student.line}: line {seen[name]} has the {of} {name!r} already; keep one of the two."
                    )
                seen[name] = student.line
