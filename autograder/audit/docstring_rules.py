"""Do the docstrings say all that a scenario may ask."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from autograder.audit.subject import CheckResult, Subject
from autograder.course import docstring_rules
from autograder.course.docstrings import DocstringContract
from autograder.course.lesson import Exercise
from autograder.sandbox.decode import Call


def check_docstrings(subject: Subject) -> CheckResult:
    """What a scenario asks for, as far as a program can tell, the exercise's docstring names."""
    owners = {(placed.file, placed.scenario.function): placed.scenario.exercise for placed in subject.scenarios}
    faults = [
        f"{e.name} has no docstring: write one that says all that a scenario may ask."
        for e in subject.lesson.exercises
        if e.name not in subject.promises or not subject.promises[e.name].own.strip()
    ]
    functions = {
        (file, node.name): node
        for file, text in subject.suite.files.items()
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and (file, node.name) in owners
    }
    for exercise in subject.lesson.exercises:
        promise = subject.promises.get(exercise.name)
        if promise is not None:
            mine = {key: node for key, node in functions.items() if owners[key] == exercise.name}
            where = f"the docstring of {exercise.name}"
            told = [
                *docstring_rules.unsaid(subject.lesson.exercises, exercise, promise, mine),
                *_unsaid_of_inputs(subject, exercise, promise, where),
            ]
            faults += [f"{one}: add it there." for one in told]
    return CheckResult("docstrings", f"{len(owners)} scenarios, {len(subject.promises)} docstrings", tuple(faults))


# What a docstring may say of the edges that scenarios go to.
_ONE = r"≥ 1|>= 1|= 1\b|\b1 or more|\b(at least|from|or|under) (1|one)\b|\b(one|single|1)\b"


_NONE = r"\b(empty|none|no|0|zero|without)\b|≥ 0"


_DTYPES = r"\bdtypes?\b|float(16|32|64)|int(32|64)|bfloat16|bool|precision|integers"


def _unsaid_of_inputs(subject: Subject, exercise: Exercise, promise: DocstringContract, where: str) -> Iterator[str]:
    """Yield which kinds of inputs scenarios give, by the notes of the reference's calls, and the docstrings do not name."""
    outcomes = subject.references[subject.seeds[0]]
    first: dict[str, str] = {}
    dtypes: dict[str, str] = {}
    for n in subject.places(exercise.name):
        for call in outcomes[n].calls:
            if call.name == exercise.name:
                for dtype, sizes in _tensors(call):
                    dtypes.setdefault(dtype, subject.scenarios[n].name)
                    for size in {0, 1} & set(sizes):
                        first.setdefault(str(size), subject.scenarios[n].name)
    floats = [dtype for dtype in dtypes if "float" in dtype]
    if len(floats) > 1 and not re.search(_DTYPES, promise.words):
        yield f"{dtypes[floats[1]]} gives {floats[1]}, and {where} says nothing about dtypes"
    for given, words, told in (("1", _ONE, "one"), ("0", _NONE, "nothing")):
        if given in first and not re.search(words, promise.words):
            yield f"{first[given]} gives a tensor with {told} along a dimension, and {where} does not say that this may be"


def _tensors(call: Call) -> Iterator[tuple[str, list[int]]]:
    """Yield dtype and sizes of the tensors that a call was given."""
    for _, words in call.given:
        found = re.fullmatch(r"(\w+) \(((?:\d+, ?)*\d*)\)", words)
        if found:
            yield found.group(1), [int(part) for part in re.findall(r"\d+", found.group(2))]
