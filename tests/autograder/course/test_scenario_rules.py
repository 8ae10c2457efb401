"""A scenario that compares is refused, however the comparison gets into what it returns; making inputs may compare."""

from __future__ import annotations

import ast
import textwrap

import pytest

from autograder.course import scenario_rules


def refused(text: str) -> list[int]:
    """Return the lines at which a file compares what it returns."""
    return [line for line, _ in scenario_rules.verdicts_returned(ast.parse(textwrap.dedent(text)))]


@pytest.mark.parametrize(
    "body",
    [
        "return lesson.f(x) == 3",
        "return bool(torch.equal(lesson.f(x), x))",
        "return {'same': torch.allclose(lesson.f(x), x)}",
        "return isinstance(lesson.f(x), list)",
        "return lesson.f(x) is x",
        "return not lesson.f(x)",
        "return all(v > 0 for v in lesson.f(x))",
        "return [bool((lesson.f(x) == y).all()) for y in x]",
        "return torch.zeros_like(lesson.f(x))",
        "return (lesson.f(x) > 0).float().mean()",
        "return len([v for v in lesson.f(x) if v > 0])",
        "return 'yes' if lesson.f(x) > 0 else 'no'",
        "y = lesson.f(x)\n    good = y.allclose(x)\n    return {'y': y, 'good': good}",
        "seen = []\n    for v in lesson.f(x):\n        seen.append(v < 1)\n    return seen",
        "told = {}\n    told['a'] = lesson.f(x) != 2\n    return told",
        "good = False\n    if lesson.f(x) > 0:\n        good = True\n    return good",
        "if lesson.f(x) > 0:\n        return 'positive'\n    return 'negative'",
        "kept = x.clone()\n    lesson.f(x)\n    return torch.equal(x, kept)",
        "model = lesson.Model(3)\n    return {'linear': isinstance(model.layer, list)}",
        "return probes.ranks(2, lambda rank, method: lesson.f(rank) == 1)",
        "def call():\n        return lesson.f(x) == 1\n    return probes.ranks(2, call)",
        "result = lesson.f(x)\n    return sum(v == 1 for v in result)",
        "return (y := lesson.f(x)) is None",
        "return {'a': 1} | {'b': lesson.f(x).isfinite().all()}",
    ],
)
def test_a_comparison_that_is_returned_is_refused(body: str) -> None:
    assert refused(f"def test_it(lesson, rng):\n    x = torch.randn(3, generator=rng)\n    {body}\n")


@pytest.mark.parametrize(
    "body",
    [
        "return lesson.f(x)",
        "return lesson.f(torch.where(x < 0, -x, x))",
        "dtype = torch.float64 if n == 2 else torch.float32\n    return lesson.f(x.to(dtype))",
        "linear = [part for part in lesson.Model().modules() if isinstance(part, list)][0]\n    return linear.weight",
        "if n == 2:\n        x = x.double()\n    return lesson.f(x)",
        "y = lesson.f(x)\n    return {'y': y, 'rows': len(y), 'first': y[x > 0]}",
        "return probes.raised(ValueError, lambda: lesson.f(x == 1))",
        "return {'y': lesson.f(x), 'n': n == 2}",
        "y = lesson.f(x)\n    return lesson.g(torch.randn(y.shape, generator=rng) > 0)",
        "assert_nothing = x.equal(x)\n    return lesson.f(x)",
    ],
)
def test_making_inputs_and_choosing_may_compare(body: str) -> None:
    assert not refused(f"def test_it(lesson, rng, n):\n    x = torch.randn(3, generator=rng)\n    {body}\n")


def test_helpers_are_followed_both_ways() -> None:
    told = """
        def same(a, b):
            return bool(torch.equal(a, b))

        def after(lesson, x):
            kept = x.clone()
            y = lesson.f(x)
            return y, same(x, kept)

        def test_it(lesson, rng):
            y, kept = after(lesson, torch.ones(2))
            return {"y": y, "kept": kept}
        """
    assert refused(told) == [3]
    untold = """
        def positive(values):
            return torch.where(values < 0, -values, values)

        def test_it(lesson, rng):
            return lesson.f(positive(torch.randn(3, generator=rng)))
        """
    assert not refused(untold)


def test_several_values_need_names() -> None:
    def bare(body: str) -> list[int]:
        return [line for line, _ in scenario_rules.unlabelled(ast.parse(f"def test_it(lesson):\n    return {body}"))]

    assert bare("lesson.f(1), lesson.f(2)") == [2]
    assert bare("[lesson.f(1), lesson.f(2)]") == [2]
    assert not bare("{'one': lesson.f(1), 'two': lesson.f(2)}")
    assert not bare("lesson.f(1)")
    assert not bare("[lesson.f(1)]")


def test_probes_are_found_through_helpers() -> None:
    text = """
        def counted(lesson, x):
            return probes.operations(lambda: lesson.f(x))

        def test_counts(lesson):
            return counted(lesson, 1)

        def test_plain(lesson):
            return lesson.f(1)
        """
    assert scenario_rules.using(ast.parse(textwrap.dedent(text)), ("operations",)) == {"test_counts"}
