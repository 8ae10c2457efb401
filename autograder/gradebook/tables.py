"""Read a table as spreadsheets and other systems save it, down to its text and what stands between its columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from autograder.util.errors import UserError
from autograder.util.files import read_plain

MAX_BYTES = 64 << 20
# What Excel saves where it is not told otherwise; read when a file is not UTF-8.
OLD_ENCODING = "cp1252"
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
# How a ZIP (.xlsx, .ods and .numbers are one) and an old .xls begin.
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
# Excel's own note to itself, before the header.
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[;,\t]*(?:\r\n|\r|\n)', re.IGNORECASE)


class TableError(UserError):
    """A file that is no table in text; the sentence says what to do."""


@dataclass(frozen=True)
class Table:
    """A table's text, and how it was saved.

    Attributes:
        text: from its header on, without a byte-order mark.
        delimiter: what stands between the columns.
        encoding: "utf-8", "utf-16" or `OLD_ENCODING`.
        marked: whether it began with the byte-order mark of UTF-8.
        above: how many lines stand above the header.
    """

    text: str
    delimiter: str
    encoding: str
    marked: bool
    above: int

    @property
    def line_end(self) -> str:
        """What ends its lines."""
        return "\r\n" if self.text.partition("\n")[0].endswith("\r") else "\n"


def read(path: Path, what: str) -> Table:
    """Read a table: UTF-8, UTF-16 or what Excel saves, with commas, semicolons or tabs.

    Args:
        path: the file; the instructor named it, so a link is followed.
        what: what it is to be, such as "The roster".

    Raises:
        TableError: it is not there, too large, a workbook, or no text.
    """
    if path.is_dir() and path.suffix == ".numbers":
        raise _workbook(path)
    try:
        data = read_plain(path, MAX_BYTES, follow=True)
    except OSError as error:
        raise TableError(f"{what} {path} could not be read: {error.strerror}.") from error
    if data.startswith(WORKBOOKS):
        raise _workbook(path)
    if data.lstrip()[:1] == b"<":
        raise TableError(
            f"{path} is a web page or XML, whatever its name says. Open it in a spreadsheet program and save it as CSV."
        )
    text, encoding, marked = _decoded(data)
    if "\0" in text:
        raise TableError(f"{path} holds null bytes, so it is not a table in text. Save it as CSV in UTF-8.")
    named = SEPARATOR_LINE.match(text)
    if named is not None:
        return Table(text[named.end() :], named.group(1), encoding, marked, 1)
    return Table(text, delimiter(re.split("[\r\n]", text, maxsplit=1)[0]), encoding, marked, 0)


def delimiter(header: str) -> str:
    """Return what stands between the columns of a header line: the one of comma, semicolon and tab that is there most."""
    outside = re.sub(r'"[^"]*"', "", header)
    return max(",;\t", key=outside.count)


def padded(values: list[str], width: int) -> list[str]:
    """Return a row with as many cells as there are columns, where a spreadsheet has left off empty ones at its end.

    A row that is too long stays as it is: there a comma stands in somebody's name.
    """
    return values + [""] * (width - len(values))


def _workbook(path: Path) -> TableError:
    return TableError(
        f"{path} is a workbook, not a table in text. Open it, and save the sheet as CSV (Excel: Save As, CSV UTF-8; "
        "LibreOffice: Save As, Text CSV; Numbers: Export To, CSV); then give that file."
    )


def _decoded(data: bytes) -> tuple[str, str, bool]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace"), "utf-16", False
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(OLD_ENCODING, "replace"), OLD_ENCODING, False
    return text.removeprefix(BYTE_ORDER_MARK), "utf-8", text.startswith(BYTE_ORDER_MARK)
