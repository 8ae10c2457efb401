"""The mark that makes a function of `misconceptions.py` a known wrong answer. Its words are read from the syntax tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T", bound=Callable[..., object])


def misconception(exercise: str, *, says: str, section: str, target: str = "") -> Callable[[T], T]:  # noqa: ARG001  read, not run
    """Mark a function or class as a wrong solution; its own name becomes the misconception's name.

    Args:
        exercise: the exercise of which it is a wrong solution.
        says: one or two sentences that a student reads: what they did, and what the lesson does instead.
        section: the heading of the lesson's page to go back to.
        target: where the exercise is a method, the class that it is a method of; a subclass with the wrong method is marked.
    """

    def mark(wrong: T) -> T:
        return wrong

    return mark
