"""Make text that a student chose harmless where it is shown: terminals, spreadsheets, Markdown, file names."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from urllib.parse import quote

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
LONGEST_FILE_NAME = 120


def printable(text: str, longest: int = 2_000) -> str:
    """Return text without control, format and surrogate characters (terminal escapes, text that runs backwards)."""
    kept = "".join(
        char
        if char == "\n" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
        else "\N{REPLACEMENT CHARACTER}"
        for char in text[:longest]
    )
    return kept + ("…" if len(text) > longest else "")


def cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    clean = printable(text).replace("\n", " ")
    return f"'{clean}" if clean.startswith(FORMULA_STARTS) else clean


def code_span(text: str) -> str:
    """Return text as a Markdown code span that nothing in the text can end."""
    clean = printable(text).replace("\n", " ")
    longest = max((len(run) for run in re.findall("`+", clean)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {clean} {fence}" if longest else f"`{clean}`"


def named(name: str) -> str:
    """Return a file's name for a sentence: as it is where it is plain, as a code span where it might be more than a name."""
    return name if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]*", name) else code_span(name)


def file_name(name: str) -> str:
    """Return a file name for a submission's reports: the name itself where it is plain, percent-encoded where it is not.

    Different names give different files, on file systems that ignore case too if the names differ in more than case.
    """
    plain = quote(name, safe=" ()[]{},;=+@!~'&$", errors="surrogateescape")
    plain = f"%2E{plain[1:]}" if plain.startswith(".") else plain
    if len(plain) <= LONGEST_FILE_NAME:
        return plain
    return (
        f"{plain[: LONGEST_FILE_NAME - 17]}-{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"
    )
