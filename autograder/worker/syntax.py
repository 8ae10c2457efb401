"""Compile a text before any of it runs, and say what Python's compiler has against it.

What the compiler says is about the text alone, as long as nothing of a student's has run: so the grader may pass it on.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from types import CodeType
from typing import Any

MAX_PROBLEMS, MAX_MESSAGE_LENGTH = 50, 200
# What the compiler raises at text that is no Python, or more than it can hold.
REFUSALS = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)


def compiled(text: str, filename: str) -> tuple[CodeType | None, list[dict[str, Any]]]:
    """Return a module's code, or None and what is wrong with its text."""
    try:
        return compile(text, filename, "exec", dont_inherit=True), []
    except REFUSALS as error:
        return None, [problem("", error)]


def problems(texts: dict[str, str]) -> list[dict[str, Any]]:
    """Return what is wrong with those of these texts that do not compile, by file."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is said when the module is really imported
        for file, text in texts.items():
            try:
                compile(text, file, "exec", dont_inherit=True)
            except REFUSALS as error:
                found.append(problem(file, error))
    return found[:MAX_PROBLEMS]


def of_statements(errors: Iterable[Exception]) -> list[dict[str, Any]]:
    """Return what is wrong with the graded text's parts and statements, given what compiling them raised."""
    return [problem("", error) for error in errors][:MAX_PROBLEMS]


def problem(file: str, error: Exception) -> dict[str, Any]:
    """Return what the compiler said: of which file ("" for the graded one), line, kind and words."""
    line = error.lineno if isinstance(error, SyntaxError) else None
    words = error.msg if isinstance(error, SyntaxError) else str(error)
    return {
        "file": file,
        "line": line,
        "kind": type(error).__name__,
        "message": str(words)[:MAX_MESSAGE_LENGTH].encode("utf-8", "replace").decode(),
    }
