"""A lesson's misconceptions: known wrong answers, each with what its student should read."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from autograder.course.lesson import Lesson
from autograder.util.errors import UserError


@dataclass(frozen=True)
class Misconception:
    """A known wrong answer: its name, its exercise, what a student should read and the section of the page to go back to.

    It stands in for `target`: the exercise itself, or the class of which the exercise is a method.
    """

    name: str
    exercise: str
    says: str
    section: str
    target: str


class DiagnosisError(UserError):
    """Misconceptions that cannot be read or run; the sentence says which file and what to do."""


def read(lesson: Lesson) -> tuple[Misconception, ...]:
    """Return a lesson's misconceptions in the order of their file, read from its syntax tree; none where there is no file.

    Raises:
        DiagnosisError: the file breaks a rule.
    """
    path = lesson.misconceptions
    if not path.is_file():
        return ()
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise DiagnosisError(f"{path}:{error.lineno}: {error.msg}") from error
    found, faults = survey(lesson, tree)
    if faults:
        raise faults[0]
    return found


def survey(lesson: Lesson, tree: ast.Module) -> tuple[tuple[Misconception, ...], tuple[DiagnosisError, ...]]:
    """Return a file's misconceptions that can be read, and everything that is wrong with the others."""
    path = lesson.misconceptions
    texts = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found: dict[str, Misconception] = {}
    faults: list[DiagnosisError] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "misconception":
                    try:
                        one = _marked(node.name, decorator, texts, lesson)
                    except DiagnosisError as error:
                        faults.append(error)
                        continue
                    if one.name in found:
                        told = f"there are two misconceptions called {one.name}; give each a name of its own."
                        faults.append(DiagnosisError(f"{path}:{node.lineno}: {told}"))
                    found[one.name] = one
    return tuple(found.values()), tuple(faults)


def _marked(name: str, mark: ast.Call, texts: dict[str, str], lesson: Lesson) -> Misconception:
    where = f"{lesson.misconceptions}:{mark.lineno}"
    given = {keyword.arg or "": keyword.value for keyword in mark.keywords}
    if len(mark.args) != 1 or not {"says", "section"} <= set(given) <= {"says", "section", "target"}:
        raise DiagnosisError(f'{where}: the mark is written @misconception("exercise", says="…", section="…").')
    words = []
    for part in (mark.args[0], given["says"], given["section"], given.get("target", mark.args[0])):
        text = (
            texts.get(part.id) if isinstance(part, ast.Name) else part.value if isinstance(part, ast.Constant) else None
        )
        if not isinstance(text, str):
            raise DiagnosisError(
                f"{where}: write `{ast.unparse(part)}` as a plain text, or as a name that stands for one."
            )
        words.append(text)
    exercise, says, section, target = words
    if exercise not in [known.name for known in lesson.exercises]:
        raise DiagnosisError(
            f"{where}: {name} is a misconception of {exercise!r}, which is not an exercise of lesson.toml."
        )
    return Misconception(name, exercise, says, section, target)
