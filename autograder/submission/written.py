"""Which exercises of a file are written, told from its code: comments, docstrings and layout say nothing.

The text may be hostile, so it is never parsed here: a few passes of expressions that cannot go back on themselves cut it into
lines of code, and those are compared with the lines that were handed out. Broken code is read as far as it goes.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

# Comments and strings, in one pass from left to right. A string of three quotes that never ends runs to the end of the text.
_QUIET = re.compile(
    r"#[^\n]*"
    r"|(?:\b[rRbBfFuU]{1,2})?(?:"
    r'"""(?:[^"\\]|\\[\s\S]|"(?!""))*+(?P<double>"""|\Z)'
    r"|'''(?:[^'\\]|\\[\s\S]|'(?!''))*+(?P<single>'''|\Z)"
    r'|"(?:[^"\\\n]|\\[\s\S])*+"?'
    r"|'(?:[^'\\\n]|\\[\s\S])*+'?)"
)
_STRING, _TWO_STRINGS = '"', '""'
# How often the text behind a string that never ends is read again; whoever leaves more of them open has no code to read.
_UNENDED = 3
_DEFINITION = re.compile(r"(?:async\s+)?(?P<kind>def|class)\s+(?P<name>[^\W\d]\w*)")
_AT_LINE_START = re.compile(r"(?:(?:async\s+)?(?:def|class)\s|@)")
_ASSIGNMENT = re.compile(r"(?P<name>[^\W\d]\w*+(?:\.[^\W\d]\w*+)?)\s*+(?::[^=]*+)?=(?!=)")
_IMPORT = re.compile(r"(?:from\s++[\w.]++\s++)?import\s")
_IMPORTED = re.compile(r"(?P<name>[\w.]+)(?:\s+as\s+(?P<alias>\w+))?")
_BRACKET_OR_COLON = re.compile(r"[()\[\]{}:]")
# What formatters add, take away and move.
_LAYOUT = str.maketrans("", "", " \t\f\v\r\n()[]{},\\\N{ZERO WIDTH NO-BREAK SPACE}")
_NOTHING = {"", _STRING, "pass", "...", "return", "returnNone"}
_NOT_WRITTEN = "raiseNotImplementedError"


@dataclass(frozen=True)
class Work:
    """What was done in a file.

    Attributes:
        written: the exercises that have code of their own.
        missing: the exercises that are not there at all, or come from a module that is not looked at.
        changed: whether any code differs from what was handed out.
    """

    written: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    changed: bool = False


@dataclass
class _Code:
    """A text's lines of code, and for each name bound in it (`Layer`, `Layer.forward`) the lines that it is bound to."""

    lines: Counter[str] = field(default_factory=Counter)
    bound: dict[str, Counter[str]] = field(default_factory=dict)

    def bind(self, name: str, line: str = "") -> None:
        lines = self.bound.setdefault(name, Counter())
        if line:
            lines[line] += 1


def work(texts: Iterable[str], exercises: Collection[str], handed_out: tuple[str, ...]) -> Work:
    """Return what was done in the texts that make a file (a module, or a notebook's code cells).

    Args:
        texts: the sources.
        exercises: the names of a manifest, `relu` or `Layer.forward`; a method may stand without its class.
        handed_out: the sources that the student began with.
    """
    given = _handed_out(handed_out)
    code = _code(texts)
    own = code.lines - given.lines
    places = {exercise: _places(exercise, given) for exercise in exercises}
    written = {
        exercise
        for exercise, names in places.items()
        if any(code.bound.get(name, Counter()) - given.bound.get(name, Counter()) for name in names)
    }
    elsewhere = any(re.match(r"from[\w.]+import\*", line) for line in own)
    missing = {
        exercise for exercise, names in places.items() if elsewhere or not any(name in code.bound for name in names)
    }
    return Work(frozenset(written), frozenset(missing - written), bool(own))


def binds(text: str, names: Collection[str]) -> set[str]:
    """Return which of these names a text defines, whatever stands in them."""
    found = _code([text]).bound
    return {name for name in names if name in found}


def _places(exercise: str, given: _Code) -> list[str]:
    """Return the names under which an exercise is bound: as it was handed out, or at the top of the module."""
    if exercise in given.bound:
        return [exercise]
    return [name for name in given.bound if name.endswith(f".{exercise}")] or [exercise]


@functools.lru_cache(maxsize=8)
def _handed_out(texts: tuple[str, ...]) -> _Code:
    """Return the code of what was handed out, which is the same for a whole class."""
    return _code(texts)


def _code(texts: Iterable[str]) -> _Code:
    code = _Code()
    for text in texts:
        _add(text, code)
    return code


def _add(text: str, code: _Code) -> None:
    blocks: list[tuple[int, str, bool]] = []  # the definitions that are open: indentation, name, whether it is a class
    for indent, line in _logical_lines(_without_strings(text)):
        while blocks and indent <= blocks[-1][0]:
            blocks.pop()
        inside = f"{blocks[-1][1]}." if blocks else ""
        definition = _DEFINITION.match(line)
        if definition is not None:
            name = inside + definition["name"]
            blocks.append((indent, name, definition["kind"] == "class"))
            code.bind(name)
            line = _behind_header(line)
        plain = _plain(line)
        if not plain:
            continue
        if definition is None and (not blocks or blocks[-1][2]):
            for name in _bound(line):
                code.bind(inside + name, plain)
        code.lines[plain] += 1
        for _, name, _ in blocks:
            code.bind(name, plain)


def _plain(line: str) -> str:
    """Return a line without its layout; "" where it says only that nothing is written."""
    plain = line.translate(_LAYOUT)
    if _TWO_STRINGS in plain:
        plain = re.sub(f"{_STRING}+", _STRING, plain)
    return "" if plain in _NOTHING or plain.startswith(_NOT_WRITTEN) else plain


def _bound(line: str) -> Iterator[str]:
    """Yield the names that a line binds to something callable, as far as can be seen."""
    imported = _IMPORT.match(line)
    if imported is not None:
        for one in _IMPORTED.finditer(line, imported.end()):
            yield one["alias"] or one["name"]
        return
    assigned = _ASSIGNMENT.match(line)
    if assigned is None:
        return
    name, value = assigned["name"], line[assigned.end() :].lstrip()
    # `loss = loss(y, y_hat)` and `update = 3` are somebody trying things.
    if value.startswith("lambda") or (value[:1].isidentifier() and not re.search(rf"\b{re.escape(name)}\b", value)):
        yield name
        if "." in name:
            yield name.partition(".")[0]  # Layer.forward = … is work on Layer


def _without_strings(text: str) -> str:
    """Return a text in which each string is a mark of one character, and comments are gone."""
    done: list[str] = []
    for _ in range(_UNENDED):
        unended = -1

        def quiet(found: re.Match[str]) -> str:
            nonlocal unended
            if found["double"] == "" or found["single"] == "":
                unended = found.start()
            return "" if found[0].startswith("#") else _STRING

        plain = _QUIET.sub(quiet, text)
        if unended < 0:
            return "".join([*done, plain])
        # What stands behind a string that never ends is code, only broken.
        done += [_QUIET.sub(quiet, text[:unended]), _STRING]
        text = re.sub(r"\A\w*(?:\"\"\"|''')", "", text[unended:])
    return "".join([*done, re.sub(r"[\"']+", _STRING, text)])


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of code with their indentation; what stands in brackets is one line, however many it has."""
    parts: list[str] = []
    depth = indent = 0
    for line in text.replace("\\\n", " ").split("\n"):
        stripped = line.strip()
        if not stripped or stripped == _STRING:
            continue
        if parts and (depth <= 0 or _AT_LINE_START.match(stripped)):
            # The second: a bracket that was never closed costs the statement that it stands in, not the rest.
            yield from _statements(indent, parts)
            parts, depth = [], 0
        if not parts:
            expanded = line.expandtabs()
            indent = len(expanded) - len(expanded.lstrip())
        parts.append(stripped)
        depth += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
    if parts:
        yield from _statements(indent, parts)


def _statements(indent: int, parts: list[str]) -> Iterator[tuple[int, str]]:
    line = " ".join(parts)
    if _DEFINITION.match(line):
        yield indent, line
    else:
        for statement in line.split(";") if ";" in line else [line]:
            yield indent, statement.strip()


def _behind_header(line: str) -> str:
    """Return what stands behind the colon of a definition, on the same line."""
    depth = 0
    for found in _BRACKET_OR_COLON.finditer(line):
        if found[0] == ":" and depth <= 0:
            return line[found.end() :]
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(found[0], 0)
    return line.partition(":")[2] if depth > 0 else ""  # a bracket that was never closed has the body in it, too
