"""Derive what students get from the one source: stubs from the reference, figures from the page. Needs nbgrader and jupytext.

It reads solutions, so nothing of it runs where a student's code does.
"""

from __future__ import annotations

import ast
import re
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from inspect import isfunction
from pathlib import Path
from typing import Any

import jupytext
from nbgrader.preprocessors import ClearSolutions
from traitlets import Unicode

from autograder.course import lesson as lessons
from autograder.course.lesson import BEGIN, END, Exercise, Group, Lesson
from autograder.util.errors import UserError

DEMONSTRATION = "A demonstration in PyTorch"
# What a demonstration saves of these kinds is a figure of its page.
FIGURES = ("*.png", "*.gif")
CODE_BLOCK = re.compile(r"^```python\n(.*?)^```\n?", re.MULTILINE | re.DOTALL)


class AuthoringError(UserError):
    """A reference or page that cannot be turned into what students get."""


class OwnTodo(ClearSolutions):  # type: ignore[misc]  # nbgrader has no type hints
    """Puts a region's own sentence, exercise and section where nbgrader puts the same stub everywhere.

    It serves stubs and notebooks. The assignment's name, which nbgrader passes along, is the lesson's.
    """

    root = Unicode("", help="the course's repository, where the lessons' manifests are").tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """Clear a whole notebook."""
        # A region outside of every exercise is told of below, by its own sentence.
        self._lesson = lessons.load(Path(self.root), resources["nbgrader"]["assignment"], against_files=False)
        return super().preprocess(nb, resources)

    def _replace_solution_region(self, cell: Any, language: str) -> bool:  # noqa: ARG002  nbgrader's signature
        lines, changed = _without_solutions(cell.source.split("\n"), self._lesson)
        cell.source = "\n".join(lines)
        return changed


def stub(lesson: Lesson) -> str:
    """Return the text of a lesson's stub: the reference with each solution region turned into a TODO that says its own.

    Raises:
        AuthoringError: a region is not closed, lies outside every exercise, or an exercise has none; or the exercises of
            a group do not stand together.
    """
    clear = OwnTodo(root=str(lesson.root), enforce_metadata=False)
    cleared, _ = clear.preprocess(reference(lesson), {"nbgrader": {"assignment": lesson.name}})
    for number, group in beginnings(lesson, cleared.cells).items():
        cell = cleared.cells[number]
        cell.source = f"# --- {group.heading} ---\n\n\n{cell.source}"
    cleared.metadata.pop("celltoolbar", None)
    written: str = jupytext.writes(cleared, fmt="py:percent")
    written = _without_header(written)
    _every_exercise_is_open(lesson, written)
    return written


def reference(lesson: Lesson) -> Any:
    """Return the reference as a notebook, a cell a `# %%`.

    Raises:
        AuthoringError: it does not begin with one.
    """
    text = lesson.reference.read_text(encoding="utf-8")
    if not text.startswith("# %%"):
        raise AuthoringError(f"{lesson.reference} must start with a cell, `# %%`.")
    return jupytext.reads(text, fmt="py:percent")


def exercises_of(code: str, lesson: Lesson) -> tuple[list[str], list[Exercise]]:
    """Return the functions and classes of a cell of the reference, and the exercises that it has: they, or their methods."""
    tops = re.findall(r"^(?:def|class) (\w+)", code, flags=re.MULTILINE)
    methods = method_exercises(lesson) & set(re.findall(r"^    def (\w+)", code, flags=re.MULTILINE))
    return tops, [exercise for exercise in lesson.exercises if exercise.name in (*tops, *methods)]


def beginnings(lesson: Lesson, cells: Sequence[Any]) -> dict[int, Group]:
    """Return in which cells of the reference the numbered exercises begin.

    Raises:
        AuthoringError: an exercise does not stand with those of its group.
    """
    found: dict[int, Group] = {}
    waiting, current = list(lesson.groups), None
    for number, cell in enumerate(cells):
        for exercise in exercises_of(cell.source, lesson)[1] if lesson.groups else []:
            if current is not None and exercise.group == current.title:
                continue
            if not waiting or exercise.group != waiting[0].title or number in found:
                raise AuthoringError(
                    f"{lesson.reference}: `{exercise.name}` stands among other exercises than those of its group "
                    f"{exercise.group!r}. Put the groups in the order of {lesson.manifest}, a class's methods into one."
                )
            current = found[number] = waiting.pop(0)
    return found


def _without_header(text: str) -> str:
    """Drop the comment block of metadata that jupytext may put on top."""
    lines = text.split("\n")
    start = next(number for number, line in enumerate(lines) if line.startswith("# %%"))
    return "\n".join(lines[start:]).rstrip("\n") + "\n"


def _without_solutions(lines: list[str], lesson: Lesson) -> tuple[list[str], bool]:
    """Return a cell's lines with each region replaced."""
    kept: list[str] = []
    inside, exercise, changed = False, "", False
    methods = method_exercises(lesson)
    for line in lines:
        top = re.match(r"(?:def|class) (\w+)", line)
        if top:
            exercise = top.group(1)
        method = re.match(r"    def (\w+)", line)
        if method and method.group(1) in methods:
            exercise = method.group(1)
        if BEGIN in line:
            if inside:
                raise AuthoringError(f"{lesson.reference}: `{BEGIN}` inside a region: {line.strip()}")
            inside, changed = True, True
            kept += _todo(line, exercise, lesson)
        elif END in line:
            if not inside:
                raise AuthoringError(f"{lesson.reference}: `{END}` without a `{BEGIN}`.")
            inside = False
        elif not inside:
            kept.append(line)
    if inside:
        raise AuthoringError(f"{lesson.reference}: the region in `{exercise}` is not closed by `# {END}`.")
    return kept, changed


def method_exercises(lesson: Lesson) -> set[str]:
    """Return the exercises that are methods of a class: those that no function or class of the reference is called."""
    tops = re.findall(r"^(?:def|class) (\w+)", lesson.reference.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {exercise.name for exercise in lesson.exercises} - set(tops)


def _todo(line: str, exercise: str, lesson: Lesson) -> list[str]:
    indent = line[: len(line) - len(line.lstrip())]
    sentence = line.partition(BEGIN)[2].strip(" :")
    if not sentence:
        raise AuthoringError(
            f"{lesson.reference}: a region of `{exercise}` does not say what to write (`# {BEGIN} …`)."
        )
    try:
        section = lesson.exercise(exercise).section
    except KeyError:
        raise AuthoringError(
            f"{lesson.reference}: a region lies in `{exercise}`, which is not an exercise of lesson.toml."
        ) from None
    message = f'{exercise} is not written yet: read "{section}" in assignments/{lesson.name}/README.md'
    return [f"{indent}# TODO: {sentence}", f"{indent}raise NotImplementedError({_quoted(message)})"]


def _quoted(message: str) -> str:
    return "'" + message.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _every_exercise_is_open(lesson: Lesson, text: str) -> None:
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise AuthoringError(f"the stub made from {lesson.reference} is not valid Python: {error}") from error
    tops = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    methods = [part for node in tops for part in ast.iter_child_nodes(node) if isinstance(part, ast.FunctionDef)]
    parts = {node.name: ast.unparse(node) for node in (*methods, *tops)}
    for exercise in lesson.exercises:
        if "NotImplementedError" not in parts.get(exercise.name, ""):
            raise AuthoringError(f"{lesson.reference}: the exercise `{exercise.name}` has no solution region.")


def demonstration(lesson: Lesson) -> str:
    """Return the program that the page's demonstration is.

    Raises:
        AuthoringError: the page has none.
    """
    page = lesson.page.read_text(encoding="utf-8")
    _, found, rest = page.partition(f"\n## {DEMONSTRATION}\n")
    section = re.split(r"^## ", rest, maxsplit=1, flags=re.MULTILINE)[0]
    blocks = CODE_BLOCK.findall(section)
    if not found or not blocks:
        raise AuthoringError(f"{lesson.page} has no python blocks under `## {DEMONSTRATION}`.")
    return "\n".join(blocks)


def drawings(lesson: Lesson) -> dict[str, bytes]:
    """Return the lesson's drawings as pictures, by the name of the file: what the functions of its `drawings.py` return.

    Raises:
        AuthoringError: one of them returns something else.
    """
    path = lesson.assignment / "drawings.py"
    if not path.is_file():
        return {}
    from autograder.authoring.drawings import (
        Drawing,  # which needs matplotlib: nbgrader's commands do not wait for that
    )

    own = runpy.run_path(str(path), run_name=f"drawings of {lesson.name}")
    made = {name: part for name, part in own.items() if isfunction(part) and part.__module__.endswith(lesson.name)}
    found = {}
    for name, draw in made.items():
        if not name.startswith("_"):
            drawing = draw()
            if not isinstance(drawing, Drawing):
                raise AuthoringError(f"{path}: `{name}` must return a Drawing, not {type(drawing).__name__}.")
            found[f"{name}.png"] = drawing.png()
    return found


def make_figures(lesson: Lesson) -> list[Path]:
    """Make the page's figures and return their paths: the drawings, and what its demonstration saves in an empty folder.

    Raises:
        AuthoringError: the demonstration or a drawing fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        run_demonstration(lesson, Path(folder))
        made = sorted(path for kind in FIGURES for path in Path(folder).glob(kind))
        figures = {figure.name: figure.read_bytes() for figure in made}
    drawn = drawings(lesson)
    both = figures.keys() & drawn.keys()
    if both:
        raise AuthoringError(
            f"{lesson.page} saves {min(both)}, which is a drawing, too: give one of them another name."
        )
    kept = []
    for name, picture in (figures | drawn).items():
        (lesson.assignment / name).write_bytes(picture)
        kept.append(lesson.assignment / name)
    return kept


def run_demonstration(lesson: Lesson, folder: Path) -> str:
    """Run the page's demonstration in a folder; return what it printed.

    Raises:
        AuthoringError: it failed; the message ends with what it printed last.
    """
    program = folder / "demonstration.py"
    program.write_text(demonstration(lesson), encoding="utf-8")
    environment = {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    done = subprocess.run(
        [sys.executable, program.name],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    program.unlink()
    if done.returncode:
        raise AuthoringError(f"the demonstration of {lesson.page} fails:\n{done.stderr[-2000:]}")
    return done.stdout
