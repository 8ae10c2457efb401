"""Has each scenario a sentence of its own on what must hold, and does none give a number of a hidden input away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from autograder.audit.subject import CheckResult, Subject
from autograder.course.lesson import Lesson

# Shorter numbers are sizes and constants of the subject, which nobody can help saying.
TELLING = 3
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[,_]\d{3})*(?:\.\d+)?(?:e-?\d+)?")
# How a page's formulas part thousands.
_PARTED = re.compile(r"(?<=\d)(?:\{,\}|\\,|\u202f|\u2009)(?=\d{3})")


def check_sentences(subject: Subject) -> CheckResult:
    """Feedback shows a scenario's first paragraph as what must hold: it must be there, be new, and tell nothing hidden."""
    says: dict[str, dict[str, str]] = {}
    for placed in subject.scenarios:
        one = placed.scenario
        says.setdefault(one.exercise, {})[f"{placed.file}::{one.function}"] = one.says
    public = set(_values(_published(subject.lesson)))
    faults = [fault for named in says.values() for fault in _faults(named, public)]
    shown = f"{sum(map(bool, (words for named in says.values() for words in named.values())))} say what must hold"
    return CheckResult("sentences", shown, tuple(faults))


def _faults(says: Mapping[str, str], public: set[float]) -> Iterator[str]:
    """Yield what is wrong with the sentences of one exercise's scenarios, by the functions' names."""
    first: dict[str, str] = {}
    for name, words in says.items():
        if not words:
            yield f"{name} has no docstring: say in a sentence which rule of the exercise it tests."
            continue
        if not words.endswith((".", "?", "!")):
            yield f"The first paragraph of {name}'s docstring is no sentence ({words!r}): end it with a full stop."
        other = first.setdefault(" ".join(re.findall(r"\w+", words.lower())), name)
        if other != name:
            yield f"{name} and {other} say the same ({words!r}): say in each what only it tests."
        for number in _telling(words, public):
            yield (
                f"{name}'s docstring says {number}, which neither the page nor the stub nor a visible test has: feedback shows "
                "it, so say in words what is meant."
            )


def _telling(words: str, public: set[float]) -> Iterator[str]:
    """Yield the long numbers of a sentence that no student can have read elsewhere."""
    for found in _NUMBER.finditer(words):
        digits = re.sub(r"e.*|\D", "", found[0]).lstrip("0")
        if len(digits) >= TELLING and _value(found[0]) not in public:
            yield found[0]


def _published(lesson: Lesson) -> str:
    """Return what students have of a lesson before they hand in."""
    paths = (lesson.page, lesson.stub, *sorted(lesson.assignment.glob("test_*.py")))
    return "\n".join(path.read_text(encoding="utf-8") for path in paths if path.is_file())


def _values(text: str) -> Iterator[float]:
    for found in _NUMBER.finditer(_PARTED.sub("", text)):
        yield _value(found[0])


def _value(number: str) -> float:
    return float(number.replace(",", "").replace("_", ""))
