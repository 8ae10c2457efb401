"""Make the pages of an overview from templates that escape whatever students wrote.

A page stands alone: no request leaves it, and its policy lets nothing run but the one script that stands in it.
"""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.course.lesson import Lesson
from autograder.overview import clusters
from autograder.overview.clusters import Cluster
from autograder.overview.reading import Entry, GradingFolder, Read
from autograder.overview.statistics import ClassStatistics
from autograder.report.feedback import loading_sentences
from autograder.util.safe_text import name as visible
from autograder.util.safe_text import printable

# By this a page is known as one of ours, before another is written in its place or it is taken away.
GENERATOR = b'<meta name="generator" content="autograder overview">'
MAX_CODE_LINES = 2_000
MAX_LINE_LENGTH = 300
MAX_LOG_LENGTH = 4_000


@dataclass(frozen=True)
class StudentRow:
    """A row of the table of students: the name, the page, a report for each lesson or None, and what is late."""

    shown: str
    href: str
    entries: tuple[Entry | None, ...]
    late: str


@dataclass(frozen=True)
class MistakeView:
    """A mistake as the page shows it; `students` are places in the table.

    For one that has no name: the shortest function, whose it is, and the command that drafts a misconception.
    """

    exercise: str
    name: str
    says: str
    section: str
    students: tuple[int, ...]
    code: str = ""
    whose: str = ""
    command: str = ""


@dataclass(frozen=True)
class LessonView:
    """A lesson as the page shows it; `absent` is None where there is no roster, `late` where there is no due date."""

    lesson: Lesson
    numbers: ClassStatistics
    named: tuple[MistakeView, ...]
    unnamed: tuple[MistakeView, ...]
    told: Mapping[str, str]
    absent: tuple[str, ...] | None
    late: int | None


@dataclass(frozen=True)
class Index:
    """The page of a class; `similar` is the address of the page of similar submissions, or ""."""

    lessons: tuple[LessonView, ...]
    students: tuple[StudentRow, ...]
    similar: str = ""


@dataclass(frozen=True)
class Lines:
    """Lines of a student's module that follow one another; `mark` is the exercise that failed there, or ""."""

    text: str
    mark: str


@dataclass(frozen=True)
class ScenarioView:
    """A scenario that a student failed."""

    name: str
    told: str
    private: str


@dataclass(frozen=True)
class ExerciseView:
    """An exercise on a student's page."""

    name: str
    points: float
    most: float
    feedback: tuple[str, ...]
    failed: tuple[ScenarioView, ...]
    ran: int


@dataclass(frozen=True)
class StudentPart:
    """What a student's page says of one lesson."""

    lesson: Lesson
    submission: str
    status: str
    reason: str
    score: float | None
    max_score: float
    notes: tuple[str, ...]
    exercises: tuple[ExerciseView, ...]
    code: tuple[Lines, ...]
    numbers: str
    cut: bool
    log: str


def student_part(lesson: Lesson, found: Read) -> StudentPart:
    """Return what a student's page says of one report."""
    row = found.row
    failed = [one.name for one in found.entry.exercises if one.failed]
    lines = found.kept.text.splitlines()
    log = row.get("log", "")
    return StudentPart(
        lesson=lesson,
        submission=found.entry.submission,
        status=found.entry.status,
        reason=printable(row["reason"], 400),
        score=found.entry.score,
        max_score=found.entry.max_score,
        notes=tuple(printable(note) for note in (row.get("note", ""), *loading_sentences(row)) if note),
        exercises=tuple(_exercise(one) for one in row["exercises"]),
        code=tuple(_marked(lines[:MAX_CODE_LINES], failed)),
        numbers="\n".join(map(str, range(1, min(len(lines), MAX_CODE_LINES) + 1))),
        cut=len(lines) > MAX_CODE_LINES,
        log=printable(log, MAX_LOG_LENGTH),
    )


def _exercise(one: object) -> ExerciseView:
    assert isinstance(one, dict)
    failed = [part for part in one["scenarios"] if part["verdict"] in ("failed", "grader_error")]
    override = one.get("override")
    said = [f"  Points           set by you: {printable(override['reason'], 400)}"] if override else []
    return ExerciseView(
        name=one["name"],
        points=float(one["points"]),
        most=float(one["max_points"]),
        feedback=tuple(printable(line).removeprefix("  ") for line in (*said, *one.get("feedback", []))),
        failed=tuple(
            ScenarioView(scenario_words(part["name"]), printable(part["told"], 400), printable(part["private"], 400))
            for part in failed
        ),
        ran=sum(part["verdict"] in ("passed", "failed") for part in one["scenarios"]),
    )


def _marked(lines: Sequence[str], failed: Sequence[str]) -> Iterator[Lines]:
    marks = {}
    for exercise in failed:
        place = clusters.lines_of(lines, exercise)
        for number in range(place[0], place[1] + 1) if place else ():
            marks[number - 1] = exercise
    for mark, numbers in groupby(range(len(lines)), key=lambda n: marks.get(n, "")):
        yield Lines("\n".join(printable(lines[n], MAX_LINE_LENGTH) for n in numbers), mark)


def scenario_words(name: str) -> str:
    """Return a scenario's name as words: `test_a.py::test_short_batch_is_kept[4]` is "short batch is kept [4]"."""
    plain = name.partition("::")[2] or name
    plain, bracket, rest = plain.partition("[")
    words = plain.removeprefix("test_").replace("_", " ")
    return f"{words} {bracket}{rest}".strip().removesuffix(" on cpu")


def draft_command(folder: GradingFolder, cluster: Cluster) -> str:
    """Return the command that drafts a misconception from a mistake that has no name."""
    grades = shlex.quote(str(folder.path))
    return f"autograder misconceptions draft {folder.lesson.name} --from {grades} --mistake {shlex.quote(cluster.id)}"


def href(*parts: str) -> str:
    """Return a relative address: a percent sign that stands in a file's name is written as one."""
    return "/".join(quote(part) for part in parts)


def is_ours(path: Path) -> bool:
    """Return whether a page was made by this module."""
    try:
        with open(path, "rb") as file:
            return GENERATOR in file.read(1024)
    except OSError:
        return False


def with_code(text: str) -> Markup:
    """Return a sentence as markup in which what stands between backquotes is code, and nothing else is anything."""
    parts = printable(text).split("`")
    if len(parts) % 2 == 0:
        return escape("`".join(parts))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if n % 2 else escape(part) for n, part in enumerate(parts)
    )


class Renderer:
    """Renders the pages; the templates are read once."""

    def __init__(self) -> None:
        self._jinja = Environment(
            loader=PackageLoader("autograder.overview"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.filters |= {"words": scenario_words, "spans": with_code, "visible": visible, "printable": printable}
        self._style = self._source("style.css")
        self._student = self._jinja.get_template("student.html")

    def index(self, index: Index) -> str:
        """Return the page of a class."""
        script = self._source("index.js")
        return self._jinja.get_template("index.html").render(index=index, **self._frame(script))

    def student(self, parts: Sequence[StudentPart], back: str) -> str:
        """Return a student's page."""
        return self._student.render(parts=parts, back=back, shown=visible(parts[0].submission), **self._frame(""))

    def similar(self, **parts: object) -> str:
        """Return the page of submissions that are alike."""
        return self._jinja.get_template("similar.html").render(**parts, **self._frame(""))

    def _source(self, name: str) -> str:
        return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8").strip()

    def _frame(self, script: str) -> dict[str, object]:
        """Return style and script as they stand in a page, and the policy that allows these two alone."""
        scripts = f"script-src '{_hash(script)}'; " if script else ""
        policy = f"default-src 'none'; {scripts}style-src '{_hash(self._style)}'; base-uri 'none'; form-action 'none'"
        return {"style": Markup(self._style), "script": Markup(script), "policy": policy}


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
