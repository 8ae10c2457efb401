"""Fill the grading worksheet that Moodle hands out (View all submissions, Download grading worksheet), to be uploaded again.

Moodle compares `Last modified (grade)` with what it has, and reads feedback as HTML. So the dates stay as they are, and every
row and column that is not filled does too. A worksheet that went through Excel comes back in UTF-8, with its own separator.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.course.lesson import TOTAL_POINTS
from autograder.gradebook import tables
from autograder.gradebook.formats import Request, Score, Scores, Written, counting
from autograder.gradebook.roster import Student, participants, same_name
from autograder.gradebook.tables import Table
from autograder.util.errors import UserError
from autograder.util.files import write_whole
from autograder.util.safe_text import cell

IDENTIFIER, NAME, EMAIL, GRADE, MAXIMUM = "Identifier", "Full name", "Email address", "Grade", "Maximum Grade"
CHANGEABLE, COMMENTS, PARTICIPANT = "Grade can be changed", "Feedback comments", "Participant "
# What students chose themselves; the rest is Moodle's, and a date that is "-" must stay one.
CHOSEN = (NAME, EMAIL)
# What spreadsheets leave off at the end of a row where it is empty, and Moodle's dates are not.
LEFT_OFF = (COMMENTS, "Online text")
SEPARATORS = {";": "semicolon", "\t": "tab"}
# What Moodle calls rows in whatever language: a word and a number.
ROW_NAME = re.compile(r"\D*\d+")


@dataclass(frozen=True)
class _Worksheet:
    header: list[str]
    rows: list[dict[str, str]]
    table: Table


def write(scores: Scores, request: Request) -> Written:
    """Write `moodle.csv`, the worksheet with grades and feedback in the rows of those who have a score.

    Raises:
        UserError: no worksheet was given, it is none, or two submissions belong to one of its rows.
    """
    worksheet = _worksheet(request)
    claims = _claims(worksheet, scores)
    notes = _encoding_notes(worksheet.table)
    for place, claimed in claims.items():
        row = worksheet.rows[place]
        owner = _owner(row, claimed)
        notes += [f"{owner.submission} is what counts of {row[IDENTIFIER]}." for _ in claimed[1:2]]
        if owner.score is not None:
            notes += _fill(row, owner)
    path = request.out / "moodle.csv"
    write_whole(path, (tables.BYTE_ORDER_MARK if worksheet.table.marked else "") + _text(worksheet))
    there = {row.submission for claimed in claims.values() for row in claimed}
    missing = [row.submission for row in scores.rows if row.submission not in there and not row.beside]
    if missing:
        notes.append(f"Not in the worksheet: {', '.join(missing)}.")
    return Written((path,), tuple(notes))


def check(request: Request) -> None:
    """See that the worksheet is there and is one.

    Raises:
        UserError: it is not.
    """
    _worksheet(request)


def _worksheet(request: Request) -> _Worksheet:
    if request.worksheet is None:
        raise UserError("Moodle takes its own worksheet back: download it and give --moodle-worksheet FILE.")
    return _read(request.worksheet)


def _read(path: Path) -> _Worksheet:
    table = tables.read(path, "The worksheet")
    reader = csv.reader(io.StringIO(table.text, newline=""), delimiter=table.delimiter, strict=True)
    try:
        header, *lines = [line for line in reader if any(value.strip() for value in line)] or [[]]
    except csv.Error as error:
        raise UserError(f"The worksheet {path} is not a table in CSV format: {error}.") from error
    header = [title.strip() for title in header]
    missing = [column for column in (IDENTIFIER, GRADE) if column not in header]
    if missing:
        raise UserError(_no_worksheet(path, missing[0], header, lines))
    twice = [title for title in header if title and header.count(title) > 1]
    if twice:
        raise UserError(f"{path} has the column `{twice[0]}` twice. Download the worksheet from Moodle again.")
    rows = [dict(zip(header, _whole(header, line, path), strict=True)) for line in lines]
    return _Worksheet(header, rows, table)


def _no_worksheet(path: Path, missing: str, header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return why a table is no worksheet that we know: it may be one in another language."""
    said = f"{path} is not a grading worksheet in English: it has no column `{missing}`"
    if len(header) > 4 and lines and ROW_NAME.fullmatch(lines[0][0].strip()):
        return (
            f"{said}, but begins with `{header[0]}`. Moodle names the columns in the language that it is set to, and knows them "
            "again in that language alone. Set your language there to English, download the worksheet, and stay in English "
            "until you have uploaded it."
        )
    return f"{said}. Download it from Moodle in English, and do not change its header."


def _whole(header: Sequence[str], line: list[str], path: Path) -> list[str]:
    """Return a row with as many cells as the header has.

    Raises:
        UserError: more is missing than a spreadsheet leaves off, or there is too much.
    """
    whole = tables.padded(line, len(header))
    missing = header[len(line) :]
    if len(whole) > len(header) or any(title not in LEFT_OFF for title in missing):
        raise UserError(f"{path} has rows that are longer or shorter than its header. Download it from Moodle again.")
    return whole


def _encoding_notes(table: Table) -> list[str]:
    """Say how the worksheet is to be uploaded where that is not as Moodle expects it."""
    notes = []
    if table.encoding != "utf-8":
        notes.append(f"The worksheet was read as {table.encoding}, and moodle.csv is in UTF-8: upload it as that.")
    if table.delimiter in SEPARATORS:
        separator = SEPARATORS[table.delimiter]
        notes.append(f"moodle.csv has the worksheet's own separator: choose {separator} when you upload it.")
    return notes


def _claims(worksheet: _Worksheet, scores: Scores) -> dict[int, list[Score]]:
    """Return which rows, by their place, belong to which submissions; each of a pair has a row, and one student may have two."""
    keys: dict[str, int | None] = {}
    for number, row in enumerate(worksheet.rows):
        for key in _row_keys(row):
            # Two rows of the same name: neither is known by it.
            keys[key] = None if key in keys else number
    claims: dict[int, list[Score]] = {}
    for score in scores.rows:
        for wanted in _wanted(score, worksheet):
            found = [place for place in map(keys.get, wanted) if place is not None]
            if found and score not in claims.setdefault(found[0], []):
                claims[found[0]].append(score)
    return claims


def _wanted(score: Score, worksheet: _Worksheet) -> list[list[str]]:
    """Return by what the rows of a submission are known, a list for each row; several where several handed it in."""
    download, students = _download_keys(score, worksheet), [_student_keys(student) for student in score.students]
    return [download, *students] if len(students) > 1 else [[*download, *(key for keys in students for key in keys)]]


def _owner(row: Mapping[str, str], claimed: Sequence[Score]) -> Score:
    """Return which of the submissions of one student counts.

    Raises:
        UserError: several could.
    """
    owner = counting(claimed)
    if owner is None:
        names = [f"{one.submission!r}" for one in claimed]
        raise UserError(
            f"{' and '.join(names)} {'both' if len(names) == 2 else 'all'} belong to {row[IDENTIFIER]} of the worksheet. Move "
            "those that do not count out of the folder, and their reports out of the grades."
        )
    return owner


def _row_keys(row: Mapping[str, str]) -> list[str]:
    named = {"id": row.get("ID number", ""), "email": row.get(EMAIL, ""), "name": row.get(NAME, "")}
    return [
        f"participant:{_number(row)}",
        *(f"{kind}:{word.strip().casefold()}" for kind, word in named.items() if word.strip()),
    ]


def _download_keys(score: Score, worksheet: _Worksheet) -> list[str]:
    """Return by what the row of a download of Moodle's is known: the number behind the student's name.

    What follows it is a name that the student chose; where it looks like another's number, the full name must fit, too.
    """
    found = participants(score.submission)
    if len(found) > 1:
        full_names = {_number(row): row.get(NAME, "") for row in worksheet.rows}
        found = [(number, name) for number, name in found if same_name(full_names.get(number, ""), name)]
    return [f"participant:{found[0][0]}"] if len(found) == 1 else []


def _student_keys(student: Student) -> list[str]:
    """Return by what a student's row is known, the surest first."""
    # A plain id is the university's, which may be the participant number of somebody else.
    keys = [f"participant:{_bare(student.id)}"] if student.id.startswith(PARTICIPANT) else []
    said = (("email", student.email), ("id", student.id), ("name", student.name))
    return keys + [f"{kind}:{word.strip().casefold()}" for kind, word in said if word.strip()]


def _number(row: Mapping[str, str]) -> str:
    return _bare(row[IDENTIFIER])


def _bare(identifier: str) -> str:
    return identifier.strip().removeprefix(PARTICIPANT).strip()


def _fill(row: dict[str, str], score: Score) -> list[str]:
    """Fill a row, or say why not."""
    who = f"{row[IDENTIFIER]} ({score.submission})"
    if row.get(CHANGEABLE, "").strip().casefold() == "no":
        return [f"{who}: Moodle says that the grade cannot be changed; it was left as it is."]
    most = row.get(MAXIMUM, "").strip().replace(",", ".")
    if most and (not re.fullmatch(r"\d+(\.\d+)?", most) or float(most) != TOTAL_POINTS):
        raise UserError(
            f"{who}: the maximum grade is {most} in Moodle, and {TOTAL_POINTS} here. Set it to {TOTAL_POINTS} in the "
            "assignment's settings and download the worksheet again."
        )
    row[GRADE] = f"{score.score:.2f}"
    if COMMENTS in row:
        row[COMMENTS] = f"<pre>{html.escape(score.feedback.strip(), quote=False)}</pre>"
    return []


def _text(worksheet: _Worksheet) -> str:
    file = io.StringIO(newline="")
    table = worksheet.table
    writer = csv.DictWriter(file, worksheet.header, delimiter=table.delimiter, lineterminator=table.line_end)
    writer.writeheader()
    for row in worksheet.rows:
        writer.writerow({key: cell(value) if key in CHOSEN else value for key, value in row.items()})
    return file.getvalue()
