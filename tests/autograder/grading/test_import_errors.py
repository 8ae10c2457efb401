"""What a student reads about a text that does not run: their own line, the cause in words, and nothing that was hidden."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.grading import import_errors, student_source
from autograder.grading.import_errors import Texts
from autograder.grading.lesson_grader import Grading
from autograder.grading.results import Report
from autograder.sandbox import decode
from autograder.sandbox.decode import RunError, SyntaxProblem
from autograder.submission import submission
from autograder.worker import syntax
from tests.autograder.sandboxes import feedback

LESSON = "lesson_9_1"
RIGHT = '''"""All of it."""

import torch


def double(x):
    return 2 * x


def batch_sizes(n, size):
    if n < 1 or size < 1:
        raise ValueError("at least 1")
    return [size] * (n // size) + ([n % size] if n % size else [])


def average(x):
    return x.sum() / x.numel()
'''


def said(text: str, **others: str) -> str:
    """Return the sentence on a text that does not compile, with the compiler's own words."""
    _, problems = syntax.compiled(text, "exercises.py")
    assert problems, "it compiles"
    error = RunError("SyntaxError", "SyntaxError", None, "nobody reads this")
    return import_errors.sentence(error, decode.syntax_problems(problems), Texts(text, others))


# A text that does not compile, and words of the sentence on it.
DOES_NOT_COMPILE = {
    "no-break space": ("x\u00a0= 1", "Line 1, `x\u00a0= 1`: it holds a no-break space (U+00A0, character 2 of the line)"),
    "no-break space indents": ("def f():\n\u00a0\u00a0return 1", "Line 2, `return 1`: it holds a no-break space (U+00A0"),
    "narrow no-break space": ("x =\u202f1", "it holds a no-break space (U+202F"),
    "ideographic space": ("x =\u30001", "it holds a space of another kind (ideographic space, U+3000"),
    "em space": ("x =\u20031", "it holds a space of another kind (em space, U+2003"),
    "zero-width space": ("def f\u200bg(): pass", "cannot be seen (zero width space, U+200B, character 6 of the line)"),
    "zero-width joiner": ("a\u200db = 1", "cannot be seen (zero width joiner, U+200D"),
    "byte-order mark in the middle": ("x = 1\n\ufeffy = 2", "Line 2, `\\ufeffy = 2`: it holds a character that cannot be seen (byte-order mark"),
    "soft hyphen": ("x\u00ad = 1", "cannot be seen (soft hyphen"),
    "right-to-left mark": ("x = \u200f1", "cannot be seen (right-to-left mark"),
    "double quotes": ("x = \u201chi\u201d", "`\u201c` (left double quotation mark, U+201C, character 5 of the line) is a typographic quote"),
    "single quotes": ("x = \u2018hi\u2019", "is a typographic quote; write a straight one"),
    "guillemets": ("x = \u00abhi\u00bb", "is a typographic quote"),
    "low quotes": ("x = \u201ehi\u201c", "is a typographic quote"),
    "minus sign": ("x = 1 \u2212 2", "(minus sign, U+2212, character 7 of the line) is a dash; write a plain minus sign, `-`"),
    "en dash": ("x = 1 \u2013 2", "is a dash"),
    "em dash": ("x = 1 \u2014 2", "is a dash"),
    "full-width comma": ("f(x\uff0cy)", "is not what it looks like; write `,`"),
    "full-width brackets": ("f\uff08x\uff09", "is not what it looks like; write `(`"),
    "multiplication sign": ("x = 2 \u00d7 3", "write `*`"),
    "superscript": ("x = y\u00b2", "write `**2`"),
    "at most": ("x = 1 \u2264 2", "write `<=`"),
    "arrow": ("def f() \u2192 int: pass", "write `->`"),
    "euro": ("x = 3 \u20ac", "(euro sign, U+20AC, character 7 of the line) cannot stand there"),
    "merge conflict": ("a = 1\n<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b\n", "Lines 2 to 6 hold both sides of a merge that was not finished"),
    "merge conflict in a function": ("def f():\n<<<<<<< HEAD\n  x = 1\n=======\n  x = 2\n>>>>>>> b\n", "Lines 2 to 6 hold both sides"),
    "merge conflict in a bracket": ("x = (\n<<<<<<< HEAD\n1\n=======\n2\n>>>>>>> b\n)", "Lines 2 to 6 hold both sides"),
    "merge conflict with the base": ("<<<<<<< a\nx=1\n||||||| c\nx=0\n=======\nx=2\n>>>>>>> b", "Lines 1 to 7 hold both sides"),
    "the second of two conflicts is left": ("x = 1\n>>>>>>> b\n", "Line 2 is a mark that a merge left (`>>>>>>>`): delete it."),
    "conflict in a docstring, another error": ('"""\n<<<<<<< a\n=======\n>>>>>>> b\n"""\nx = (\n', "Line 6, `x = (`: the bracket `(`"),
    "tabs and blanks": ("def f():\n\tif 1:\n        return 1", "tabs and spaces are mixed"),
    "bracket left open": ("x = (1\ny = 2\n", "Line 1, `x = (1`: the bracket `(` that opens there is never closed"),
    "list left open": ("x = [1,\ny = 2\n", "`[`"),
    "bracket closed twice": ("x = 1)", "`)` closes a bracket that was never opened"),
    "wrong bracket closed": ("x = (1]", "`]` closes where `(` is open"),
    "print of Python 2": ("print x", "`print` without parentheses is Python 2"),
    "except of Python 2": ("try:\n    pass\nexcept A, b:\n    pass", "is Python 2; write `except A as b:`"),
    "prompt": (">>> x = 1", "are the prompt of Python's shell"),
    "prompt, second line": ("x = 1\n... y", "are the prompt of Python's shell"),
    "Jupyter's prompt": ("In [3]: import torch", "is Jupyter's prompt"),
    "fence": ("```python\nx = 1\n```", "this marks the beginning or the end of code in a chat or on a page"),
    "fence at the end": ("x = 1\n```", "Line 2"),
    "magic": ("%matplotlib inline", "a command for a notebook"),
    "shell": ("!pip install x", "a command for a notebook"),
    "terminal": ("pip install x", "a command for a terminal"),
    "terminal with its prompt": ("$ python exercises.py", "a command for a terminal"),
    "diff": ("@@ -1,3 +1,4 @@\n x", "a list of changes"),
    "web page": ("<!DOCTYPE html>\n<html>", "It is a web page (HTML)"),
    "word processor": ("{\\rtf1\\ansi", "It is a word processor's document (RTF)"),
    "quote left open": ("x = 'abc\ny = 1", "does not end in its line"),
    "three quotes left open": ("x = '''abc\n", "in three quotes that begins there never ends"),
    "body missing": ("def f():\nx = 1", "indented block below"),
    "indented for nothing": ("x = 1\n  y = 2", "Line 2, `y = 2`: it is indented where no block begins"),
    "indented between": ("def f():\n    return 1\n  y = 2", "indentation matches none of the blocks above it"),
    "colon missing": ("def f(x)\n    return x", "Python expects a colon there"),
    "Windows path": ("p = 'C:\\Users\\x'", "write `r` before the quotes"),
    "return outside": ("return 3", "`return` may only stand inside a function"),
    "break outside": ("break", "Python says `'break' outside loop`."),
    "assignment for equality": ("if x = 1: pass", "Python says `invalid syntax. Maybe you meant '=='"),
    "anything else": ("x = 5 6", "invalid syntax"),
    "deep brackets": ("(" * 300, "nested too deeply"),
    "deep expression": ("-" * 100_000 + "1", "nested too deeply"),
}  # fmt: skip


@pytest.mark.parametrize("name", DOES_NOT_COMPILE)
def test_text_that_does_not_compile_is_told_in_words(name: str) -> None:
    text, words = DOES_NOT_COMPILE[name]
    assert words in said(text)
    assert len(said(text)) < 400


# What is added to a right module, and words of the sentence on it.
RAISES = {
    "package": (
        "import pandas as pd",
        "Line 19, `import pandas as pd`: the package `pandas` is not installed where work is graded",
    ),
    "module of Colab": ("from google.colab import drive", "`google.colab` is there in Colab alone"),
    "part of a package": ("from pandas.core import x", "the package `pandas` is not installed"),
    "own module left at home": (
        "from .helpers import x",
        "there is no `helpers.py`, and no folder `helpers`, beside it in what you handed in",
    ),
    "own module left at home, whole path": (
        f"import assignments.{LESSON}.utils.maths",
        "there is no `utils.py`, and no folder `utils`, beside it",
    ),
    "own module left at home, as a name": ("from . import helpers", "there is no `helpers.py`, and no folder"),
    "own module left at home, plain": ("import helpers", "If it is a module of your own, hand in `helpers.py`, too"),
    "place that cannot be written to": ("open('/nowhere/x.png', 'w')", "only Python files of yours come along"),
    "name of a library": ("from torch import meen", "`torch` has no `meen`"),
    "module of a library": ("import torch.foo", "`torch` has no module `torch.foo`"),
    "attribute of a library": ("torch.meen(1)", "`torch` has no `meen`; check its spelling."),
    "attribute of a tensor": ("torch.ones(2).meen()", "what stands before the dot has no `meen`"),
    "name": ("X = foo(1)", "the name `foo` is not defined there"),
    "name with a usual import": ("X = np.zeros(3)", "write `import numpy as np` at the top"),
    "name that comes later": (
        "X = later(1)\n\ndef later(x):\n    pass",
        "`later` is used there, and only line 21 defines it",
    ),
    "name in a function": (
        "def f():\n    return wrong\n\nf()",
        "Line 20, `return wrong`: the name `wrong` is not defined there",
    ),
    "letter of another alphabet": ("X = d\u043euble(1)", "Its `\u043e` is cyrillic small letter o."),
    "name of Python 2": ("X = xrange(3)", "in Python it is `range`"),
    "exit": ("exit()", "Line 19, `exit()`: `exit()` ends the program there, before anything can be graded; delete it"),
    "quit": ("quit()", "`quit()` ends the program there"),
    "sys.exit": ("import sys\nsys.exit(0)", "Line 20, `sys.exit(0)`: `sys.exit()` ends the program there"),
    "SystemExit": ("raise SystemExit", "`raise SystemExit` ends the program there"),
    "input": ("N = int(input('how many? '))", "`input()` waits for someone to type, and nobody is there"),
    "file": ("open('data.csv')", "only Python files of yours come along"),
    "assert": ("assert double(1) == 3", "what it asserts does not hold"),
    "division": ("1 / 0", "it divides by zero"),
    "anything else": ("[][1]", "it raised an IndexError."),
    "raised by itself": ("raise ValueError('a word')", "it raises a ValueError itself."),
}


@pytest.fixture
def grade(small_grading: Grading, tmp_path: Path) -> Callable[[dict[str, str]], Report]:
    """Grade a submission that has these files."""

    def graded(files: dict[str, str]) -> Report:
        for place, text in files.items():
            path = tmp_path / "a_student" / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        handed_in = submission.read(tmp_path / "a_student", small_grading.lesson)
        small_grading.spare[0].start()
        return small_grading.grade(handed_in, small_grading.spare[0])

    return graded


def told(report: Report) -> str:
    """Return what the student reads about what did not load."""
    return " ".join([report.reason, *(failure.said for failure in report.loading.cells)])


def reason(result: decode.RunError | None, text: str, problems: tuple[SyntaxProblem, ...] = ()) -> str:
    assert result is not None
    return import_errors.sentence(result, problems, Texts(text, {}, f"assignments/{LESSON}"))


@pytest.mark.parametrize("name", RAISES)
def test_text_that_raises_is_told_by_line_and_in_words(small_grading: Grading, name: str) -> None:
    added, words = RAISES[name]
    text = RIGHT + "\n" + added + "\n"
    result = small_grading.run(student_source.source(text, "exercises.py", {}, LESSON))
    found = reason(result.import_error, text, result.syntax)
    assert words in found, found
    assert found.startswith("Line "), found


def test_student_reads_it_in_feedback_and_table(
    grade: Callable[[dict[str, str]], Report], small_grading: Grading
) -> None:
    report = grade({"exercises.py": RIGHT.replace("2 * x", "2\u00a0* x")})
    assert report.status == "failed_to_import"
    words = "Line 7, `return 2\u00a0* x`: it holds a no-break space (U+00A0, character 13 of the line)"
    assert report.reason.startswith(words)
    # What cannot be told from a blank is shown by its number.
    assert words.replace("\u00a0*", "\\u00a0*") in feedback(report, small_grading.signatures)


def test_error_in_a_helper_names_the_helper_and_its_line(grade: Callable[[dict[str, str]], Report]) -> None:
    text = RIGHT + "\nimport utils.maths\n"
    assert "Line 2 of `utils/maths.py`, `y = (`: the bracket `(`" in told(
        grade({"exercises.py": text, "utils/maths.py": "x = 1\ny = (\n"})
    )
    assert "Line 1 of `utils/maths.py`, `import pandas`: the package `pandas`" in told(
        grade({"utils/maths.py": "import pandas\n"})
    )


def test_helper_that_did_not_come_along_is_said_to_be_the_cause(
    grade: Callable[[dict[str, str]], Report], tmp_path: Path
) -> None:
    (tmp_path / "a_student").mkdir()
    (tmp_path / "a_student" / "helpers.py").write_text("x = 1\n", encoding="utf-16")
    words = "`helpers` is not there. helpers.py is saved as UTF-16, which Python does not read; save it as UTF-8."
    assert words in told(grade({"exercises.py": RIGHT + "\nimport helpers\n"}))


def test_cell_of_a_notebook_is_named_with_its_line(
    grade: Callable[[dict[str, str]], Report], small_grading: Grading
) -> None:
    own = ["KEPT = 1\nX = 3 \u2013 KEPT\n", "Y = 1\nimport pandas as pd\n"]
    cells = [{"cell_type": "code", "source": cell, "metadata": {}} for cell in [*RIGHT.split("\n\n\n"), *own]]
    page = feedback(grade({f"{LESSON}.ipynb": json.dumps({"cells": cells})}), small_grading.signatures)
    first = "Line 2 of the cell `code cell 5`, `X = 3 \u2013 KEPT`: `\u2013` (en dash, U+2013, character 7 of the line) is a dash"
    assert first in page
    assert "Nothing of this cell was run." in page
    assert "Line 2 of the cell `code cell 6`, `import pandas as pd`: the package `pandas` is not installed" in page


def test_what_follows_from_a_line_that_was_left_out_is_told_so(grade: Callable[[dict[str, str]], Report]) -> None:
    report = grade({"exercises.py": RIGHT + "\nimport pandas as pd\nX = pd.DataFrame()\nY = pdd.DataFrame()\n"})
    assert (report.status, report.score) == ("graded", 100)
    found = [failure.said for failure in report.loading.cells]
    assert "the package `pandas` is not installed" in found[0]
    words = "`pd` is not there, because what would have defined it was left out before. That statement was left out"
    assert found[1].startswith(f"Line 20, `X = pd.DataFrame()`: {words}")
    assert "the name `pdd` is not defined there" in found[2]


LIAR = """
import sys

def hidden():
    step = sys._getframe()
    while "request" not in step.f_locals:
        step = step.f_back
    suite = "".join(step.f_locals["request"].get("suite", {"": "def test_noth" + "ing_is_hidden_here_yet("}).values())
    return suite[suite.index("def test_") + 4:].partition("(")[0]

def tell(error):
    error.filename, error.lineno, error.name = "exercises.py", 3, hidden()
    exec("raise error", {"error": error})

WORD = hidden()
"""
LIES = {
    "NameError": "tell(NameError(f\"name '{WORD}' is not defined\"))",
    "ModuleNotFoundError": "tell(ModuleNotFoundError(f\"No module named '{WORD}'\"))",
    "ImportError": "tell(ImportError(f\"cannot import name '{WORD}' from 'torch'\"))",
    "AttributeError": "tell(AttributeError(f\"module 'torch' has no attribute '{WORD}'\"))",
    "SyntaxError": "tell(SyntaxError(WORD, ('exercises.py', 3, 1, WORD)))",
    "character": "tell(SyntaxError(f\"invalid character '{WORD}' (U+201C)\"))",
    "type": "tell(type(WORD, (NameError,), {})(WORD))",
    "helper": "tell(SyntaxError(WORD, (f'assignments/lesson_9_1/{WORD}.py', 3, 1, WORD)))",
    "name of a class of its own": "tell(type('NameError', (Exception,), {'__module__': 'builtins', '__name__': WORD})(WORD))",
}


@pytest.mark.parametrize("lie", LIES)
def test_no_hidden_word_comes_out_through_a_forged_error(
    grade: Callable[[dict[str, str]], Report], small_grading: Grading, lie: str
) -> None:
    report = grade({"exercises.py": RIGHT + LIAR + LIES[lie] + "\n"})
    hidden = re.findall(r"def (test_\w+)", "".join(small_grading.suite.files.values()))
    private = " ".join(failure.message for failure in report.loading.cells)
    assert "test_nothing_is_hidden_here_yet" in private, "the lie did not get as far as the instructor's part"
    page = feedback(report, small_grading.signatures)
    for name in (*hidden, "test_nothing_is_hidden_here_yet"):
        assert name not in page
        assert name not in report.reason


@pytest.mark.parametrize("line", [0, -1, 10**6, None])
def test_line_beyond_the_text_is_not_said(line: int | None) -> None:
    found = reason(RunError("ValueError", "ValueError", line, "a secret"), "x = 1\n")
    assert found.startswith("While it was imported: it raised a ValueError.")
    assert "secret" not in found


def test_what_the_compiler_said_outweighs_what_is_claimed_later() -> None:
    problem = SyntaxProblem("", 2, "SyntaxError", "'(' was never closed")
    found = reason(RunError("NameError", "NameError", 1, "name 'x' is not defined"), "x = 1\ny = (\n", (problem,))
    assert found.startswith("Line 2, `y = (`: the bracket")


def test_line_of_the_students_cannot_break_out_of_its_place() -> None:
    told = said("x = `</pre>`<script>alert(1)</script>[a](b) \u201c" + "y" * 500)
    assert "`` x = `</pre>`<script>alert(1)</script>" in told
    assert len(told) < 500


def test_hostile_lines_cost_little() -> None:
    for line in (" " * 500_000 + "x", "<<<<<<< \n" * 50_000, "a." * 200_000, "python " + "./" * 200_000, "'" * 300_000):
        begun = time.process_time()
        for kind in ("NameError", "ModuleNotFoundError", "AttributeError", "SystemExit", "OSError", "AssertionError"):
            message = "module '" + "a." * 4_000 + "' has no attribute '" + "object object " * 300
            reason(RunError(kind, kind, 1, message), line)
        reason(
            RunError("SyntaxError", "SyntaxError", 1, ""),
            line,
            (SyntaxProblem("", 1, "SyntaxError", "invalid syntax"),),
        )
        assert time.process_time() - begun < 5
