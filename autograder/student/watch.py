"""Show what a lesson's visible tests say after every save. Reads keys and draws; the tests run in processes of their own.

What happens comes from three threads, the file system's, the keyboard's and the runner's, into one queue; all else is done in
one place, in order.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from autograder.course.lesson import Lesson
from autograder.student import hints, resetting, seat, standing
from autograder.student.commands import reset_lines
from autograder.util.errors import UserError
from autograder.util.safe_text import printable

LOCK = "watch.lock"
KEYS = (
    ("n", "next", "the next exercise, or the next lesson when all is done"),
    ("h", "hint", "a hint for this exercise, one step more each time"),
    ("a", "all", "run all tests of the lesson again"),
    ("r", "reset", "put this exercise's stub back; your text is kept"),
    ("l", "list", "all lessons, and what is done in them"),
    ("o", "open", "open the lesson's page"),
    ("?", "help", "this list"),
    ("q", "quit", "leave"),
)
MARKS = {"done": ("✓", "green"), "fails": ("✗", "red"), "not written": ("·", "dim"), "waits": ("…", "yellow")}
# A message may be a whole traceback; its beginning says it.
MAX_LINES = 40


@dataclass(frozen=True)
class Event:
    """Something that happened: `save`, `key`, `runner`, `gone` or `unwatched`, with what belongs to it."""

    kind: str
    key: str = ""
    said: dict[str, Any] = field(default_factory=dict)
    runner: int = 0


@dataclass
class Run:
    """What a run has said so far."""

    outcomes: dict[str, bool] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    unwritten: dict[str, str] = field(default_factory=dict)
    trouble: str = ""
    died: str = ""
    over: bool = False

    def hear(self, said: dict[str, Any]) -> None:
        """Take in one line of the runner's."""
        if "test" in said:
            name = said["test"].partition("[")[0]
            passed = said["outcome"] == "passed"
            self.outcomes[name] = self.outcomes.get(name, True) and passed
            if not passed:
                self.words.setdefault(name, said["words"])
                self.unwritten.setdefault(name, said["unwritten"])
        self.trouble = self.trouble or said.get("trouble", "")
        if "end" in said:
            self.over, self.died = True, said["died"]


class Runner:
    """The warm process of one lesson; where there is no `fork`, a fresh process for each run."""

    def __init__(self, lesson: Lesson, limit: float, events: queue.Queue[Event], number: int) -> None:
        self._lesson, self._limit, self._events, self.number = lesson, limit, events, number
        self.warm = hasattr(os, "fork")
        self._process = self._start() if self.warm else None

    def _start(self) -> subprocess.Popen[bytes]:
        once = [] if self.warm else ["--once"]
        command = [sys.executable, "-m", "autograder.student.runner", self._lesson.name, f"{self._limit:g}", *once]
        # The package lies in the course's folder, or is installed.
        process = subprocess.Popen(
            command, cwd=self._lesson.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        threading.Thread(target=self._listen, args=(process,), daemon=True).start()
        return process

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            with contextlib.suppress(ValueError):
                self._events.put(Event("runner", said=json.loads(line), runner=self.number))
        if process is self._process:
            error = process.stderr.read().decode("utf-8", "replace") if process.stderr else ""
            self._events.put(Event("gone", error, runner=self.number))

    def run(self) -> None:
        """Run the tests; a run that goes on is ended."""
        if not self.warm:
            self.close()
            self._process = self._start()
        elif self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.write(b"run\n")
                self._process.stdin.flush()

    def close(self) -> None:
        """End it, and the run that goes on."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        try:
            process.wait(2 if self.warm else 0.01)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Watch:
    """A lesson under watch: what its tests said last, and the exercise that is looked at."""

    def __init__(self, root: Path, lesson: Lesson, console: Console, limit: float, *, keys: bool) -> None:
        self._root, self._console, self._limit, self._keys = root, console, limit, keys
        self._screen = console.is_terminal and not console.is_dumb_terminal
        self._events: queue.Queue[Event] = queue.Queue()
        self._stop = threading.Event()
        self._runners = 0
        self._asked = ""
        self._kept = False  # whether what stands below stays over the next save, which is a reset's own
        self._take(lesson)

    def _take(self, lesson: Lesson) -> None:
        self._lesson = lesson
        self._names = [exercise.name for exercise in lesson.exercises]
        self._tests = seat.tests_of(lesson)
        self._run, self._last = Run(), Run()
        self._started, self._focus, self._below = False, "", list[str]()
        self._runners += 1
        self._runner = Runner(lesson, self._limit, self._events, self._runners)

    def go(self) -> None:
        """Watch until the student leaves."""
        threading.Thread(target=self._watch_files, daemon=True).start()
        if self._keys:
            threading.Thread(target=self._read_keys, daemon=True).start()
        self._say(f"{self._lesson.name}: loading what the lesson needs …")
        self._runner.run()
        try:
            while self._on(self._events.get()):
                pass
        finally:
            self._stop.set()
            self._runner.close()

    def _on(self, event: Event) -> bool:
        """Do what an event asks for; return whether to go on."""
        if event.kind == "save":
            if not self._kept:
                self._below = []
            self._asked, self._kept = "", False
            self._runner.run()
        elif event.kind == "runner" and event.runner == self._runner.number:
            self._hear(event.said)
        elif event.kind == "unwatched":
            raise UserError(event.key)
        elif event.kind == "gone" and event.runner == self._runner.number and self._runner.warm:
            raise UserError(
                f"The process that runs the tests ended: {printable(event.key)[-600:].strip() or 'no reason'}"
            )
        elif event.kind == "key":
            return self._press(event.key)
        return True

    def _hear(self, said: dict[str, Any]) -> None:
        if "run" in said:
            self._run, self._started = Run(), True
        self._run.hear(said)
        if self._run.over:
            self._last = self._run
            states = self._states()
            if "fails" in states.values() and states.get(self._focus) != "fails":
                self._focus = ""  # what fails comes first, whatever was looked at before
            self._draw()

    def _watch_files(self) -> None:
        import watchfiles

        while not self._stop.is_set():
            lesson = self._lesson
            # A save may be a new file under the old name, so the folder is watched and not the file.
            try:
                for changes in watchfiles.watch(
                    lesson.assignment,
                    stop_event=self._stop,
                    debounce=50,
                    step=10,
                    rust_timeout=200,
                    yield_on_timeout=True,
                ):
                    if self._lesson is not lesson:
                        break
                    if any(_is_code(path) for _, path in changes):
                        self._events.put(Event("save"))
            except (OSError, RuntimeError) as error:
                self._events.put(Event("unwatched", f"{lesson.assignment} cannot be watched ({error})."))
                return

    def _read_keys(self) -> None:
        with contextlib.suppress(OSError):
            for key in _keys():
                self._events.put(Event("key", key))
                if key == "q":
                    return

    # What keys do.

    def _press(self, key: str) -> bool:
        if self._asked:
            name, self._asked = self._asked, ""
            if key in ("y", "Y"):
                self._reset(name)
                return True
            self._below = ["Nothing was reset."]
        elif key in ("q", "Q", "\x03", "\x04"):
            return False
        elif key == "n":
            self._next()
        elif key == "h" and self._here:
            self._below = hints.lines(self._lesson, self._here, hints.following(self._lesson, self._here))
        elif key == "a":
            self._below = []
            self._runner.run()
            return True
        elif key == "r" and self._here:
            self._asked = self._here
            self._below = [f"Put the stub of `{self._here}` back? Your text is kept. y: yes, any other key: no"]
        elif key == "l":
            self._below = self._list()
        elif key == "o":
            self._below = [_opened(self._lesson.page, self._root)]
        elif key == "?":
            self._below = [f"{letter}  {what}" for letter, _, what in KEYS]
        elif key not in ("h", "r"):
            return True
        self._draw()
        return True

    @property
    def _here(self) -> str:
        """The exercise that is looked at: the one chosen, or the first that is not done."""
        states = self._states()
        if self._focus and states.get(self._focus) != "done":
            return self._focus
        return next((name for name in self._names if states[name] != "done"), self._names[-1])

    def _next(self) -> None:
        states = self._states()
        left = [name for name in self._names if states[name] != "done"]
        if left:
            here = self._here
            behind = [name for name in left if self._names.index(name) > self._names.index(here)]
            self._focus, self._below = (behind or left)[0], []
            if len(left) == 1:
                self._below = [f"`{left[0]}` is the only one left in this lesson."]
            return
        standings, _ = standing.all_standings(self._root)
        others = [one for one in standings if one.lesson.name != self._lesson.name]
        following = standing.first_open(others)
        if following is None:
            self._below = ["Every lesson is done, by its visible tests."]
            return
        self._runner.close()
        self._take(following.lesson)
        self._say(f"{self._lesson.name}: loading what the lesson needs …")
        self._runner.run()

    def _reset(self, name: str) -> None:
        try:
            done = resetting.reset(self._lesson, name)
        except UserError as error:
            self._below = [str(error)]
            self._draw()
            return
        self._below, self._kept = reset_lines(name, done.module, done.backup, changed=done.changed), done.changed
        if not done.changed:
            self._draw()

    def _list(self) -> list[str]:
        standings, note = standing.all_standings(self._root)
        rows = [f"{one.lesson.number}  {len(one.done)} of {len(one.lesson.exercises)}" for one in standings]
        width = max(map(len, rows)) + 3
        across = max(1, (self._console.width - 2) // width)
        lines = ["".join(f"{row:{width}}" for row in rows[at : at + across]) for at in range(0, len(rows), across)]
        return [*lines, *([note] if note else []), standing.NOT_THE_GRADE]

    # What is seen.

    def _states(self) -> dict[str, str]:
        run, states = self._last, {}
        for name in self._names:
            tests = self._tests.get(name, ())
            missing = {run.unwritten.get(test, "") for test in tests} - {""}
            if tests and all(run.outcomes.get(test) for test in tests):
                states[name] = "done"
            elif name in missing:
                states[name] = "not written"
            elif missing and not any(run.words.get(test) and not run.unwritten.get(test) for test in tests):
                states[name] = "waits"
            else:
                states[name] = "fails" if any(test in run.outcomes for test in tests) else "waits"
        return states

    def _message(self) -> list[str]:
        """Return what the first failing test of the exercise that is looked at says."""
        run = self._last
        if run.trouble:
            return run.trouble.rstrip().split("\n")
        if run.died:
            return [f"{run.died}. That run was ended; save again to start another."]
        here, states = self._here, self._states()
        if states[here] == "done":
            return ["Every visible test of this lesson passes. Further tests follow when you hand in."]
        tests = [test for test in self._tests.get(here, ()) if test in run.words]
        told = [test for test in tests if not run.unwritten.get(test)] or tests
        if not told:
            return [f"`{here}` was not tested."]
        if states[here] == "waits":
            needed = next(run.unwritten[test] for test in tests if run.unwritten.get(test))
            return [f"The tests of `{here}` need `{needed}`, which is not written yet."]
        return run.words[told[0]].rstrip().split("\n")

    def _draw(self) -> None:
        console, lesson, states = self._console, self._lesson, self._states()
        if self._screen:
            console.clear()
        done = sum(state == "done" for state in states.values())
        console.print(Text(f"Lesson {lesson.number} · {lesson.title}", style="bold"))
        if not self._last.trouble and not self._last.died:
            console.print(Text(f"{done} of {len(states)} exercises pass their visible tests", style="dim"))
            for name, state in states.items():
                mark, style = MARKS[state]
                here = name == self._here and state != "done"
                console.print(Text(f"{'>' if here else ' '} {mark} {name}  {state}", style="bold" if here else style))
        console.print()
        message = [printable(line) for line in self._message()]
        for line in message[:MAX_LINES]:
            console.print(Text(line))
        if len(message) > MAX_LINES:
            console.print(Text(f"… and {len(message) - MAX_LINES} lines more"))
        for line in ["", *self._below] if self._below else []:
            console.print(Text(line))
        left = [name for name in self._names if states[name] != "done"]
        console.print()
        console.print(
            Text(f"next: {left[0]}" if left else "next: press n for the next lesson" if self._keys else "all done")
        )
        if self._keys:
            console.print(
                Text(" · ".join(f"{letter}\N{NO-BREAK SPACE}{word}" for letter, word, _ in KEYS), style="dim")
            )

    def _say(self, words: str) -> None:
        if self._screen:
            self._console.clear()
        self._console.print(Text(words))
        if not self._runner.warm:
            self._console.print(
                Text("This system cannot fork, so each save starts a fresh process: it takes some seconds.")
            )


def _is_code(path: str) -> bool:
    """Return whether a file is a module: the lesson's, or one of the student's own beside it."""
    return path.endswith(".py") and not Path(path).name.startswith(".")


def _opened(page: Path, root: Path) -> str:
    place = seat.shown(page, root)
    with contextlib.suppress(webbrowser.Error, OSError):
        # A program that runs in this terminal (lynx, www-browser) would take it away.
        display = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
        if display and webbrowser.open(page.absolute().as_uri()):
            return f"{place} is opened in your browser or editor."
    return f"The page is {place}: open it in your editor."


def _keys() -> Iterator[str]:
    """Yield the keys that are pressed, without the enter key behind them."""
    if sys.platform == "win32":
        import msvcrt

        while True:
            yield msvcrt.getwch()
    while True:
        data = os.read(0, 16)
        if not data:
            return
        if not data.startswith(b"\x1b"):  # an arrow, say
            yield from data.decode("utf-8", "ignore")


@contextlib.contextmanager
def _keys_at_once(*, wanted: bool) -> Iterator[None]:
    """Let the terminal hand over each key as it is pressed, and put it back afterwards."""
    if not wanted or sys.platform == "win32":
        yield
        return
    import termios
    import tty

    before = termios.tcgetattr(0)
    tty.setcbreak(0)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[str]:
    """Hold the watch of a course's folder; yield what is to be said, mostly "".

    Raises:
        SeatError: another one goes on.
    """
    try:
        import fcntl
    except ImportError:  # Windows; two of them only disturb each other's screens
        yield ""
        return
    path = root / seat.FOLDER / LOCK
    try:
        path.parent.mkdir(exist_ok=True)
        file = path.open("a+", encoding="utf-8")
    except OSError as error:
        yield f"Your progress is not kept: {root} cannot be written ({error.strerror})."
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise seat.SeatError(
                f"Another `autograder watch` goes on in {root}. Use that one, or leave it with q first."
            ) from None
        yield ""


def watch(root: Path, lesson: Lesson, limit: float) -> None:
    """Watch a lesson until the student leaves.

    Raises:
        SeatError: the lesson's tests are gone, or another watch goes on.
        UserError: the process that runs the tests ended.
    """
    if not (lesson.assignment / "test_exercises.py").is_file():
        raise seat.SeatError(
            f"{lesson.name} has no test_exercises.py, so there is nothing to run. Get it back from Git."
        )
    console = Console(highlight=False)
    keys = sys.stdin.isatty() and console.is_terminal
    with _alone(root) as note, _keys_at_once(wanted=keys):
        if note:
            console.print(Text(note))
        watching = Watch(root, lesson, console, limit, keys=keys)
        with contextlib.suppress(KeyboardInterrupt):
            watching.go()
