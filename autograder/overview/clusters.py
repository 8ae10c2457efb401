"""Find mistakes that several students share and that have no name: failed exercises whose wrong outputs are equal.

Outputs are compared, never code. Only reports of the same seed, suite and solution can be compared.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.grading import kept_outputs
from autograder.overview.reading import Entry, ExerciseResult, Kept

# A class on which each student has a mistake of their own; comparing goes on with the first so many of an outline.
MAX_REPRESENTATIVES = 200
INDENTED = r"[ \t]+"


@dataclass(frozen=True)
class Failure:
    """A failed exercise that nothing is known about: whose it is, what it gave, and the code."""

    submission: str
    exercise: str
    outputs: Mapping[str, Mapping[str, Any]]
    code: str


@dataclass(frozen=True)
class Cluster:
    """Students who have the same wrong outputs in an exercise.

    Attributes:
        id: what a command calls it; it rests on the outputs alone.
        exercise: the exercise.
        submissions: whose they are, in order.
        code: the shortest of their functions.
        whose: whose that is.
        scenarios: the scenarios that they fail.
    """

    id: str
    exercise: str
    submissions: tuple[str, ...]
    code: str
    whose: str
    scenarios: tuple[str, ...]


def failures(entry: Entry, kept: Kept) -> Iterator[Failure]:
    """Yield the failed exercises of a report that have no name yet and can be compared."""
    for one in entry.exercises:
        if unnamed(one):
            outputs = {name: kept.outputs[name] for name in one.failed if name in kept.outputs}
            if len(outputs) == len(one.failed) and not all(map(says_nothing, outputs.values())):
                yield Failure(entry.submission, one.name, outputs, function(kept.text, one.name))


def unnamed(one: ExerciseResult) -> bool:
    """Return whether an exercise failed in a way that can be compared, follows from no other and looks like nothing known."""
    return one.comparable and not one.mistakes and not one.follows


def says_nothing(output: Mapping[str, Any]) -> bool:
    """Return whether an output is hardly one: nothing was returned, or the run ended otherwise."""
    return (
        "ended" in output
        or ("value" in output and output["value"] is None)
        or output.get("raised") == "NotImplementedError"
    )


def clusters(found: Iterable[tuple[tuple[int, str, str], Failure]]) -> tuple[Cluster, ...]:
    """Return the mistakes that at least two share, the most frequent first.

    Args:
        found: failures, each with what its report rests on (seed, suite, solution).
    """
    buckets: dict[Any, list[list[Failure]]] = {}
    for basis, failure in found:
        bucket = buckets.setdefault((basis, failure.exercise, _outline(failure)), [])
        for members in bucket:
            if kept_outputs.same(members[0].outputs, failure.outputs):
                members.append(failure)
                break
        else:
            if len(bucket) < MAX_REPRESENTATIVES:
                bucket.append([failure])
    shared = [_cluster(members) for bucket in buckets.values() for members in bucket if len(members) > 1]
    return tuple(sorted(shared, key=lambda one: (-len(one.submissions), one.exercise, one.id)))


def _outline(failure: Failure) -> Any:
    return tuple((name, kept_outputs.outline(output)) for name, output in sorted(failure.outputs.items()))


def _cluster(members: list[Failure]) -> Cluster:
    members = sorted(members, key=lambda one: one.submission)
    shortest = min(members, key=lambda one: (not one.code, len(one.code), one.submission))
    return Cluster(
        id=f"{members[0].exercise}-{_digest(members[0])}",
        exercise=members[0].exercise,
        submissions=tuple(dict.fromkeys(one.submission for one in members)),
        code=shortest.code,
        whose=shortest.submission,
        scenarios=tuple(members[0].outputs),
    )


def _digest(failure: Failure) -> str:
    text = json.dumps(failure.outputs, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def function(text: str, exercise: str) -> str:
    """Return the last definition of an exercise in a module's text, decorators and all; "" where it has none."""
    place = lines_of(text.splitlines(), exercise)
    return "" if place is None else "\n".join(text.splitlines()[place[0] - 1 : place[1]])


def lines_of(lines: Sequence[str], exercise: str) -> tuple[int, int] | None:
    """Return the first and the last line of an exercise's last definition; of a method (`Class.method`), that method's.

    It goes by indentation: a syntax tree of every module of a large class takes too long for what is only shown.
    """
    first, last = 0, len(lines)
    for depth, part in enumerate(exercise.split(".")):
        start = re.compile(rf"{INDENTED if depth else ''}(?:async )?(?:def|class) {re.escape(part)}\b")
        found = [n for n in range(first, last) if part in lines[n] and start.match(lines[n])]
        if not found:
            return None
        begin = found[-1]
        width = len(lines[begin]) - len(lines[begin].lstrip())
        last = next((n for n in range(begin + 1, last) if _ends(lines[n], width)), last)
        first = begin
        while first > 0 and lines[first - 1].startswith(" " * width + "@"):
            first -= 1
    while last > first + 1 and not lines[last - 1].strip():
        last -= 1
    return first + 1, last


def _ends(line: str, width: int) -> bool:
    """Return whether a line is no part of a definition that is indented by `width`."""
    stripped = line.lstrip()
    return bool(stripped) and len(line) - len(stripped) <= width and stripped[0] not in "#)]}"
