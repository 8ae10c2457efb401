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
from autograder.worker.companions import installed

MAX_LINE_LENGTH, MAX_MESSAGE_LENGTH = 80, 200
# What ended a worker before it had said that the module is imported; the module's definitions were then tried alone.
_ENDINGS = {
    "died": "It ended Python while it was loaded",
    "cpu_time": "It computed for longer than allowed while it was loaded",
    "wall_time": "It waited for longer than allowed while it was loaded",
    "flooded": "It put out more than allowed while it was loaded",
}
_NOT_EVEN_ALONE = (
    "and its imports and definitions alone do not load, either: look at what they run, also in modules of your own."
)
TRIAL = 'What is only a trial belongs below `if __name__ == "__main__":`.'


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
    if error.builtin in _ENDINGS:
        return f"{_ENDINGS[error.builtin]}, {_NOT_EVEN_ALONE}"
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
    which = code_span(name) if name and texts.hold(name) else "a name"
    return f"{_place(error.line, '', texts)}: {which} is not there, because what would have defined it was left out before."


def _place(line: int | None, file: str, texts: Texts) -> str:
    """Return where it was, with the line's own text, to begin a sentence with."""
    lines = texts.lines(file)
    name = code_span(file.removeprefix(f"{texts.folder}/")) if file else ""
    if line is None or not 0 < line <= len(lines):
        if texts.cell:
            return f"The cell {code_span(texts.cell)}"
        return f"Your {name}" if name else "While it was imported"
    own = lines[line - 1].strip()
    within = f" of {name}" if name else f" of the cell {code_span(texts.cell)}" if texts.cell else ""
    return f"Line {line}{within}" + (f", {code_span(_short(own))}" if own else "")


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
        return "It is a web page (HTML), not Python: download the file itself (on GitHub, with the button Raw), and hand that in."
    if head.startswith("{\\rtf"):
        return "It is a word processor's document (RTF), not Python: save it as plain text."
    if head.startswith("%pdf-"):
        return "It is a PDF, not Python: hand in the file that you ran."
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
        return (
            f"Lines {begin} to {end} hold both sides of a merge that was not finished: keep one side, and delete the lines that "
            "begin with `<<<<<<<`, `=======` and `>>>>>>>`."
        )
    if _MARKS.match(lines[line - 1]):
        return f"Line {line} is a mark that a merge left ({code_span(lines[line - 1][:7])}): delete it."
    return ""


_COMMANDS = (
    r"pip3? (?:un)?install|conda (?:un)?install|mamba install|apt(?:-get)? install|uv (?:run|pip|add|sync)|cd [\w./~-]+$|"
    r"git (?:clone|pull|push|add|commit|checkout|status|init)|python3? (?:-m|[\w./-]+\.py)"
)
_PASTED = (
    (
        r"\s*(?:```|~~~)",
        "this marks the beginning or the end of code in a chat or on a page; delete it, and its partner.",
    ),
    (
        r"\s*(?:>>>|\.\.\.)(?: |$)",
        "`>>>` and `...` are the prompt of Python's shell, not part of the code; delete them.",
    ),
    (r"\s*(?:In|Out) ?\[\d*\]:", "`In [1]:` is Jupyter's prompt, not part of the code; delete it."),
    (r"\s*(?:%%?[A-Za-z]|!\s*[A-Za-z])", "this is a command for a notebook; in a module, delete it."),
    (rf"\s*(?:\$ *)?(?:{_COMMANDS})", "this is a command for a terminal, not Python; delete it."),
    (
        r"@@ -\d|(?:---|\+\+\+) [ab]/|diff --git ",
        "this is part of a list of changes (a diff), not Python; delete it.",
    ),
)


def _pasted(own: str) -> str:
    """Return what is wrong with a line that came along from somewhere else."""
    return next((words for pattern, words in _PASTED if re.match(pattern, own)), "")


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
    name = "byte-order mark" if char == "\ufeff" else unicodedata.name(char, "").lower() or "a character without a name"
    column = f", character {own.index(char) + 1} of the line" if char in own else ""
    if char in "\u00a0\u2007\u202f":
        return f"it holds a no-break space ({code}{column}), which looks like a space but is not one; write a plain space there."
    if unicodedata.category(char) == "Zs":
        return f"it holds a space of another kind ({name}, {code}{column}); write a plain space there."
    if unicodedata.category(char) in ("Cf", "Cc", "Cn", "Co"):
        return f"it holds a character that cannot be seen ({name}, {code}{column}); delete it, or type the line again."
    shown = f"{code_span(char)} ({name}, {code}{column})"
    if char in _SINGLE + _DOUBLE:
        return f"{shown} is a typographic quote; write a straight one, `'` or `\"`."
    if char in _DASHES:
        return f"{shown} is a dash; write a plain minus sign, `-`."
    plain = _FOR.get(char) or unicodedata.normalize("NFKC", char)
    if plain.isascii() and plain.isprintable():
        return f"{shown} is not what it looks like; write {code_span(plain)}."
    return f"{shown} cannot stand there; delete it, or put it between quotes if it is part of a string."


def _of_message(problem: SyntaxProblem) -> str:
    """Return the compiler's words with what to do."""
    for pattern, words in _WORDS:
        found = re.search(pattern, problem.message)
        if found:
            return words.format(*map(code_span, found.groups()))
    if problem.kind in ("MemoryError", "RecursionError") or "too many nested" in problem.message:
        return "the code is nested too deeply for Python; split it over several lines."
    if problem.kind == "TabError":
        return _MIXED
    if problem.kind == "SyntaxError" and problem.message == "invalid syntax":
        return "this is not Python (invalid syntax); look at this line and the end of the one above it."
    said = f"Python says {code_span(problem.message[:MAX_MESSAGE_LENGTH])}"
    return f"{said}; look at the spaces at its beginning." if problem.kind == "IndentationError" else f"{said}."


_MIXED = "tabs and spaces are mixed at the beginning of lines; indent with spaces alone, four per level."
_WORDS = (
    (
        r"Missing parentheses in call to '(print|exec)'",
        "{0} without parentheses is Python 2; in Python 3 they are needed, as in `print(x)`.",
    ),
    (
        r"multiple exception types must be parenthesized",
        "`except A, b:` is Python 2; write `except A as b:`, or `except (A, B):` for two kinds.",
    ),
    (r"'(.)' was never closed", "the bracket {0} that opens there is never closed; close it."),
    (r"unmatched '(.)'", "{0} closes a bracket that was never opened; delete it, or open one."),
    (
        r"closing parenthesis '(.)' does not match opening parenthesis '(.)'",
        "{0} closes where {1} is open; close that one first, or change one of them.",
    ),
    (r"unexpected EOF", "the code ends in the middle of a statement; look for a bracket that is never closed."),
    (
        r"unterminated triple-quoted",
        "the string in three quotes that begins there never ends; close it with three quotes.",
    ),
    (r"unterminated .*string", "the string that begins there does not end in its line; close it there."),
    (
        r"expected an indented block",
        "the line above it needs an indented block below; indent this line, or write an indented `pass` in between.",
    ),
    (r"unindent does not match", "its indentation matches none of the blocks above it; line it up with one of them."),
    (r"unexpected indent", "it is indented where no block begins; line it up with the code around it."),
    (r"inconsistent use of tabs", _MIXED),
    (r"expected ':'", "Python expects a colon there; write `:`."),
    (
        r"unicodeescape",
        "a backslash in a string means something special to Python; write `r` before the quotes, as in `r'C:\\Users'`.",
    ),
    (
        r"'(return|await|yield|async for|async with)' outside",
        "{0} may only stand inside a function; indent it, or delete it.",
    ),
)


# What was raised as the text ran


def _raised(error: RunError, texts: Texts) -> str:
    """Return why a line raised, in words of the student's own or of this module."""
    file = error.file if error.file in texts.helpers else ""
    lines = texts.lines(file)
    own = lines[error.line - 1] if error.line is not None and 0 < error.line <= len(lines) else ""
    kind = f"{'an' if error.builtin[0] in 'AEIOU' else 'a'} {error.builtin}"
    trial = "" if texts.cell else f" {TRIAL}"
    if re.match(r"\s*raise\b(?!\s+SystemExit)", own):
        return f"it raises {kind} itself.{trial}"
    for explain in (_by_line, _missing_module, _missing_name, _missing_attribute):
        words = explain(error, own, texts)
        if words:
            return words
    if error.builtin == "AssertionError" and re.match(r"\s*assert\b", own):
        return f"what it asserts does not hold (it raised {kind}).{trial}"
    if error.builtin in ("AssertionError", "RuntimeError") and re.search(r"cuda|mps", own):
        return f"it raised {kind}; there may be no GPU where work is graded, so do not ask for one.{trial}"
    if error.builtin in ("OSError", "PermissionError") and _WRITES.search(own):
        return f"it raised {kind}; the place may not be there, or not be writable, where work is graded, so write nothing.{trial}"
    return f"it raised {kind}{_KINDS.get(error.builtin, '')}.{trial}"


_KINDS = {
    "FileNotFoundError": ", because the file or folder that it asks for is not there (only Python files of yours come along)",
    "NotImplementedError": ", because what it calls is not written yet",
    "ZeroDivisionError": ", because it divides by zero",
    "RecursionError": ", because a function calls itself without end",
}
_WRITES = re.compile(r"savefig|makedirs|mkdir|\bopen\s*\(|\bsave\s*\(|to_csv|write|dump")
_NETWORK = re.compile(
    r"https?://|\burlopen|\burlretrieve|\bdownload|\brequests\.|\bfetch_|\bwget\b|load_state_dict_from_url"
)


def _by_line(error: RunError, own: str, texts: Texts) -> str:
    """Return what the line itself shows."""
    ends = re.search(r"(?:\b(?:sys\.|os\.)?_?(?:exit|quit|abort)\s*\(|raise\s+SystemExit)", own)
    if error.builtin == "SystemExit":
        what = code_span(f"{ends[0]})" if ends[0].endswith("(") else ends[0]) if ends else "this"
        rest = "." if texts.cell else ', or put it below `if __name__ == "__main__":`.'
        return f"{what} ends the program there, before anything can be graded; delete it{rest}"
    if error.builtin == "EOFError" and re.search(r"\binput\s*\(", own):
        return "`input()` waits for someone to type, and nobody is there when work is graded; write the value instead."
    waits = re.compile(r"\bbreakpoint\s*\(|\bset_trace\s*\(")
    if error.type == "BdbQuit" and (waits.search(own) if own else any(map(waits.search, texts.lines("")))):
        return "a breakpoint waits for someone to type, and nobody is there when work is graded; delete it."
    network = error.builtin in (
        "OSError",
        "ConnectionError",
        "TimeoutError",
        "RuntimeError",
        "Exception",
        "ConnectionRefusedError",
    )
    if network and _NETWORK.search(own):
        return "there is no network where work is graded, so nothing can be downloaded; leave it out."
    return ""


def _missing_module(error: RunError, own: str, texts: Texts) -> str:
    """Return which package is missing, or which name a module does not have."""
    if error.builtin not in ("ModuleNotFoundError", "ImportError"):
        return ""
    if "attempted relative import" in error.message:
        return "an import that begins with dots goes beyond your own folder there; import by the module's name."
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
            return "a name that it imports is not there; check its spelling."
        if name[2]:
            return (
                f"`{module}` imports what imports `{module}` itself, so that `{name[1]}` is not there yet; move it to a file of "
                "its own."
            )
        return f"`{module}` has no `{name[1]}`; check the spelling of both."
    return ""


def _left_at_home(name: str) -> str:
    path = name.replace(".", "/")
    return f"there is no `{path}.py`, and no folder `{path}`, beside it in what you handed in; hand that in, too."


# Modules of services in which people run notebooks.
_ELSEWHERE = {"google.colab": "Colab", "kaggle_secrets": "Kaggle", "kaggle_datasets": "Kaggle"}


def _not_there(full: str, own: str, texts: Texts) -> str:
    name = texts.shown(full)
    top = name.partition(".")[0]
    if not texts.hold(*name.split(".")):
        return "something that it needs is not installed where work is graded; do without it."
    for known, where in _ELSEWHERE.items():
        if name == known or name.startswith(f"{known}."):
            return f"`{known}` is there in {where} alone, and not where work is graded; leave it out."
    for known, note in texts.notes.items():
        if known and (name == known or name.startswith(f"{known}.") or known.startswith(f"{name}.")):
            return f"`{name}` is not there. {note}"
    if name != full or re.match(r"\s*from\s*\.", own):
        return _left_at_home(name)
    if "." in name and installed(top):
        return f"`{top}` has no module `{name}`; check its spelling."
    if top in sys.stdlib_module_names:
        return f"`{name}` is not there where work is graded; do without it."
    if installed(top):
        return ""
    return (
        f"the package `{top}` is not installed where work is graded; do without it. If it is a module of your own, hand in "
        f"`{top}.py`, too, in the same folder."
    )


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
        return "a name is not defined there; define or import it above, or check its spelling."
    if error.builtin == "UnboundLocalError":
        return f"`{name}` is used there before the function gives it a value; give it one first."
    usual = _USUAL.get(name, "")
    if usual.startswith(("import ", "from ")):
        return f"the name `{name}` is not defined there; write `{usual}` at the top."
    if usual:
        return f"the name `{name}` is not defined there; in Python it is `{usual}`."
    if name in _JUPYTER:
        return f"`{name}` is Jupyter's own, and not there where work is graded; leave it out."
    if not error.file and not texts.cell and error.line is not None:
        below = re.compile(rf"(?:(?:async\s+)?def|class)\s+{re.escape(name)}\b|{re.escape(name)}\s*(?::[^=\n]*)?=(?!=)")
        later = [n for n, line in enumerate(texts.lines(""), 1) if n > error.line and below.match(line)]
        if later:
            return f"`{name}` is used there, and only line {later[0]} defines it; move that above."
    strange = next((char for char in name if not char.isascii()), "")
    looks = f" Its `{strange}` is {unicodedata.name(strange, 'no common letter').lower()}." if strange else ""
    return f"the name `{name}` is not defined there; define or import it above, or check its spelling.{looks}"


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
        return f"`{module}` has no `{found[2]}`; check its spelling."
    return f"what stands before the dot has no `{found[2]}`; check its spelling."
