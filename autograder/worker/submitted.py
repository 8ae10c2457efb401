"""Load what a student handed in as one module, statement by statement: what raises costs what depends on it and nothing more.

In a notebook people try things, so a statement that no exercise needs gets little time, and is left out when that is up. Where
a text takes too long as a whole, or ends its process, a fresh worker loads its definitions only: imports, functions and
classes, and the assignments that these need. Both choices follow from the text and from CPU seconds, never from the clock,
which only guards against waiting.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import FrameType, ModuleType
from typing import Any

import torch

from autograder.worker import definitions, ipython_syntax, loading, parts
from autograder.worker.definitions import Names
from autograder.worker.parts import Kind
from autograder.worker.statements import Parsed, Statement, compiled

# How often what waits is looked at, in seconds.
LOOK_EVERY = 0.25
_MISSING = object()


class TooLong(BaseException):
    """A statement ran longer than it may."""


@dataclass(frozen=True)
class Raised:
    """What kept a part, or a statement of it, from being run.

    `whole` where the part is no Python at all; `follows` where a name was missing that an earlier such statement would have
    bound.
    """

    part: int
    error: BaseException
    whole: bool = False
    follows: bool = False


@dataclass(frozen=True)
class Rebound:
    """A name that had a definition was bound again in this line of the text, and whether that counts: it is a definition, too."""

    name: str
    line: int
    counts: bool


@dataclass
class Loaded:
    """A module, and what became of its text.

    Attributes:
        module: the module.
        raised: what raised.
        left_out: the first and the last line of each statement that was not run.
        rebound: exercises that were bound again.
    """

    module: ModuleType
    raised: list[Raised] = field(default_factory=list)
    left_out: list[tuple[int, int]] = field(default_factory=list)
    rebound: list[Rebound] = field(default_factory=list)


@dataclass(frozen=True)
class _Share:
    """Seconds that statements have together: of CPU, and of waiting."""

    cpu: float
    waiting: float


class _Turn(Enum):
    """How much time a statement gets: all that an import may take, a share with others of its kind, or none.

    The shares of what is loaded as definitions only stay in all below what the sandbox gives an import.
    """

    FULL = None
    SPARE = _Share(cpu=1.0, waiting=5.0)
    ASSIGNMENT = _Share(cpu=1.8, waiting=10.0)
    LOOP = _Share(cpu=0.6, waiting=3.0)
    NONE = ()


def load(
    text: str,
    parsed: Sequence[Parsed],
    name: str,
    filename: str,
    exercises: Sequence[str],
    *,
    definitions_only: bool = False,
) -> Loaded:
    """Run a submission's statements as the module `name`.

    Args:
        text: the submission.
        parsed: the same, taken apart.
        name: the module's name.
        filename: what tracebacks call it.
        exercises: the names of the lesson's functions and classes.
        definitions_only: whether to leave out all that defines nothing.

    Raises:
        Exception: a module is no Python, or something in it raised and then none of the exercises was there.
    """
    in_notebook = parts.is_notebook(text)
    module = loading.load(text, name, filename, compile("", filename, "exec"))
    loaded = Loaded(module)
    for number, one in enumerate(parsed):
        if one.error is not None:
            if isinstance(one.error, SyntaxError):
                one.error.filename = filename
            if not in_notebook:
                raise one.error
            loaded.raised.append(Raised(number, one.error, whole=True))
    statements = []
    for found in compiled(parsed, filename, in_notebook=in_notebook):
        if isinstance(found, Statement):
            statements.append(found)
        elif not in_notebook:
            raise found[1]
        else:
            loaded.raised.append(Raised(*found))
    if in_notebook:
        ipython_syntax.provide(vars(module), [one.part.source for one in parsed])
    elif parsed and (words := ast.get_docstring(parsed[0].tree, clean=False)) is not None:
        module.__doc__ = words
    torch.compile = _as_it_is
    torch.nn.Module.compile = _do_nothing  # type: ignore[method-assign]
    _run(statements, loaded, exercises, in_notebook=in_notebook, definitions_only=definitions_only)
    loaded.raised.sort(key=lambda raised: raised.part)
    if not in_notebook and loaded.raised and not any(callable(vars(module).get(name)) for name in exercises):
        raise loaded.raised[0].error
    return loaded


def _run(
    statements: Sequence[Statement],
    loaded: Loaded,
    exercises: Sequence[str],
    *,
    in_notebook: bool,
    definitions_only: bool,
) -> None:
    found = [definitions.names(one) for one in statements] if in_notebook or definitions_only else []
    needed = definitions.needed(found, statements, exercises) if found else set[int]()
    helpers = _helpers(found, statements, needed)
    kept = _Kept(vars(loaded.module), exercises, helpers if in_notebook else set())
    if definitions_only:
        turns = _turns_of_definitions(statements, found, needed, helpers | {*exercises})
    elif in_notebook:
        turns = [_Turn.FULL if number in needed else _Turn.SPARE for number in range(len(statements))]
    else:
        turns = [_Turn.FULL] * len(statements)
    errors: dict[int, BaseException] = {}
    with _shares() as shares:
        runs = _Runs(loaded.module, shares)
        # Of the page's imports those that nothing uses are dropped.
        used = {
            name
            for names, one in zip(found, statements, strict=False)
            if one.kind is not Kind.PAGE
            for name in names.uses
        }
        for number, (one, turn) in enumerate(zip(statements, turns, strict=True)):
            if one.kind is Kind.PAGE and not found[number].binds & used:
                continue
            if turn is _Turn.NONE:
                if definitions.runs_when_imported(one):
                    loaded.left_out.append(one.lines)
                continue
            error = runs.run(one, turn)
            kept.look(one, loaded.rebound)
            if isinstance(error, TooLong):
                loaded.left_out.append(one.lines)
            elif error is not None:
                errors[number] = error
        # In a notebook a cell may stand above what it needs: it was run later. Nothing that is there is overwritten, though.
        early = [n for n, error in errors.items() if in_notebook and n in needed and isinstance(error, NameError)]
        for number in early:
            if not found[number].binds & vars(loaded.module).keys():
                if runs.run(statements[number], _Turn.FULL) is None:
                    del errors[number]
                kept.look(statements[number], loaded.rebound)
    kept.put_back()
    lost = set[str]()
    for number, error in sorted(errors.items()):
        one = statements[number]
        # What is left of a part that was handed out may lean on what does not run.
        if one.kind is Kind.OWN or (one.kind is Kind.EDITED and number in needed):
            follows = type(error) is NameError and type(error.name) is str and error.name in lost
            loaded.raised.append(Raised(one.part, error, follows=follows))
        with contextlib.suppress(RecursionError):  # it is only for a better sentence
            lost |= definitions.names(one).binds


def _turns_of_definitions(
    statements: Sequence[Statement], found: Sequence[Names], needed: set[int], wanted: set[str]
) -> list[_Turn]:
    """Return how much time each statement gets where only definitions are loaded."""

    def turn(number: int, one: Statement, names: Names) -> _Turn:
        defines = definitions.is_import(one) or bool(names.written)
        if number in needed:
            if defines:
                return _Turn.FULL
            # A loop that fills a table is short; one that trains is not, whatever is needed of it.
            return _Turn.LOOP if definitions.loops(one) else _Turn.ASSIGNMENT
        # Somebody may look these up by their names; and an assignment may be the definition that counts.
        return _Turn.SPARE if defines or (definitions.assigns(one) and names.binds & wanted) else _Turn.NONE

    return [turn(number, one, names) for number, (one, names) in enumerate(zip(statements, found, strict=True))]


def _helpers(found: Sequence[Names], statements: Sequence[Statement], needed: set[int]) -> set[str]:
    """Return the functions, classes and modules that exercises need."""
    imports = (found[n].binds for n in needed if definitions.is_import(statements[n]))
    return {name for names in (*(found[n].written for n in needed), *imports) for name in names}


class _Kept:
    """Keeps what exercises, and the functions that they need, were defined as, whatever else is bound to their names later."""

    def __init__(self, namespace: dict[str, Any], exercises: Sequence[str], helpers: set[str]) -> None:
        self._namespace = namespace
        self._exercises = exercises
        self._names = {*exercises, *helpers}
        self._seen: dict[str, Any] = {}
        self._kept: dict[str, Any] = {}
        # Those that so far an import or a stub has bound: any definition is more than that.
        self._for_now: set[str] = set()

    def look(self, one: Statement, rebound: list[Rebound]) -> None:
        """See what a statement that was just run has bound."""
        for name in self._names:
            now = self._namespace.get(name, _MISSING)
            if now is self._seen.get(name, _MISSING):
                continue
            self._seen[name] = now
            for_now = definitions.is_import(one) or one.kind is Kind.STUB
            is_first = name not in self._kept or (name in self._for_now and not for_now)
            counts = self._counts(one, name, now, for_now=for_now)
            expected = is_first or one.kind is Kind.STUB or (counts and definitions.wraps(one, name))
            if name in self._exercises and not expected:
                rebound.append(Rebound(name, one.lines[0], counts))
            if counts:
                self._kept[name] = now
                (self._for_now.add if for_now else self._for_now.discard)(name)

    def _counts(self, one: Statement, name: str, now: Any, *, for_now: bool) -> bool:
        if name not in self._kept:
            return callable(now) or isinstance(now, ModuleType)
        if for_now:
            return name in self._for_now and one.kind is not Kind.STUB and now is not _MISSING
        return callable(now) and name in definitions.defined(one.node)

    def put_back(self) -> None:
        """Bind each name to its definition."""
        for name, value in self._kept.items():
            if self._namespace.get(name, _MISSING) is not value:
                self._namespace[name] = value


class _Runs:
    """Runs statements in one module."""

    def __init__(self, module: ModuleType, shares: dict[_Turn, _Left]) -> None:
        self._namespace = vars(module)
        self._shares = shares

    def run(self, one: Statement, turn: _Turn) -> BaseException | None:
        """Run a statement in its time; return what it raised."""
        try:
            if turn in self._shares:
                self._shares[turn].run(lambda: self._execute(one))
            else:
                self._execute(one)
        except BaseException as error:  # noqa: BLE001  SystemExit at the top of a module is the student's, too
            return error
        return None

    def _execute(self, one: Statement) -> None:
        if one.code.co_flags & inspect.CO_COROUTINE:
            asyncio.run(eval(one.code, self._namespace))
        elif one.last and isinstance(one.node, ast.Expr):
            code = compile(ast.Expression(one.node.value), one.code.co_filename, "eval", dont_inherit=True)
            self._show(eval(code, self._namespace))
        else:
            exec(one.code, self._namespace)

    def _show(self, value: Any) -> None:
        """Keep the value of a cell's last line as Jupyter does."""
        if value is not None:
            self._namespace["_"] = value
            self._namespace["Out"][len(self._namespace["Out"]) + 1] = value


class _Left:
    """What is left of a share: of its CPU, and for those that wait, of its time by the clock."""

    def __init__(self, share: _Share) -> None:
        self._cpu, self._waiting = share.cpu, share.waiting
        self._up = False
        self._until: float | None = None

    def run(self, do: Callable[[], None]) -> None:
        """Do something within the time that is left, or not at all once it is up.

        Raises:
            TooLong: the time was up.
        """
        if self._up:
            raise TooLong("the time for this was up")
        began = _waited()
        self._until = began + self._waiting
        # A timer set to 0 would be none at all.
        signal.setitimer(signal.ITIMER_PROF, max(0.01, self._cpu))
        signal.setitimer(signal.ITIMER_REAL, LOOK_EVERY, LOOK_EVERY)
        try:
            do()
        except TooLong:
            self._up = True
            raise
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._cpu = signal.setitimer(signal.ITIMER_PROF, 0)[0]
            self._until = None
            self._waiting -= _waited() - began

    def look(self) -> None:
        """Stop what waits for too long.

        Raises:
            TooLong: it does.
        """
        if self._until is not None and _waited() > self._until:
            raise TooLong("it waits for too long")


@contextlib.contextmanager
def _shares() -> Iterator[dict[_Turn, _Left]]:
    """Yield what is left of each share, and watch over it as long as the block lasts."""
    shares = {turn: _Left(turn.value) for turn in _Turn if isinstance(turn.value, _Share)}

    def out_of_cpu(_: int, __: FrameType | None) -> None:
        raise TooLong("it takes long")

    def look(_: int, __: FrameType | None) -> None:
        for left in shares.values():
            left.look()

    before = [
        (number, signal.signal(number, do)) for number, do in ((signal.SIGPROF, out_of_cpu), (signal.SIGALRM, look))
    ]
    try:
        yield shares
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _waited() -> float:
    """Return for how long this thread has waited, for anything but a free processor: a busy machine makes nobody wait longer."""
    now = time.monotonic()
    try:
        with open("/proc/thread-self/schedstat") as file:
            computing, queueing, _ = file.read().split()
    except (OSError, ValueError):
        return now - time.thread_time()
    return now - (int(computing) + int(queueing)) / 1e9


def _as_it_is(model: Any = None, **_: Any) -> Any:
    """Stand in for `torch.compile`, which changes nothing but the time, of which it takes seconds before the first call."""
    return model if model is not None else lambda function: function


def _do_nothing(*_: Any, **__: Any) -> None:
    """Stand in for a module's own `compile`."""
