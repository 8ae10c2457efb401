"""Turn a file's bytes into text as Python would read them, or say why not. Runs and parses nothing.

A Python file may declare its encoding in its first two lines (PEP 263); a notebook is UTF-8, as Jupyter writes it.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import re
import tokenize

from autograder.util.safe_text import named

# Declared, these make other text of a file than stands in it, or take quadratic time over a hostile one.
NO_SOURCE = ("utf-7", "punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined", "utf-16", "utf-32")
# How a notebook begins that was saved under a module's name.
NOTEBOOK = re.compile(r'\s*\{\s*"(?:cells|metadata|nbformat(?:_minor)?)"\s*:')
SAMPLE = 1 << 10


class Refused(Exception):
    """Why a file is not read, in a sentence."""


def decoded(data: bytes, place: str, *, notebook: bool | None = None) -> str:
    """Return a file's text, its lines ended by line feeds alone.

    Args:
        data: what the file holds.
        place: its path inside the submission.
        notebook: whether it is a notebook or a module; by the path's ending unless it is said.

    Raises:
        Refused: it is no text, or in an encoding that Python would not read.
    """
    shown = named(place)
    wide = _wide(data)
    if wide:
        raise Refused(f"{shown} is saved as {wide}, which Python does not read; save it as UTF-8.")
    if b"\0" in data:
        raise Refused(f"{shown} holds null bytes; it is not Python text.")
    notebook = place.endswith(".ipynb") if notebook is None else notebook
    encoding = "utf-8" if notebook else _declared(data, place)
    try:
        # A byte-order mark is what some editors put first; Python itself reads past it.
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        declared = "" if encoding == "utf-8" else f", as its first lines declare it to be ({encoding})"
        what = "UTF-8" if encoding == "utf-8" else encoding
        raise Refused(f"{shown} is not {what} text (byte {error.start}){declared}; save it as UTF-8.") from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not notebook and NOTEBOOK.match(text) and '"cell_type"' in text:
        raise Refused(
            f"{shown} holds a whole notebook (JSON) under the name of a module. Hand it in under the notebook's own name, "
            "or save it as a script: in Jupyter by File, Save and Export Notebook As, Executable Script."
        )
    return text


def _wide(data: bytes) -> str:
    """Return "UTF-16" or "UTF-32" for text with two or four bytes to a character, "" for anything else."""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "UTF-32"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16"
    # Without a mark it shows by the null bytes beside each ASCII character, of which code has many.
    sample = data[:SAMPLE]
    if sample.count(0) < max(3, len(sample) // 4):
        return ""
    for encoding in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        with contextlib.suppress(UnicodeDecodeError):
            text = codecs.getincrementaldecoder(encoding)().decode(sample)
            if all(char.isprintable() or char in "\t\n\r\f" for char in text):
                return encoding[:6].upper()
    return ""


def _declared(data: bytes, place: str) -> str:
    """Return the encoding that Python would read a module in.

    Raises:
        Refused: it declares one that Python does not know, or that is none of text.
    """
    try:
        # A lone return ends a line for Python, and not for `readline`.
        lines = io.BytesIO(data[: SAMPLE << 4].replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
        encoding, first = tokenize.detect_encoding(lines.readline)
    except SyntaxError as error:
        if "invalid or missing encoding" in str(error):
            return "utf-8"  # the decoder says which byte
        if data.startswith(codecs.BOM_UTF8):
            raise Refused(
                f"{named(place)} is UTF-8 by its first bytes and declares another encoding in its first lines, which Python does "
                "not read; take that line out."
            ) from error
        name = _name(data)
        raise Refused(
            f"{named(place)} declares an encoding that Python does not know{name}; save it as UTF-8."
        ) from error
    name = codecs.lookup(encoding).name
    if not first or encoding in ("utf-8", "utf-8-sig"):
        return "utf-8"
    if name.replace("_", "-").startswith(NO_SOURCE):
        raise Refused(
            f"{named(place)} declares the encoding {name}, in which Python code is not written; save it as UTF-8."
        )
    try:
        b"x".decode(encoding)
    except LookupError as error:
        raise Refused(
            f"{named(place)} declares the encoding {name}, which is not a text encoding; save it as UTF-8."
        ) from error
    return encoding


def _name(data: bytes) -> str:
    """Return in brackets the encoding that the first two lines name, if that is plain to see."""
    found = re.search(rb"coding[:=][ \t]*([-\w.]{1,40})", b"\n".join(data[:SAMPLE].splitlines()[:2]))
    return f" ({found[1].decode('ascii', 'replace')})" if found else ""
