"""What a probe saw, as values that a frame can carry: told in the worker, judged in the grader.

A scenario compares nothing. Where what matters is no plain data (an exception, an argument afterwards, a form without its
numbers), a probe returns one of these, `encode.py` writes it down, and the grader holds it against the reference's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Raised:
    """What happened when a call was made that should raise.

    Attributes:
        expected: the names of the exceptions that a correct solution raises.
        kinds: what was raised, by the names of its class and of its bases; empty where nothing was.
        message: what it said, at its beginning.
        mentions: pieces of text that the message should have.
    """

    expected: tuple[str, ...]
    kinds: tuple[str, ...]
    message: str
    mentions: tuple[str, ...]


@dataclass(frozen=True)
class Kept:
    """Something as it was after a call, which should have left it as it was.

    Attributes:
        what: what it is, so that "It changed …" can be said of it: its argument `X`.
        value: its state, as plain data.
    """

    what: str
    value: Any


@dataclass(frozen=True)
class Form:
    """A value of which only types, shapes and dtypes count, and no number."""

    value: Any
