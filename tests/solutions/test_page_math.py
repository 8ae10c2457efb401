"""Every formula of every page comes out as it is written, in KaTeX and after GitHub's Markdown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autograder.course import lesson as lessons
from tests.autograder.helpers import LESSONS, ROOT
from tests.solutions import github_math
from tests.solutions.github_math import Formula, Katex

PAGES = [ROOT / "assignments" / name / "README.md" for name in LESSONS]


@pytest.fixture(scope="module")
def katex() -> Iterator[Katex]:
    """KaTeX, ready."""
    with Katex() as ready:
        yield ready


@pytest.mark.parametrize("name", LESSONS)
def test_every_formula_of_a_page_is_shown_as_it_is_written(name: str, katex: Katex) -> None:
    page = lessons.load(ROOT, name, against_files=False).page.read_text(encoding="utf-8")
    assert github_math.written(page)
    assert github_math.faults(page, katex) == []


BROKEN = {
    "a thin space": r"So $W - \eta\, dW$ it is.",
    "a wide space": r"So $w \;\to\; z$ it is.",
    "a set": r"The batch $\{3, 0\}$ comes first.",
    "a matrix in a line of text": r"It is $\begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}$ here.",
    "a block on one line": r"$$ \mathcal{B} = \{0, 1\} $$",
    "rows of a block on one line": r"$$ \begin{pmatrix} 1 \\ 2 \end{pmatrix} $$",
    "underscores that make emphasis": r"$$\mathrm{precision}_c = \frac{M_{cc}}{\sum_i M_{ic}} \qquad \mathrm{recall}_c = \frac{M_{cc}}{\sum_j M_{cj}}$$",
    "stars that make emphasis": r"Here $a *b$ and $c* d$ stand.",
    "a heading": r"### The rule $g + 0.5\, v$",
    "a row of a table": "| a | b |\n|---|---|\n" + r"| $0.5\, v$ | 1 |",
    "an unknown command": r"So $\gradient w$ it is.",
    "a brace that is left open": r"So $\frac{1}{2$ it is.",
    "a letter that is no mathematics": r"So $größe$ it is.",
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_formula_that_github_breaks_is_found(case: str, katex: Katex) -> None:
    assert github_math.faults(BROKEN[case], katex) != []


SAFE = {
    "no escape": r"So $\hat y_n = w x_n + b$ and $e_n = \hat y_n - y_n$ it is.",
    "words for the escapes": r"So $W - \eta \thinspace dW$ and $\lbrace 3, 0 \rbrace$ it is.",
    "rows with cr": r"It is $\begin{pmatrix} 1 & 0 \cr 0 & 1 \end{pmatrix}$ here.",
    "dollars on lines of their own": "$$\n" + r"\mathrm{precision}_c \, \{0, 1\} \\ \mathrm{recall}_c" + "\n$$",
    "a fenced block": "```math\n" + r"\{0, 1\} \, \begin{pmatrix} 1 \\ 2 \end{pmatrix}" + "\n```",
    "dollars in code": r"Write `$\{a\}$` for it.",
    "a price": "It costs $5, or 5$ in some countries.",
    "less than": "Where $a < b$ and $b > c$ hold.",
}


@pytest.mark.parametrize("case", SAFE)
def test_a_formula_that_comes_out_whole_is_no_fault(case: str, katex: Katex) -> None:
    assert github_math.faults(SAFE[case], katex) == []


def test_a_fault_says_the_line_and_what_is_shown(katex: Katex) -> None:
    page = "A line.\n\nAnother, and\n" + r"$0.5\, v$ in it."
    assert github_math.faults(page, katex) == [r"line 4: $0.5\, v$ is shown as $0.5, v$."]


def test_formulas_are_counted_once_each() -> None:
    page = "One $a$, two $b_1$.\n\n$$\nc\n$$\n\n$$ d $$\n"
    wanted = [("a", False), ("b_1", False), ("c", True), ("d", True)]
    assert [(one.tex, one.display) for one in github_math.shown(page)] == wanted
    assert [(one.tex, one.display) for one in github_math.written(page)] == wanted


def test_katex_is_strict(katex: Katex) -> None:
    assert "katex" in katex.html(Formula("x_2", False))
    with pytest.raises(ValueError, match="Undefined control sequence"):
        katex.html(Formula(r"\gradient", False))
