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
        target: the name of the module that it stands in for: the exercise's own, or the class of which it is a method.
    """

    exercise: str
    says: str
    section: str
    target: str


def misconception(exercise: str, *, says: str, section: str, target: str = "") -> Callable[[T], T]:
    """Mark a function or class as a wrong solution of `exercise`; its own name becomes the misconception's name.

    Where the exercise is a method, `target` names the class, and a subclass with the wrong method is marked.
    """

    def mark(wrong: T) -> T:
        setattr(wrong, ATTRIBUTE, Misconception(exercise, says, section, target or exercise))
        return wrong

    return mark
