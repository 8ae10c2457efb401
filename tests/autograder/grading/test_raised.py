"""What a student reads of an exception: true wherever it is shown, with the student's own line, and no word of the exception's."""

from __future__ import annotations

import pytest

from autograder.course.suite import SuiteScenario
from autograder.grading import student_source
from autograder.grading.results import Reason, Verdict
from autograder.grading.verdicts import judge
from autograder.sandbox.jobs import Job, Outcome, OutcomeStatus, Run, Source
from autograder.sandbox.sandbox import Sandbox
from autograder.worker.scenarios import Scenario

BACKWARD = "loss = lesson.f(torch.ones(3, requires_grad=True))\nloss.backward()"
GRAD = "x = torch.ones(3, requires_grad=True)\nlesson.f(x)\nreturn x.grad.sum()"
PARTS = "a, b = lesson.f(1)\nreturn a"
NONE = "look for a missing `return`, or for something that was never computed or has been cleared."
UNFIT_CALL = "It cannot be called as the exercise asks: compare its parameters with those of the stub."
WHERE = "Where the grader goes on with"


def verdict(sandbox: Sandbox, text: str, scenario: str, names: tuple[str, ...] = ("f",)) -> Verdict:
    lines = "\n".join(f"    {line}" for line in scenario.split("\n"))
    suite = f'import pytest\nimport torch\n\n@pytest.mark.exercise("f")\ndef test_it(lesson):\n{lines}\n'
    source = Source("exercises", "exercises.py", text, exercises=names)
    result = sandbox.run(Job(source, {"test_it.py": suite}, (Run("test_it.py", "test_it", 0, "cpu"),), seed=0))
    outcome = student_source.quoted(result, source).outcomes[0]
    placed = SuiteScenario("test_it.py", Scenario("test_it", 0, "test_it", "f", 1.0, None, None, {}))
    return judge(placed, "cpu", outcome, Outcome(OutcomeStatus.RETURNED, value=1), None)


@pytest.mark.parametrize(
    ("text", "scenario", "told"),
    [
        # Not written yet, and what only has that exception's name.
        ("def f(x):\n    raise NotImplementedError('f is not written yet')", "lesson.f(1)", "It is not written yet."),
        (
            "import torch\ndef f(x):\n    return torch.log_softmax(torch.tensor([1, 2]), 0)",
            "lesson.f(1)",
            "It raised a NotImplementedError at line 3 of your module: `return torch.log_softmax(torch.tensor([1, 2]), 0)`.",
        ),
        # An exception in the student's own code.
        (
            "def f(x):\n    return x.item()",
            "lesson.f([1])",
            "It raised an AttributeError at line 2 of your module: `return x.item()`.",
        ),
        (
            "def f(x):\n    raise KeyError('a hidden word')",
            "lesson.f(1)",
            "It raised a KeyError at line 2 of your module: `raise KeyError('a hidden word')`.",
        ),
        # A scenario that goes on with what came back.
        (
            "def f(x):\n    return x.sum().item()",
            BACKWARD,
            f"{WHERE} `.backward`, it found a float, which has no such thing.",
        ),
        ("def f(x):\n    x.sum()", BACKWARD, f"{WHERE} `.backward`, it found None: {NONE}"),
        ("def f(x):\n    return x.detach().sum()", GRAD, f"{WHERE} `.sum`, it found None: {NONE}"),
        ("class Odd: pass\ndef f(x):\n    return Odd()", BACKWARD, "A name that the exercise asks for is missing."),
        (
            "def f(x):\n    return 1.5",
            "lesson.f(1).secret_of_the_suite()",
            f"{WHERE} something that the exercise asks for, it found a float, which has no such thing.",
        ),
        ("def g(x):\n    return x", "lesson.f(1)", "There is no `f` in your module."),
        (
            "import torch\ndef f(x):\n    return torch.tensor(x.sum().item())",
            BACKWARD,
            "What came back is not connected to what it was computed from, so it has no gradient: look for `.detach()`, "
            "`.item()`, `torch.no_grad()`, or a tensor made anew from numbers.",
        ),
        # A scenario that cannot call it, or take it apart.
        ("def f(x):\n    return x", "lesson.f(1, 2)", UNFIT_CALL),
        ("def f(x, y):\n    return x", "lesson.f(1)", UNFIT_CALL),
        ("def f(y):\n    return y", "lesson.f(x=1)", UNFIT_CALL),
        ("class f:\n    def __init__(self, a):\n        pass", "lesson.f()", UNFIT_CALL),
        ("def f(x):\n    return 3", PARTS, "The grader found an int where it had to go through its entries."),
        ("def f(x):\n    pass", PARTS, f"The grader found None where it had to go through its entries: {NONE}"),
        (
            "def f(x):\n    return 1, 2, 3",
            PARTS,
            "What came back has another number of parts than the exercise asks for.",
        ),
        (
            "def f(x):\n    return [1]",
            "lesson.f(1)[4]",
            "What came back has fewer entries, or fewer dimensions, than the exercise asks for.",
        ),
        ("def f(x):\n    return {}", "lesson.f(1)['key']", "What came back lacks a key that the exercise asks for."),
        (
            "def f(x):\n    return 2.5",
            "lesson.f(1)['key']",
            "The grader found a float where it had to take an entry of it.",
        ),
        ("def f(x):\n    return 2.5", "lesson.f(1)(2)", "The grader found a float where it had to call it."),
        (
            "def f(x):\n    return 'text'",
            "lesson.f(1) + 1",
            "It cannot be used as the exercise asks: the grader met a TypeError outside of your code. "
            "Look at what is returned, and at the parameters' names and order.",
        ),
    ],
)
def test_what_is_told_of_an_exception_is_true(sandbox: Sandbox, text: str, scenario: str, told: str) -> None:
    assert verdict(sandbox, text, scenario).student_message == told


def test_a_module_without_the_name_and_a_stub_are_told_apart_from_mistakes(sandbox: Sandbox) -> None:
    assert verdict(sandbox, "def g(x):\n    return x", "lesson.f(1)").reason == Reason.MISSING
    assert verdict(sandbox, "def f(x):\n    raise NotImplementedError", "lesson.f(1)").reason == Reason.NOT_WRITTEN
    assert verdict(sandbox, "def f(x):\n    return 1 / 0", "lesson.f(1)").reason == Reason.RAISED


def test_nothing_of_an_exceptions_own_text_or_type_reaches_the_student(sandbox: Sandbox) -> None:
    text = """
class found_1234(Exception):
    pass


def f(x):
    try:
        raise AttributeError("x", name=str(x), obj=found_1234())
    finally:
        pass
"""
    told = verdict(sandbox, text, "lesson.f(9876)").student_message
    assert "9876" not in told
    assert "found_1234" not in told.partition(":")[0]
    hidden = (
        "class Odd:\n    def __getattr__(self, name):\n        raise AttributeError(name=str(2 * 4938), obj=self)\n"
    )
    told = verdict(sandbox, f"{hidden}def f(x):\n    return Odd()", "lesson.f(1).backward").student_message
    assert "9876" not in told


def test_a_long_line_is_cut_and_one_with_backticks_stays_one_span(sandbox: Sandbox) -> None:
    long = f"def f(x):\n    return [{', '.join(['x.item()'] * 40)}]"
    told = verdict(sandbox, long, "lesson.f(1)").student_message
    assert len(told) < 180
    assert told.endswith("…`.")
    told = verdict(sandbox, "def f(x):\n    return x['`a`']", "lesson.f(1)").student_message
    assert told.endswith(": `` return x['`a`'] ``.")
