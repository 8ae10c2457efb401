"""Make an overview: the page of a class, a page for each student, `summary.csv`, and five lines for the terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from autograder.course.lesson import Lesson
from autograder.gradebook.roster import Roster
from autograder.overview import clusters, pages, reading, statistics
from autograder.overview.clusters import Cluster, Failure
from autograder.overview.pages import Index, LessonView, MistakeView, StudentRow
from autograder.overview.reading import Entry, GradingFolder, Mistake
from autograder.overview.statistics import ClassStatistics
from autograder.util.files import write_whole
from autograder.util.safe_text import cell, file_name, told_apart

STUDENT_PAGES = "students"
# How many mistakes the terminal names.
NAMED_IN_TERMINAL = 3
TIMES = "\N{MULTIPLICATION SIGN}"
COLUMNS = [
    "lesson",
    "what",
    "name",
    "exercise",
    "students",
    "of",
    "mean",
    "median",
    "difficulty",
    "discrimination",
    "note",
]


@dataclass(frozen=True)
class Overview:
    """What was made.

    Attributes:
        index: the page.
        lines: the summary for the terminal.
        notes: sentences on what was left out.
    """

    index: Path
    lines: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass
class _Collected:
    """What is gathered of one lesson while the reports are read, one by one."""

    folder: GradingFolder
    entries: list[Entry] = field(default_factory=list)
    failures: list[tuple[tuple[int, str, str], Failure]] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)
    damaged: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NamedMistake:
    """A known misconception, and who has it."""

    exercise: str
    mistake: Mistake
    submissions: tuple[str, ...]


@dataclass(frozen=True)
class LessonOverview:
    """What is known of a class on one lesson.

    Attributes:
        folder: its grades.
        entries: the reports in brief.
        numbers: the statistics.
        named: the known misconceptions, the most frequent first.
        unnamed: the mistakes that several share and that have no name.
        told: what a student was told of each scenario, in one example.
        absent: who has not handed in.
        late: submissions to what is said of their lateness.
        has_roster: whether it is known who should have handed in.
        has_due: whether there is a due date.
    """

    folder: GradingFolder
    entries: tuple[Entry, ...]
    numbers: ClassStatistics
    named: tuple[NamedMistake, ...]
    unnamed: tuple[Cluster, ...]
    told: Mapping[str, str]
    absent: tuple[str, ...]
    late: Mapping[str, str]
    has_roster: bool
    has_due: bool

    @property
    def lesson(self) -> Lesson:
        """The lesson."""
        return self.folder.lesson


def make(
    root: Path, paths: Sequence[Path], out: Path | None = None, roster: Roster | None = None, *, similar: bool = False
) -> Overview:
    """Make the overview of grading folders.

    Args:
        root: the course.
        paths: the folders.
        out: where it goes: the folder itself for one, `overview` beside the first for several, unless said otherwise.
        roster: who should have handed in.
        similar: whether to look for submissions that are alike.

    Raises:
        UserError: something that the instructor can put right.
    """
    found = reading.folders(root, paths)
    out = out or (found[0].path if len(found) == 1 else Path(paths[0]).resolve().parent / "overview")
    collected = [_Collected(folder) for folder in found]
    renderer = pages.Renderer()
    names = _names(collected)
    _write_students(names, out, renderer)
    if not any(one.entries for one in collected):
        where = " and ".join(str(one.folder.path) for one in collected)
        raise reading.OverviewError(
            f"There is no report in {where} that can be used. Run `autograder grade` on the submissions first."
        )
    lessons = [_overview(one, roster) for one in collected]
    if similar:
        from autograder.overview import similar as alike

        alike.write(lessons, out, renderer)
    index = out / "index.html"
    write_whole(index, renderer.index(_index(lessons, similar=similar)))
    write_whole(out / "summary.csv", _summary(lessons))
    notes = [note for one in collected for note in reading.left_out(one.folder, one.damaged)]
    return Overview(index, tuple(_lines(lessons, index)), tuple(notes))


def gather(folder: GradingFolder) -> LessonOverview:
    """Return what is known of a class on one lesson, and write nothing."""
    collected = _Collected(folder)
    for name in reading.file_names(folder):
        _collect(collected, name)
    return _overview(collected, None)


def _collect(collected: _Collected, name: str) -> reading.Read | None:
    found = reading.read(collected.folder, name)
    if isinstance(found, str):
        collected.damaged[name] = found
        return None
    collected.entries.append(found.entry)
    collected.failures += [(found.entry.basis, one) for one in clusters.failures(found.entry, found.kept)]
    for exercise in found.row["exercises"]:
        for part in exercise["scenarios"]:
            if part["verdict"] == "failed" and part["told"]:
                collected.told.setdefault(f"{part['name']} on {part['device']}", part["told"])
    return found


def _names(collected: Sequence[_Collected]) -> dict[str, list[_Collected]]:
    """Return the file names of all reports, each with the lessons that have one: a student has one page for all lessons."""
    found: dict[str, list[_Collected]] = {}
    for one in collected:
        for name in reading.file_names(one.folder):
            found.setdefault(name, []).append(one)
    return dict(sorted(found.items()))


def _write_students(names: Mapping[str, Sequence[_Collected]], out: Path, renderer: pages.Renderer) -> None:
    """Read every report once, and write each student's page from it, so that few are in memory."""
    written = set()
    for name, having in names.items():
        parts = []
        for one in having:
            found = _collect(one, name)
            if found is not None:
                parts.append(pages.student_part(one.folder.lesson, found))
        if parts:
            path = student_path(out, parts[0].submission)
            write_whole(path, renderer.student(parts, "../index.html"), sync=False)
            written.add(path.name)
    for path in (out / STUDENT_PAGES).glob("*.html"):
        if path.name not in written and pages.is_ours(path):
            path.unlink(missing_ok=True)


def student_path(out: Path, submission: str) -> Path:
    """Return where a student's page lies."""
    return out / STUDENT_PAGES / f"{file_name(submission)}.html"


def _overview(collected: _Collected, roster: Roster | None) -> LessonOverview:
    entries = tuple(collected.entries)
    lesson = collected.folder.lesson
    return LessonOverview(
        folder=collected.folder,
        entries=entries,
        numbers=statistics.of_class(entries, [exercise.name for exercise in lesson.exercises]),
        named=_named(entries),
        unnamed=clusters.clusters(collected.failures),
        told=collected.told,
        absent=_absent(collected.folder, entries, roster),
        late=_late(collected.folder, entries),
        has_roster=roster is not None or (collected.folder.path / "unmatched.csv").is_file(),
        has_due=(collected.folder.path / "late.csv").is_file(),
    )


def _named(entries: Sequence[Entry]) -> tuple[NamedMistake, ...]:
    having: dict[tuple[str, str], list[str]] = {}
    known: dict[tuple[str, str], Mistake] = {}
    for entry in entries:
        for one in entry.exercises:
            for mistake in one.mistakes:
                having.setdefault((one.name, mistake.name), []).append(entry.submission)
                known[one.name, mistake.name] = mistake
    found = [NamedMistake(key[0], known[key], tuple(names)) for key, names in having.items()]
    return tuple(sorted(found, key=lambda one: (-len(one.submissions), one.exercise, one.mistake.name)))


def _absent(folder: GradingFolder, entries: Sequence[Entry], roster: Roster | None) -> tuple[str, ...]:
    """Return who is on the roster and has not handed in: by the roster given now, or by what `grade --roster` found."""
    if roster is None:
        rows = reading.table(folder.path / "unmatched.csv")
        return tuple(row.get("who", "") for row in rows if row.get("what") == "student without a submission")
    here = [entry.submission for entry in entries if entry.status != "not_found"]
    known = {student.line for students in roster.match(here).values() for student in students}
    return tuple(student.shown for student in roster.students if student.line not in known and not student.excused)


def _late(folder: GradingFolder, entries: Sequence[Entry]) -> dict[str, str]:
    """Return whose submission was late, by what `grade --due` found."""
    shown = {cell(seen): name for name, seen in told_apart(entry.submission for entry in entries).items()}
    rows = reading.table(folder.path / "late.csv")
    return {
        shown[row["submission"]]: row.get("why", "")
        for row in rows
        if row.get("why") and row.get("submission") in shown
    }


def _index(lessons: Sequence[LessonOverview], *, similar: bool) -> Index:
    shown = told_apart(dict.fromkeys(entry.submission for one in lessons for entry in one.entries))
    students = sorted(shown, key=lambda name: shown[name].casefold())
    place = {name: n for n, name in enumerate(students)}
    of = [{entry.submission: entry for entry in one.entries} for one in lessons]
    rows = [
        StudentRow(
            shown=shown[name],
            href=pages.href(STUDENT_PAGES, f"{file_name(name)}.html"),
            entries=tuple(found.get(name) for found in of),
            late="; ".join(dict.fromkeys(one.late[name] for one in lessons if name in one.late)),
        )
        for name in students
    ]
    views = [_view(one, place, shown) for one in lessons]
    return Index(tuple(views), tuple(rows), "similar.html" if similar else "")


def _view(one: LessonOverview, place: Mapping[str, int], shown: Mapping[str, str]) -> LessonView:
    named = [
        MistakeView(
            exercise=mistake.exercise,
            name=mistake.mistake.name,
            says=mistake.mistake.says,
            section=mistake.mistake.section,
            students=tuple(sorted(place[name] for name in mistake.submissions)),
        )
        for mistake in one.named
    ]
    unnamed = [
        MistakeView(
            exercise=cluster.exercise,
            name=cluster.id,
            says=one.told.get(cluster.scenarios[0], ""),
            section="",
            students=tuple(sorted(place[name] for name in cluster.submissions)),
            code=cluster.code,
            whose=shown[cluster.whose],
            command=pages.draft_command(one.folder, cluster),
        )
        for cluster in one.unnamed
    ]
    return LessonView(
        one.lesson,
        one.numbers,
        tuple(named),
        tuple(unnamed),
        one.told,
        one.absent if one.has_roster else None,
        len(one.late) if one.has_due else None,
    )


def _lines(lessons: Sequence[LessonOverview], index: Path) -> Iterator[str]:
    """Yield five lines for the terminal."""
    graded = sum(one.numbers.graded for one in lessons)
    means = [(one.numbers.mean, one.numbers.graded) for one in lessons if one.numbers.mean is not None]
    first = f"{graded} graded"
    if means:
        first += f", mean {sum(mean * count for mean, count in means) / sum(count for _, count in means):.1f}"
    if len(lessons) == 1 and lessons[0].numbers.median is not None:
        first += f", median {lessons[0].numbers.median:.1f}"
    hardest = [(one.numbers.hardest, one) for one in lessons if one.numbers.hardest is not None]
    worst = min(hardest, key=lambda pair: pair[0].difficulty if pair[0] else 1.0, default=None)
    if worst is not None and worst[0] is not None:
        where = "" if len(lessons) == 1 else f" in {worst[1].lesson.name}"
        first += f"; hardest `{worst[0].name}`{where} ({worst[0].difficulty:.0%} of its points)"
    yield f"{first}."
    named = sorted((mistake for one in lessons for mistake in one.named), key=lambda one: -len(one.submissions))
    known = ", ".join(f"{len(one.submissions)} {TIMES} {one.mistake.name}" for one in named[:NAMED_IN_TERMINAL])
    more = f" and {len(named) - NAMED_IN_TERMINAL} more" if len(named) > NAMED_IN_TERMINAL else ""
    yield f"Named mistakes: {known or 'none'}{more}."
    absent, late = sum(len(one.absent) for one in lessons), sum(len(one.late) for one in lessons)
    unran = sum(one.numbers.count - one.numbers.graded for one in lessons)
    waited = f"{absent} on the roster without a submission" if any(one.has_roster for one in lessons) else "No roster"
    due = f"{late} late" if any(one.has_due for one in lessons) else "no due date"
    yield f"{waited}, {due}; {unran} handed in something that could not be run."
    several = [(one, cluster) for one in lessons for cluster in one.unnamed]
    if several:
        sharing = len({(one.lesson.name, name) for one, cluster in several for name in cluster.submissions})
        lesson, largest = max(several, key=lambda pair: len(pair[1].submissions))
        yield (
            f"{sharing} share a mistake that has no name ({len(several)} such mistakes). To name the most frequent: "
            f"{pages.draft_command(lesson.folder, largest)}"
        )
    else:
        yield "No two share a mistake that has no name."
    yield f"The overview is {index}."


def _summary(lessons: Sequence[LessonOverview]) -> str:
    """Return `summary.csv`: a row for each lesson, exercise, scenario and mistake."""
    with io.StringIO(newline="") as file:
        out = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        out.writeheader()
        for one in lessons:
            for row in _rows(one):
                out.writerow({key: cell(part) if isinstance(part, str) else part for key, part in row.items()})
        return file.getvalue()


# A row of `summary.csv`.
Row: TypeAlias = dict[str, str | float | int | None]


def _rows(one: LessonOverview) -> Iterator[Row]:
    numbers = one.numbers
    of: Row = {"lesson": one.lesson.name}
    shape: Row
    statuses = ", ".join(f"{count} {status}" for status, count in numbers.statuses.items())
    shape = {"name": one.lesson.name, "students": numbers.graded, "of": numbers.count, "note": statuses}
    yield {**of, "what": "class", **shape, "mean": _number(numbers.mean), "median": _number(numbers.median)}
    for each in numbers.exercises:
        named = {**of, "what": "exercise", "name": each.name, "exercise": each.name, "note": str(each.mark)}
        counted = {"students": each.solved, "of": each.count, "mean": _number(each.mean)}
        yield {
            **named,
            **counted,
            "difficulty": _number(each.difficulty),
            "discrimination": _number(each.discrimination),
        }
        for part in each.scenarios:
            shape = {"name": part.name, "students": part.failed, "of": part.of, "note": one.told.get(part.name, "")}
            yield {**of, "what": "failed scenario", "exercise": each.name, **shape}
    for known in one.named:
        shape = {"name": known.mistake.name, "students": len(known.submissions), "note": known.mistake.says}
        yield {**of, "what": "misconception", "exercise": known.exercise, "of": numbers.graded, **shape}
    for cluster in one.unnamed:
        note = one.told.get(cluster.scenarios[0], "")
        shape = {"name": cluster.id, "students": len(cluster.submissions), "note": note}
        yield {**of, "what": "unnamed mistake", "exercise": cluster.exercise, "of": numbers.graded, **shape}


def _number(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
