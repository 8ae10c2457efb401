"""Text that a student chose is harmless in a terminal, a spreadsheet, Markdown and a file name."""

from __future__ import annotations

import csv
import io
import unicodedata

import pytest

from autograder.util.safe_text import cell, code_span, file_name, printable, told_apart


def test_terminal_escapes_are_taken_out() -> None:
    assert "\x1b" not in printable("\x1b[31mred\x1b]0;title\x07")
    assert "\u202e" not in printable("txt\u202egpj")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_is_no_formula_in_a_cell(text: str) -> None:
    written = io.StringIO()
    csv.writer(written).writerow([cell(text)])
    assert not next(csv.reader(io.StringIO(written.getvalue())))[0].startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("text", ["`", "``x``", "a\n# heading", "<b>"])
def test_nothing_ends_a_code_span(text: str) -> None:
    span = code_span(text)
    fence = span[: len(span) - len(span.lstrip("`"))]
    assert fence not in span[len(fence) : -len(fence)]
    assert "\n" not in span


def test_file_names_are_safe_and_different() -> None:
    names = ["plain", "..", ".hidden", "a/b", "a%2Fb", "x" * 300, "x" * 299 + "y", "é", "\udcff", "new\nline", ""]
    files = [file_name(name) for name in names]
    assert len(set(files)) == len(names)
    assert files[0] == "plain"
    for file in files:
        assert "/" not in file
        assert "\n" not in file
        assert not file.startswith(".")
        assert len(file) <= 120


def test_a_file_name_that_is_anothers_cut_short_is_not_taken_twice() -> None:
    long = "x" * 300
    assert file_name(long) != file_name(file_name(long))
    assert file_name("x" * 119) == "x" * 119
    assert file_name("x" * 120) != "x" * 120
    assert len(file_name("x" * 120)) == 120
    assert len({file_name("é" * size) for size in range(100)}) == 100


ALIKE = [
    "ada",
    " ada",
    "ada ",
    "ada\u200b",
    "ada\u200c",
    "a\u00adda",
    "ada\\u200b",
    "a da",
    "a  da",
    "a\u00a0da",
    "a\u3164da",
]
ALIKE += [
    "Jos\u00e9",
    "Jose\u0301",
    "\ufb01n",
    "fin",
    "ada\ufe0f",
    "\u2800ada",
    "ad\u0430",
    "ADA",
    "\udcffada",
    "ada\n",
]


def test_names_that_look_alike_are_shown_apart() -> None:
    shown = told_apart(ALIKE)
    assert len(set(shown.values())) == len(ALIKE)
    assert shown["ada"] == "ada"
    assert shown[" ada"] == "\\u0020ada"
    assert shown["ada\u200b"] == "ada\\u200b"
    assert told_apart(["Jos\u00e9", "Jane"]) == {"Jos\u00e9": "Jos\u00e9", "Jane": "Jane"}
    for one in shown.values():
        assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in one)


def test_cells_tell_invisible_characters_apart_too() -> None:
    assert cell("ada\u200b") != cell("ada\u200c")
