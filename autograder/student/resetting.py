"""Put an exercise's stub back into a student's module. The old text is kept first, and nothing else of the module changes."""

from __future__ import annotations

import ast
import re
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from autograder.course.lesson import Lesson
from autograder.student.seat import FOLDER, SeatError, shown
from autograder.util.files import write_whole

# The stub as it was handed out; `autograder release` puts it beside the module.
HANDED_OUT = ".stub.py"


@dataclass(frozen=True)
class Reset:
    """What was reset: the module, the backup of its old text (None where there was none), and whether anything changed."""

    module: str
    backup: str | None
    changed: bool


def reset(lesson: Lesson, exercise: str | None) -> Reset:
    """Put the stub of one exercise back, or of the whole lesson.

    Args:
        lesson: the lesson.
        exercise: its name; None for the whole lesson.

    Raises:
        SeatError: the stub is not to be found, or a file cannot be written.
    """
    stub = handed_out(lesson)
    try:
        old: bytes | None = lesson.stub.read_bytes()
    except FileNotFoundError:
        old = None
    except OSError as error:
        raise SeatError(f"{shown(lesson.stub, lesson.root)} cannot be read: {error.strerror}.") from error
    new = stub if exercise is None or old is None else _with_stub(_text(old, lesson), stub, exercise)
    if old is not None and _text(old, lesson) == new:
        return Reset(shown(lesson.stub, lesson.root), None, False)
    backup = None
    try:
        if old is not None:
            backup = _backup(lesson)
            write_whole(backup, old, mode=0o644)
        write_whole(lesson.stub, new, mode=0o644)
    except OSError as error:
        raise SeatError(
            f"Nothing was reset: {error.filename or lesson.stub} cannot be written ({error.strerror})."
        ) from error
    return Reset(shown(lesson.stub, lesson.root), shown(backup, lesson.root) if backup else None, True)


def handed_out(lesson: Lesson) -> str:
    """Return the stub as it was handed out: from the file beside the module, or else as Git has it.

    Raises:
        SeatError: neither is there.
    """
    beside = lesson.assignment / HANDED_OUT
    if beside.is_file():
        return beside.read_text(encoding="utf-8")
    command = ["git", "show", f"HEAD:./{shown(lesson.stub, lesson.root)}"]
    try:
        found = subprocess.run(command, cwd=lesson.root, capture_output=True, timeout=20, check=False)
        text = found.stdout.decode("utf-8") if found.returncode == 0 else ""
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        text = ""
    if "is not written yet: read " not in text:
        raise SeatError(
            f"The stub of {lesson.name} is not to be found: {shown(beside, lesson.root)} is gone. Get it from your "
            "instructor's repository, and try again."
        )
    return text


def _text(data: bytes, lesson: Lesson) -> str:
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise SeatError(
            f"{shown(lesson.stub, lesson.root)} is no UTF-8 text, so one exercise of it cannot be found. "
            f"`autograder reset --all {lesson.number}` takes the whole stub back, and keeps your text."
        ) from error


def _backup(lesson: Lesson) -> Path:
    folder = lesson.root / FOLDER / "backups" / lesson.name
    stem = f"exercises_{datetime.now():%Y-%m-%d_%H-%M-%S}"
    names = [f"{stem}.py", *(f"{stem}_{number}.py" for number in range(2, 1000))]
    return next(folder / name for name in names if not (folder / name).exists())


def _with_stub(text: str, stub: str, exercise: str) -> str:
    """Return a module in which an exercise is the stub's again; at its end, where it is nowhere in the module."""
    given = _blocks(stub, exercise)
    if not given:
        raise SeatError(f"The stub has no `{exercise}`; ask your instructor for a new one.")
    lines, stub_lines = text.split("\n"), stub.split("\n")
    first, end = given[-1]
    fresh = stub_lines[first:end]
    indented = fresh[0][:1].isspace()
    own = [block for block in _blocks(text, exercise) if lines[block[0]][:1].isspace() == indented]
    if own:
        # The last definition is the one that counts; one above it would be left, and would never run.
        for start, stop in reversed(own[:-1]):
            del lines[start:stop]
            own = [(s - (stop - start), e - (stop - start)) if s > start else (s, e) for s, e in own]
        start, stop = own[-1]
        lines[start:stop] = fresh
        return "\n".join(lines)
    if indented:
        raise SeatError(
            f"`{exercise}` is a method, and exercises.py has it nowhere. Put its class back first, or the whole stub: "
            "`autograder reset --all LESSON`."
        )
    return "\n".join([*lines, "", *fresh, ""])


def _blocks(text: str, name: str) -> list[tuple[int, int]]:
    """Return where a function, class or method of this name stands: its first line, and the one behind its last."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return _blocks_by_line(text, name)
    found = []
    tops = list(tree.body)
    inner = [part for node in tops if isinstance(node, ast.ClassDef) for part in node.body]
    for node in [*tops, *inner]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name:
            first = min([node.lineno, *(part.lineno for part in node.decorator_list)]) - 1
            found.append((first, node.end_lineno or node.lineno))
    return sorted(found)


def _blocks_by_line(text: str, name: str) -> list[tuple[int, int]]:
    """Find the same in text that Python cannot read: a block goes on as long as lines stand further in."""
    lines, found = text.split("\n"), []
    for number, line in enumerate(lines):
        begun = re.match(rf"(\s*)(?:async\s+)?(?:def|class)\s+{re.escape(name)}\b", line)
        if not begun:
            continue
        indent, end = len(begun[1]), number + 1
        while end < len(lines):
            stripped = lines[end].strip()
            outside = len(lines[end]) - len(lines[end].lstrip()) <= indent
            if stripped and outside and not stripped.startswith((")", "]", "}")):
                break
            end += 1
        while end > number + 1 and not lines[end - 1].strip():
            end -= 1
        first = number
        while first and lines[first - 1].startswith(f"{begun[1]}@"):
            first -= 1
        found.append((first, end))
    return found
