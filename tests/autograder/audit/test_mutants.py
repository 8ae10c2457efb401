"""Each operator makes the mistake that it is there for, inside the regions and nowhere else."""

from __future__ import annotations

import ast

import pytest

from autograder.audit.mutants import mutants

HEAD = "import torch\n\nLIMIT = 3 + 4\n\n\ndef f(x, y, n):\n    n = n + 1\n    # BEGIN SOLUTION Do it.\n"
TAIL = "\n    # END SOLUTION\n\n\ndef g(x):\n    return x * 2\n"


def becomes(body: str, head: str = HEAD) -> set[str]:
    """Return what the lines of a region become."""
    indented = "\n".join(f"    {line}" for line in body.split("\n"))
    return {mutant.becomes for mutant in mutants(head + indented + TAIL)}


CASES = {
    "comparison": ("return x < y", {"return x <= y", "return x >= y"}),
    "equality": ("return x == y", {"return x != y"}),
    "membership": ("return x in y", {"return x not in y"}),
    "arithmetic": ("return x + y", {"return x - y"}),
    "the right one of two operators": ("return x - y - n", {"return x + y - n", "return x - y + n"}),
    "matrix product": ("return x @ y", {"return x * y"}),
    "in place": ("x += y\nreturn x", {"x -= y", "x = y"}),
    "sign": ("return -x", {"return x"}),
    "integer": ("return x[2]", {"return x[3]", "return x[1]"}),
    "float": ("return x * 0.5", {"return x * 1.0"}),
    "truth value": ("return x.sum(keepdim=True)", {"return x.sum(keepdim=False)"}),
    "boundary": ("if n < 1:\n    return x\nreturn y", {"if n <= 1:", "if n < 0:", "if n < 2:", "if (not (n < 1)):"}),
    "either": ("return x or y", {"return x and y", "return (x)", "return (y)"}),
    "dropped statement": ("x.zero_()\nreturn x", {"pass"}),
    "dropped condition": ("if n < 1:\n    raise ValueError\nreturn x", {"pass"}),
    "swapped arguments": ("return torch.dist(x, y)", {"return torch.dist(y, x)"}),
    "dimension": ("return x.sum(dim=-1)", {"return x.sum(dim=0)", "return x.sum(dim=-2)", "return x.sum()"}),
    "mean for sum": ("return x.sum()", {"return x.mean()", "return x"}),
    "transpose": ("return x.T", {"return x"}),
    "device": (
        "return torch.ones(n, device=x.device)",
        {"return torch.ones(n)", "return torch.zeros(n, device=x.device)"},
    ),
    "dtype": ("return x.new_ones(n)", {"return torch.ones(n)", "return x.new_zeros(n)"}),
    "call": ("return torch.relu(x)", {"return (x)"}),
    "early end of a loop": ("for i in x:\n    y = y + i\nreturn y", {"break"}),
    "early return": ("return x * y", {"return None"}),
    "bound of a slice": ("return x[1:n]", {"return x[:n]", "return x[1:]"}),
    "order of two results": ("return x, y", {"return y, x"}),
}


@pytest.mark.parametrize("name", CASES)
def test_an_operator_makes_its_mistake(name: str) -> None:
    body, wanted = CASES[name]
    assert wanted <= becomes(body)


def test_what_lies_outside_the_regions_stays() -> None:
    text = HEAD + "    return x < y" + TAIL
    for mutant in mutants(text):
        changed = [(a, b) for a, b in zip(text.split("\n"), mutant.text.split("\n"), strict=True) if a != b]
        assert [line for line, _ in changed] == ["    return x < y"]
        assert (mutant.exercise, mutant.line) == ("f", 9)


def test_every_mutant_parses_and_is_another_program() -> None:
    text = HEAD + "    if n < 1 or x.any():\n        y = (x * 2).sum(dim=0, keepdim=True)\n    return y[0], x" + TAIL
    made = mutants(text)
    shapes = [ast.dump(ast.parse(mutant.text)) for mutant in made]
    assert len(shapes) > 10
    assert len(set(shapes)) == len(shapes)
    assert ast.dump(ast.parse(text)) not in shapes


def test_a_mutant_tells_its_change_as_a_diff() -> None:
    (mutant,) = (m for m in mutants(HEAD + "    return x < y" + TAIL) if m.becomes == "return x <= y")
    assert mutant.description == "< made <="
    assert mutant.original == "return x < y"
    assert mutant.diff == "@@ -9 +9 @@\n-    return x < y\n+    return x <= y"


def test_identifiers_are_unique_and_stay_the_same() -> None:
    text = HEAD + "    return (x + y) * (x - y)" + TAIL
    first, second = (tuple(mutant.id for mutant in mutants(text)) for _ in range(2))
    assert first == second
    assert len(set(first)) == len(first)


def test_an_assignment_that_only_names_something_is_not_dropped() -> None:
    assert "pass" not in becomes("z = x + y\nreturn z")
    assert "pass" in becomes("x = x + y\nreturn x")
    assert "pass" in becomes("x[0] = y\nreturn x")


def test_a_tensor_that_is_returned_is_moved_to_another_device() -> None:
    moved = {"return (x + y).cpu()", "return (x + y).cuda()"}
    tensors = HEAD.replace("n):", "n) -> torch.Tensor:")
    assert moved <= becomes("return x + y", tensors)
    assert not moved & becomes("return x + y")
    assert not moved & becomes("def inner() -> torch.Tensor:\n    return x + y\nreturn inner()", tensors)


def test_letters_beyond_ascii_do_not_move_a_change() -> None:
    assert 'return "é" if x <= y else "ü"' in becomes('return "é" if x < y else "ü"')


def test_methods_of_a_class_belong_to_the_class() -> None:
    text = (
        "class C:\n    def m(self):\n        # BEGIN SOLUTION Go.\n        return self.a + 1\n        # END SOLUTION\n"
    )
    assert {mutant.exercise for mutant in mutants(text)} == {"C"}
