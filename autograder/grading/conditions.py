"""When an exercise fails: the one condition on its scenarios that holds exactly where they fail, if there is one.

Conditions are on what the grader knows of a scenario: the device, and how the reference was called in it. Of a value only what a
student reads anyway (`You were asked`) enters, and of numbers only 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from autograder.grading.call_arguments import Signatures, tensor
from autograder.grading.results import Condition, Verdict, VerdictKind
from autograder.sandbox.decode import Call

# So many scenarios must lie on either side: one alone shows nothing.
ENOUGH = 2
_PLAIN = re.compile(r"None|True|False|0|0\.0|'[\w ]*'")
DTYPES = ("float64", "float32", "float16", "bfloat16", "int64", "bool", "uint8")


def separating(
    verdicts: Sequence[Verdict], calls: Sequence[Sequence[Call]], signatures: Signatures
) -> Condition | None:
    """Return the simplest condition that separates the failed scenarios of an exercise from the passed ones; None for none.

    Args:
        verdicts: the verdicts on an exercise's scenarios.
        calls: how the exercise was called in each, by the reference's notes.
        signatures: the parameters' names.
    """
    words = frozenset(said for of in calls for call in of for _, said in call.given if _PLAIN.fullmatch(said))
    told = [
        (verdict, dict(_facts(verdict, of, signatures, words)))
        for verdict, of in zip(verdicts, calls, strict=True)
        if verdict.verdict in (VerdictKind.PASSED, VerdictKind.FAILED)
    ]
    failed = [facts for verdict, facts in told if verdict.verdict == VerdictKind.FAILED]
    passed = [facts for verdict, facts in told if verdict.verdict == VerdictKind.PASSED]
    if len(failed) < ENOUGH or len(passed) < ENOUGH:
        return None
    for fact in sorted({fact for facts in failed for fact in facts}, key=lambda fact: (len(fact), fact)):
        # Where a fact is not known of a scenario, or holds in a part of its calls alone, it separates nothing.
        if all(facts.get(fact) is True for facts in failed) and all(facts.get(fact) is False for facts in passed):
            return Condition(fact, len(failed), len(passed))
    return None


def _facts(
    verdict: Verdict, calls: Sequence[Call], signatures: Signatures, words: frozenset[str]
) -> Iterator[tuple[str, bool | None]]:
    """Yield conditions with whether each holds in a scenario: True, False, or None where one cannot say."""
    for device in ("cpu", "cuda"):
        yield f"it runs on {device}", verdict.device == device
    if not calls:
        return
    bound = [dict(signatures.bind(call)) for call in calls]
    for name in sorted({name for one in bound for name in one} | set(signatures.parameters.get(calls[0].name, ()))):
        given = [one[name] for one in bound if name in one]
        yield f"`{name}` is given", _all(name in one for one in bound)
        if len(given) == len(bound):
            yield from _of_argument(name, given, words)


def _of_argument(name: str, given: Sequence[str], words: frozenset[str]) -> Iterator[tuple[str, bool | None]]:
    for one in sorted(words):
        yield f"`{name}` is {one}", _all(other == one for other in given)
    tensors = [tensor(one) for one in given]
    dtypes = [found[0] if found else "" for found in tensors]
    shapes = [found[1] if found else None for found in tensors]
    for dtype in DTYPES:
        yield f"`{name}` is {dtype}", _all(one == dtype for one in dtypes)
    for dimensions in range(5):
        yield f"`{name}` is {dimensions}-D", _all(shape is not None and len(shape) == dimensions for shape in shapes)
    yield f"`{name}` has no element", _all(shape is not None and 0 in shape for shape in shapes)
    yield f"`{name}` has one row", _all(shape is not None and len(shape) > 1 and shape[0] == 1 for shape in shapes)
    yield f"`{name}` has one column", _all(shape is not None and len(shape) > 1 and shape[-1] == 1 for shape in shapes)


def _all(holds: Iterable[bool]) -> bool | None:
    """Return True where it holds in each, False where in none, None where in some alone."""
    found = list(holds)
    return True if all(found) else None if any(found) else False
