"""What is wrong with a lesson's page, from its text alone: title, sections, demonstration, pictures, links, formulas, length."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from autograder.authoring.faults import Fault
from autograder.course.lesson import Lesson

DEMONSTRATION = "A demonstration in PyTorch"
SECTIONS = (
    "Introduction",
    "Explain it like I'm five",
    "The mathematics",
    "In depth",
    DEMONSTRATION,
    "Exercises",
    "Summary",
    "Key takeaways",
)
MAX_WORDS = 4500
# Words of a picture's alternative text: fewer do not say what is there to see.
MIN_ALTERNATIVE = 5
FENCE = re.compile(r"\s{0,3}(```+|~~~+)\s*(\w*)")
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
# Within one line, GitHub's Markdown takes these backslashes away before the formula is read.
LOST = re.compile(r"\\([,;:!{}\\#%&_])")
FORMULA = re.compile(r"(?<![\\$`])\$(?!\$)([^$\n]+)\$(?!\$)")
INSTEAD = {",": r"\thinspace", "{": r"\lbrace", "}": r"\rbrace", "\\": r"\cr"}


def faults(lesson: Lesson) -> Iterator[Fault]:
    """Yield everything that is wrong with a lesson's page; `lesson.title` may be "" where the manifest has none."""
    try:
        text = lesson.page.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        yield Fault(
            lesson.page, 1, "the lesson has no page: write it, with its sections in the order of solutions/README.md."
        )
        return
    except (OSError, UnicodeDecodeError) as error:
        yield Fault(lesson.page, 1, f"the page cannot be read: {error}.")
        return
    page = _Page(lesson, text)
    for line, told in (
        *page.title(),
        *page.fences(),
        *page.sections(),
        *page.demonstration(),
        *page.links(),
        *page.formulas(),
        *page.length(),
    ):
        yield Fault(lesson.page, line, told)


class _Page:
    """A page, with what of it is prose and what is code."""

    def __init__(self, lesson: Lesson, text: str) -> None:
        self._lesson = lesson
        self._lines = text.split("\n")
        self._blocks, self._open = _blocks(self._lines)
        code = {n for first, last, _ in self._blocks for n in range(first, last + 1)}
        self._prose = {n: line for n, line in enumerate(self._lines, 1) if n not in code}
        self._sections = [(n, line[3:].strip()) for n, line in self._prose.items() if line.startswith("## ")]

    def title(self) -> Iterator[tuple[int, str]]:
        first = self._lines[0]
        wanted = f"Lesson {self._lesson.number} · {self._lesson.title}"
        if not first.startswith("# "):
            yield 1, f"the page begins with its title: `# … · {wanted}`."
        elif self._lesson.title and not first.rstrip().endswith(wanted):
            yield 1, f"the title ends with the lesson's number and the title of lesson.toml: `# … · {wanted}`."

    def fences(self) -> Iterator[tuple[int, str]]:
        if self._open:
            yield self._open, "this block of code is not closed: all that follows counts as code."

    def sections(self) -> Iterator[tuple[int, str]]:
        found = [name for _, name in self._sections]
        for n, name in self._sections:
            if name not in SECTIONS:
                yield n, f"`## {name}` is no section of a page: make it `### {name}`. There are: {', '.join(SECTIONS)}."
            elif found.count(name) > 1 and n != self._sections[found.index(name)][0]:
                yield n, f"the section `## {name}` is there twice."
        here = [name for name in SECTIONS if name in found]
        for name in SECTIONS:
            if name not in found:
                yield self._place(name), f"the section `## {name}` is missing{_behind(name, here)}."
        order = list(dict.fromkeys(name for name in found if name in SECTIONS))
        wrong = next((name for name, wanted in zip(order, here, strict=True) if name != wanted), "")
        if wrong:
            line = next(n for n, name in self._sections if name == wrong)
            yield (
                line,
                f"the section `## {wrong}` stands in another place than it should; the order: {', '.join(here)}.",
            )

    def _place(self, name: str) -> int:
        """Return where a section that is missing belongs: at the next one that is there, or at the end."""
        behind = SECTIONS[SECTIONS.index(name) + 1 :]
        return next((n for n, other in self._sections if other in behind), len(self._lines))

    def demonstration(self) -> Iterator[tuple[int, str]]:
        start = next((n for n, name in self._sections if name == DEMONSTRATION), 0)
        if not start:
            return
        end = next((n for n, _ in self._sections if n > start), len(self._lines) + 1)
        own = [block for block in self._blocks if start < block[0] < end and block[2] == "python"]
        if not own:
            yield start, "the demonstration has no block that begins with ```python."
        for first, last, _ in own:
            yield from self._syntax(first, last)

    def _syntax(self, first: int, last: int) -> Iterator[tuple[int, str]]:
        try:
            ast.parse("\n".join(self._lines[first : last - 1]))
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            yield first + line, f"this block of the demonstration is no Python: {getattr(error, 'msg', error)}."

    def links(self) -> Iterator[tuple[int, str]]:
        for n, line in self._prose.items():
            for picture, words, target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
                path = self._lesson.assignment / target.partition("#")[0]
                if re.match(r"[a-z]+:", target) or target.startswith("#") or path.exists():
                    pass
                elif picture:
                    yield (
                        n,
                        f"there is no {target} beside the page: `autograder figures {self._lesson.name}` makes figures.",
                    )
                else:
                    yield n, f"the link to {target} leads nowhere."
                if picture and len(words.split()) < MIN_ALTERNATIVE:
                    yield n, f"the picture {target} has no alternative text that says what there is to see."

    def formulas(self) -> Iterator[tuple[int, str]]:
        signs = [n for n, line in self._prose.items() for _ in re.findall(r"(?<!\\)\$\$", re.sub(r"`[^`]*`", "", line))]
        if len(signs) % 2:
            yield signs[-1], "the number of `$$` is odd: a display formula is not closed, or one too many stands here."
        for n, line in self._prose.items():
            for formula in FORMULA.findall(re.sub(r"`[^`]*`", "", line)):
                for sign in dict.fromkeys(LOST.findall(formula)):
                    better = f"; write `{INSTEAD[sign]}`" if sign in INSTEAD else ""
                    yield n, f"GitHub takes the backslash of `\\{sign}` away in ${formula}${better}."

    def length(self) -> Iterator[tuple[int, str]]:
        prose = "\n".join(line for line in self._prose.values() if not line.lstrip().startswith("|"))
        words = len(prose.split())
        if words > MAX_WORDS:
            yield len(self._lines), f"the page has {words} words; {MAX_WORDS} is the most."


def _behind(name: str, here: Sequence[str]) -> str:
    before = [other for other in here if SECTIONS.index(other) < SECTIONS.index(name)]
    return f"; it comes after `## {before[-1]}`" if before else "; it is the first"


def _blocks(lines: Sequence[str]) -> tuple[list[tuple[int, int, str]], int]:
    """Return the blocks of code (first and last line, with the fences, and the language), and where one is left open, or 0."""
    found: list[tuple[int, int, str]] = []
    fence, begun, language = "", 0, ""
    for n, line in enumerate(lines, 1):
        mark = FENCE.match(line)
        if not fence and mark:
            fence, begun, language = mark[1], n, mark[2]
        elif fence and mark and mark[1].startswith(fence) and not mark[2]:
            found.append((begun, n, language))
            fence = ""
    if fence:
        found.append((begun, len(lines), language))
    return found, begun if fence else 0
