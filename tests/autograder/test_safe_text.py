"""Text that a student chose is harmless in a terminal, a spreadsheet, Markdown and a file name."""

from __future__ import annotations

import csv
import io

import pytest

from autograder.safe_text import cell, code_span, file_name, printable


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
