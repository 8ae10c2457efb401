"""The mark that makes a function of `misconceptions.py` a known wrong answer. Knows nothing of how it is run or judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T", bound=Callable[..., object])

ATTRIBUTE = "__misconception__"


@dataclass(frozen=True)
class Misconception:
    """What a misconception says.

    Attributes:
        exercise: the exercise of which it is a wrong solution.
        says: one or two sentences that a student reads: what they did, and what the lesson does instead.
        section: the heading of the lesson's page to go back to.
    """

    exercise: str
    says: str
    section: str


def misconception(exercise: str, *, says: str, section: str) -> Callable[[T], T]:
    """Mark a function or class as a wrong solution of `exercise`; its own name becomes the misconception's name."""

    def mark(target: T) -> T:
        setattr(target, ATTRIBUTE, Misconception(exercise, says, section))
        return target

    return mark
