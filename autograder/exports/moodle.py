"""Fill the grading worksheet that Moodle hands out (View all submissions, Download grading worksheet), to be uploaded again.

Moodle compares `Last modified (grade)` with what it has, and reads feedback as HTML. So the dates stay as they are, and every
row and column that is not filled does too.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import UserError
from autograder.exports import Request, Score, Scores, Written
from autograder.files import write_whole
from autograder.lesson import TOTAL_POINTS
from autograder.roster import delimiter
from autograder.safe_text import cell

IDENTIFIER, NAME, EMAIL, GRADE, MAXIMUM = "Identifier", "Full name", "Email address", "Grade", "Maximum Grade"
CHANGEABLE, COMMENTS = "Grade can be changed", "Feedback comments"
# What students chose themselves; the rest is Moodle's, and a date that is "-" must stay one.
CHOSEN = (NAME, EMAIL)
# The folders of Moodle's own download of all submissions: `Full name_12345_assignsubmission_file`.
FOLDER = re.compile(r".*_(\d+)_assignsubmission_\w+_?", re.DOTALL)


@dataclass(frozen=True)
class _Worksheet:
    header: list[str]
    rows: list[dict[str, str]]
    delimiter: str
    mark: str


def write(scores: Scores, request: Request) -> Written:
    """Write `moodle.csv`, the worksheet with grades and feedback in the rows of those who have a score.

    Raises:
        UserError: no worksheet was given, it is none, or two submissions belong to one of its rows.
    """
    worksheet = _worksheet(request)
    owners = _owners(worksheet, scores)
    notes: list[str] = []
    for place, owner in owners.items():
        if owner.score is not None:
            notes += _fill(worksheet.rows[place], owner)
    path = request.out / "moodle.csv"
    write_whole(path, worksheet.mark + _text(worksheet))
    there = {owner.submission for owner in owners.values()}
    missing = [row.submission for row in scores.rows if row.submission not in there]
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
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"The worksheet {path} could not be read as UTF-8 text: {error}.") from error
    mark = "\N{ZERO WIDTH NO-BREAK SPACE}" if text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}") else ""
    text = text.removeprefix(mark)
    between = delimiter(text.partition("\n")[0])
    try:
        table = csv.DictReader(io.StringIO(text, newline=""), delimiter=between, strict=True)
        header, rows = list(table.fieldnames or []), list(table)
    except csv.Error as error:
        raise UserError(f"The worksheet {path} is not a table in CSV format: {error}.") from error
    missing = [column for column in (IDENTIFIER, GRADE) if column not in header]
    if missing:
        raise UserError(
            f"{path} is not a grading worksheet: it has no column `{missing[0]}`. Download it from Moodle in English, and do "
            "not change its header."
        )
    if any(None in row or None in row.values() for row in rows):
        raise UserError(f"{path} has rows that are longer or shorter than its header. Download it from Moodle again.")
    return _Worksheet(header, rows, between, mark)


def _owners(worksheet: _Worksheet, scores: Scores) -> dict[int, Score]:
    """Return which rows, by their place, belong to which submissions."""
    keys: dict[str, int | None] = {}
    for number, row in enumerate(worksheet.rows):
        for key in _row_keys(row):
            # Two rows of the same name: neither is known by it.
            keys[key] = None if key in keys else number
    owners: dict[int, Score] = {}
    for score in scores.rows:
        found = [place for place in map(keys.get, _score_keys(score)) if place is not None]
        if not found:
            continue
        place = found[0]
        if place in owners:
            raise UserError(
                f"{owners[place].submission!r} and {score.submission!r} both belong to "
                f"{worksheet.rows[place][IDENTIFIER]} of the worksheet. Give --roster FILE that says which counts."
            )
        owners[place] = score
    return owners


def _row_keys(row: Mapping[str, str]) -> list[str]:
    number = row[IDENTIFIER].removeprefix("Participant ").strip()
    named = {"id": row.get("ID number", ""), "email": row.get(EMAIL, ""), "name": row.get(NAME, "")}
    return [
        f"participant:{number}",
        *(f"{kind}:{word.strip().casefold()}" for kind, word in named.items() if word.strip()),
    ]


def _score_keys(score: Score) -> list[str]:
    """Return by what a submission's row is known, the surest first."""
    found = FOLDER.fullmatch(score.submission)
    keys = [f"participant:{found.group(1)}"] if found else []
    student = score.student
    if student is not None:
        # A plain id is the university's, which may be the participant number of somebody else.
        if student.id.startswith("Participant "):
            keys.append(f"participant:{student.id.removeprefix('Participant ').strip()}")
        said = (("email", student.email), ("id", student.id), ("name", student.name))
        keys += [f"{kind}:{word.strip().casefold()}" for kind, word in said if word.strip()]
    return keys


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
    writer = csv.DictWriter(file, worksheet.header, delimiter=worksheet.delimiter, lineterminator="\n")
    writer.writeheader()
    for row in worksheet.rows:
        writer.writerow({key: cell(value) if key in CHOSEN else value for key, value in row.items()})
    return file.getvalue()
