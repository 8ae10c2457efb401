"""Say where a student stands: what is done, what is next. Counts visible tests, and says that the grade comes from others."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rich.console import Console, Group
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from autograder.course.lesson import Exercise, Lesson
from autograder.student import progress, seat
from autograder.student.progress import Progress

NOT_THE_GRADE = "This counts the visible tests alone. Your grade comes from further tests that you do not see."


class State(StrEnum):
    """Where an exercise stands."""

    NOT_WRITTEN = "not written"
    NOT_TRIED = "not tested yet"
    FAILS = "a test fails"
    # What passed was another text than that which is there now.
    CHANGED = "passed, changed since"
    DONE = "done"


@dataclass(frozen=True)
class Standing:
    """A lesson and the state of its exercises, in the manifest's order; `when` is "" where no test ran."""

    lesson: Lesson
    states: dict[str, State]
    when: str

    @property
    def done(self) -> list[Exercise]:
        """The exercises whose visible tests passed last, whatever was changed since."""
        return [one for one in self.lesson.exercises if self.states[one.name] in (State.DONE, State.CHANGED)]

    @property
    def open(self) -> list[Exercise]:
        """The exercises that are still to do, a bonus left to the end."""
        left = [one for one in self.lesson.exercises if one not in self.done]
        return sorted(left, key=lambda one: bool(one.bonus))

    @property
    def points(self) -> float:
        """The points of what is done."""
        return sum(one.points for one in self.done)

    @property
    def changed(self) -> bool:
        """Whether something that is done was changed since."""
        return State.CHANGED in self.states.values()


def standing(lesson: Lesson, known: Progress) -> Standing:
    """Return where a student stands in a lesson."""
    names = [exercise.name for exercise in lesson.exercises]
    try:
        open_ones = seat.unwritten(seat.module_text(lesson), names)
    except seat.SeatError:
        open_ones = set(names)
    tried, now = known.of(lesson.name), seat.digest(lesson)

    def state(name: str) -> State:
        if name in open_ones:
            return State.NOT_WRITTEN
        if name not in tried:
            return State.NOT_TRIED
        if not tried[name].done:
            return State.FAILS
        return State.DONE if tried[name].module == now else State.CHANGED

    when = max((tried[name].when for name in names if name in tried), default="")
    return Standing(lesson, {name: state(name) for name in names}, when)


def all_standings(root: Path) -> tuple[list[Standing], str]:
    """Return where a student stands in each lesson, and what is to be said about the file that knows."""
    known = progress.read(root)
    return [standing(lesson, known) for lesson in seat.load_all(root)], known.note


def first_open(standings: list[Standing]) -> Standing | None:
    """Return the first lesson with an exercise that is still to do; a bonus does not keep it open."""
    return next((one for one in standings if any(not exercise.bonus for exercise in one.open)), None)


def print_status(root: Path, console: Console) -> None:
    """Print a row for each lesson and a bar for the course."""
    standings, note = all_standings(root)
    table = Table(box=None, pad_edge=False, show_edge=False)
    for heading, justify in (("lesson", "left"), ("exercises", "right"), ("points", "right"), ("last run", "left")):
        table.add_column(heading, justify=justify, no_wrap=True)  # type: ignore[arg-type]  # rich's own literal
    wide = console.width >= 100
    if wide:
        table.add_column("title", overflow="ellipsis", no_wrap=True)
    for one in standings:
        count = f"{len(one.done)} of {len(one.lesson.exercises)}{'*' if one.changed else ' '}"
        points = f"{one.points:g} of {sum(e.points for e in one.lesson.exercises if not e.bonus):g}"
        row = [one.lesson.number, count, points, one.when or "-"]
        table.add_row(*row, *([escape(one.lesson.title)] if wide else []))
    done, all_of_them = sum(len(one.done) for one in standings), sum(len(one.lesson.exercises) for one in standings)
    bar = ProgressBar(total=max(1, all_of_them), completed=done, width=min(40, console.width - 4))
    console.print(Group(table, "", bar if console.is_terminal else "", f"{done} of {all_of_them} exercises"))
    if any(one.changed for one in standings):
        console.print("* exercises.py has changed since its tests ran: run them again.")
    if note:
        console.print(f"Note: {escape(note)}")
    console.print(NOT_THE_GRADE)


def print_next(root: Path, console: Console) -> None:
    """Print the exercise to do now, where to read, and what to type."""
    standings, note = all_standings(root)
    if note:
        console.print(f"Note: {escape(note)}")
    one = first_open(standings)
    if one is None:
        console.print(f"All {len(standings)} lessons are done, by their visible tests. {NOT_THE_GRADE}")
        return
    exercise = one.open[0]
    console.print(Text(f"Lesson {one.lesson.number} · {one.lesson.title}"))
    console.print(Text(f"next: {exercise.name} ({exercise.points:g} points), {one.states[exercise.name]}"))
    console.print(Text(f'read: "{exercise.section}" in {seat.shown(one.lesson.page, root)}'))
    console.print(Text(f"write: {seat.shown(one.lesson.stub, root)}"))
    console.print(Text(f"then: autograder watch {one.lesson.number}"))
