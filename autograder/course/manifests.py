"""Read a lesson's manifest, `lesson.toml`, and refuse what is wrong in it with the file and the line.

Whether an off-limits name exists is asked for where PyTorch is imported anyway: here a name is read, and nothing imported.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.util
import math
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from autograder.util.errors import UserError

TOTAL_POINTS = 100
# The numbered exercises of a page, and how long the title of one may be: it stands in a table's first column.
MAX_GROUPS = 4
MAX_GROUP_TITLE = 50
OF_A_LESSON = ("title", "follow_through", "exercise")
TABLE = re.compile(r"\s*\[\[\s*exercise\s*\]\]")
DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


class LessonError(UserError):
    """A lesson that is not there or whose manifest is wrong; the sentence says which and what to do."""


@dataclass(frozen=True)
class Exercise:
    """One entry of a manifest.

    Attributes:
        name: the function or class of `exercises.py`.
        points: what it is worth.
        section: the heading of the lesson's page where its idea is taught.
        group: the title of the page's numbered exercise that it is a part of; "" where the lesson numbers none.
        off_limits: dotted names that its code must not use, and the reason to tell a student.
        bonus: whether its points are a bonus (they count towards the 100 all the same).
        forgeable: why its points, or some of them, rest on something that is computed beside student code; "" if none do.
        few_answers: why someone who knows nothing can guess some of its answers (a quiz, a few fixed cases); "" for most.
    """

    name: str
    points: float
    section: str
    group: str = ""
    off_limits: tuple[str, ...] = ()
    off_limits_reason: str = ""
    bonus: bool = False
    forgeable: str = ""
    few_answers: str = ""


@dataclass(frozen=True)
class Group:
    """A numbered exercise of a page: the graded functions and classes that belong together.

    Attributes:
        number: its number on the page, from 1.
        title: its title.
        names: its exercises, in the manifest's order.
    """

    number: int
    title: str
    names: tuple[str, ...]

    @property
    def heading(self) -> str:
        """What stands above it on the page, in the stub and in feedback."""
        return f"Exercise {self.number} · {self.title}"


def grouped(parts: Iterable[tuple[str, str]]) -> tuple[Group, ...]:
    """Return the numbered exercises that pairs of a name and the title of its group make, numbered as they first appear.

    Pairs without a title belong to none.
    """
    names: dict[str, list[str]] = {}
    for name, title in parts:
        if title:
            names.setdefault(title, []).append(name)
    return tuple(Group(number, title, tuple(own)) for number, (title, own) in enumerate(names.items(), start=1))


@dataclass(frozen=True)
class _Table:
    """A table of a manifest: its values, and where it stands.

    Attributes:
        path: the manifest.
        text: its text.
        values: what the table has.
        number: which `[[exercise]]` it is, from 0; -1 for what stands before them all.
        name: what to call it.
    """

    path: Path
    text: str = field(repr=False)
    values: dict[str, Any]
    number: int
    name: str = ""

    def refuse(self, key: str, why: str, value: str = "") -> NoReturn:
        """Raise the sentence, with the line of a key, or of a value of its list; without them, of the table."""
        of_whom = f"exercise {self.name!r}: " if self.name else ""
        raise LessonError(f"{self.path}:{_line(self.text, self.number, key, value)}: {of_whom}{why}")

    def words(self, key: str, *, needed: bool = False) -> str:
        """Return a text that is not empty; "" if it is not there and need not be."""
        value = self.values.get(key)
        if value is None and not needed:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.refuse(key, f'`{key}` is {"missing or empty" if value in (None, "") else "no text"}: {key} = "…".')
        return value

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            self.refuse(key, f"`{key}` is true or false, without quotes.")
        return value


@dataclass(frozen=True)
class Survey:
    """What a manifest says, as far as it can be read, and all that is wrong in it.

    Attributes:
        title: the lesson's title; "" where there is none.
        follow_through: whether failures follow through.
        exercises: one for each table, in order; what cannot be read of it is empty, or 0.
        faults: in the order in which they are looked for.
    """

    title: str
    follow_through: bool
    exercises: tuple[Exercise, ...]
    faults: tuple[LessonError, ...]


def read(path: Path) -> tuple[str, bool, tuple[Exercise, ...]]:
    """Return a manifest's title, whether failures follow through, and its exercises.

    Raises:
        LessonError: it cannot be read, or something in it is wrong.
    """
    found = survey(path)
    if found.faults:
        raise found.faults[0]
    return found.title, found.follow_through, found.exercises


def survey(path: Path) -> Survey:
    """Return what a manifest says, and everything that is wrong in it.

    Raises:
        LessonError: it cannot be read at all.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        manifest = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        place = re.search(r"at line (\d+)", str(error))
        raise LessonError(f"{path}{f':{place[1]}' if place else ''}: this is not a TOML file: {error}.") from error
    except OSError as error:
        raise LessonError(f"{path} cannot be read: {error.strerror}.") from error
    whole = _Table(path, text, manifest, -1)
    faults = list(_unknown(whole, OF_A_LESSON, "a manifest has `title`, `follow_through` and `[[exercise]]` tables"))
    exercises = _exercises(whole, faults)
    with _kept(faults):
        _check_groups(path, text, exercises)
    total = sum(exercise.points for exercise in exercises)
    if abs(total - TOTAL_POINTS) > 1e-9 and all(exercise.points for exercise in exercises):
        told = f"the exercises' points add up to {total:g}; they must add up to {TOTAL_POINTS}."
        faults.append(LessonError(f"{path}: {told}"))
    title, follow_through = "", True
    with _kept(faults):
        title = whole.words("title", needed=True)
    with _kept(faults):
        follow_through = whole.flag("follow_through", True)
    return Survey(title, follow_through, tuple(exercises), tuple(faults))


@contextlib.contextmanager
def _kept(faults: list[LessonError]) -> Iterator[None]:
    """Keep what is refused, and go on behind the block."""
    try:
        yield
    except LessonError as error:
        faults.append(error)


def _exercises(whole: _Table, faults: list[LessonError]) -> list[Exercise]:
    tables = whole.values.get("exercise", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        with _kept(faults):
            whole.refuse("exercise", "an exercise is a table of its own, headed [[exercise]] with two brackets.")
        return []
    exercises: list[Exercise] = []
    for number, values in enumerate(tables):
        table = _Table(whole.path, whole.text, values, number, str(values.get("name") or ""))
        exercise = _exercise(table, faults)
        if exercise.name and exercise.name in [other.name for other in exercises]:
            with _kept(faults):
                _Table(whole.path, whole.text, values, number).refuse(
                    "name", f"exercise {exercise.name!r} is listed twice."
                )
        exercises.append(exercise)
    return exercises


def _exercise(table: _Table, faults: list[LessonError]) -> Exercise:
    keys = tuple(Exercise.__dataclass_fields__)
    faults += _unknown(table, keys, f"an exercise has {', '.join(keys)}")
    found: dict[str, Any] = {"name": "", "points": 0.0, "section": ""}
    for key, field_of in _FIELDS.items():
        with _kept(faults):
            found[key] = field_of(table)
    off_limits = table.values.get("off_limits")
    for name in off_limits if isinstance(off_limits, list) else []:
        with _kept(faults):
            _check_off_limit(table, name)
    with _kept(faults):
        _check_reason(table)
    return Exercise(**found)


def _name(table: _Table) -> str:
    name = table.words("name", needed=True)
    if not name.isidentifier():
        table.refuse("name", "`name` is the name of a function, class or method, as it stands in exercises.py.")
    return name


def _points(table: _Table) -> float:
    points = table.values.get("points")
    if isinstance(points, bool) or not isinstance(points, (int, float)) or not math.isfinite(points) or points <= 0:
        table.refuse("points", "`points` is a number above 0, without quotes.")
    return float(points)


def _check_reason(table: _Table) -> None:
    if table.values.get("off_limits") and "off_limits_reason" not in table.values:
        table.refuse("off_limits", "there is `off_limits` but no `off_limits_reason` to tell a student.")
    if table.values.get("off_limits_reason") and not table.values.get("off_limits"):
        table.refuse("off_limits_reason", "there is a reason, but no `off_limits` with the names that are.")


def _group(table: _Table) -> str:
    """Return the title of an exercise's group; it goes into headings, and into a comment of the stub."""
    title = table.words("group")
    if title != title.strip() or not title.isprintable() or "`" in title or len(title) > MAX_GROUP_TITLE:
        table.refuse(
            "group", f"`group` is a title of one line, without backticks, of at most {MAX_GROUP_TITLE} characters."
        )
    return title


def _check_groups(path: Path, text: str, exercises: Sequence[Exercise]) -> None:
    """Refuse groups that a page cannot number: too many of them, some exercises without one, one in two places."""
    groups = grouped((exercise.name, exercise.group) for exercise in exercises)
    titles: list[str] = []
    for number, exercise in enumerate(exercises if groups else ()):
        table = _Table(path, text, {}, number, exercise.name)
        if not exercise.group:
            table.refuse("group", "it has no `group`, and others have: give each exercise one, or none.")
        if titles and exercise.group == titles[-1]:
            continue
        if exercise.group in titles:
            table.refuse("group", f"the exercises of the group {exercise.group!r} stand one after another.")
        titles.append(exercise.group)
        if len(titles) > MAX_GROUPS:
            table.refuse("group", f"{exercise.group!r} is group {len(titles)}; a lesson has at most {MAX_GROUPS}.")


def _off_limits(table: _Table) -> tuple[str, ...]:
    value = table.values.get("off_limits", [])
    if not isinstance(value, list):
        table.refuse("off_limits", '`off_limits` is a list, also of one name: off_limits = ["torch.mean"].')
    return tuple(name for name in value if _is_dotted(name))


def _is_dotted(name: object) -> bool:
    return isinstance(name, str) and DOTTED.fullmatch(name) is not None


def _check_off_limit(table: _Table, name: object) -> None:
    if not _is_dotted(name):
        table.refuse("off_limits", f"{name!r} is not a dotted name such as torch.mean.", str(name))


# How each key of an exercise is read, in the order in which faults are told.
_FIELDS: Mapping[str, Callable[[_Table], Any]] = {
    "name": _name,
    "points": _points,
    "off_limits": _off_limits,
    "off_limits_reason": lambda table: table.words("off_limits_reason"),
    "section": lambda table: table.words("section", needed=True),
    "group": _group,
    "bonus": lambda table: table.flag("bonus", False),
    "forgeable": lambda table: table.words("forgeable"),
    "few_answers": lambda table: table.words("few_answers"),
}


def _unknown(table: _Table, keys: Sequence[str], told: str) -> Iterator[LessonError]:
    """Yield a fault for each key that there is not."""
    faults: list[LessonError] = []
    for key in table.values:
        if key not in keys:
            with _kept(faults):
                table.refuse(key, f"unknown key {key!r}; {told}.")
    yield from faults


def check_names(path: Path, exercises: Sequence[Exercise], reference: Path, page: Path) -> None:
    """Refuse exercises that the reference does not have, and sections and numbered exercises that the page does not have.

    A reference that is no Python, and a page that is not there, are told of by what reads them.

    Raises:
        LessonError: the first such name.
    """
    for fault in name_faults(path, exercises, reference, page):
        raise fault


def name_faults(path: Path, exercises: Sequence[Exercise], reference: Path, page: Path) -> Iterator[LessonError]:
    """Yield what `check_names` refuses, all of it; of an exercise whose name or section is empty that is left out."""
    text = path.read_text(encoding="utf-8-sig")
    defined, headings = _defined(reference), page_headings(page)
    faults: list[LessonError] = []
    for number, exercise in enumerate(exercises):
        table = _Table(path, text, {}, number, exercise.name)
        if defined is not None and exercise.name and exercise.name not in defined:
            with _kept(faults):
                table.refuse("name", f"{reference} has no function, class or method of that name.")
        if headings is not None and exercise.section and exercise.section not in headings:
            with _kept(faults):
                table.refuse("section", f"{page} has no heading {exercise.section!r}.")
    yield from faults
    if headings is not None:
        yield from _numbered_faults(path, text, exercises, page)


def _numbered_faults(path: Path, text: str, exercises: Sequence[Exercise], page: Path) -> Iterator[LessonError]:
    """Yield what is wrong where a page's headings of exercises are not those that the groups make, in their order."""
    names = {exercise.name: number for number, exercise in enumerate(exercises) if exercise.name}
    shown = [
        heading for heading in exercise_headings(page.read_text(encoding="utf-8-sig")) if _is_exercise(heading, names)
    ]
    groups = grouped((exercise.name, exercise.group) for exercise in exercises if exercise.name)
    wanted = [
        (name, heading)
        for group in groups
        for name, heading in [
            (group.names[0], f"### {group.heading}"),
            *((name, f"#### {name}") for name in group.names),
        ]
    ]
    bare = [heading.replace("`", "") for heading in shown]
    faults: list[LessonError] = []
    for place, (name, heading) in enumerate(wanted):
        found = shown[place] if place < len(shown) else ""
        # One heading too many or too few moves all that follow: those are no faults of their own.
        if found.replace("`", "") != heading and (not faults or heading not in bare):
            where = f"where `{found}` stands" if found else "as the next of its headings there"
            with _kept(faults):
                _Table(path, text, {}, names[name], name).refuse(
                    "group", f"{page} must have the heading `{heading}` below `## Exercises`, {where}."
                )
    yield from faults
    if groups and not faults and len(shown) > len(wanted):
        yield LessonError(f"{page}: the heading {shown[len(wanted)]!r} is none of the exercises of {path}.")


def _is_exercise(heading: str, names: Iterable[str]) -> bool:
    """Return whether a heading is a numbered exercise's, or that of one of its functions and classes."""
    return heading.startswith("### Exercise ") or heading.replace("`", "") in {f"#### {name}" for name in names}


def exercise_headings(text: str) -> list[str]:
    """Return the headings of the third and fourth level below `## Exercises` of a page, with their number signs."""
    _, _, below = without_code(text).partition("\n## Exercises\n")
    own = re.split(r"^## ", below, maxsplit=1, flags=re.MULTILINE)[0]
    return [heading.rstrip() for heading in re.findall(r"^#{3,4} .+$", own, flags=re.MULTILINE)]


def without_code(text: str) -> str:
    """Return a page without its blocks of code."""
    return re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)


def _defined(reference: Path) -> set[str] | None:
    try:
        body = ast.parse(reference.read_bytes()).body
    except (OSError, ValueError, SyntaxError):
        return None
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    tops = [node for node in body if isinstance(node, kinds)]
    inside = [part for node in tops if isinstance(node, ast.ClassDef) for part in node.body if isinstance(part, kinds)]
    return {node.name for node in (*tops, *inside)}


def page_headings(page: Path) -> set[str] | None:
    """Return the headings of a page, without their number signs; None where there is no page to read."""
    try:
        text = page.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    return set(re.findall(r"^#{1,6} (.+?)\s*$", without_code(text), flags=re.MULTILINE))


def check_off_limits(path: Path, exercises: Sequence[Exercise], *, importing: bool = False) -> None:
    """Refuse off-limits names that there are not: a ban that is misspelt is no ban.

    Args:
        path: the manifest.
        exercises: what it holds.
        importing: import what a name needs; otherwise only what is imported already is looked at.

    Raises:
        LessonError: the first such name.
    """
    for fault in off_limits_faults(path, exercises, importing=importing):
        raise fault


def off_limits_faults(path: Path, exercises: Sequence[Exercise], *, importing: bool = False) -> Iterator[LessonError]:
    """Yield what `check_off_limits` refuses, all of it."""
    looked_up: dict[str, bool] = {}
    faults: list[LessonError] = []
    for number, exercise in enumerate(exercises):
        for name in exercise.off_limits:
            if name not in looked_up:
                looked_up[name] = _exists(name, importing)
            if not looked_up[name]:
                table = _Table(path, path.read_text(encoding="utf-8-sig"), {}, number, exercise.name)
                with _kept(faults):
                    table.refuse("off_limits", f"there is no {name}; is it spelt as in Python?", name)
    yield from faults


def _exists(name: str, importing: bool) -> bool:
    parts = name.split(".")
    if parts[0] not in sys.modules and not importing:
        return importlib.util.find_spec(parts[0]) is not None
    for size in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:size]))
        except ImportError:
            continue
        for part in parts[size:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def _line(text: str, number: int, key: str, value: str = "") -> int:
    """Return the line of a key in the table of that number, or of a value of its list; the table's own if it has no such key."""
    lines = text.splitlines()
    starts = [at for at, line in enumerate(lines) if TABLE.match(line)]
    first = starts[number] if 0 <= number < len(starts) else 0
    after = [at for at in starts if at > first] if number >= 0 else starts
    end = after[0] if after and key not in OF_A_LESSON[2:] else len(lines)
    keys = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*[=.]|\s*\[\[?\s*{re.escape(key)}\s*\]""")
    at = next((at for at in range(first, end) if keys.match(lines[at])), None)
    if at is None:
        return first + 1
    quoted = (f'"{value}"', f"'{value}'", value) if value else ()
    return next((n for one in quoted for n in range(at, end) if one in lines[n]), at) + 1
