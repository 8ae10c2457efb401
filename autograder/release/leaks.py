"""Search files that students will get for anything of the solutions or of the hidden tests. Changes nothing.

What is searched for: each line of a solution region that is long enough to be nobody's but the solution's; a region of short
lines as a whole; three lines in a row of a hidden test or a misconception; the names of their files; compiled Python, whose text
nobody can read. Docstrings and signatures of the solutions are a student's, too, and lie outside the regions.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from autograder.course import lesson as lessons
from autograder.course.regions import everybodys, regions, without_blanks

# Characters without blanks. Shorter lines are in every program that trains something, or call an exercise as its tests do.
TELLING = 32
TELLING_TOGETHER = 13
TELLING_IN_A_ROW = 60


def find(files: Mapping[str, bytes], root: Path) -> list[str]:
    """Return a sentence for each thing in these files that must not be there.

    Args:
        files: paths, as students will have them, to contents.
        root: the course.
    """
    secrets = dict(_secrets(root))
    hidden = _hidden(root)
    names = [path.encode() for path in hidden]
    rows = {row: path for path, text in hidden.items() for row in _in_a_row(text)}
    found = []
    for path, data in files.items():
        if path.startswith(("solutions/", "tests/")):
            found.append(f"{path}: nothing of solutions/ or tests/ goes to students.")
        if path.endswith((".pyc", ".pyo")) or "__pycache__" in path:
            found.append(f"{path}: compiled code is never released, because it may come from a solution.")
        found += [f"{path}: names {name.decode()}." for name in names if name in data]
        text = _readable(path, data)
        packed = without_blanks(text)
        found += [f"{path}: has a line of {where}." for secret, where in secrets.items() if secret in packed]
        found += sorted({f"{path}: has lines of {rows[row]}." for row in rows.keys() & _in_a_row(text)})
    return found


def _in_a_row(text: str) -> set[str]:
    """Return each three lines in a row, without blanks, imports and marks, that are long enough to be nobody else's."""
    packed = (without_blanks(line) for line in text.split("\n"))
    lines = [line for line in packed if line and not line.startswith(("import", "from", "@")) and not everybodys(line)]
    rows = {"".join(lines[start : start + 3]) for start in range(len(lines) - 2)}
    return {row for row in rows if len(row) >= TELLING_IN_A_ROW}


def repeated(files: Mapping[str, bytes], root: Path, answered: Collection[str]) -> list[str]:
    """Return a sentence for each line of these answers that the solution of a lesson has whose answers are not out.

    Args:
        files: paths of answers, as students will have them, to contents.
        root: the course.
        answered: the lessons whose answers are out.
    """
    secrets = dict(_secrets(root, answered))
    return [
        f"{path}: has a line of {where}."
        for path, data in files.items()
        for secret, where in secrets.items()
        if secret in without_blanks(_readable(path, data))
    ]


def _secrets(root: Path, without: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """Yield what a solution region has and nothing else would, without blanks, with the place that it is from."""
    for name in lessons.names(root):
        reference = lessons.load(root, name).reference
        if name in without or not reference.is_file():
            continue
        for number, region in regions(reference.read_text(encoding="utf-8").split("\n")):
            telling = [line for line in region if len(line) >= TELLING and not everybodys(line)]
            together = "".join(region)
            if not telling and len(together) >= TELLING_TOGETHER:
                telling = [together]
            for line in telling:
                yield line, f"the solution of {name}, in the region at line {number}"


def _hidden(root: Path) -> dict[str, str]:
    """Return everything that is not for students: paths, as a text might name them, to what hidden files say.

    A reference says what its stub does, too, so of that the name alone is here; `_secrets` has the rest.
    """
    folders = [folder for top in ("solutions", "tests") for folder in sorted((root / top).glob("lesson_*"))]
    files = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    said = {path: path.name.startswith(("test_", "checks", "misconceptions")) for path in files}
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") if says else ""
        for path, says in said.items()
    }


def _readable(path: str, data: bytes) -> str:
    """Return a file's text; a notebook's with every string in it as its own text, metadata and outputs included."""
    text = data.decode("utf-8", "replace")
    if path.endswith("/known_mistakes.txt"):
        return _unpacked(text)
    if path.endswith((".ipynb", ".json")):
        try:
            return "\n".join([text, *_strings(json.loads(text))])
        except (ValueError, RecursionError):
            return text
    return text


def _unpacked(text: str) -> str:
    """Return what a file of known mistakes holds, which is packed so that nobody reads it by accident."""
    packed = "".join(line for line in text.split("\n") if not line.startswith("#"))
    try:
        return "\n".join(_strings(json.loads(zlib.decompress(base64.b64decode(packed)))))
    except (ValueError, zlib.error):
        return text


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)
    elif isinstance(value, dict):
        for key, part in value.items():
            yield str(key)
            yield from _strings(part)
