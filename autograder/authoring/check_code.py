"""What is wrong with a lesson's code, from its text alone: reference, wrong answers, scenarios, alternatives, visible tests.

Nothing is run, and PyTorch is not imported.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from autograder.authoring import hint_rules, visible_tests
from autograder.authoring.faults import Fault, of_error
from autograder.course import docstring_rules, docstrings, misconceptions, scenario_files
from autograder.course.lesson import BEGIN, END, Lesson
from autograder.course.manifests import page_headings
from autograder.student import hints
from autograder.util.errors import UserError

MIN_MISCONCEPTIONS = 2
EXPECTS = re.compile(r"# expects: (\w+) ([\d.]+)")


def parsed(path: Path, what: str) -> tuple[ast.Module | None, str, list[Fault]]:
    """Return a file's syntax tree and text; None and the fault where there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None, "", [Fault(path, 1, f"the lesson has no {what}: write it.")]
    except (OSError, UnicodeDecodeError) as error:
        return None, "", [Fault(path, 1, f"this file cannot be read: {error}.")]
    try:
        return ast.parse(text), text, []
    except SyntaxError as error:
        return None, text, [Fault(path, error.lineno or 1, f"this is no Python: {error.msg}.")]
    except ValueError as error:
        return None, text, [Fault(path, 1, f"this is no Python: {error}.")]


def faults(lesson: Lesson) -> Iterator[Fault]:
    """Yield everything that is wrong with a lesson's code."""
    tree, text, found = parsed(lesson.reference, "reference")
    yield from found
    yield from _regions(lesson, text)
    scenarios, broken = _scenarios(lesson)
    yield from broken
    if tree is not None:
        yield from _docstrings(lesson, tree, text, scenarios)
    yield from _misconceptions(lesson)
    yield from _alternatives(lesson)
    yield from _visible_tests(lesson)
    yield from _hints(lesson, text)
    yield from _set_aside(lesson, text)


def _regions(lesson: Lesson, text: str) -> Iterator[Fault]:
    """Yield what is wrong with the cells and the solution regions of the reference."""
    if not text:
        return
    if not text.startswith("# %%"):
        yield Fault(lesson.reference, 1, "the reference must start with a cell: `# %%`.")
    names = [exercise.name for exercise in lesson.exercises if exercise.name]
    lines = text.split("\n")
    tops = re.findall(r"^(?:def|class) (\w+)", text, flags=re.MULTILINE)
    methods, filled = set(names) - set(tops), set()
    owner, top, begun = "", "", 0
    for n, line in enumerate(lines, 1):
        at_top = re.match(r"(?:def|class) (\w+)", line)
        in_class = re.match(r"    def (\w+)", line)
        if at_top:
            owner = top = at_top[1]
        elif in_class and in_class[1] in methods:
            owner = in_class[1]
        if BEGIN in line:
            filled |= {owner, top}
            if begun:
                yield Fault(
                    lesson.reference, begun, f"this region is not closed by `# {END}`: the next begins at line {n}."
                )
            if not line.partition(BEGIN)[2].strip(" :"):
                yield Fault(lesson.reference, n, f"this region does not say what to write: `# {BEGIN} Say it here.`")
            if owner not in names:
                place = (
                    f"in `{owner}`, which is not an exercise of lesson.toml" if owner else "outside of every exercise"
                )
                yield Fault(lesson.reference, n, f"this region lies {place}.")
            begun = n
        elif END in line:
            if not begun:
                yield Fault(lesson.reference, n, f"`# {END}` without a `# {BEGIN} …` before it.")
            begun = 0
    if begun:
        yield Fault(lesson.reference, begun, f"this region is not closed by `# {END}`.")
    for name in names:
        at = next((n for n, line in enumerate(lines, 1) if re.match(rf"\s*(?:def|class) {name}\b", line)), 0)
        if at and name not in filled:
            yield Fault(lesson.reference, at, f"the exercise `{name}` has no region: `# {BEGIN} …`, `# {END}`.")


Scenarios = Mapping[tuple[str, str], tuple[str, ast.FunctionDef]]


def _scenarios(lesson: Lesson) -> tuple[Scenarios, list[Fault]]:
    """Return the hidden suite's functions with their exercises, by file and name, and what is wrong with them."""
    names = [exercise.name for exercise in lesson.exercises if exercise.name]
    checks = lesson.tests / "checks.py"
    judges, found = set(), []
    if checks.exists():
        tree, _, broken = parsed(checks, "checks.py")
        found += broken
        judges = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)} if tree else set()
    scenarios: dict[tuple[str, str], tuple[str, ast.FunctionDef]] = {}
    whole = True
    for path in sorted(lesson.tests.glob("test_*.py")):
        tree, _, broken = parsed(path, "scenarios")
        found += broken
        whole = whole and tree is not None
        if tree is None:
            continue
        found += [Fault(path, line, told) for line, told in scenario_files.broken_rules(tree)]
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                exercise = _marked(node, "exercise")
                scenarios[path.name, node.name] = (exercise, node)
                if exercise and exercise not in names:
                    found.append(Fault(path, node.lineno, f"there is no exercise {exercise!r} in lesson.toml."))
                judge = _marked(node, "check")
                if judge and judge not in judges:
                    found.append(Fault(path, node.lineno, f"there is no check {judge!r} in {checks}."))
                if not ast.get_docstring(node):
                    told = f"{node.name} has no docstring: say which rule of the exercise it tests."
                    found.append(Fault(path, node.lineno, told))
    judged = {exercise for exercise, _ in scenarios.values()}
    for name in names if whole else ():
        if name not in judged:
            path = lesson.tests / f"test_{name}.py"
            found.append(Fault(path, 1, f"no scenario judges the exercise `{name}`: write some here."))
    return scenarios, found


def _marked(node: ast.FunctionDef, wanted: str) -> str:
    """Return the text that a mark is called with; "" if it is not there or no text."""
    for decorator in node.decorator_list:
        mark = scenario_files.mark_of(decorator)
        if mark and mark[0] == wanted and mark[1] and mark[1].args and isinstance(mark[1].args[0], ast.Constant):
            return str(mark[1].args[0].value)
    return ""


def _docstrings(lesson: Lesson, tree: ast.Module, text: str, scenarios: Scenarios) -> Iterator[Fault]:
    """Yield what the docstrings do not say, and manifest and scenarios ask for."""
    promises = docstrings.read(text, [exercise.name for exercise in lesson.exercises])
    kinds = ast.FunctionDef | ast.ClassDef
    nodes = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    for exercise in lesson.exercises:
        promise = promises.get(exercise.name)
        line = next((node.lineno for node in nodes if node.name == exercise.name), 1)
        if promise is None:
            continue
        if not promise.own.strip():
            told = f"`{exercise.name}` has no docstring: write one that says all that a scenario may ask."
            yield Fault(lesson.reference, line, told)
            continue
        mine = {key: node for key, (owner, node) in scenarios.items() if owner == exercise.name}
        for told in docstring_rules.unsaid(lesson.exercises, exercise, promise, mine):
            yield Fault(lesson.reference, line, f"{told}: add it there.")


def _misconceptions(lesson: Lesson) -> Iterator[Fault]:
    path = lesson.misconceptions
    tree, _, broken = parsed(path, "misconceptions")
    yield from broken
    if tree is None:
        return
    found, errors = misconceptions.survey(lesson, tree)
    yield from (of_error(error, path) for error in errors)
    headings = page_headings(lesson.page)
    lines = {node.name: node.lineno for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for one in found:
        if headings is not None and one.section not in headings:
            yield Fault(path, lines[one.name], f"{one.name}: {lesson.page} has no heading {one.section!r}.")
    for exercise in lesson.exercises:
        count = sum(one.exercise == exercise.name for one in found)
        if exercise.name and count < MIN_MISCONCEPTIONS and not errors:
            told = f"`{exercise.name}` has {count} misconceptions: write {MIN_MISCONCEPTIONS} or more."
            yield Fault(path, max(lines.values(), default=1), told)


def _alternatives(lesson: Lesson) -> Iterator[Fault]:
    folder = lesson.tests / "alternatives"
    paths = sorted(folder.glob("*.py"))
    if not paths:
        yield Fault(folder / "loops.py", 1, "there is no correct solution in another style: write one, such as this.")
    names = [exercise.name for exercise in lesson.exercises if exercise.name]
    for path in paths:
        tree, text, broken = parsed(path, "alternative")
        yield from broken
        if tree is None:
            continue
        given = set(_names(tree))
        for name in names:
            if name not in given and "*" not in given:
                yield Fault(path, 1, f"it has no `{name}`: an alternative is a whole module.")
        for n, line in enumerate(text.split("\n"), 1):
            said = EXPECTS.match(line)
            if said and said[1] not in names:
                yield Fault(path, n, f"there is no exercise {said[1]!r} in lesson.toml.")


def _names(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a module gives, and those of its classes' methods."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def _visible_tests(lesson: Lesson) -> Iterator[Fault]:
    path = lesson.assignment / "test_exercises.py"
    tree, _, broken = parsed(path, "visible tests")
    yield from broken
    if tree is not None:
        yield from (of_error(told, path) for told in visible_tests.every_fault(lesson))


def _hints(lesson: Lesson, text: str) -> Iterator[Fault]:
    path = lesson.assignment / hints.FILE
    try:
        found = hints.read(lesson)
    except UserError as error:
        place = re.search(r"at line (\d+)", str(error))
        yield Fault(path, int(place[1]) if place else 1, str(error))
        return
    if found is None:
        yield Fault(path, 1, "there are no hints: write `read`, `idea` and `shape` for each exercise.")
        return
    lines = path.read_text(encoding="utf-8").split("\n")
    for name, told in hint_rules.faults(lesson, found, text):
        table = re.compile(rf"""\s*\[\s*["']?{re.escape(name)}["']?\s*\]""")
        yield Fault(path, next((n for n, line in enumerate(lines, 1) if table.match(line)), len(lines)), told)


def _set_aside(lesson: Lesson, text: str) -> Iterator[Fault]:
    """Yield what is wrong with the mutants that are set aside, where there are any."""
    path = lesson.reference.parent / "audit.toml"
    if not path.is_file():
        return
    try:
        given = path.read_text(encoding="utf-8")
        entries = tomllib.loads(given).get("equivalent", [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        place = re.search(r"at line (\d+)", str(error))
        yield Fault(path, int(place[1]) if place else 1, f"this is not a TOML file: {error}.")
        return
    starts = [n for n, line in enumerate(given.split("\n"), 1) if line.replace(" ", "").startswith("[[equivalent]]")]
    known = {line.strip() for line in text.split("\n")}
    for n, entry in zip(starts, entries, strict=False):
        lacking = [key for key in ("exercise", "line", "becomes", "reason") if not entry.get(key)]
        if lacking:
            yield Fault(path, n, f"this entry has no `{lacking[0]}`.")
        elif text and not {line.strip() for line in str(entry["line"]).split("\n")} <= known:
            yield Fault(path, n, "the reference has no such line any more: take the entry out, or write the new line.")
