"""Make a lesson's answers for students, from what stands elsewhere: the reference, alternatives and misconceptions.

They go out by `autograder release --answers` alone.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from autograder.course import misconceptions
from autograder.course.lesson import BEGIN, END, Exercise, Lesson
from autograder.util.errors import UserError

FILE = "answers.md"
# Other right ways that are shown for an exercise: more of them do not make it clearer.
MAX_OTHERS = 2


class AnswersError(UserError):
    """Answers that cannot be made; the sentence says which file is in the way."""


def path_of(lesson: Lesson) -> Path:
    """Return where a lesson's answers lie in the course: beside the reference, which no release takes."""
    return lesson.reference.parent / FILE


def text(lesson: Lesson) -> str:
    """Return a lesson's answers as a page.

    Raises:
        UserError: the reference, an alternative or the misconceptions cannot be read.
    """
    reference = _Module(lesson.reference)
    alternatives = [_Module(path) for path in sorted((lesson.tests / "alternatives").glob("*.py"))]
    mistakes = misconceptions.read(lesson)
    headings = {group.names[0]: group.heading for group in lesson.groups}
    parts = [
        f"# Lesson {lesson.number} · {lesson.title}: answers",
        "One right way to do each exercise of [the lesson](README.md), other right ways where they teach something, and what "
        "often goes wrong. Yours may look different: any code that does what the docstring says is right.",
    ]
    for exercise in lesson.exercises:
        if exercise.name in headings:
            parts.append(f"## {headings[exercise.name]}")
        parts += _of_exercise(exercise, reference, alternatives, bool(lesson.groups))
        own = [f'- {one.says} (Read "{one.section}".)' for one in mistakes if one.exercise == exercise.name]
        if own:
            parts += ["What often goes wrong:", "\n".join(dict.fromkeys(own))]
    return "\n\n".join(parts) + "\n"


def _of_exercise(exercise: Exercise, reference: _Module, alternatives: list[_Module], grouped: bool) -> Iterator[str]:
    code = reference.code(exercise.name)
    yield f"{'###' if grouped else '##'} `{exercise.name}`"
    sentences = reference.sentences(exercise.name)
    if sentences:
        yield " ".join(sentences)
    yield f"```python\n{code}\n```"
    yield f'The page explains it in "{exercise.section}".'
    shown = {_bare(code)}
    for other in alternatives:
        way = other.code(exercise.name)
        if way and _bare(way) not in shown and len(shown) <= MAX_OTHERS:
            shown.add(_bare(way))
            yield f"Another right way. {other.says}".rstrip()
            yield f"```python\n{way}\n```"


class _Module:
    """A module with solutions, taken apart."""

    def __init__(self, path: Path) -> None:
        try:
            self._lines = path.read_text(encoding="utf-8").split("\n")
            tree = ast.parse("\n".join(self._lines))
        except (OSError, SyntaxError, ValueError) as error:
            raise AnswersError(f"{path} cannot be read: {error}. Fix it; `autograder check` says more.") from error
        self.says = (ast.get_docstring(tree) or "").partition("\n\n")[0].replace("\n", " ")
        kinds = ast.FunctionDef | ast.ClassDef
        tops = [node for node in tree.body if isinstance(node, kinds)]
        inside = [part for node in tops for part in node.body if isinstance(part, kinds)]
        self._nodes: dict[str, ast.FunctionDef | ast.ClassDef] = {node.name: node for node in (*inside, *tops)}

    def code(self, name: str) -> str:
        """Return a function, class or method without docstrings and the marks of regions; "" if it is not there."""
        node = self._nodes.get(name)
        if node is None:
            return ""
        first = min([node.lineno, *(part.lineno for part in node.decorator_list)])
        left_out = {n for inner in ast.walk(node) for n in _docstring_lines(inner)}
        kept = [
            line
            for n, line in enumerate(self._lines, 1)
            if first <= n <= (node.end_lineno or n) and n not in left_out and not _is_mark(line)
        ]
        return textwrap.dedent("\n".join(kept)).strip("\n")

    def sentences(self, name: str) -> list[str]:
        """Return what the regions of a function, class or method say is to be written."""
        node = self._nodes[name]
        own = self._lines[node.lineno - 1 : node.end_lineno]
        return [line.partition(BEGIN)[2].strip(" :") for line in own if BEGIN in line]


def _docstring_lines(node: ast.AST) -> range:
    if not isinstance(node, ast.FunctionDef | ast.ClassDef) or ast.get_docstring(node) is None or len(node.body) == 1:
        return range(0)
    # What stands between it and the code is blank.
    return range(node.body[0].lineno, min(node.body[1].lineno, *_decorators(node.body[1])))


def _decorators(node: ast.stmt) -> tuple[int, ...]:
    return (node.lineno, *(part.lineno for part in getattr(node, "decorator_list", [])))


def _is_mark(line: str) -> bool:
    return re.match(rf"\s*# ({BEGIN}|{END})\b", line) is not None


def _bare(code: str) -> str:
    """Return what of a piece of code makes it another: all but annotations, comments and blanks."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
    return ast.unparse(tree)
