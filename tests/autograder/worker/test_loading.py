"""How a student's text becomes a module: what raises, takes long, or binds an exercise's name again, costs nothing else.

Most of it is seen in a child process without a sandbox, for it is about the loading alone.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from autograder.worker import parts
from autograder.worker.parts import Kind
from tests.autograder.helpers import ROOT

# Imports once, and forks for each text: nothing of one is there for the next.
CHILD = """
import json, os, sys
from autograder.worker import statements, submitted

def load(asked):
    parsed = statements.parse(asked["text"])
    try:
        loaded = submitted.load(
            asked["text"], parsed, "exercises", "exercises.py", asked["exercises"], definitions_only=asked["definitions_only"]
        )
    except BaseException as error:
        return {"error": type(error).__name__, "line": getattr(error, "lineno", None)}
    values = {}
    for name in asked["show"]:
        try:
            values[name] = eval(name, vars(loaded.module))
        except Exception as error:
            values[name] = type(error).__name__
    return {
        "values": values,
        "raised": [[one.part, type(one.error).__name__, one.whole] for one in loaded.raised],
        "left_out": loaded.left_out,
        "rebound": [[one.name, one.counts] for one in loaded.rebound],
    }

requests, out = os.fdopen(os.dup(0)), os.dup(1)
os.dup2(2, 1)
sys.stdin = open(os.devnull)
while line := requests.readline():
    if not (child := os.fork()):
        try:
            os.write(out, json.dumps(load(json.loads(line))).encode() + b"\\n")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
"""


@dataclass(frozen=True)
class Seen:
    """What a child tells of a text that it loaded."""

    values: dict[str, Any]
    raised: list[list[Any]]
    left_out: list[list[int]]
    rebound: list[list[Any]]


@functools.cache
def child() -> subprocess.Popen[str]:
    """Return the process that loads; it ends with the pipe to it."""
    command = [sys.executable, "-c", CHILD]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True, bufsize=1)


def told(text: str, *show: str, exercises: Sequence[str], definitions_only: bool) -> dict[str, Any]:
    asked = {"text": text, "show": show, "exercises": exercises, "definitions_only": definitions_only}
    to, back = child().stdin, child().stdout
    assert to is not None
    assert back is not None
    to.write(json.dumps(asked) + "\n")
    found: dict[str, Any] = json.loads(back.readline())
    return found


def module(text: str, *show: str, exercises: Sequence[str] = ("loss",), definitions_only: bool = False) -> Seen:
    """Load a module; return what these expressions give in it, and what was told."""
    return Seen(**told(textwrap.dedent(text), *show, exercises=exercises, definitions_only=definitions_only))


def cells(*sources: str | tuple[Kind, str], show: Sequence[str] = (), exercises: Sequence[str] = ("loss",)) -> Seen:
    """Load a notebook's cells, the student's own unless another kind is given."""
    marked = [source if isinstance(source, tuple) else (Kind.OWN, source) for source in sources]
    text = parts.joined([(kind, f"cell {n}", textwrap.dedent(source)) for n, (kind, source) in enumerate(marked)])
    return Seen(**told(text, *show, exercises=exercises, definitions_only=False))


LOSS = "def loss(x):\n    return x + 1\n"

BOUND_AGAIN = {
    "a loop": "for loss in [0.5, 0.25]:\n    pass",
    "its own value": "loss = loss(1)",
    "another value": "loss = 0.5",
    "several values": "w, loss = 1, 2",
    "an import": "import math as loss",
    "a function that is imported": "from math import sqrt as loss",
    "deleted": "del loss",
    "with": "import io\nwith io.StringIO() as loss:\n    pass",
    "an exception": "try:\n    1 / 0\nexcept ZeroDivisionError as loss:\n    pass",
    "a walrus": "[loss := i for i in range(3)]",
    "a walrus in a condition": "if (loss := 3) > 2:\n    pass",
    "in a function, as a global": "def train():\n    global loss\n    loss = 0.5\ntrain()",
    "added to": "loss = 1\nloss += 1",
    "a loop over functions": "import math\nfor loss in (math.sin, math.cos):\n    pass",
    "a loop that assigns": "import math\nfor step in range(2):\n    loss = math.sin",
    "matched": "match 3:\n    case loss:\n        pass",
}


@pytest.mark.parametrize("name", BOUND_AGAIN)
def test_what_else_is_bound_to_an_exercises_name_is_not_graded(name: str) -> None:
    seen = cells(LOSS, BOUND_AGAIN[name], show=["loss(1)"])
    assert seen.values == {"loss(1)": 2}
    assert ["loss", False] in seen.rebound
    assert module(f"{LOSS}\n{BOUND_AGAIN[name]}", "loss(1)").values == {"loss(1)": 2}


def test_a_class_whose_object_has_its_name_stays_the_class() -> None:
    text = "class Model:\n    def __call__(self):\n        return 3\n\n\nModel = Model()\n"
    assert module(text, "isinstance(Model, type)", exercises=["Model"]).values == {"isinstance(Model, type)": True}


def test_in_a_comprehension_the_name_is_another() -> None:
    seen = cells(LOSS, "[loss for loss in range(3)]", show=["loss(1)"])
    assert (seen.values, seen.rebound) == ({"loss(1)": 2}, [])


DEFINED_AGAIN = {
    "def": "def loss(x):\n    return 10 * x",
    "class": "class loss:\n    def __new__(cls, x):\n        return 10 * x",
    "lambda": "loss = lambda x: 10 * x",
    "another's function": "import operator, functools\nloss = functools.partial(operator.mul, 10)",
    "decorated": "import functools\n@functools.cache\ndef loss(x):\n    return 10 * x",
    "below a condition": "if True:\n    def loss(x):\n        return 10 * x",
    "below a condition, assigned": "try:\n    loss = lambda x: 10 * x\nexcept Exception:\n    pass",
    "one of several": "other, loss = 1, lambda x: 10 * x",
}


@pytest.mark.parametrize("name", DEFINED_AGAIN)
def test_a_later_definition_is_graded_and_told(name: str) -> None:
    seen = cells(LOSS, DEFINED_AGAIN[name], "loss = 3", show=["loss(1)"])
    assert seen.values == {"loss(1)": 10}
    assert ["loss", True] in seen.rebound


def test_a_function_that_is_wrapped_counts_wrapped_and_is_nothing_to_tell() -> None:
    seen = cells(
        LOSS, "import functools\nloss = functools.cache(loss)", show=["loss(1)", "hasattr(loss, 'cache_info')"]
    )
    assert (seen.values, seen.rebound) == ({"loss(1)": 2, "hasattr(loss, 'cache_info')": True}, [])


def test_a_later_wrong_definition_is_not_replaced_by_an_earlier_right_one() -> None:
    text = f"{LOSS}\nwhile True:\n    pass\n\ndef loss(x):\n    return 0\n"
    assert module(text, "loss(1)", definitions_only=True).values == {"loss(1)": 0}
    assert cells(LOSS, "def loss(x):\n    return 0", show=["loss(1)"]).values == {"loss(1)": 0}


def test_what_an_exercise_calls_is_kept_too() -> None:
    solution = "import math as m\ndef half(x):\n    return x / 2\ndef loss(x):\n    return half(m.sqrt(x))"
    assert cells(solution, "for half in range(3):\n    m = half", show=["loss(4)"]).values == {"loss(4)": 1}


def test_an_untouched_stub_takes_nothing_away() -> None:
    stub = (Kind.STUB, "def loss(x):\n    raise NotImplementedError")
    for seen in (cells(LOSS, stub, show=["loss(1)"]), cells(stub, LOSS, show=["loss(1)"])):
        assert (seen.values, seen.rebound) == ({"loss(1)": 2}, [])


# What raises


FAILS = [
    "from google.colab import drive",
    "drive.mount('/content/drive')",
    "assert loss(1) == 3",
    "raise SystemExit(1)",
    "exit()",
]
FAILS += ["import nothing_there, math", "n = int(input())", "open('/nowhere/figure.png', 'w')", "display(nothing)"]


@pytest.mark.parametrize("statement", FAILS)
def test_a_statement_that_fails_costs_what_depends_on_it_alone(statement: str) -> None:
    text = f"{statement}\nimport math\nTWO = 2\n\ndef loss(x):\n    return math.sqrt(x) * TWO\n"
    for seen in (module(text, "loss(4)"), cells(text, show=["loss(4)"]), module(text + statement, "loss(4)")):
        assert seen.values == {"loss(4)": 4}
        assert seen.raised


def test_of_several_modules_in_a_line_only_the_missing_one_is_missing() -> None:
    assert module(f"import nothing_there, math\n{LOSS}", "math.sqrt(4)").values == {"math.sqrt(4)": 2}
    assert module(f"from math import nothing_there, sqrt\n{LOSS}", "sqrt(4)").values == {"sqrt(4)": 2}


def test_a_module_of_which_nothing_is_left_says_why() -> None:
    text = "import nothing_there\n\n@nothing_there.wrap\ndef loss(x):\n    return x\n"
    assert told(text, exercises=["loss"], definitions_only=False)["error"] == "ModuleNotFoundError"


def test_a_module_that_is_no_python_says_where() -> None:
    for text in (f"{LOSS}\nx = = 1\n", f"{LOSS}\nreturn 3\n\n", f"{LOSS}\n>>> 1\n"):
        found = told(text, exercises=["loss"], definitions_only=False)
        assert (found["error"], found["line"]) == ("SyntaxError", 4)


def test_a_modules_text_means_what_it_means_to_python() -> None:
    text = '''\
    """What this is."""
    from __future__ import annotations
    import inspect
    from dataclasses import dataclass

    @dataclass
    class Pair:
        a: NotThere
        b: int = 3

    count: int = 1

    def loss(x: NotThere) -> NotThere:
        return Pair(x).b

    if __name__ == "__main__":
        loss = None
    '''
    show = [
        "loss(1)",
        "__doc__",
        "__annotations__",
        "inspect.getsource(loss)",
        "__name__",
        "loss.__code__.co_firstlineno",
    ]
    seen = module(text, *show)
    source = "def loss(x: NotThere) -> NotThere:\n    return Pair(x).b\n"
    assert list(seen.values.values()) == [3, "What this is.", {"count": "int"}, source, "exercises", 13]


# IPython


IPYTHON = {
    "pip": "pip install torchinfo\nimport math",
    "a command that goes on": "!pip install a \\\n    b\nimport math",
    "in a condition": "if True:\n    !pip install a\n    import math",
    "the time of an assignment": "%time import math\n%time Y = 1",
    "the time of a cell": "%%time\n!ls\nimport math",
    "no output of a cell": "%%capture out\nimport math",
    "a setting": "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\nimport math",
    "help": "print?\n?print\nloss??\nimport math",
    "what a command prints": "files = !ls\nfor file in files:\n    print(file)\nimport math",
    "a timed value": "y = %time 3\nassert y == 3\nimport math",
    "a prompt": ">>> import math\n>>> x = 1",
    "shown": "import math\nfrom IPython.display import display as show\ndisplay(math)\nshow",
    "its own function": "import math\nget_ipython().run_line_magic('matplotlib', 'inline')\nget_ipython().kernel.do(1)",
    "saved by nbconvert": "get_ipython().run_cell_magic('time', '', 'import math\\nx = 1')",
    "another language": "%%bash\nrm -rf everything",
    "a page": "%%html\n<b>not Python</b>",
}


@pytest.mark.parametrize("name", IPYTHON)
def test_what_ipython_reads_is_read(name: str) -> None:
    last = "import math\ndef loss(x):\n    return math.sqrt(x)" if name in ("another language", "a page") else ""
    seen = cells(IPYTHON[name], last or "def loss(x):\n    return math.sqrt(x)", show=["loss(4)"])
    assert (seen.values, seen.raised) == ({"loss(4)": 2}, [])


def test_await_works_at_the_top_of_a_cell_and_the_last_value_is_kept() -> None:
    source = "async def four():\n    return 4\n\nx = await four()"
    seen = cells(source, "await four()", "x + 1", "y = _ + Out[1]", LOSS, show=["y", "len(In) > 5"])
    assert (seen.values, seen.raised) == ({"y": 10, "len(In) > 5": True}, [])


def test_lines_keep_their_numbers_below_what_only_ipython_reads() -> None:
    source = "\n\n!pip install a \\\n   b \\\n   c\n%time x = 1\ndef loss(x):\n    return x\n"
    seen = cells(source, show=["loss.__code__.co_firstlineno"])
    assert seen.values == {
        "loss.__code__.co_firstlineno": 9
    }  # the cell's seventh line: the text begins with two of ours


def test_a_module_that_needs_no_ipython_does_not_import_it() -> None:
    show = "'IPython' in __import__('sys').modules"
    assert module(LOSS, show).values == {show: False}
    assert cells(LOSS, show=[show]).values == {show: False}


# What takes long


def test_in_a_notebook_a_statement_that_no_exercise_needs_gets_little_time() -> None:
    endless = "history = []\nfor step in range(10**12):\n    loss(step)\n    history.append(step)"
    hidden = "def update(x):\n    history = [x]\n    return history"
    names = ["loss", "update"]
    seen = cells(LOSS + endless, hidden, "import time\ntime.sleep(100)", show=["loss(1)", "update(1)"], exercises=names)
    assert seen.values == {"loss(1)": 2, "update(1)": [1]}
    assert seen.left_out == [[6, 8], [16, 16], [17, 17]]  # lines of the text, once the time was up


DEFINED = """\
import math
import torch

SCALES = {}
SCALES["two"] = 2
for n in range(3):
    SCALES[n] = n
BASE = SCALES["two"]
half = lambda x: x / 2
history = []


@torch.compile
def loss(x):
    return helper(x) + SCALES[2]


if BASE == 2:
    def helper(x):
        return half(x) * BASE
loss.calls = 0


def update(x):
    history = [x]
    return history


for step in range(10**12):
    loss(1)
w, history = loss(2), loss(3)
while True:
    pass
"""


def test_definitions_come_with_what_they_need_and_nothing_else() -> None:
    seen = module(
        DEFINED, "loss(4)", "update(1)", "'w' in globals()", exercises=["loss", "update"], definitions_only=True
    )
    assert seen.values == {"loss(4)": 6, "update(1)": [1], "'w' in globals()": False}
    assert seen.left_out == [[10, 10], [29, 30], [31, 31], [32, 33]]


def test_training_that_an_exercise_would_need_costs_that_exercise_alone() -> None:
    text = f"{LOSS}\nw = 0\nwhile True:\n    w += loss(w)\n\nmodel = w + 1\n\ndef update(x):\n    return x + w\n"
    seen = module(text, "loss(1)", "update(1) > 0", exercises=["loss", "update"], definitions_only=True)
    assert seen.values == {"loss(1)": 2, "update(1) > 0": True}


def test_what_is_not_run_when_imported_is_not_told_as_left_out() -> None:
    text = f'"""A text."""\n{LOSS}\nif __name__ == "__main__":\n    print(loss(1))\n'
    assert module(text, definitions_only=True).left_out == []


def test_torch_compile_changes_nothing() -> None:
    text = """\
    import torch
    from torch import compile as fast

    @torch.compile(mode="reduce-overhead")
    def loss(x):
        return x + 1

    update = fast(loss)
    model = torch.nn.Linear(1, 1)
    model.compile()
    """
    show = ["loss(1)", "update is loss", "'torch._dynamo' in __import__('sys').modules"]
    assert list(module(text, *show).values.values()) == [2, True, False]


# The page


def test_of_the_pages_imports_only_those_that_something_uses_are_made() -> None:
    page = (Kind.PAGE, "import math\nimport wave, colorsys as colors\nfrom fractions import Fraction\nx = 1")
    show = ["loss(4)", "'wave' in globals()", "'colors' in globals()", "'Fraction' in globals()", "'x' in globals()"]
    seen = cells(page, "def loss(x):\n    return math.sqrt(x)", "colors.rgb_to_hsv(1, 1, 1)", show=show)
    assert list(seen.values.values()) == [2, False, True, False, False]


def test_what_is_left_of_an_edited_cell_fails_in_silence_unless_it_is_needed() -> None:
    edited = (Kind.EDITED, f"{LOSS}\nprint(bean_plant())\nfor x in cases:\n    test_loss(x)")
    seen = cells(edited, show=["loss(1)"])
    assert (seen.values, seen.raised) == ({"loss(1)": 2}, [])
    assert cells((Kind.EDITED, "loss = bean_plant()"), show=[]).raised == [[0, "NameError", False]]
