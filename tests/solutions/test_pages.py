"""Pages are what their readers were promised: named, typed, numbered, short enough, in the field's words.

A page that begins with the course's name is held to all of it: `pytest tests/autograder/test_pages.py -k lesson_1_1`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from autograder.course import lesson as lessons
from autograder.course.lesson import Lesson
from tests.autograder.helpers import LESSONS, ROOT
from tests.solutions import page_rules
from tests.solutions.page_rules import Word


def page_of(name: str) -> str:
    return (ROOT / "assignments" / name / "README.md").read_text(encoding="utf-8")


CONVERTED = [name for name in LESSONS if page_rules.is_converted(page_of(name))]


@pytest.fixture(scope="module", params=CONVERTED)
def lesson(request: pytest.FixtureRequest) -> Lesson:
    """Each lesson whose page is converted."""
    return lessons.load(ROOT, request.param)


@pytest.fixture(scope="module")
def mypy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What mypy says of all converted pages."""
    cache = ROOT / ".mypy_cache" / "pages"
    return page_rules.mypy_says({name: page_of(name) for name in CONVERTED}, tmp_path_factory.mktemp("pages"), cache)


def test_every_page_begins_with_the_courses_name() -> None:
    assert [name for name in LESSONS if name not in CONVERTED] == []


def test_page_and_notebook_begin_with_the_courses_name_and_the_lessons(lesson: Lesson) -> None:
    assert page_of(lesson.name).partition("\n")[0] == page_rules.title(lesson)
    notebook = json.loads((lesson.assignment / f"{lesson.name}.ipynb").read_text(encoding="utf-8"))
    assert "".join(notebook["cells"][0]["source"]).partition("\n")[0] == page_rules.title(lesson)


def test_a_page_says_how_long_it_takes_and_what_it_needs(lesson: Lesson) -> None:
    assert page_rules.time_needed(page_of(lesson.name)), (
        "the paragraph below the title: **Time:** about 4 hours. **You need:** …."
    )


def test_every_function_of_a_page_has_type_hints(lesson: Lesson) -> None:
    assert page_rules.without_hints(page_of(lesson.name)) == []


def test_the_blocks_of_a_page_pass_ruff_as_one_program(lesson: Lesson) -> None:
    assert page_rules.ruff_says(page_of(lesson.name)) == ""


def test_the_blocks_of_a_page_pass_mypy_as_one_program(lesson: Lesson, mypy: dict[str, list[str]]) -> None:
    assert mypy[lesson.name] == []


def test_a_page_has_one_to_four_numbered_exercises_of_one_to_five_functions(lesson: Lesson) -> None:
    assert lesson.groups
    assert [group.heading for group in lesson.groups if len(group.names) > page_rules.MAX_FUNCTIONS] == []


def test_a_page_is_short_enough_to_be_read(lesson: Lesson) -> None:
    assert page_rules.words(page_of(lesson.name)) <= page_rules.MAX_WORDS


def test_a_page_uses_the_fields_words(lesson: Lesson) -> None:
    assert page_rules.house_words(page_of(lesson.name), lesson.name) == []


def test_a_page_does_not_talk_of_its_grading(lesson: Lesson) -> None:
    assert page_rules.shop_talk(page_of(lesson.name)) == []


@pytest.mark.parametrize("name", LESSONS)
def test_every_link_and_picture_of_a_page_leads_somewhere(name: str) -> None:
    assert page_rules.broken_links(ROOT / "assignments" / name / "README.md") == []


@pytest.mark.parametrize("name", LESSONS)
def test_every_picture_says_in_words_what_it_shows(name: str) -> None:
    assert page_rules.pictures_without_words(page_of(name)) == []


WORDS = page_rules.glossary((ROOT / "assignments" / "README.md").read_text(encoding="utf-8"))


def test_the_glossary_is_in_order_and_has_one_sentence_a_word() -> None:
    assert len(WORDS) > 80
    names = [word.word.lower() for word in WORDS]
    assert names == sorted(set(names))
    assert {word.lesson for word in WORDS} <= set(LESSONS)
    assert [word.word for word in WORDS if not re.fullmatch(r"[A-Z][^.!?]*\.", word.sentence)] == []


def test_every_link_of_the_glossary_leads_somewhere() -> None:
    assert page_rules.broken_links(ROOT / "assignments" / "README.md") == []


def test_a_page_has_the_words_that_it_introduces_in_bold(lesson: Lesson) -> None:
    page = page_of(lesson.name)
    assert [
        word.word for word in WORDS if word.lesson == lesson.name and not page_rules.is_introduced(word, page)
    ] == []


def test_a_page_uses_no_word_that_a_later_one_introduces(lesson: Lesson) -> None:
    page, later = page_of(lesson.name), LESSONS[LESSONS.index(lesson.name) + 1 :]
    used = {word.word: page_rules.uses(word, page, WORDS) for word in WORDS if word.lesson in later}
    assert {word: said for word, said in used.items() if said} == {}


# The rules themselves, on small pages.

TITLE = "# Learn the Training Loop with PyTorch · Lesson 9.1 · A small lesson"


def test_the_title_names_course_and_lesson(small_lesson: Lesson) -> None:
    assert page_rules.title(small_lesson) == TITLE
    assert page_rules.is_converted(f"{TITLE}\n")
    assert not page_rules.is_converted("# Lesson 9.1 · A small lesson\n")


def test_the_time_stands_below_the_title() -> None:
    time = "**Time:** about 4 hours, in two sittings.\n**You need:** lesson 1.2."
    assert page_rules.time_needed(f"{TITLE}\n\n{time}\n\n## Introduction\n")
    assert not page_rules.time_needed(f"{TITLE}\n\n## Introduction\n\n{time}\n")
    assert not page_rules.time_needed(f"{TITLE}\n\n**Time:** about 4 hours.\n")


def python(code: str) -> str:
    return f"{TITLE}\n\n```python\n{code}\n```\n"


HINTED = "class Jar:\n    def add(self, *coins: int) -> None: ...\n\n\ndef walk(k: float, *, lr: float = 0.1) -> list[float]: ..."


def test_functions_are_fully_hinted_or_named() -> None:
    assert page_rules.without_hints(python(HINTED)) == []
    told = page_rules.without_hints(python("def walk(k, lr: float, *steps, **more):\n    return k"))
    assert told == ["walk: k", "walk: steps", "walk: more", "walk: what it returns"]
    assert page_rules.without_hints(python("class Jar:\n    def add(self, n):\n        def twice() -> None: ...")) == [
        "add: n",
        "add: what it returns",
    ]
    assert page_rules.without_hints("```text\ndef walk(k): …\n```\n") == []


def test_blocks_of_a_page_are_one_program_for_ruff() -> None:
    page = python("import torch\n\nx = torch.ones(3)") + python("print(x.sum())")
    assert page_rules.ruff_says(page) == ""
    assert "Undefined name `y`" in page_rules.ruff_says(page + python("print(y)"))
    assert "-print( x )" in page_rules.ruff_says(page + python("print( x )"))


def test_blocks_of_a_page_are_one_program_for_mypy(tmp_path: Path) -> None:
    good = python("def twice(x: int) -> int:\n    return 2 * x") + python("print(twice(2))")
    pages = {"lesson_9_1": good, "lesson_9_2": good + python('print(twice("2"))')}
    said = page_rules.mypy_says(pages, tmp_path, ROOT / ".mypy_cache" / "pages")
    assert said["lesson_9_1"] == []
    assert len(said["lesson_9_2"]) == 1
    assert 'incompatible type "str"; expected "int"' in said["lesson_9_2"][0]


def test_words_are_counted_outside_of_code_and_tables() -> None:
    page = "# One two\n\nThree `four` $5 + 6$.\n\n| seven | eight |\n|---|---|\n| nine | ten |\n\n```python\neleven = 12\n```\n"
    assert page_rules.words(page) == 8


HOUSE = {
    "The blame goes back. All blame.": "blame",
    "We walk back. A walk back it is.": "walk back",
    "A drawer, and two drawers.": "drawer",
    "The card is kept. Cards are kept.": "card",
    "A deviation of 1, and deviations.": "deviation",
    "The rate is 0.1. A small rate.": "rate",
    "The share of it and shares of them.": "share",
}


@pytest.mark.parametrize("text", HOUSE)
def test_the_courses_own_words_give_way_to_the_fields(text: str) -> None:
    told = page_rules.house_words(text, "lesson_9_1")
    assert [words.split()[0].strip("'") for words in told] == [HOUSE[text].split()[0]]
    assert page_rules.house_words(text.split(".")[0].split(",")[0].split(" and ")[0], "lesson_9_1") == []


RIGHT = (
    "The learning rate, a learning-rate schedule, dropout rates and the rate of change of the rate of change.",
    "The standard deviation, standard deviations, a standard-deviation rule.",
    "Two graphics cards, another graphics card.",
    "They share weights; weights that are shared. We share it.",
    "`rate` and `rates`, $blame$ and $blame$, scores and scores.",
    "```python\nrate = drawer = card = rate\n```\n",
)


@pytest.mark.parametrize("text", RIGHT)
def test_the_fields_words_stay(text: str) -> None:
    assert page_rules.house_words(text, "lesson_9_1") == []


def test_a_score_is_a_pre_activation_in_the_first_lessons_on_networks() -> None:
    assert page_rules.house_words("The score and the scores.", "lesson_2_2") != []


@pytest.mark.parametrize(
    "text", ["Hidden tests use others.", "The grader rounds.", "That is left open.", "It is not asked.", "    uv sync"]
)
def test_talk_of_grading_is_found(text: str) -> None:
    assert len(page_rules.shop_talk(text)) == 1


def test_links_that_lead_nowhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# The rule, step by step\n", encoding="utf-8")
    page = tmp_path / "README.md"
    good = (
        "[a](there.md) [b](there.md#the-rule-step-by-step) [c](#own-words) [d](https://example.org/x)\n\n## Own words\n"
    )
    page.write_text(good + "`[e](nowhere.md)`\n\n```text\n[f](nowhere.md)\n```\n", encoding="utf-8")
    assert page_rules.broken_links(page) == []
    page.write_text("[a](nowhere.md) ![b](none.png) [c](#other) [d](there.md#the-rule)", encoding="utf-8")
    assert page_rules.broken_links(page) == ["nowhere.md", "none.png", "#other", "there.md#the-rule"]


LOGIT = Word("logit", "What becomes a probability.", "lesson_2_1")


def test_a_word_is_introduced_in_bold() -> None:
    for text in ("A **logit** is …", "The **logits** are …", "**The logit**", "**Logit**"):
        assert page_rules.is_introduced(LOGIT, text)
    for text in ("A logit is …", "A **log** it is", "A **logit of a row**", "```text\n**logit**\n```\n"):
        assert not page_rules.is_introduced(LOGIT, text)


def test_a_word_that_comes_later_is_found_where_it_is_used() -> None:
    used = "First this. Then the logits come. Lesson 2.1 tells of logits."
    assert page_rules.uses(LOGIT, used) == ["Then the logits come."]
    for text in (
        "A logitech mouse.",
        "`logit`",
        "$logit$",
        "[logits](lesson_2_1)",
        "![The logits](a.png)",
        "pre-logit",
    ):
        assert page_rules.uses(LOGIT, text) == []


def test_a_word_inside_of_another_one_and_a_name_in_small_letters_are_not_used() -> None:
    entropy, binary = (Word(word, "A loss.", "lesson_2_4") for word in ("cross-entropy", "binary cross-entropy"))
    assert page_rules.uses(entropy, "The binary cross-entropy falls.", [entropy, binary]) == []
    assert page_rules.uses(entropy, "Cross-entropy falls.", [entropy, binary]) == ["Cross-entropy falls."]
    assert page_rules.uses(Word("Dataset", "A class.", "lesson_2_5"), "All datasets. A Dataset.") == ["A Dataset."]


def test_the_glossary_is_read_row_by_row() -> None:
    head = "# Assignments\n\n| a | b |\n\n## Glossary\n\n| word | in one sentence | lesson |\n|---|---|---|\n"
    row = "| **logit** | What becomes a probability. | [2.1](lesson_2_1/README.md) |\n"
    assert page_rules.glossary(head + row) == [LOGIT]
    with pytest.raises(ValueError, match="no row of a glossary"):
        page_rules.glossary(head + row.replace("[2.1]", "[2.2]"))


def test_a_picture_without_words_is_found() -> None:
    assert page_rules.pictures_without_words("![A valley](a.png) ![A valley with a ball in it](b.png)") == ["a.png"]
