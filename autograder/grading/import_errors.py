"""Say in a sentence why a student's text did not run: the line, that line's own text, and what to do.

What Python's compiler said of a text before anything ran is passed on. What an exception says that was raised later may have been
written to carry hidden data out: of that only words are said that stand in the student's own files, or in the lists below. Line
numbers are bounded by the file's length. Nothing is parsed here: the text is looked at line by line.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from autograder.sandbox.decode import RunError, SyntaxProblem
from autograder.sandbox.jobs import Source
from autograder.util.safe_text import code_span
from autograder.util.wording import loading as wording
from autograder.worker.companions import installed

MAX_LINE_LENGTH, MAX_MESSAGE_LENGTH = 80, 200


@dataclass(frozen=True)
class Texts:
    """A student's texts as the grader has them.

    Attributes:
        main: the graded one, or one cell of it.
        helpers: the student's own modules, by their paths in the tree.
        folder: the folder of the tree that the graded text is in.
        notes: why other modules of the student's own did not come along, by name.
        cell: the name of the cell that `main` is, or "".
    """

    main: str
    helpers: Mapping[str, str] = field(default_factory=dict, hash=False)
    folder: str = ""
    notes: Mapping[str, str] = field(default_factory=dict, hash=False)
    cell: str = ""

    def lines(self, file: str) -> list[str]:
        """Return the lines of one of them, "" being the graded text."""
        return self.helpers.get(file, self.main).split("\n")

    def hold(self, *words: str) -> bool:
        """Return whether each of these stands in one of the texts, as a word of its own."""
        whole = "\n".join([self.main, *self.helpers.values()])
        return all(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", whole) for word in words if word) and all(words)

    def shown(self, module: str) -> str:
        """Return a module's dotted name as the student knows it."""
        return module.removeprefix(f"{self.folder.replace('/', '.')}.") if self.folder else module


def of_source(source: Source, notes: Mapping[str, str]) -> Texts:
    """Return the texts of what was run."""
    return Texts(source.text, source.helpers, source.folder, notes)


def sentence(error: RunError, syntax: Sequence[SyntaxProblem], texts: Texts) -> str:
    """Return why a module did not import, for its student.

    Args:
        error: what the worker says of the import; a student's code may have written it.
        syntax: what the compiler said before.
        texts: the student's.
    """
    if error.builtin in wording.ENDINGS:
        return f"{wording.ENDINGS[error.builtin]}, {wording.NOT_EVEN_ALONE}"
    problem = next((one for one in syntax if not one.file), None)
    if problem is None and error.file in texts.helpers:
        problem = next((one for one in syntax if one.file == error.file), None)
    if problem is not None:
        return _of_problem(problem, texts)
    file = error.file if error.file in texts.helpers else ""
    place = _place(error.line, file, texts)
    return f"{place}: {_raised(error, texts)}"


def of_missing(error: RunError, texts: Texts) -> str:
    """Return why a line raised that uses a name which a statement that was left out would have defined."""
    name = _name_in(error)
    which = code_span(name) if name and texts.hold(name) else ""
    return f"{_place(error.line, '', texts)}: {wording.follows(which)}"


def _place(line: int | None, file: str, texts: Texts) -> str:
    """Return where it was, with the line's own text, to begin a sentence with."""
    lines = texts.lines(file)
    name = code_span(file.removeprefix(f"{texts.folder}/")) if file else ""
    if line is None or not 0 < line <= len(lines):
        if texts.cell:
            return wording.in_cell(code_span(texts.cell))
        return wording.in_module(name) if name else wording.AS_IMPORTED
    own = lines[line - 1].strip()
    cell = code_span(texts.cell) if texts.cell else ""
    return wording.at_line(line, code_span(_short(own)) if own else "", module=name, cell=cell)


def _short(text: str) -> str:
    return text if len(text) <= MAX_LINE_LENGTH else f"{text[: MAX_LINE_LENGTH - 1]}…"


# What the compiler says


def _of_problem(problem: SyntaxProblem, texts: Texts) -> str:
    lines = texts.lines(problem.file)
    line = problem.line if problem.line is not None and 0 < problem.line <= len(lines) else None
    own = lines[line - 1] if line is not None else ""
    whole = _whole_text(lines)
    if whole:
        return whole
    conflict = _conflict(lines, line)
    if conflict:
        return conflict
    cause = _pasted(own) or _of_characters(problem.message, own) or _of_message(problem)
    if line is None and not problem.file and not texts.cell:
        return cause[:1].upper() + cause[1:]
    return f"{_place(line, problem.file, texts)}: {cause}"


def _whole_text(lines: Sequence[str]) -> str:
    """Return what is wrong where the text is no program at all."""
    head = "\n".join(lines[:5]).lstrip("\ufeff \t\n").lower()
    if head.startswith(("<!doctype html", "<html", "<?xml", "<head")):
        return wording.HTML
    if head.startswith("{\\rtf"):
        return wording.RTF
    if head.startswith("%pdf-"):
        return wording.PDF
    return ""


_MARKS = re.compile(r"(<{7}|\|{7}|={7}|>{7})( |$)")


def _conflict(lines: Sequence[str], line: int | None) -> str:
    """Return what is wrong where a merge was not finished."""
    if line is None or not any(map(_MARKS.match, lines)):
        return ""
    begin = max((n for n in range(line, 0, -1) if lines[n - 1].startswith("<<<<<<<")), default=0)
    # A conflict may leave a bracket or a block open, which Python only says of a line above it.
    begin = begin or next((n for n in range(line, len(lines) + 1) if lines[n - 1].startswith("<<<<<<<")), 0)
    end = next((n for n in range(max(begin, 1), len(lines) + 1) if lines[n - 1].startswith(">>>>>>>")), 0)
    # An odd number of triple quotes above: the marks are shown in a docstring.
    quoted = any("\n".join(lines[: max(begin - 1, 0)]).count(quotes) % 2 for quotes in ('"""', "'''"))
    if begin and end >= line and not quoted and any(row.startswith("=======") for row in lines[begin - 1 : end]):
        return wording.conflict(begin, end)
    if _MARKS.match(lines[line - 1]):
        return wording.mark(line, code_span(lines[line - 1][:7]))
    return ""


def _pasted(own: str) -> str:
    """Return what is wrong with a line that came along from somewhere else."""
    return next((words for pattern, words in wording.PASTED if re.match(pattern, own)), "")


_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_SINGLE, _DOUBLE = (
    "\u2018\u2019\u201a\u201b\u2032\u00b4\u02bc\uff07",
    "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02",
)
_FOR = {"\u00d7": "*", "\u00b7": "*", "\u22c5": "*", "\u2217": "*", "\u00f7": "/", "\u2044": "/", "\u2215": "/"} | {
    "\u2026": "...", "\u2264": "<=", "\u2265": ">=", "\u2260": "!=", "\u2192": "->", "\u00b2": "**2", "\u00b3": "**3"
}  # fmt: skip


def _of_characters(message: str, own: str) -> str:
    """Return what is wrong where the compiler names a character that Python does not know."""
    found = re.search(r"U\+([0-9A-F]{4,6})\b", message)
    if not found:
        return ""
    char = chr(int(found[1], 16))
    code = f"U+{found[1]}"
    known = unicodedata.name(char, "").lower() or wording.NAMELESS
    name = wording.BYTE_ORDER_MARK if char == "\ufeff" else known
    column = wording.in_column(own.index(char) + 1) if char in own else ""
    if char in "\u00a0\u2007\u202f":
        return wording.no_break_space(code, column)
    if unicodedata.category(char) == "Zs":
        return wording.other_space(name, code, column)
    if unicodedata.category(char) in ("Cf", "Cc", "Cn", "Co"):
        return wording.unseen(name, code, column)
    shown = f"{code_span(char)} ({name}, {code}{column})"
    if char in _SINGLE + _DOUBLE:
        return f"{shown} {wording.A_QUOTE}"
    if char in _DASHES:
        return f"{shown} {wording.A_DASH}"
    plain = _FOR.get(char) or unicodedata.normalize("NFKC", char)
    if plain.isascii() and plain.isprintable():
        return f"{shown} {wording.looks_like(code_span(plain))}"
    return f"{shown} {wording.CANNOT_STAND}"


def _of_message(problem: SyntaxProblem) -> str:
    """Return the compiler's words with what to do."""
    for pattern, words in wording.OF_THE_COMPILER:
        found = re.search(pattern, problem.message)
        if found:
            return words.format(*map(code_span, found.groups()))
    if problem.kind in ("MemoryError", "RecursionError") or "too many nested" in problem.message:
        return wording.NESTED
    if problem.kind == "TabError":
        return wording.MIXED
    if problem.kind == "SyntaxError" and problem.message == "invalid syntax":
        return wording.NOT_PYTHON
    said = code_span(problem.message[:MAX_MESSAGE_LENGTH])
    return wording.python_says(said, indentation=problem.kind == "IndentationError")


# What was raised as the text ran


def _raised(error: RunError, texts: Texts) -> str:
    """Return why a line raised, in words of the student's own or of this module."""
    file = error.file if error.file in texts.helpers else ""
    lines = texts.lines(file)
    own = lines[error.line - 1] if error.line is not None and 0 < error.line <= len(lines) else ""
    kind = f"{'an' if error.builtin[0] in 'AEIOU' else 'a'} {error.builtin}"
    trial = "" if texts.cell else f" {wording.TRIAL}"
    if re.match(r"\s*raise\b(?!\s+SystemExit)", own):
        return f"{wording.raises_itself(kind)}{trial}"
    for explain in (_by_line, _missing_module, _missing_name, _missing_attribute):
        words = explain(error, own, texts)
        if words:
            return words
    if error.builtin == "AssertionError" and re.match(r"\s*assert\b", own):
        return f"{wording.does_not_hold(kind)}{trial}"
    if error.builtin in ("AssertionError", "RuntimeError") and re.search(r"cuda|mps", own):
        return f"{wording.no_gpu(kind)}{trial}"
    if error.builtin in ("OSError", "PermissionError") and _WRITES.search(own):
        return f"{wording.not_writable(kind)}{trial}"
    return f"{wording.raised(kind, error.builtin)}{trial}"


_WRITES = re.compile(r"savefig|makedirs|mkdir|\bopen\s*\(|\bsave\s*\(|to_csv|write|dump")
_NETWORK = re.compile(
    r"https?://|\burlopen|\burlretrieve|\bdownload|\brequests\.|\bfetch_|\bwget\b|load_state_dict_from_url"
)


def _by_line(error: RunError, own: str, texts: Texts) -> str:
    """Return what the line itself shows."""
    ends = re.search(r"(?:\b(?:sys\.|os\.)?_?(?:exit|quit|abort)\s*\(|raise\s+SystemExit)", own)
    if error.builtin == "SystemExit":
        what = code_span(f"{ends[0]})" if ends[0].endswith("(") else ends[0]) if ends else ""
        return wording.ends_the_program(what, module=not texts.cell)
    if error.builtin == "EOFError" and re.search(r"\binput\s*\(", own):
        return wording.INPUT
    waits = re.compile(r"\bbreakpoint\s*\(|\bset_trace\s*\(")
    if error.type == "BdbQuit" and (waits.search(own) if own else any(map(waits.search, texts.lines("")))):
        return wording.BREAKPOINT
    network = error.builtin in (
        "OSError",
        "ConnectionError",
        "TimeoutError",
        "RuntimeError",
        "Exception",
        "ConnectionRefusedError",
    )
    if network and _NETWORK.search(own):
        return wording.DOWNLOAD
    return ""


def _missing_module(error: RunError, own: str, texts: Texts) -> str:
    """Return which package is missing, or which name a module does not have."""
    if error.builtin not in ("ModuleNotFoundError", "ImportError"):
        return ""
    if "attempted relative import" in error.message:
        return wording.BEYOND_THE_FOLDER
    missing = re.match(r"No module named '([\w.]{1,100})'", error.message)
    if missing:
        return _not_there(missing[1], own, texts)
    name = re.match(
        r"cannot import name '(\w{1,100})' from (partially initialized module )?'([\w.]{1,100})'", error.message
    )
    if name:
        module = texts.shown(name[3])
        if module == texts.folder.replace("/", ".") and texts.hold(name[1]):
            return _left_at_home(name[1])
        if not texts.hold(name[1], *module.split(".")):
            return wording.IMPORTED_NAME
        if name[2]:
            return wording.circle(module, name[1])
        return wording.has_no(module, name[1])
    return ""


def _left_at_home(name: str) -> str:
    return wording.left_at_home(name.replace(".", "/"))


# Modules of services in which people run notebooks.
_ELSEWHERE = {"google.colab": "Colab", "kaggle_secrets": "Kaggle", "kaggle_datasets": "Kaggle"}


def _not_there(full: str, own: str, texts: Texts) -> str:
    name = texts.shown(full)
    top = name.partition(".")[0]
    if not texts.hold(*name.split(".")):
        return wording.NOT_INSTALLED
    for known, where in _ELSEWHERE.items():
        if name == known or name.startswith(f"{known}."):
            return wording.of_a_service(known, where)
    for known, note in texts.notes.items():
        if known and (name == known or name.startswith(f"{known}.") or known.startswith(f"{name}.")):
            return wording.not_along(name, note)
    if name != full or re.match(r"\s*from\s*\.", own):
        return _left_at_home(name)
    if "." in name and installed(top):
        return wording.no_submodule(top, name)
    if top in sys.stdlib_module_names:
        return wording.not_there(name)
    if installed(top):
        return ""
    return wording.no_package(top)


_USUAL = {
    "torch": "import torch",
    "np": "import numpy as np",
    "numpy": "import numpy",
    "plt": "import matplotlib.pyplot as plt",
    "nn": "from torch import nn",
    "F": "import torch.nn.functional as F",
    "math": "import math",
    "random": "import random",
    "time": "import time",
    "os": "import os",
    "sys": "import sys",
    "true": "True",
    "false": "False",
    "null": "None",
    "none": "None",
    "raw_input": "input",
    "xrange": "range",
    "unicode": "str",
}
_JUPYTER = ("display", "get_ipython", "In", "Out")


def _name_in(error: RunError) -> str:
    """Return the name that an error says is missing, or ""."""
    found = re.match(
        r"(?:name|cannot access local variable|local variable) '(\w{1,100})'|free variable '(\w{1,100})'", error.message
    )
    return (found[1] or found[2]) if found else ""


def _missing_name(error: RunError, own: str, texts: Texts) -> str:  # noqa: ARG001  like its siblings
    """Return which name is not defined."""
    if error.builtin not in ("NameError", "UnboundLocalError"):
        return ""
    name = _name_in(error)
    if not name or not texts.hold(name):
        return wording.SOME_NAME
    if error.builtin == "UnboundLocalError":
        return wording.used_before(name)
    usual = _USUAL.get(name, "")
    if usual.startswith(("import ", "from ")):
        return wording.import_it(name, usual)
    if usual:
        return wording.in_python(name, usual)
    if name in _JUPYTER:
        return wording.of_jupyter(name)
    if not error.file and not texts.cell and error.line is not None:
        below = re.compile(rf"(?:(?:async\s+)?def|class)\s+{re.escape(name)}\b|{re.escape(name)}\s*(?::[^=\n]*)?=(?!=)")
        later = [n for n, line in enumerate(texts.lines(""), 1) if n > error.line and below.match(line)]
        if later:
            return wording.defined_later(name, later[0])
    strange = next((char for char in name if not char.isascii()), "")
    looks = wording.strange_letter(strange, unicodedata.name(strange, "").lower()) if strange else ""
    return f"{wording.not_defined(name)}{looks}"


def _missing_attribute(error: RunError, own: str, texts: Texts) -> str:  # noqa: ARG001
    """Return which attribute is missing."""
    if error.builtin != "AttributeError":
        return ""
    found = re.search(
        r"(?:module '([\w.]{1,100})'|object) .{0,200}?has no attribute '(\w{1,100})'", error.message
    ) or re.search(r"(?:module '([\w.]{1,100})'|object) has no attribute '(\w{1,100})'", error.message)
    if not found or not texts.hold(found[2]):
        return ""
    module = texts.shown(found[1] or "")
    if module and texts.hold(*module.split(".")):
        return wording.no_attribute(module, found[2])
    return wording.no_attribute("", found[2])
