"""What a lesson's page must be, as far as a program can tell: each rule takes the page and returns what is against it.

A page counts as converted to these rules when it begins with the course's name.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from autograder.authoring.stubs import CODE_BLOCK
from autograder.course.lesson import Lesson

COURSE_NAME = "Learn the Training Loop with PyTorch"
MAX_WORDS = 4500
MAX_FUNCTIONS = 5
FENCED = re.compile(r"^(```|~~~).*?^\1[^\n]*\n?", re.MULTILINE | re.DOTALL)
FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$", re.DOTALL)
TIME = re.compile(r"\*\*Time:\*\* .*\b(?:hours?|minutes)\b.*\*\*You need:\*\* .+\.")

# What readers can look up, against the course's own word for it. Each of these may stand on a page once, as the picture it is.
RATES = ("learning", "dropout", "error", "decay", "sampling", "success", "frame", "positive", "negative", "acceptance")
HOUSE_WORDS = {
    "blame": (r"\bblam(?:e[ds]?|ing)\b", "gradient"),
    "walk back": (r"\bwalk(?:s|ed|ing)? back(?:wards?)?\b", "backpropagation"),
    "drawer": (r"\bdrawers?\b", "validation set"),
    "card": (r"(?<!graphics )(?<!memory )(?<!video )\bcards?\b", "activation (cached)"),
    "deviation": (r"(?<!standard )(?<!standard-)(?<!absolute )\bdeviations?\b", "standard deviation"),
    "rate": (rf"{''.join(f'(?<!{word}[ -])' for word in RATES)}\brates?\b(?! of change)", "learning rate"),
    "share": (r"\bshares? of\b", "fraction, probability"),
}
# Words that are right elsewhere: in a network's first lessons a score is a pre-activation.
OF_LESSONS = {"lesson_2_1": {"score": (r"\bscores?\b", "pre-activation")}}
OF_LESSONS["lesson_2_2"] = OF_LESSONS["lesson_2_1"]
# What a page is not for: how it is graded, and what it leaves out.
SHOP_TALK = {
    "hidden tests": r"\bhidden (?:tests?|scenarios?|suite)\b",
    "the grader": r"\bgraders?\b",
    "left open": r"\bleft open\b",
    "is not asked": r"\b(?:is|are) not asked\b",
    "uv sync": r"\buv sync\b",
}


def is_converted(page: str) -> bool:
    """Return whether a page begins with the course's name."""
    return page.startswith(f"# {COURSE_NAME}")


def title(lesson: Lesson) -> str:
    """Return the first line of a lesson's page, and of its notebook."""
    return f"# {COURSE_NAME} · Lesson {lesson.number} · {lesson.title}"


def prose(page: str) -> str:
    """Return a page without its blocks of code."""
    return FENCED.sub("", page)


def sentences_of(page: str) -> str:
    """Return a page's prose without code and formulas in the line."""
    return FORMULA.sub("", re.sub(r"`[^`\n]*`", "", prose(page)))


def words(page: str) -> int:
    """Return how many words a page has outside of blocks of code and rows of tables."""
    rows = re.compile(r"^\s*\|.*\n?", re.MULTILINE)
    return len(rows.sub("", prose(page)).split())


def time_needed(page: str) -> str:
    """Return the paragraph below the title, which says how long the page takes and what it needs; "" if it does not."""
    below = page.partition("\n")[2].strip().split("\n\n")[0].replace("\n", " ")
    return below if TIME.fullmatch(below) else ""


def house_words(page: str, lesson: str) -> list[str]:
    """Return a sentence for each word of the course's own that stands on a page more than once."""
    text = sentences_of(page)
    told = []
    for word, (pattern, field) in {**HOUSE_WORDS, **OF_LESSONS.get(lesson, {})}.items():
        count = len(re.findall(pattern, text, flags=re.IGNORECASE))
        if count > 1:
            told.append(f"{word!r} stands {count} times; the field says: {field}")
    return told


def shop_talk(page: str) -> list[str]:
    """Return what a page says of its grading."""
    return [words for words, pattern in SHOP_TALK.items() if re.search(pattern, page, flags=re.IGNORECASE)]


def without_hints(page: str) -> list[str]:
    """Return what functions of a page's Python blocks lack in type hints."""
    told = []
    for block in CODE_BLOCK.findall(page):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                told += [f"{node.name}: {lacking}" for lacking in _lacking(node)]
    return told


def _lacking(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    given = function.args
    arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    for place, argument in enumerate(arguments):
        if (
            argument is not None
            and argument.annotation is None
            and not (place == 0 and argument.arg in ("self", "cls"))
        ):
            yield argument.arg
    if function.returns is None:
        yield "what it returns"


def program(page: str) -> str:
    """Return a page's Python blocks, top to bottom, as one program."""
    return "\n\n".join(CODE_BLOCK.findall(page))


def ruff_says(page: str) -> str:
    """Return what ruff has against a page's program, and its formatter against each block; "" if nothing."""
    ruff = [sys.executable, "-m", "ruff"]
    # Each part of a page imports what it needs; and a beginner's zip needs no `strict`.
    rules = ["--isolated", "--select", "E,F,B,UP,PIE,RET,SIM,C4", "--ignore", "E402,B905,F811", "--line-length", "120"]
    told = _output([*ruff, "check", "--quiet", *rules, "-"], program(page))
    blocks = CODE_BLOCK.findall(page)
    for block in blocks:
        told += _output([*ruff, "format", "--isolated", "--quiet", "--diff", "--line-length", "120", "-"], block)
    return told


def _output(command: list[str], text: str) -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def mypy_says(pages: Mapping[str, str], folder: Path, cache: Path) -> dict[str, list[str]]:
    """Return what mypy has against the programs of some pages, by the page's name: one run, for it is the start that costs."""
    for name, page in pages.items():
        (folder / f"{name}.py").write_text(program(page), encoding="utf-8")
    flags = [
        "--disallow-untyped-defs",
        "--disallow-incomplete-defs",
        "--check-untyped-defs",
        "--ignore-missing-imports",
    ]
    command = [sys.executable, "-m", "mypy", "--config-file=", *flags, "--allow-redefinition", "--no-error-summary"]
    files = [f"{name}.py" for name in pages]
    done = subprocess.run(
        [*command, "--cache-dir", str(cache), *files], cwd=folder, capture_output=True, text=True, check=False
    )
    lines = [line for line in done.stdout.splitlines() if ": note:" not in line]
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return {name: [line for line in lines if line.startswith(f"{name}.py:")] for name in pages}


def broken_links(path: Path) -> list[str]:
    """Return the links and pictures of a page that lead nowhere: to no file, or to no heading of one."""
    told = []
    for target in _targets(path.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        found = file.exists()
        if found and anchor and file.suffix == ".md":
            found = anchor in _anchors(file.read_text(encoding="utf-8"))
        if not found:
            told.append(target)
    return told


def _targets(page: str) -> Iterator[str]:
    for token in MarkdownIt("commonmark").enable("table").parse(page):
        for child in token.children or []:
            target = child.attrs.get("href") or child.attrs.get("src")
            if target:
                yield str(target)


def _anchors(page: str) -> set[str]:
    """Return the anchors that GitHub gives to a page's headings."""
    headings = re.findall(r"^#{1,6} (.+?)\s*$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def pictures_without_words(page: str) -> list[str]:
    """Return the pictures whose alternative text does not say in some words what there is to see."""
    images = [child for token in MarkdownIt("commonmark").parse(page) for child in _images(token)]
    return [str(image.attrs["src"]) for image in images if len(image.content.split()) < 5]


def _images(token: Token) -> list[Token]:
    return [child for child in token.children or [] if child.type == "image"]


@dataclass(frozen=True)
class Word:
    """A word of the glossary: what it means, and the lesson that introduces it."""

    word: str
    sentence: str
    lesson: str


ROW = re.compile(r"^\| \*\*(.+?)\*\* \| (.+?) \| \[(\d+)\.(\d+)\]\((lesson_\d+_\d+)/README\.md\) \|$", re.MULTILINE)


def glossary(text: str) -> list[Word]:
    """Return the words of the glossary on the page on the assignments, in its order.

    Raises:
        ValueError: a row is not `| **word** | sentence | [M.N](lesson_M_N/README.md) |`.
    """
    rows = text.partition("\n## Glossary\n")[2].partition("|---|---|---|\n")[2].splitlines()
    found = []
    for row in filter(None, rows):
        parts = ROW.fullmatch(row)
        if parts is None or parts[5] != f"lesson_{parts[3]}_{parts[4]}":
            raise ValueError(f"no row of a glossary: {row}")
        found.append(Word(parts[1], parts[2], parts[5]))
    return found


def is_introduced(word: Word, page: str) -> bool:
    """Return whether a word stands on a page in bold, alone or in the plural."""
    return bool(re.search(rf"\*\*(?:an? |the )?{re.escape(word.word)}(?:e?s)?\*\*", prose(page), flags=re.IGNORECASE))


def uses(word: Word, page: str, words: Iterable[Word] = ()) -> list[str]:
    """Return the sentences of an earlier page that use a word without naming the lesson that introduces it.

    Where it is a part of another one of the words ("binary cross-entropy"), it is not used. A word with a capital letter is a name:
    a `Dataset` is no data set.
    """
    # A picture's words are for those who do not see it; a link may be called what it likes.
    text = re.sub(r"!?\[[^\]]*\]\([^)]*\)", "", sentences_of(page))
    for longer in (other.word for other in words if word.word in other.word and other.word != word.word):
        text = re.sub(re.escape(longer), "", text, flags=re.IGNORECASE)
    pattern = rf"(?<![\w-]){re.escape(word.word)}(?:e?s)?(?![\w-])"
    flags = re.IGNORECASE if word.word.islower() else re.NOFLAG
    number = word.lesson.removeprefix("lesson_").replace("_", ".")
    said = re.split(r"(?<=[.!?:])\s+|\n", text)
    return [one for one in said if re.search(pattern, one, flags=flags) and number not in one]
