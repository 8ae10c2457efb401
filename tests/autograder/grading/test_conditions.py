"""When an exercise fails: said where one condition separates the failures, and nowhere else."""

from __future__ import annotations

import pytest

from autograder.course.suite import SuiteScenario
from autograder.grading.call_arguments import Signatures
from autograder.grading.conditions import separating
from autograder.grading.results import Condition, Verdict, VerdictKind
from autograder.sandbox.decode import Call
from autograder.worker.scenarios import Scenario

SIGNATURES = Signatures({"f": ("X", "size", "reduce")})
PASSED, FAILED, NOT_RUN = VerdictKind.PASSED, VerdictKind.FAILED, VerdictKind.NOT_RUN
Case = tuple[VerdictKind, list[list[tuple[str, str]]]]


def condition(*cases: Case, devices: tuple[str, ...] = ()) -> Condition | None:
    """Return the condition on scenarios of verdicts and calls."""
    placed = SuiteScenario("test_f.py", Scenario("test_f", 0, "test_f", "f", 1.0, None, None, {}))
    verdicts = [Verdict(placed, devices[n] if devices else "cpu", kind) for n, (kind, _) in enumerate(cases)]
    calls = [[Call("f", tuple(given)) for given in of] for _, of in cases]
    return separating(verdicts, calls, SIGNATURES)


def x(words: str, *more: tuple[str, str]) -> list[list[tuple[str, str]]]:
    return [[("", words), *more]]


def test_a_dtype_that_all_failures_share_and_no_success_has() -> None:
    found = condition(
        (FAILED, x("float64 (3, 2)")),
        (PASSED, x("float32 (3, 2)")),
        (FAILED, x("float64 (1, 2)")),
        (PASSED, x("float32 (5, 2)")),
        (PASSED, x("float32 (1, 2)")),
        (NOT_RUN, x("float64 (3, 2)")),
    )
    assert found == Condition("`X` is float64", 2, 3)


@pytest.mark.parametrize(
    ("failing", "passing", "words"),
    [
        (["float32 (1, 2)", "float64 (1, 4)"], ["float32 (3, 2)", "float64 (2, 1)"], "`X` has one row"),
        (["float32 (0, 2)", "float64 (0, 4)"], ["float32 (3, 2)", "float64 (2, 1)"], "`X` has no element"),
        (["float32 (3,)", "float32 (1,)"], ["float32 (3, 2)", "float32 (1, 2)"], "`X` is 1-D"),
        (["float32 ()", "float64 ()"], ["float32 (3, 2)", "float64 (2,)"], "`X` is 0-D"),
        (["None", "None"], ["3", "4"], "`X` is None"),
        (["0", "0"], ["3", "4"], "`X` is 0"),
        (["'sum'", "'sum'"], ["'mean'", "'none'"], "`X` is 'sum'"),
    ],
)
def test_what_an_argument_is(failing: list[str], passing: list[str], words: str) -> None:
    found = condition(*((FAILED, x(one)) for one in failing), *((PASSED, x(one)) for one in passing))
    assert found is not None
    assert found.words == words


def test_an_argument_that_is_given_or_left_out() -> None:
    given = ("reduce", "True")
    found = condition(
        (FAILED, x("float32 (3,)", given)),
        (FAILED, x("float64 (2,)", given)),
        (PASSED, x("float32 (3,)")),
        (PASSED, x("float64 (2,)")),
    )
    assert found == Condition("`reduce` is given", 2, 2)


def test_a_device() -> None:
    calls = x("float32 (3,)")
    cases = [(FAILED, calls), (PASSED, calls), (FAILED, calls), (PASSED, calls)]
    found = condition(*cases, devices=("cuda", "cpu", "cuda", "cpu"))
    assert found == Condition("it runs on cuda", 2, 2)


def test_nothing_is_said_where_nothing_separates_or_too_little_is_known() -> None:
    one, two = x("float64 (3,)"), x("float32 (3,)")
    assert condition((FAILED, one), (PASSED, two), (PASSED, two)) is None, "one failure shows nothing"
    assert condition((FAILED, one), (FAILED, one), (PASSED, two)) is None, "one success shows nothing"
    assert condition((FAILED, one), (FAILED, one), (PASSED, two), (PASSED, one)) is None, "it passes there, too"
    assert condition((FAILED, one), (FAILED, two), (PASSED, two), (PASSED, two)) is None, "it fails elsewhere, too"
    assert condition((FAILED, one), (FAILED, one)) is None
    assert condition() is None


def test_a_scenario_that_calls_in_both_ways_is_counted_on_neither_side() -> None:
    both = [[("", "float64 (3,)")], [("", "float32 (3,)")]]
    one, two = x("float64 (3,)"), x("float32 (3,)")
    assert condition((FAILED, both), (FAILED, one), (PASSED, two), (PASSED, two)) is None


def test_hidden_numbers_are_no_condition() -> None:
    assert condition((FAILED, x("7")), (FAILED, x("7")), (PASSED, x("8")), (PASSED, x("9"))) is None
