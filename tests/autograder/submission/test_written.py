"""Which exercises are written, told from code that may be anything: formatted, broken, hostile."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from autograder.course.lesson import Lesson
from autograder.submission import written
from autograder.submission.written import Work
from tests.autograder.helpers import LESSONS, ROOT

STUB = '''\
import torch
from torch import nn


def double(x):
    """Return twice x."""
    # TODO: Multiply.
    raise NotImplementedError('double is not written yet: read "Doubling"')


def scale(x, factor=1.0):
    """Return x scaled."""
    x = x * 1.0
    # TODO: Scale.
    raise NotImplementedError("scale is not written yet")


class Layer(nn.Module):
    """A layer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        # TODO: Keep the width.
        raise NotImplementedError("Layer is not written yet")

    def forward(self, x):
        # TODO: Apply.
        raise NotImplementedError("forward is not written yet")
'''
NAMES = ["double", "scale", "Layer", "forward"]
LAST = 'raise NotImplementedError("forward is not written yet")'


def work(text: str, *names: str) -> Work:
    return written.work([text], names or NAMES, (STUB,))


UNTOUCHED = {
    "as it is": STUB,
    "a name in a comment": f"# Ada, 12345\n{STUB}",
    "blank lines": STUB.replace("\n", "\n\n"),
    "another docstring": STUB.replace("Return twice x.", "Return 2x.\n\n    I wonder how.\n    "),
    "no docstring": STUB.replace('    """Return twice x."""\n', ""),
    "other quotes": STUB.replace('"', "@").replace("'", '"').replace("@", "'"),
    "two spaces": STUB.replace("    ", "  "),
    "tabs": STUB.replace("    ", "\t"),
    "lines broken": STUB.replace("NotImplementedError(", "NotImplementedError(\n        ").replace(
        'yet")', 'yet",\n    )'
    ),
    "signatures broken": STUB.replace("(x, factor=1.0)", "(\n    x,\n    factor=1.0,\n)"),
    "types in signatures": STUB.replace("def double(x)", "def double(x: torch.Tensor) -> torch.Tensor"),
    "another message": STUB.replace("scale is not written yet", "TODO"),
    "pass": STUB.replace(LAST, "pass"),
    "an ellipsis": STUB.replace(LAST, "..."),
    "a line of its own": STUB.replace(LAST, "return None"),
    "given code taken away": STUB.replace("    x = x * 1.0\n", ""),
}


@pytest.mark.parametrize("name", UNTOUCHED)
def test_comments_docstrings_and_layout_write_nothing(name: str) -> None:
    done = work(UNTOUCHED[name])
    assert (done.written, done.missing, done.changed) == (frozenset(), frozenset(), False)


WRITTEN = {
    "a body": (STUB.replace("# TODO: Multiply.\n", "return 2 * x\n"), {"double"}),
    "beside the raise": (STUB.replace("    # TODO: Scale.\n", "    if factor: return x * factor\n"), {"scale"}),
    "on the header's line": (f"{STUB}\ndef double(x): return 2 * x\n", {"double"}),
    "behind annotations with colons": (
        f"{STUB}\ndef double(x: dict[str, int]) -> {{1: 2}}: return 2 * x\n",
        {"double"},
    ),
    "a lambda": (f"{STUB}\ndouble = lambda x: 2 * x\n", {"double"}),
    "an annotated lambda": (f"{STUB}\ndouble: object = lambda x: 2 * x\n", {"double"}),
    "another name": (f"{STUB}\ndef mine(x):\n    return 2 * x\n\n\ndouble = mine\n", {"double"}),
    "an import": (f"{STUB}\nfrom helpers import (double,\n    mine as scale)\n", {"double", "scale"}),
    "below a condition": (f"{STUB}\nif torch:\n    def double(x):\n        return 2 * x\n", {"double"}),
    "a method": (STUB.replace("# TODO: Apply.", "return x"), {"Layer", "forward"}),
    "a method put in later": (f"{STUB}\nLayer.forward = lambda self, x: x\n", {"Layer", "forward"}),
    "an answer that is a string": (STUB.replace("# TODO: Multiply.\n", "return 'twice'\n"), {"double"}),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_code_of_ones_own_writes_the_exercise_that_it_is_in(name: str) -> None:
    text, names = WRITTEN[name]
    assert work(text).written == names


BROKEN = {
    "a bracket left open above": "x = (1,\n",
    "a quote left open": "x = 'it\n",
    "a bracket too many": "x = 1))\n",
    "a merge conflict": "<<<<<<< HEAD\nx = 1\n=======\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_code_is_read_as_far_as_it_goes(name: str) -> None:
    text = BROKEN[name] + STUB.replace("# TODO: Multiply.\n", "return 2 * x\n")
    assert work(text).written == {"double"}
    assert work(text).changed


def test_a_string_that_is_never_closed_is_a_change_and_hides_no_more_than_it_must() -> None:
    assert work(f'x = """\n{STUB}').changed
    below = STUB.replace("# TODO: Multiply.\n", "return 2 * x\n").replace("A layer.", 'A layer.\n    """')
    assert "double" in work(below).written


def test_a_header_without_its_colon_still_has_a_body() -> None:
    assert "double" in work("def double(x)\n    return 2 * x\n").written


def test_trying_an_exercise_out_does_not_write_it() -> None:
    done = work(f"{STUB}\ndouble = double(3)\nscale = 0.5\ndouble == scale\nprint(double)\n")
    assert (done.written, done.changed) == (frozenset(), True)


def test_what_is_deleted_or_comes_from_elsewhere_is_missing() -> None:
    assert work("", "double", "scale") == Work(frozenset(), frozenset({"double", "scale"}))
    assert work(f"{STUB}\nfrom helpers import *\n").missing == frozenset(NAMES)


def test_a_method_may_be_named_with_its_class() -> None:
    text = STUB.replace("# TODO: Apply.", "return x")
    assert work(text, "Layer.forward", "Layer.__init__").written == {"Layer.forward"}


@pytest.mark.parametrize("name", LESSONS)
def test_every_lessons_solution_is_written_and_its_formatted_stub_is_not(name: str) -> None:
    stub, solution = ((ROOT / place / name / "exercises.py").read_text() for place in ("assignments", "solutions"))
    formatter = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "60", "-"]
    formatted = subprocess.run(formatter, input=stub, capture_output=True, text=True, check=True).stdout
    exercises = written_names(name)
    assert written.work([solution], exercises, (stub,)).written == set(exercises)
    assert written.work([formatted], exercises, (stub,)) == Work()


def written_names(name: str) -> list[str]:
    from autograder.course import lesson as lessons

    loaded: Lesson = lessons.load(ROOT, name)
    return [exercise.name for exercise in loaded.exercises]


HOSTILE = {
    "strings left open": "'''\\\"\"\"\\" * 100_000,
    "brackets": "(" * 1_000_000,
    "quotes": "'\n" * 500_000,
    "definitions": "def f(x):\n" * 100_000,
    "nested definitions": "".join(f"{' ' * n}class a:\n" for n in range(1_300)),
    "an endless import": "import " + "a," * 500_000,
    "an endless target": "a" + ".a" * 400_000,
    "annotations": "a" + ":b" * 400_000,
    "semicolons": ";" * 1_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_takes_long(name: str) -> None:
    started = time.process_time()
    work(HOSTILE[name])
    assert time.process_time() - started < 6
