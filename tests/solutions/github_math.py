"""The formulas of a page, as they are written and as GitHub shows them: first its Markdown, then KaTeX.

GitHub's Markdown reads a paragraph before anybody looks for formulas in it, and takes `\\,` for a comma that is escaped. Between
dollars, on one line, every backslash before punctuation is lost so, and two underscores or stars can become emphasis. What
stands in a block that is fenced as `math`, or between `$$` on lines of their own, is left as it is.
"""

from __future__ import annotations

import difflib
import importlib.metadata
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

import cmarkgfm
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from py_mini_racer import JSEvalException, MiniRacer

LINES_OF_THEIR_OWN = re.compile(r"^( *)\$\$ *\n(.*?\n) *\$\$ *$", re.MULTILINE | re.DOTALL)
IN_A_LINE = re.compile(r"\$\$(.+?)\$\$|\$(?!\s)(.+?)(?<!\s)\$(?!\d)", re.DOTALL)
BLOCKS = frozenset(("p", "li", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "dd", "dt"))
# Stands for the beginning and the end of emphasis, which no formula outlives.
EMPHASIS = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Formula:
    """A formula: its TeX, whether it stands on a line of its own, and where it begins (0 where that is not known)."""

    tex: str
    display: bool
    line: int = 0


class Katex:
    """KaTeX, strict: what it only warns of is an error, too. To be closed: V8 does not let Python end by itself."""

    def __init__(self) -> None:
        files = importlib.metadata.files("sphinxcontrib-katex") or []
        script = next(file for file in files if file.name == "katex.min.js")
        self._context = MiniRacer()
        self._context.eval(script.read_text(encoding="utf-8"))

    def __enter__(self) -> Katex:
        return self

    def __exit__(self, *_: object) -> None:
        self._context.close()

    def html(self, formula: Formula) -> str:
        """Return a formula as HTML.

        Raises:
            ValueError: it is not one that KaTeX takes; the words are KaTeX's.
        """
        options = {"displayMode": formula.display, "strict": "error", "throwOnError": True, "output": "html"}
        try:
            return str(self._context.call("katex.renderToString", formula.tex, options))
        except JSEvalException as error:
            found = re.search(r"(?:ParseError|Error): (?:KaTeX parse error: )?(.*)", str(error))
            raise ValueError(found[1] if found else str(error)) from error


def written(page: str) -> list[Formula]:
    """Return the formulas that a page's author wrote, in order."""
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"]).use(dollarmath_plugin, double_inline=True)
    return [formula for token in markdown.parse(page) for formula in _of_token(token)]


def _of_token(token: Token) -> Iterator[Formula]:
    line = token.map[0] + 1 if token.map else 0
    if token.type == "math_block" or (token.type == "fence" and token.info.strip() == "math"):
        yield Formula(token.content.strip(), True, line)
    for child in token.children or []:
        if child.type in ("math_inline", "math_inline_double"):
            yield Formula(child.content.strip(), child.type == "math_inline_double", line)
        line += child.type in ("softbreak", "hardbreak")


def shown(page: str) -> list[Formula]:
    """Return the formulas that GitHub finds in a page after its Markdown has been there, in order."""
    reader = _Reader()
    reader.feed(cmarkgfm.github_flavored_markdown_to_html(LINES_OF_THEIR_OWN.sub(r"\1```math\n\2\1```", page)))
    reader.close()
    return list(reader.formulas())


class _Reader(HTMLParser):
    """Reads the texts of a page's blocks, code left out."""

    def __init__(self) -> None:
        super().__init__()
        self._texts: list[tuple[bool, str]] = [(False, "")]
        self._code = 0
        self._math = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS:
            self._texts.append((False, ""))
        elif tag == "pre" and dict(attrs).get("lang") == "math":
            self._math = True
            self._texts.append((True, ""))
        elif tag in ("code", "pre") and not self._math:
            self._code += 1
        elif tag in ("em", "strong", "del"):
            self._add(EMPHASIS)

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS or (tag == "pre" and self._math):
            self._math = False
            self._texts.append((False, ""))
        elif tag in ("code", "pre") and not self._math:
            self._code -= 1
        elif tag in ("em", "strong", "del"):
            self._add(EMPHASIS)

    def handle_data(self, data: str) -> None:
        if not self._code:
            self._add(data)

    def _add(self, text: str) -> None:
        math, before = self._texts[-1]
        self._texts[-1] = (math, before + text)

    def formulas(self) -> Iterator[Formula]:
        """Yield what stands between dollars, and the blocks of mathematics."""
        for math, text in self._texts:
            if math:
                yield Formula(text.strip(), True)
                continue
            for found in IN_A_LINE.finditer(text):
                yield Formula((found[1] or found[2]).strip(), found[1] is not None)


def faults(page: str, katex: Katex) -> list[str]:
    """Return a sentence for each formula of a page that GitHub does not show as it is meant."""
    meant, seen = written(page), shown(page)
    told = []
    matcher = difflib.SequenceMatcher(None, [one.tex for one in meant], [one.tex for one in seen], autojunk=False)
    for what, first, last, start, end in matcher.get_opcodes():
        pairs = zip(meant[first:last], [*seen[start:end], *[None] * (last - first)], strict=False)
        if what == "insert":
            told.append(
                f"before line {meant[first].line if first < len(meant) else 'the last'}: GitHub finds {seen[start].tex!r}."
            )
        told += [words for one, other in pairs if (words := _fault(one, other, katex))]
    return told


def _fault(one: Formula, other: Formula | None, katex: Katex) -> str:
    try:
        html = katex.html(one)
        if other is None:
            return f"line {one.line}: GitHub finds no formula where ${one.tex}$ stands."
        if one.tex == other.tex or html == katex.html(other):
            return ""
    except ValueError as error:
        return f"line {one.line}: ${one.tex}$: {error}"
    return f"line {one.line}: ${one.tex}$ is shown as ${other.tex}$."
