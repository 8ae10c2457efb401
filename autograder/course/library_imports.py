"""Which libraries a lesson imports, read from its files: what is slow to import, a template imports once for every worker.

Imports no torch itself, so that a command can launch the template before anything else.
"""

from __future__ import annotations

import ast
import contextlib
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.course.lesson import Lesson

# What every zygote imports. Of all else it imports, once and for all its workers, what its lesson names; so a lesson may use what
# is slow to import, and no student pays for that.
ALWAYS = ("torch", "torchvision", "numpy", "pytest")
# These lie below the others, but are on demand all the same: they are slow.
ON_DEMAND = ("torch.utils.tensorboard",)
# The course's own names: what a page or a visible test imports of them is no library.
COURSE = ("assignments", "autograder", "datasets", "exercises", "scratch", "solutions", "tests")
CODE_BLOCK = re.compile(r"^(?:```|~~~) *python[^\n]*\n(.*?)^(?:```|~~~)", re.MULTILINE | re.DOTALL)


def imports(lesson: Lesson) -> list[str]:
    """Return the modules of libraries that a lesson names anywhere, besides those that every zygote has.

    Anywhere: in the reference, the scenarios, the stub, the visible tests and the page's code, which a student's notebook runs.
    """
    modules = [lesson.reference, lesson.stub, *sorted(lesson.tests.glob("test_*.py")), *_visible(lesson)]
    page = CODE_BLOCK.findall(_text(lesson.page))
    return libraries([*map(_text, modules), *page])


def _visible(lesson: Lesson) -> list[Path]:
    return sorted(lesson.assignment.glob("test_*.py"))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def libraries(texts: Iterable[str]) -> list[str]:
    """Return the modules of libraries, besides those that every zygote has, that some of these sources import."""
    found = {name for text in texts for name in _imported(_tree(text))}
    return sorted(name for name in found if _is_extra(name))


def _tree(text: str) -> ast.Module:
    """Return a source's syntax tree; of what is not all Python (a page shows a shell's lines, too) that of its imports."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        lines = [line.strip() for line in text.splitlines() if line.strip().startswith(("import ", "from "))]
        return ast.Module([node for line in lines for node in _statement(line)], [])


def _statement(line: str) -> list[ast.stmt]:
    with contextlib.suppress(SyntaxError, ValueError):
        return ast.parse(line).body
    return []


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            # Whether a name is a module's nobody knows here; directly below a package it often is.
            yield from (name for name in inner if "." not in node.module or name in ON_DEMAND)


def _is_extra(name: str) -> bool:
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names or top in COURSE:
        return False
    return below(name, ON_DEMAND) or not below(name, ALWAYS)


def below(name: str, packages: Iterable[str]) -> bool:
    """Return whether a module is one of these or lies below one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def draws(lesson: Lesson) -> bool:
    """Return whether some scenario of a lesson draws."""
    texts = map(_text, lesson.tests.glob("test_*.py"))
    return any("matplotlib" in text or "probes.figure" in text for text in texts)
