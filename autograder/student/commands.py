"""The student's commands: reads arguments, calls one function, prints."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, TypeAlias

from autograder.student import seat
from autograder.util.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add(commands: Commands) -> None:
    """Add the commands that a student uses."""
    following = commands.add_parser("next", help="which exercise is next", description="Say which exercise is next.")
    following.set_defaults(run=_next)
    status = commands.add_parser(
        "status",
        help="what is done, lesson by lesson",
        description="Say what is done, lesson by lesson, by the visible tests that ran last. It is no grade.",
    )
    status.set_defaults(run=_status)
    _add_watch(commands)
    _add_hint(commands)
    _add_reset(commands)


def _add_watch(commands: Commands) -> None:
    watch = commands.add_parser(
        "watch",
        help="run a lesson's visible tests at every save",
        description="Run a lesson's visible tests at every save, and show what fails first. Press ? for the keys.",
    )
    watch.add_argument("lesson", metavar="LESSON", nargs="?", default="", help="default: the first that is unfinished")
    watch.add_argument(
        "--limit", type=_seconds, default=30.0, metavar="SECONDS", help="how long one test may take (default: 30)"
    )
    watch.set_defaults(run=_watch)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("give seconds, from 0.1 to 3600")
    return seconds


def _add_hint(commands: Commands) -> None:
    hint = commands.add_parser(
        "hint",
        help="a hint for an exercise, one step more each time",
        description="Give a hint: where to read, then the idea, then the shape of the code. Each call gives one step more.",
    )
    hint.add_argument("exercise", metavar="EXERCISE", nargs="?", default="", help="default: the next one")
    hint.add_argument("--lesson", metavar="LESSON", default="", help="where several lessons have such an exercise")
    hint.set_defaults(run=_hint)


def _add_reset(commands: Commands) -> None:
    reset = commands.add_parser(
        "reset",
        help="put an exercise's stub back",
        description="Put the stub of an exercise back, or of a whole lesson. Your text is kept in a backup first.",
    )
    reset.add_argument("exercise", metavar="EXERCISE", nargs="?", default="", help="the exercise")
    reset.add_argument("--lesson", metavar="LESSON", default="", help="where several lessons have such an exercise")
    reset.add_argument("--all", metavar="LESSON", default="", help="reset every exercise of this lesson")
    reset.set_defaults(run=_reset)


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False)


def _next(options: argparse.Namespace) -> int:
    from autograder.student import standing

    standing.print_next(seat.find_root(options.start), _console())
    return 0


def _status(options: argparse.Namespace) -> int:
    from autograder.student import standing

    standing.print_status(seat.find_root(options.start), _console())
    return 0


def _watch(options: argparse.Namespace) -> int:
    from autograder.student import standing, watch

    root = seat.find_root(options.start)
    if options.lesson:
        lesson = seat.load(root, options.lesson)
    else:
        found = standing.first_open(standing.all_standings(root)[0])
        if found is None:
            raise UserError(
                "Every lesson is done, by its visible tests. Name the one to watch: `autograder watch 2.5`."
            )
        lesson = found.lesson
    watch.watch(root, lesson, options.limit)
    return 0


def _hint(options: argparse.Namespace) -> int:
    from autograder.student import hints, standing

    root = seat.find_root(options.start)
    exercise = options.exercise
    standings, _ = standing.all_standings(root)
    if exercise:
        still_open = [one.lesson.name for one in standings if exercise in {e.name for e in one.open}]
        lesson = seat.find_exercise(root, exercise, options.lesson, still_open)
    else:
        wanted = seat.load(root, options.lesson).name if options.lesson else ""
        found = standing.first_open([one for one in standings if wanted in ("", one.lesson.name)])
        if found is None:
            raise UserError("Every exercise is done there. Name the one that you want a hint for.")
        lesson, exercise = found.lesson, found.open[0].name
    for line in hints.lines(lesson, exercise, hints.following(lesson, exercise)):
        print(line)
    return 0


def _reset(options: argparse.Namespace) -> int:
    from autograder.student import resetting

    root = seat.find_root(options.start)
    if bool(options.exercise) == bool(options.all):
        raise UserError("Name the exercise, as in `autograder reset train`, or a lesson: `autograder reset --all 2.5`.")
    if options.all:
        lesson = seat.load(root, options.all)
        done = resetting.reset(lesson, None)
    else:
        lesson = seat.find_exercise(root, options.exercise, options.lesson)
        done = resetting.reset(lesson, options.exercise)
    for line in reset_lines(options.exercise or lesson.name, done.module, done.backup, changed=done.changed):
        print(line)
    return 0


def reset_lines(what: str, module: str, backup: str | None, *, changed: bool) -> list[str]:
    """Return what is said about a reset."""
    if not changed:
        return [f"`{what}` is the stub already; nothing was changed."]
    return [f"`{what}` in {module} is the stub again."] + ([f"Your text is kept in {backup}."] if backup else [])
